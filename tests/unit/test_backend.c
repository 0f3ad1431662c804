// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kdumpfile backend on dumps made up of 64 pages of memory: what is
 * there, what was left out, what was cut off and what never was, in ELF and
 * kdump-compressed files, split and flattened.
 */
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/diskdump.h"
#include "backend/kdumpfile.h"

#define PAGE	4096u
#define PAGES	64u
#define TEXT	0xffffffff80000000u	/* mapped to physical 0 */
#define HUGE	(TEXT + 0x200000)	/* the same once more, by a page of 2 MB */
#define VMALLOC	0xffffc90000000000u	/* mapped to page 20, by tables of its own */
#define WILD	0xffffea0000000000u	/* its table would lie outside of memory */

/* Page frames with a job. */
enum {
	PML4 = 1, PDPT, PD, PT, VM_PDPT, VM_PD, VM_PT, UTS, PML5, NOTE, FIRST_DATA, VM_DATA = 20,
	MMIO = 0xfee00,
};

static unsigned char ram[PAGES][PAGE];
static bool five_levels;
static bool big_endian;		/* numbers in the files */
static unsigned int cpus;	/* that have a note */

static void put(void *p, uint64_t v, unsigned int size, bool big)
{
	unsigned char *b = p;

	for (unsigned int i = 0; i < size; i++)
		b[big ? size - 1 - i : i] = (unsigned char)(v >> (8 * i));
}

static void entry(unsigned int page, unsigned int index, uint64_t target)
{
	put(&ram[page][8 * index], target * PAGE | 0x63, 8, false);
}

static void make_tables(void)
{
	entry(PML5, 511, PML4);
	entry(PML4, 511, PDPT);
	entry(PDPT, 510, PD);
	entry(PD, 0, PT);
	put(&ram[PD][8], 0xe3, 8, false);
	for (unsigned int i = 0; i < PAGES; i++)
		entry(PT, i, i);
	entry(PT, 100, MMIO);
	entry(PML4, (unsigned int)(VMALLOC >> 39 & 511), VM_PDPT);
	entry(VM_PDPT, 0, VM_PD);
	entry(VM_PD, 0, VM_PT);
	entry(VM_PT, 0, VM_DATA);
	entry(PML4, (unsigned int)(WILD >> 39 & 511), 0x7ffff);
}

static int vmcoreinfo_text(char *out, size_t size, const char *release)
{
	return snprintf(out, size, "OSRELEASE=%s\nBUILD-ID=0123\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=%x%x\n"
			"OFFSET(uts_namespace.name)=0\nSYMBOL(swapper_pg_dir)=%x%x\nNUMBER(phys_base)=0\n"
			"NUMBER(pgtable_l5_enabled)=%d\nKERNELOFFSET=0\nno key\nEMPTY=\n",
			release, 0xffffffffu, 0x80000000u + UTS * PAGE, 0xffffffffu,
			0x80000000u + (five_levels ? PML5 : PML4) * PAGE, five_levels);
}

static size_t typed_note(unsigned char *out, const char *name, uint32_t type, const void *desc, size_t size, bool big)
{
	size_t name_size = strlen(name) + 1, at = 12 + (name_size + 3) / 4 * 4;

	memset(out, 0, at + (size + 3) / 4 * 4);
	put(out, name_size, 4, big);
	put(out + 4, size, 4, big);
	put(out + 8, type, 4, big);
	memcpy(out + 12, name, name_size);
	memcpy(out + at, desc, size);
	return at + (size + 3) / 4 * 4;
}

/* An ELF note of this name. */
static size_t note(unsigned char *out, const char *name, const void *desc, size_t size, bool big)
{
	return typed_note(out, name, 0, desc, size, big);
}

#define PRSTATUS 336		/* x86_64's */

static void make_registers(unsigned char *out, unsigned int cpu)
{
	for (unsigned int i = 0; i < PRSTATUS; i++)
		out[i] = (unsigned char)(cpu * 100 + i);
}

/* The notes in front of VMCOREINFO: of each CPU, and QEMU's own. */
static size_t put_cpus(unsigned char *out)
{
	unsigned char registers[PRSTATUS];
	size_t size = note(out, "CORE", "registers", 9, big_endian);

	for (unsigned int i = 0; i < cpus; i++) {
		make_registers(registers, i);
		size += typed_note(out + size, "CORE", NT_PRSTATUS, registers, PRSTATUS, big_endian);
		size += note(out + size, "QEMU", registers, 40, big_endian);
	}
	return size;
}

static int make_ram(void **state)
{
	(void)state;
	memset(ram, 0, sizeof(ram));
	five_levels = false;
	big_endian = false;
	cpus = 0;
	for (unsigned int i = FIRST_DATA; i < PAGES; i++)
		for (unsigned int k = 0; k < PAGE; k += 4)
			put(&ram[i][k], i << 16 | k, 4, false);
	memset(ram[30], 0, PAGE);
	make_tables();
	strcpy((char *)ram[UTS] + 130, "5.14.0-test");
	return 0;
}

/* --- files --- */

struct file {
	int fd;
	char path[32];
};

static void new_file(struct file *f)
{
	f->fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
}

static void write_at(struct file *f, uint64_t at, const void *data, size_t len)
{
	assert_int_equal(pwrite(f->fd, data, len, (off_t)at), len);
}

static void put_at(struct file *f, uint64_t at, uint64_t v, unsigned int size)
{
	unsigned char raw[8];

	put(raw, v, size, big_endian);
	write_at(f, at, raw, size);
}

static void cut_to(struct file *f, uint64_t size)
{
	assert_int_equal(ftruncate(f->fd, (off_t)size), 0);
}

/* The same bytes as records, odd-sized and from the back to the front. */
static void flatten(struct file *from, struct file *to)
{
	unsigned char head[4096] = "makedumpfile", buf[1000];
	off_t size = lseek(from->fd, 0, SEEK_END), out = sizeof(head);

	new_file(to);
	put(head + 16, 1, 8, true);
	put(head + 24, 1, 8, true);
	write_at(to, 0, head, sizeof(head));
	for (off_t at = size / 1000 * 1000; at >= 0; at -= 1000) {
		ssize_t n = pread(from->fd, buf, sizeof(buf), at);

		if (n <= 0)
			continue;
		put(head, (uint64_t)at, 8, true);
		put(head + 8, (uint64_t)n, 8, true);
		write_at(to, (uint64_t)out, head, 16);
		write_at(to, (uint64_t)out + 16, buf, (size_t)n);
		out += 16 + n;
	}
	memset(head, 0xff, 16);
	write_at(to, (uint64_t)out, head, 16);
}

/* --- opening and reading --- */

static struct kdumpfile_backend *backend;
static struct klpscope_target_ops ops;
static char words[300];

static enum klpscope_status try_open(struct file *files, size_t count)
{
	const char *paths[8];
	const struct kdumpfile_open how = { .paths = paths, .count = count };

	assert_true(count <= 8);
	for (size_t i = 0; i < count; i++)
		paths[i] = files[i].path;
	words[0] = '\0';
	return kdumpfile_backend_open(&how, &backend, words, sizeof(words));
}

static void open_files(struct file *files, size_t count)
{
	enum klpscope_status st = try_open(files, count);

	assert_string_equal(words, "");
	assert_int_equal(st, KLPSCOPE_OK);
	kdumpfile_backend_ops(backend, &ops);
}

static void refuse(struct file *files, size_t count, enum klpscope_status status, const char *why)
{
	assert_int_equal(try_open(files, count), status);
	assert_null(backend);
	if (!strstr(words, why))
		fail_msg("\"%s\" is not in \"%s\"", why, words);
}

static void close_all(struct file *files, size_t count)
{
	kdumpfile_backend_close(backend);
	backend = NULL;
	for (size_t i = 0; i < count; i++)
		close(files[i].fd);
}

static enum klpscope_status read_at(uint64_t addr, size_t len)
{
	unsigned char buf[8 * PAGE];

	assert_true(len <= sizeof(buf));
	return ops.read(ops.arg, addr, buf, len);
}

static void expect_data(uint64_t addr, unsigned int page, unsigned int offset, size_t len)
{
	unsigned char buf[8 * PAGE];

	assert_int_equal(ops.read(ops.arg, addr, buf, len), KLPSCOPE_OK);
	assert_memory_equal(buf, ram[page] + offset, len);
}

static void expect_page(unsigned int page)
{
	expect_data(TEXT + page * PAGE, page, 0, PAGE);
}

static void expect_line(const char *key, const char *value)
{
	const char *v = NULL;

	assert_int_equal(ops.vmcoreinfo(ops.arg, key, &v), value ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND);
	if (value)
		assert_string_equal(v, value);
}

static void expect_cpus(unsigned int count)
{
	unsigned char expected[PRSTATUS], buf[2 * PRSTATUS];
	size_t len;

	for (unsigned int i = count; i--;) {
		make_registers(expected, i);
		assert_int_equal(ops.prstatus(ops.arg, i, buf, sizeof(buf), &len), KLPSCOPE_OK);
		assert_int_equal(len, PRSTATUS);
		assert_memory_equal(buf, expected, PRSTATUS);
	}
	assert_int_equal(ops.prstatus(ops.arg, count, buf, sizeof(buf), &len), KLPSCOPE_NOT_FOUND);
}

static enum klpscope_status cpu_status(unsigned int n)
{
	unsigned char buf[PRSTATUS];
	size_t len;

	return ops.prstatus(ops.arg, n, buf, sizeof(buf), &len);
}

/* --- ELF --- */

struct segment {
	unsigned int first, in_file, in_memory;	/* pages */
};

#define ELF_DATA 0x2000
#define PHDR(i, member) (sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, member))
#define EHDR(member) offsetof(Elf64_Ehdr, member)

static void put_phdr(struct file *f, size_t i, uint32_t type, uint64_t offset, uint64_t paddr,
		     uint64_t filesz, uint64_t memsz)
{
	put_at(f, PHDR(i, p_type), type, 4);
	put_at(f, PHDR(i, p_offset), offset, 8);
	put_at(f, PHDR(i, p_paddr), paddr, 8);
	put_at(f, PHDR(i, p_filesz), filesz, 8);
	put_at(f, PHDR(i, p_memsz), memsz, 8);
}

/* As makedumpfile and QEMU write it, with QEMU's e_ehsize of 8. */
static void make_elf(struct file *f, const struct segment *segments, size_t count, const char *release)
{
	static const unsigned char ident[EI_NIDENT] = {
		ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
	};
	unsigned char notes[4096];
	size_t size = put_cpus(notes);
	uint64_t at = ELF_DATA;
	char text[1024];

	new_file(f);
	write_at(f, 0, ident, sizeof(ident));
	put_at(f, EHDR(e_type), ET_CORE, 2);
	put_at(f, EHDR(e_machine), EM_X86_64, 2);
	put_at(f, EHDR(e_version), EV_CURRENT, 4);
	put_at(f, EHDR(e_phoff), sizeof(Elf64_Ehdr), 8);
	put_at(f, EHDR(e_ehsize), 8, 2);
	put_at(f, EHDR(e_phentsize), sizeof(Elf64_Phdr), 2);
	put_at(f, EHDR(e_phnum), count + 1, 2);
	if (release) {
		int len = vmcoreinfo_text(text, sizeof(text), release);

		size += note(notes + size, "VMCOREINFO", text, (size_t)len, false);
	}
	put_phdr(f, 0, PT_NOTE, 0x1000, 0, size, size);
	write_at(f, 0x1000, notes, size);
	for (size_t i = 0; i < count; i++) {
		const struct segment *s = &segments[i];

		put_phdr(f, i + 1, PT_LOAD, at, s->first * PAGE, s->in_file * PAGE, s->in_memory * PAGE);
		write_at(f, at, ram[s->first], s->in_file * PAGE);
		at += s->in_file * PAGE;
	}
}

static const struct segment whole[] = { { 0, PAGES, PAGES } };
/* Left out: page 7 (a table), 24 to 31, and there is no memory at 40 to 47. */
static const struct segment filtered[] = { { 0, VM_PT, 8 }, { 8, 16, 24 }, { 32, 8, 8 }, { 48, 16, 16 } };

static void test_elf_whole(void **state)
{
	struct file f;

	(void)state;
	make_elf(&f, whole, 1, "5.14.0-test");
	open_files(&f, 1);
	assert_string_equal(kdumpfile_backend_format(backend), "ELF");
	assert_string_equal(kdumpfile_backend_architecture(backend), "x86_64");
	assert_false(kdumpfile_backend_big_endian(backend));
	assert_int_equal(kdumpfile_backend_pointer_size(backend), 8);
	assert_false(kdumpfile_backend_incomplete(backend));
	assert_null(kdumpfile_backend_problem(backend));
	for (unsigned int i = 0; i < PAGES; i++)
		expect_page(i);
	expect_data(TEXT + 12 * PAGE + 5, 12, 5, 3 * PAGE);
	expect_data(HUGE + 13 * PAGE - 3, 12, PAGE - 3, 7);
	expect_data(VMALLOC + 100, VM_DATA, 100, 50);
	assert_int_equal(read_at(TEXT, 0), KLPSCOPE_OK);
	close_all(&f, 1);
}

static void test_faults(void **state)
{
	struct file f;

	(void)state;
	make_elf(&f, whole, 1, "5.14.0-test");
	open_files(&f, 1);
	assert_int_equal(read_at(TEXT + PAGES * PAGE, 1), KLPSCOPE_FAULT);
	assert_int_equal(read_at(TEXT + PAGES * PAGE - 1, 2), KLPSCOPE_FAULT);
	assert_int_equal(read_at(VMALLOC + PAGE, 1), KLPSCOPE_FAULT);
	assert_int_equal(read_at(0, 8), KLPSCOPE_FAULT);
	assert_int_equal(read_at(0x1234567890abcdef, 8), KLPSCOPE_FAULT);
	assert_int_equal(read_at(UINT64_MAX - 3, 8), KLPSCOPE_FAULT);
	assert_int_equal(read_at(UINT64_MAX, 1), KLPSCOPE_FAULT);
	/* Mapped, but not to memory. */
	assert_int_equal(read_at(TEXT + 100 * PAGE, 8), KLPSCOPE_EXCLUDED);
	assert_int_equal(read_at(HUGE + PAGES * PAGE, 8), KLPSCOPE_EXCLUDED);
	/* A page table that cannot be one. */
	assert_int_equal(read_at(WILD, 8), KLPSCOPE_CORRUPT);
	close_all(&f, 1);
}

static void test_elf_holes(void **state)
{
	struct file f[2];

	(void)state;
	make_elf(&f[0], filtered, 4, "5.14.0-test");
	flatten(&f[0], &f[1]);
	for (unsigned int i = 0; i < 2; i++) {
		open_files(&f[i], 1);
		assert_string_equal(kdumpfile_backend_format(backend), i ? "flattened ELF" : "ELF");
		assert_false(kdumpfile_backend_incomplete(backend));
		expect_page(23);
		expect_page(32);
		assert_int_equal(read_at(TEXT + 24 * PAGE, 1), KLPSCOPE_EXCLUDED);
		assert_int_equal(read_at(TEXT + 31 * PAGE, PAGE), KLPSCOPE_EXCLUDED);
		/* Part of it is there: that is not enough. */
		assert_int_equal(read_at(TEXT + 23 * PAGE, 2 * PAGE), KLPSCOPE_EXCLUDED);
		assert_int_equal(read_at(TEXT + 31 * PAGE + 8, PAGE), KLPSCOPE_EXCLUDED);
		assert_int_equal(read_at(HUGE + 24 * PAGE, 1), KLPSCOPE_EXCLUDED);
		/* Its page table was left out: whether it was mapped nobody knows. */
		assert_int_equal(read_at(VMALLOC, 8), KLPSCOPE_EXCLUDED);
		assert_int_equal(read_at(VMALLOC + PAGE, 8), KLPSCOPE_EXCLUDED);
		assert_int_equal(read_at(TEXT + 40 * PAGE, 8), KLPSCOPE_EXCLUDED);
		kdumpfile_backend_close(backend);
	}
	backend = NULL;
	close_all(f, 2);
}

/* makedumpfile writes the kernel's text twice; a hole of one segment may be filled by another. */
static void test_elf_overlap(void **state)
{
	static const struct segment overlapping[] = { { 0, 20, 40 }, { 10, 20, 30 }, { 35, 29, 29 } };
	struct file f;

	(void)state;
	make_elf(&f, overlapping, 3, "5.14.0-test");
	open_files(&f, 1);
	expect_page(5);
	expect_page(15);
	expect_page(29);
	expect_data(TEXT + 18 * PAGE, 18, 0, 4 * PAGE);
	expect_page(38);
	assert_int_equal(read_at(TEXT + 32 * PAGE, 1), KLPSCOPE_EXCLUDED);
	close_all(&f, 1);
}

/* Cut at every page: what is behind is TRUNCATED, whatever it was. */
static void test_elf_cut(void **state)
{
	(void)state;
	for (unsigned int left = 5; left < PAGES; left += 7) {
		struct file f;

		make_elf(&f, whole, 1, "5.14.0-test");
		cut_to(&f, ELF_DATA + left * PAGE + 17);
		open_files(&f, 1);
		assert_true(kdumpfile_backend_incomplete(backend));
		assert_string_equal(kdumpfile_backend_format(backend), "ELF, incomplete");
		expect_page(left - 1);
		expect_data(TEXT + left * PAGE, left, 0, 17);
		assert_int_equal(read_at(TEXT + left * PAGE, 18), KLPSCOPE_TRUNCATED);
		assert_int_equal(read_at(TEXT + (left + 1) * PAGE, 1), KLPSCOPE_TRUNCATED);
		assert_int_equal(read_at(TEXT + PAGES * PAGE, 1), KLPSCOPE_FAULT);
		assert_int_equal(read_at(VMALLOC, 8), left > VM_DATA ? KLPSCOPE_OK : KLPSCOPE_TRUNCATED);
		if (left <= VM_PT)
			assert_int_equal(read_at(VMALLOC + PAGE, 8), KLPSCOPE_TRUNCATED);
		close_all(&f, 1);
	}
}

/* Without its page tables nothing can be found, and nothing is "not mapped". */
static void test_elf_cut_before_tables(void **state)
{
	struct file f;

	(void)state;
	make_elf(&f, whole, 1, "5.14.0-test");
	cut_to(&f, ELF_DATA + PML4 * PAGE);
	open_files(&f, 1);
	assert_null(kdumpfile_backend_problem(backend));
	assert_int_equal(read_at(TEXT, 1), KLPSCOPE_TRUNCATED);
	assert_int_equal(read_at(VMALLOC, 1), KLPSCOPE_TRUNCATED);
	close_all(&f, 1);
}

static void test_elf_headers_cut(void **state)
{
	struct file f;

	(void)state;
	/* Reserved by makedumpfile and never written: what it would have said nobody knows. */
	make_elf(&f, filtered, 4, "5.14.0-test");
	put_phdr(&f, 4, PT_NULL, 0, 0, 0, 0);
	open_files(&f, 1);
	assert_true(kdumpfile_backend_incomplete(backend));
	expect_page(33);
	assert_int_equal(read_at(TEXT + 50 * PAGE, 1), KLPSCOPE_TRUNCATED);
	assert_int_equal(read_at(TEXT + 25 * PAGE, 1), KLPSCOPE_EXCLUDED);
	kdumpfile_backend_close(backend);
	/* makedumpfile's own mark. */
	make_elf(&f, whole, 1, "5.14.0-test");
	put_at(&f, EHDR(e_flags), 1, 4);
	open_files(&f, 1);
	assert_true(kdumpfile_backend_incomplete(backend));
	kdumpfile_backend_close(backend);
	backend = NULL;
	make_elf(&f, whole, 1, "5.14.0-test");
	cut_to(&f, PHDR(1, p_type));
	refuse(&f, 1, KLPSCOPE_TRUNCATED, "program headers");
	cut_to(&f, 40);
	refuse(&f, 1, KLPSCOPE_TRUNCATED, "ends within its ELF header");
	close_all(&f, 1);
}

static void test_five_levels(void **state)
{
	struct file f;

	(void)state;
	five_levels = true;
	make_elf(&f, whole, 1, "5.14.0-test");
	open_files(&f, 1);
	expect_page(21);
	assert_int_equal(read_at(TEXT + PAGES * PAGE, 1), KLPSCOPE_FAULT);
	/* Canonical with five levels only. */
	assert_int_equal(read_at(0xff11000000000000, 1), KLPSCOPE_FAULT);
	close_all(&f, 1);
}

/* A table that points at itself at all levels is a mapping like any other. */
static void test_table_loop(void **state)
{
	struct file f;

	(void)state;
	for (unsigned int i = 0; i < 512; i++)
		entry(PML4, i, PML4);
	make_elf(&f, whole, 1, "5.14.0-test");
	open_files(&f, 1);
	expect_data(TEXT, PML4, 0, PAGE);
	expect_data(0xffff888000000000, PML4, 0, PAGE);
	close_all(&f, 1);
}

static void damage(uint64_t at, uint64_t v, unsigned int size, enum klpscope_status status, const char *why)
{
	struct file f;

	make_elf(&f, whole, 1, "5.14.0-test");
	put_at(&f, at, v, size);
	refuse(&f, 1, status, why);
	close(f.fd);
}

static void test_elf_damaged(void **state)
{
	(void)state;
	damage(EI_CLASS, 3, 1, KLPSCOPE_CORRUPT, "class");
	damage(EI_DATA, 0, 1, KLPSCOPE_CORRUPT, "byte order");
	damage(EHDR(e_type), ET_EXEC, 2, KLPSCOPE_UNSUPPORTED, "not a dump");
	damage(EHDR(e_machine), 0xbad, 2, KLPSCOPE_UNSUPPORTED, "machine");
	damage(EHDR(e_phentsize), 0, 2, KLPSCOPE_CORRUPT, "size of a program header");
	damage(EHDR(e_phentsize), 32, 2, KLPSCOPE_CORRUPT, "size of a program header");
	damage(EHDR(e_phnum), 0, 2, KLPSCOPE_UNSUPPORTED, "no physical memory");
	damage(EHDR(e_phnum), PN_XNUM, 2, KLPSCOPE_UNSUPPORTED, "no physical memory");
	damage(EHDR(e_phoff), UINT64_MAX - 5, 8, KLPSCOPE_TRUNCATED, "program headers");
	damage(PHDR(1, p_paddr), UINT64_MAX - 5, 8, KLPSCOPE_CORRUPT, "program headers");
	damage(PHDR(1, p_offset), UINT64_MAX - 5, 8, KLPSCOPE_CORRUPT, "program headers");
	damage(PHDR(1, p_paddr), UINT64_MAX, 8, KLPSCOPE_UNSUPPORTED, "no physical memory");
}

/* Every byte of the headers, each way: opens or does not, and does no harm. */
static void test_elf_any_byte(void **state)
{
	struct file f;

	(void)state;
	make_elf(&f, filtered, 4, "5.14.0-test");
	for (uint64_t at = 0; at < PHDR(5, p_type); at++) {
		static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
		unsigned char old;

		assert_int_equal(pread(f.fd, &old, 1, (off_t)at), 1);
		for (size_t i = 0; i < sizeof(values); i++) {
			write_at(&f, at, &values[i], 1);
			if (!try_open(&f, 1)) {
				kdumpfile_backend_ops(backend, &ops);
				(void)read_at(TEXT + 12 * PAGE, 8);
				(void)read_at(VMALLOC, 8);
				(void)cpu_status(0);
			} else {
				assert_true(words[0] != '\0');
			}
			kdumpfile_backend_close(backend);
		}
		write_at(&f, at, &old, 1);
	}
	close(f.fd);
}

static void test_elf_registers(void **state)
{
	struct file f[2];

	(void)state;
	for (cpus = 0; cpus < 4; cpus++) {
		make_elf(&f[0], whole, 1, cpus == 3 ? NULL : "5.14.0-test");
		flatten(&f[0], &f[1]);
		for (unsigned int i = 0; i < 2; i++) {
			open_files(&f[i], 1);
			expect_cpus(cpus);
			kdumpfile_backend_close(backend);
		}
		backend = NULL;
		close_all(f, 2);
	}
}

/* As before the kernel merged them: a segment of each CPU, in the order of the headers. */
static void test_elf_registers_of_segments(void **state)
{
	unsigned char registers[PRSTATUS], notes[512];
	struct file f;

	(void)state;
	make_elf(&f, filtered, 4, "5.14.0-test");
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t at = 0x1c00 - 0x200 * i;
		size_t size;

		make_registers(registers, i);
		size = typed_note(notes, "CORE", NT_PRSTATUS, registers, PRSTATUS, false);
		write_at(&f, at, notes, size);
		put_phdr(&f, 3 + i, PT_NOTE, at, 0, size, size);
	}
	open_files(&f, 1);
	expect_cpus(2);
	close_all(&f, 1);
}

static void test_elf_registers_lost(void **state)
{
	struct file f;

	(void)state;
	cpus = 3;
	/* The file ends within the second. */
	make_elf(&f, whole, 1, NULL);
	cut_to(&f, 0x1000 + 700);
	open_files(&f, 1);
	assert_int_equal(cpu_status(0), KLPSCOPE_OK);
	assert_int_equal(cpu_status(1), KLPSCOPE_TRUNCATED);
	assert_int_equal(cpu_status(2), KLPSCOPE_TRUNCATED);
	assert_int_equal(cpu_status(7), KLPSCOPE_TRUNCATED);
	kdumpfile_backend_close(backend);
	close(f.fd);
	/* Headers that were never written may have been of notes. */
	make_elf(&f, filtered, 4, "5.14.0-test");
	put_phdr(&f, 4, PT_NULL, 0, 0, 0, 0);
	open_files(&f, 1);
	assert_int_equal(cpu_status(2), KLPSCOPE_OK);
	assert_int_equal(cpu_status(3), KLPSCOPE_TRUNCATED);
	kdumpfile_backend_close(backend);
	put_phdr(&f, 4, PT_NOTE, UINT64_MAX - 4096, 0, 4096, 4096);
	open_files(&f, 1);
	assert_int_equal(cpu_status(2), KLPSCOPE_OK);
	assert_int_equal(cpu_status(3), KLPSCOPE_TRUNCATED);
	kdumpfile_backend_close(backend);
	/* A name of 4 GB. */
	put_phdr(&f, 4, PT_LOAD, ELF_DATA, 0, 0, 0);
	put_at(&f, 0x1000 + 32, UINT32_MAX, 4);
	open_files(&f, 1);
	assert_int_equal(cpu_status(0), KLPSCOPE_CORRUPT);
	close_all(&f, 1);
}

/* --- VMCOREINFO --- */

static void test_vmcoreinfo(void **state)
{
	struct file f;

	(void)state;
	make_elf(&f, whole, 1, "5.14.0-test");
	open_files(&f, 1);
	expect_line("OSRELEASE", "5.14.0-test");
	expect_line("OFFSET(uts_namespace.name)", "0");
	expect_line("SYMBOL(swapper_pg_dir)", "ffffffff80001000");
	expect_line("EMPTY", "");
	expect_line("no key", NULL);
	expect_line("OSRELEAS", NULL);
	expect_line("", NULL);
	close_all(&f, 1);
}

static void keep_in_memory(unsigned int page, const char *release)
{
	char text[1024];
	int len = vmcoreinfo_text(text, sizeof(text), release);

	note(ram[page], "VMCOREINFO", text, (size_t)len, false);
}

static void test_vmcoreinfo_in_memory(void **state)
{
	struct file f;

	(void)state;
	/* A leftover of another kernel, which does not fit, and both copies of the right one. */
	keep_in_memory(NOTE, "4.19.0-old");
	keep_in_memory(50, "5.14.0-test");
	memset(ram[51], 0, PAGE);
	vmcoreinfo_text((char *)ram[51], PAGE, "5.14.0-test");
	make_elf(&f, filtered, 4, NULL);
	open_files(&f, 1);
	assert_null(kdumpfile_backend_problem(backend));
	expect_line("OSRELEASE", "5.14.0-test");
	expect_page(12);
	close_all(&f, 1);
}

static void test_vmcoreinfo_nowhere(void **state)
{
	struct file f;

	(void)state;
	make_elf(&f, filtered, 4, NULL);
	open_files(&f, 1);
	assert_string_equal(kdumpfile_backend_problem(backend),
			    "no VMCOREINFO in the dump, and none in its memory");
	assert_int_equal(read_at(TEXT, 8), KLPSCOPE_UNSUPPORTED);
	expect_line("OSRELEASE", NULL);
	close_all(&f, 1);
}

/* The crash kernel was running when the dump was taken from outside. */
static void test_vmcoreinfo_of_two(void **state)
{
	char text[1024], *id;
	struct file f;

	(void)state;
	keep_in_memory(50, "5.14.0-test");
	vmcoreinfo_text(text, sizeof(text), "5.14.0-test");
	id = strstr(text, "0123");
	memcpy(id, "4567", 4);
	memset(ram[51], 0, PAGE);
	strcpy((char *)ram[51], text);
	make_elf(&f, filtered, 4, NULL);
	open_files(&f, 1);
	assert_non_null(strstr(kdumpfile_backend_problem(backend), "more than one kernel"));
	assert_int_equal(read_at(TEXT, 8), KLPSCOPE_UNSUPPORTED);
	close_all(&f, 1);
}

/* --- kdump-compressed --- */

#define BITMAP1		0x3000
#define BITMAP2		0x4000
#define DESCRIPTORS	0x5000
#define DATA		0x6000
#define HEADER_STATUS	424
#define HEADER_BLOCK	428
#define HEADER_SUB	432
#define HEADER_BITMAP	436
#define HEADER_MAX	440
#define SUB(at)		(PAGE + (at))

/* Left out as in the ELF file; page 30 is zero and shares the place of all zero pages. */
static bool excluded(unsigned int page)
{
	return page == VM_PT || (page >= 24 && page < 30) || page == 31;
}

static bool memory(unsigned int page)
{
	return page < 40 || page >= 48;
}

struct kdump {
	unsigned int first, end;
	bool split;
	const char *release;
	const char *nodename;
	bool all;		/* nothing left out */
	bool bare;		/* no notes */
	bool tight;		/* data right behind the descriptors, as makedumpfile writes it */
};

/* Where a page's descriptor is. */
static uint64_t descriptor(unsigned int page)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < page; i++)
		n += memory(i) && !excluded(i);
	return DESCRIPTORS + 24 * n;
}

static void put_bitmaps(struct file *f, const struct kdump *k)
{
	unsigned char bits[2][PAGES / 8] = { { 0 } };

	for (unsigned int i = 0; i < PAGES; i++) {
		if (memory(i) || k->all)
			bits[0][i / 8] |= (unsigned char)(1 << i % 8);
		if (k->all || (memory(i) && !excluded(i)))
			bits[1][i / 8] |= (unsigned char)(1 << i % 8);
	}
	write_at(f, BITMAP1, bits[0], sizeof(bits[0]));
	write_at(f, BITMAP2, bits[1], sizeof(bits[1]));
}

static void put_pages(struct file *f, const struct kdump *k)
{
	uint64_t desc = DESCRIPTORS, data_begin = k->tight ? descriptor(PAGES) : DATA, data = data_begin + PAGE;
	static const unsigned char zeros[PAGE];

	write_at(f, data_begin, zeros, PAGE);
	for (unsigned int i = k->first; i < k->end; i++) {
		bool zero = !memcmp(ram[i], zeros, PAGE);

		if (!k->all && (!memory(i) || excluded(i)))
			continue;
		put_at(f, desc, zero ? data_begin : data, 8);
		put_at(f, desc + 8, PAGE, 4);
		put_at(f, desc + 12, 0, 4);
		desc += 24;
		if (zero)
			continue;
		write_at(f, data, ram[i], PAGE);
		data += PAGE;
	}
}

static void make_kdump(struct file *f, const struct kdump *k)
{
	unsigned char notes[4096];
	size_t size = put_cpus(notes);
	char text[900];

	new_file(f);
	write_at(f, 0, "KDUMP   ", 8);
	put_at(f, 8, 6, 4);
	write_at(f, 12, "Linux", 5);
	write_at(f, 12 + 65, k->nodename ? k->nodename : "host", 4);
	write_at(f, 12 + 4 * 65, "x86_64", 6);
	put_at(f, HEADER_STATUS, 2, 4);
	put_at(f, HEADER_BLOCK, PAGE, 4);
	put_at(f, HEADER_SUB, 2, 4);
	put_at(f, HEADER_BITMAP, 2, 4);
	put_at(f, HEADER_MAX, PAGES, 4);
	put_at(f, SUB(8), 31, 4);
	put_at(f, SUB(12), k->split, 4);
	put_at(f, SUB(80), k->split ? k->first : 0, 8);
	put_at(f, SUB(88), k->split ? k->end : 0, 8);
	put_at(f, SUB(96), PAGES, 8);
	vmcoreinfo_text(text, sizeof(text), k->release ? k->release : "5.14.0-test");
	size += note(notes + size, "VMCOREINFO", text, strlen(text), big_endian);
	put_at(f, SUB(48), SUB(104), 8);
	put_at(f, SUB(56), k->bare ? 0 : size, 8);
	write_at(f, SUB(104), notes, size);
	put_bitmaps(f, k);
	put_pages(f, k);
}

static const struct kdump single = { .end = PAGES };

static void expect_filtered(void)
{
	expect_page(0);
	expect_page(23);
	expect_page(30);
	expect_page(39);
	expect_page(63);
	expect_data(TEXT + 12 * PAGE + 5, 12, 5, 3 * PAGE);
	assert_int_equal(read_at(TEXT + 24 * PAGE, 1), KLPSCOPE_EXCLUDED);
	assert_int_equal(read_at(TEXT + 23 * PAGE, 2 * PAGE), KLPSCOPE_EXCLUDED);
	assert_int_equal(read_at(TEXT + 31 * PAGE, PAGE), KLPSCOPE_EXCLUDED);
	assert_int_equal(read_at(TEXT + 41 * PAGE, 1), KLPSCOPE_EXCLUDED);
	assert_int_equal(read_at(VMALLOC, 8), KLPSCOPE_EXCLUDED);
	assert_int_equal(read_at(TEXT + 64 * PAGE, 1), KLPSCOPE_FAULT);
	expect_line("OSRELEASE", "5.14.0-test");
}

static void test_kdump(void **state)
{
	struct file f[2];

	(void)state;
	make_kdump(&f[0], &single);
	flatten(&f[0], &f[1]);
	for (unsigned int i = 0; i < 2; i++) {
		open_files(&f[i], 1);
		assert_string_equal(kdumpfile_backend_format(backend),
				    i ? "flattened kdump-compressed (lzo)" : "kdump-compressed (lzo)");
		assert_string_equal(kdumpfile_backend_architecture(backend), "x86_64");
		assert_int_equal(kdumpfile_backend_pointer_size(backend), 8);
		assert_false(kdumpfile_backend_big_endian(backend));
		assert_false(kdumpfile_backend_incomplete(backend));
		expect_filtered();
		kdumpfile_backend_close(backend);
	}
	backend = NULL;
	close_all(f, 2);
}

static void test_kdump_formats(void **state)
{
	static const struct {
		uint32_t status;
		const char *format;
	} cases[] = {
		{ 0, "kdump (uncompressed)" },
		{ 1, "kdump-compressed (zlib)" },
		{ 4, "kdump-compressed (snappy)" },
		{ 0x20, "kdump-compressed (zstd)" },
		{ 0xa, "kdump-compressed (lzo), incomplete" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct file f;

		make_kdump(&f, &single);
		put_at(&f, HEADER_STATUS, cases[i].status, 4);
		open_files(&f, 1);
		assert_string_equal(kdumpfile_backend_format(backend), cases[i].format);
		close_all(&f, 1);
	}
}

static uint64_t place(struct file *f, unsigned int page)
{
	unsigned char raw[8];
	uint64_t v = 0;

	assert_int_equal(pread(f->fd, raw, 8, (off_t)descriptor(page)), 8);
	for (int i = 7; i >= 0; i--)
		v = v << 8 | raw[i];
	return v;
}

static void test_kdump_cut(void **state)
{
	static const unsigned int pages[] = { 11, 12, 22, 35, 63 };

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		struct file f;

		make_kdump(&f, &single);
		cut_to(&f, place(&f, pages[i]) + 1);
		open_files(&f, 1);
		assert_string_equal(kdumpfile_backend_format(backend), "kdump-compressed (lzo), incomplete");
		expect_page(pages[i] - 1);
		assert_int_equal(read_at(TEXT + pages[i] * PAGE, 1), KLPSCOPE_TRUNCATED);
		assert_int_equal(read_at(TEXT + (pages[i] - 1) * PAGE, PAGE + 1), KLPSCOPE_TRUNCATED);
		/* Left out remains left out; and the zero page lies at the front. */
		assert_int_equal(read_at(TEXT + 31 * PAGE, 1), KLPSCOPE_EXCLUDED);
		expect_page(30);
		close_all(&f, 1);
	}
}

/* The last pages are zero and share a place at the front, which tells nothing of the end. */
static void test_kdump_cut_behind_zeros(void **state)
{
	struct file f;

	(void)state;
	memset(ram[61], 0, 3 * PAGE);
	make_kdump(&f, &single);
	open_files(&f, 1);
	assert_false(kdumpfile_backend_incomplete(backend));
	kdumpfile_backend_close(backend);
	cut_to(&f, place(&f, 60) + 1);
	open_files(&f, 1);
	assert_true(kdumpfile_backend_incomplete(backend));
	expect_page(62);
	assert_int_equal(read_at(TEXT + 60 * PAGE, 1), KLPSCOPE_TRUNCATED);
	close_all(&f, 1);
}

static void test_kdump_cut_headers(void **state)
{
	struct file f;

	(void)state;
	make_kdump(&f, &single);
	cut_to(&f, descriptor(33) + 23);
	open_files(&f, 1);
	assert_true(kdumpfile_backend_incomplete(backend));
	assert_int_equal(read_at(TEXT + 12 * PAGE, 1), KLPSCOPE_TRUNCATED);
	kdumpfile_backend_close(backend);
	backend = NULL;
	cut_to(&f, BITMAP2 + PAGES / 8 - 1);
	refuse(&f, 1, KLPSCOPE_TRUNCATED, "ends within its page bitmap");
	cut_to(&f, PAGE + 50);
	refuse(&f, 1, KLPSCOPE_TRUNCATED, "second header");
	cut_to(&f, 300);
	refuse(&f, 1, KLPSCOPE_TRUNCATED, "ends within its header");
	cut_to(&f, 3);
	refuse(&f, 1, KLPSCOPE_UNSUPPORTED, "neither");
	cut_to(&f, 0);
	refuse(&f, 1, KLPSCOPE_TRUNCATED, "empty");
	close_all(&f, 1);
}

/* A save that ran out of room: descriptors that were never written, or only half. */
static void test_kdump_interrupted(void **state)
{
	struct file f;

	(void)state;
	make_kdump(&f, &single);
	put_at(&f, HEADER_STATUS, 2 | 8, 4);
	for (unsigned int i = 0; i < 24; i += 8)
		put_at(&f, descriptor(35) + i, 0, 8);
	put_at(&f, descriptor(36) + 8, 0x7fffffff, 4);
	put_at(&f, descriptor(37), 5, 8);
	put_at(&f, descriptor(39) + 12, 2, 4);	/* "compressed by LZO" */
	open_files(&f, 1);
	assert_true(kdumpfile_backend_incomplete(backend));
	expect_page(34);
	assert_int_equal(read_at(TEXT + 35 * PAGE, 8), KLPSCOPE_TRUNCATED);
	assert_int_equal(read_at(TEXT + 36 * PAGE, 8), KLPSCOPE_TRUNCATED);
	assert_int_equal(read_at(TEXT + 37 * PAGE, 8), KLPSCOPE_TRUNCATED);
	assert_int_equal(read_at(TEXT + 39 * PAGE, 8), KLPSCOPE_TRUNCATED);
	expect_page(38);
	close_all(&f, 1);
}

static void test_kdump_corrupt_pages(void **state)
{
	struct file f;

	(void)state;
	make_kdump(&f, &single);
	put_at(&f, descriptor(35) + 8, 0x7fffffff, 4);
	put_at(&f, descriptor(36), 5, 8);
	put_at(&f, descriptor(37) + 12, 2, 4);	/* "compressed by LZO" */
	put_at(&f, descriptor(38), UINT64_MAX, 8);
	put_at(&f, descriptor(39) + 8, PAGE - 1, 4);
	put_at(&f, descriptor(33), 0, 8);
	open_files(&f, 1);
	assert_false(kdumpfile_backend_incomplete(backend));
	/* Never written, whatever the header says. */
	assert_int_equal(read_at(TEXT + 33 * PAGE, 8), KLPSCOPE_TRUNCATED);
	for (unsigned int i = 35; i < 40; i++)
		assert_int_equal(read_at(TEXT + i * PAGE, 8), KLPSCOPE_CORRUPT);
	expect_page(34);
	close_all(&f, 1);
}

static void damage_kdump(uint64_t at, uint64_t v, unsigned int size, enum klpscope_status status,
			 const char *why)
{
	struct file f;

	make_kdump(&f, &single);
	put_at(&f, at, v, size);
	refuse(&f, 1, status, why);
	close(f.fd);
}

static void test_kdump_damaged(void **state)
{
	(void)state;
	damage_kdump(HEADER_BLOCK, 0, 4, KLPSCOPE_CORRUPT, "no sense");
	damage_kdump(HEADER_BLOCK, 4097, 4, KLPSCOPE_CORRUPT, "no sense");
	damage_kdump(HEADER_BLOCK, 1 << 30, 4, KLPSCOPE_CORRUPT, "no sense");
	damage_kdump(HEADER_BITMAP, 0, 4, KLPSCOPE_CORRUPT, "no sense");
	damage_kdump(HEADER_BITMAP, 0x7fffffff, 4, KLPSCOPE_CORRUPT, "page bitmap");
	damage_kdump(HEADER_BITMAP, 100, 4, KLPSCOPE_CORRUPT, "page bitmap");
	damage_kdump(HEADER_SUB, 0, 4, KLPSCOPE_CORRUPT, "second header");
	damage_kdump(HEADER_SUB, 0xffffffff, 4, KLPSCOPE_CORRUPT, "second header");
	damage_kdump(8, 0x80000000, 4, KLPSCOPE_CORRUPT, "version");
	damage_kdump(SUB(96), UINT64_MAX, 8, KLPSCOPE_CORRUPT, "page bitmap");
	damage_kdump(SUB(48), UINT64_MAX, 8, KLPSCOPE_CORRUPT, "notes");
	damage_kdump(SUB(56), UINT64_MAX, 8, KLPSCOPE_CORRUPT, "notes");
	damage_kdump(12 + 4 * 65, 0x7a7a7a, 4, KLPSCOPE_UNSUPPORTED, "kind of machine");
}

/* QEMU writes that of s390x so. */
static void test_kdump_machine_in_capitals(void **state)
{
	struct file f;

	(void)state;
	make_kdump(&f, &single);
	put_at(&f, 12 + 4 * 65, 'X', 1);
	open_files(&f, 1);
	assert_string_equal(kdumpfile_backend_architecture(backend), "x86_64");
	expect_filtered();
	close_all(&f, 1);
}

/* Each page behind it would have the data of its neighbour. */
static void test_kdump_bitmap_bit(void **state)
{
	static const struct kdump tight = { .end = PAGES, .tight = true };
	struct file f;

	(void)state;
	make_kdump(&f, &tight);
	open_files(&f, 1);
	expect_filtered();
	kdumpfile_backend_close(backend);
	backend = NULL;
	for (unsigned int i = 0; i < PAGES; i++) {
		unsigned char old, new;

		assert_int_equal(pread(f.fd, &old, 1, (off_t)(BITMAP2 + i / 8)), 1);
		new = old ^ (unsigned char)(1 << i % 8);
		write_at(&f, BITMAP2 + i / 8, &new, 1);
		refuse(&f, 1, KLPSCOPE_CORRUPT, "another number of descriptors");
		write_at(&f, BITMAP2 + i / 8, &old, 1);
	}
	/* One descriptor that is damaged tells nothing of the others. */
	put_at(&f, descriptor(12), DESCRIPTORS + 8, 8);
	open_files(&f, 1);
	expect_page(11);
	expect_page(13);
	close_all(&f, 1);
}

static void test_kdump_any_byte(void **state)
{
	static const uint64_t ranges[][2] = { { 0, 464 }, { PAGE, PAGE + 160 }, { BITMAP1, BITMAP1 + 16 },
					      { BITMAP2, BITMAP2 + 16 } };
	struct file f;

	(void)state;
	make_kdump(&f, &single);
	for (size_t r = 0; r < sizeof(ranges) / sizeof(*ranges); r++) {
		for (uint64_t at = ranges[r][0]; at < ranges[r][1]; at++) {
			static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
			unsigned char old;

			assert_int_equal(pread(f.fd, &old, 1, (off_t)at), 1);
			for (size_t i = 0; i < sizeof(values); i++) {
				write_at(&f, at, &values[i], 1);
				if (!try_open(&f, 1)) {
					kdumpfile_backend_ops(backend, &ops);
					(void)read_at(TEXT + 12 * PAGE, 8);
					(void)read_at(VMALLOC, 8);
					(void)cpu_status(0);
				}
				kdumpfile_backend_close(backend);
			}
			write_at(&f, at, &old, 1);
		}
	}
	close(f.fd);
}

/* A big-endian dump: its kernel has no page tables that we could make up, but it has pages. */
static void test_kdump_big_endian(void **state)
{
	unsigned char buf[2 * PAGE];
	struct dumpfile file;
	struct diskdump dump;
	struct file f;

	(void)state;
	big_endian = true;
	cpus = 2;
	make_kdump(&f, &single);
	write_at(&f, 12 + 4 * 65, "s390x", 6);
	open_files(&f, 1);
	assert_true(kdumpfile_backend_big_endian(backend));
	assert_string_equal(kdumpfile_backend_architecture(backend), "s390x");
	assert_string_equal(kdumpfile_backend_format(backend), "kdump-compressed (lzo)");
	expect_line("OSRELEASE", "5.14.0-test");
	expect_cpus(2);
	kdumpfile_backend_close(backend);
	backend = NULL;
	assert_int_equal(dumpfile_open(&file, f.path, NULL, NULL), KLPSCOPE_OK);
	assert_int_equal(diskdump_open(&dump, &file, 1, NULL, NULL), KLPSCOPE_OK);
	assert_int_equal(diskdump_read(&dump, 12 * PAGE, buf, sizeof(buf)), KLPSCOPE_OK);
	assert_memory_equal(buf, ram[12], sizeof(buf));
	assert_int_equal(diskdump_read(&dump, 23 * PAGE, buf, sizeof(buf)), KLPSCOPE_EXCLUDED);
	assert_int_equal(diskdump_read(&dump, 41 * PAGE, buf, 1), KLPSCOPE_FAULT);
	assert_int_equal(diskdump_read(&dump, UINT64_MAX - PAGE, buf, 1), KLPSCOPE_FAULT);
	diskdump_close(&dump);
	dumpfile_close(&file);
	close_all(&f, 1);
}

static void test_kdump_registers(void **state)
{
	static const struct kdump bare = { .end = PAGES, .bare = true };
	struct file f[2];

	(void)state;
	for (cpus = 0; cpus < 4; cpus++) {
		make_kdump(&f[0], &single);
		flatten(&f[0], &f[1]);
		for (unsigned int i = 0; i < 2; i++) {
			open_files(&f[i], 1);
			expect_cpus(cpus);
			/* libkdumpfile sees no notes, and the pages are as they were. */
			expect_filtered();
			expect_cpus(cpus);
			kdumpfile_backend_close(backend);
		}
		/* A header of before there were notes. */
		put_at(&f[0], 8, 3, 4);
		open_files(f, 1);
		expect_cpus(0);
		close_all(f, 2);
	}
	make_kdump(f, &bare);
	open_files(f, 1);
	expect_cpus(0);
	close_all(f, 1);
}

static void test_kdump_registers_damaged(void **state)
{
	struct file f;

	(void)state;
	cpus = 2;
	make_kdump(&f, &single);
	put_at(&f, SUB(56), 900, 8);
	open_files(&f, 1);
	assert_int_equal(cpu_status(1), KLPSCOPE_OK);
	assert_int_equal(cpu_status(2), KLPSCOPE_CORRUPT);
	kdumpfile_backend_close(backend);
	/* Behind the end of the file, where nothing else is. */
	put_at(&f, SUB(48), 0x3000000, 8);
	open_files(&f, 1);
	assert_int_equal(cpu_status(0), KLPSCOPE_TRUNCATED);
	close_all(&f, 1);
}

/* --- split sets --- */

static const struct kdump parts[3] = {
	{ .first = 0, .end = 16, .split = true },
	{ .first = 16, .end = 33, .split = true },
	{ .first = 33, .end = PAGES, .split = true },
};

static void make_parts(struct file *f)
{
	for (unsigned int i = 0; i < 3; i++)
		make_kdump(&f[i], &parts[i]);
}

static void test_split(void **state)
{
	static const unsigned int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct file f[3];

	(void)state;
	make_parts(f);
	for (unsigned int i = 0; i < 6; i++) {
		struct file ordered[3] = { f[orders[i][0]], f[orders[i][1]], f[orders[i][2]] };

		open_files(ordered, 3);
		assert_string_equal(kdumpfile_backend_format(backend),
				    "split kdump-compressed (lzo), 3 files");
		assert_false(kdumpfile_backend_incomplete(backend));
		expect_filtered();
		kdumpfile_backend_close(backend);
	}
	backend = NULL;
	close_all(f, 3);
}

static void test_split_registers(void **state)
{
	struct file f[3], two[2];

	(void)state;
	cpus = 3;
	make_parts(f);
	two[0] = f[2];
	two[1] = f[0];
	open_files(f, 3);
	expect_cpus(3);
	kdumpfile_backend_close(backend);
	open_files(two, 2);
	expect_cpus(3);
	kdumpfile_backend_close(backend);
	open_files(&f[1], 1);
	expect_cpus(3);
	close_all(f, 3);
}

static void test_split_flattened(void **state)
{
	struct file f[3], flat, mixed[3];

	(void)state;
	make_parts(f);
	flatten(&f[1], &flat);
	mixed[0] = f[2];
	mixed[1] = flat;
	mixed[2] = f[0];
	open_files(mixed, 3);
	expect_filtered();
	close(flat.fd);
	close_all(f, 3);
}

static void test_split_missing(void **state)
{
	struct file f[3], two[2], one;

	(void)state;
	make_parts(f);
	two[0] = f[2];
	two[1] = f[0];
	open_files(two, 2);
	assert_string_equal(kdumpfile_backend_format(backend),
			    "split kdump-compressed (lzo), 2 files, incomplete");
	expect_page(15);
	expect_page(33);
	assert_int_equal(read_at(TEXT + 16 * PAGE, 8), KLPSCOPE_TRUNCATED);
	assert_int_equal(read_at(TEXT + 32 * PAGE, 8), KLPSCOPE_TRUNCATED);
	/* The bitmap of any part knows what was left out. */
	assert_int_equal(read_at(TEXT + 25 * PAGE, 8), KLPSCOPE_EXCLUDED);
	assert_int_equal(read_at(TEXT + 30 * PAGE, 8), KLPSCOPE_TRUNCATED);
	kdumpfile_backend_close(backend);
	one = f[2];
	open_files(&one, 1);
	assert_string_equal(kdumpfile_backend_format(backend),
			    "split kdump-compressed (lzo), 1 file, incomplete");
	/* With the page tables in another part. */
	assert_int_equal(read_at(TEXT + 50 * PAGE, 8), KLPSCOPE_TRUNCATED);
	close_all(f, 3);
}

static void test_split_wrong(void **state)
{
	static const struct kdump other_host = { .first = 16, .end = 33, .split = true, .nodename = "tsoh" };
	static const struct kdump other_kernel = {
		.first = 16, .end = 33, .split = true, .release = "5.14.0-tset"};
	static const struct kdump beside = { .first = 10, .end = 33, .split = true };
	struct file f[3], set[3], extra;

	(void)state;
	make_parts(f);
	memcpy(set, f, sizeof(set));
	set[1] = f[0];
	refuse(set, 3, KLPSCOPE_INVALID, "the same file");
	make_kdump(&set[1], &parts[0]);
	refuse(set, 3, KLPSCOPE_INVALID, "the same part");
	close(set[1].fd);
	make_kdump(&set[1], &other_host);
	refuse(set, 3, KLPSCOPE_INVALID, "not parts of the same dump");
	close(set[1].fd);
	make_kdump(&set[1], &other_kernel);
	refuse(set, 3, KLPSCOPE_INVALID, "not parts of the same dump");
	close(set[1].fd);
	make_kdump(&set[1], &beside);
	refuse(set, 3, KLPSCOPE_INVALID, "the same part");
	close(set[1].fd);
	make_kdump(&set[1], &single);
	refuse(set, 3, KLPSCOPE_INVALID, "whole dump");
	close(set[1].fd);
	make_elf(&extra, whole, 1, "5.14.0-test");
	set[1] = extra;
	refuse(set, 3, KLPSCOPE_INVALID, "not a part");
	set[1] = f[1];
	set[0] = extra;
	refuse(set, 3, KLPSCOPE_INVALID, "whole ELF dump");
	close(extra.fd);
	close_all(f, 3);
}

/* The page that holds VMCOREINFO is in the last of the parts that are there. */
static void test_split_vmcoreinfo_in_memory(void **state)
{
	static const struct kdump bare[3] = {
		{ .first = 0, .end = 16, .split = true, .bare = true },
		{ .first = 16, .end = 33, .split = true, .bare = true },
		{ .first = 33, .end = PAGES, .split = true, .bare = true },
	};
	struct file f[3], two[2];

	(void)state;
	keep_in_memory(50, "5.14.0-test");
	for (unsigned int i = 0; i < 3; i++)
		make_kdump(&f[i], &bare[i]);
	two[0] = f[2];
	two[1] = f[0];
	open_files(two, 2);
	assert_null(kdumpfile_backend_problem(backend));
	expect_line("OSRELEASE", "5.14.0-test");
	expect_page(51);
	assert_int_equal(read_at(TEXT + 16 * PAGE, 8), KLPSCOPE_TRUNCATED);
	kdumpfile_backend_close(backend);
	two[0] = f[1];
	open_files(two, 2);
	assert_non_null(kdumpfile_backend_problem(backend));
	close_all(f, 3);
}

static void count_call(void *arg, uint64_t at, uint64_t total)
{
	unsigned int *calls = arg;

	assert_true(at <= total);
	++*calls;
}

/* A search through much memory says how far it is. */
static void test_scan_progress(void **state)
{
	const struct segment huge[] = { { 0, PAGES, PAGES } };
	unsigned int calls = 0;
	const char *path;
	struct kdumpfile_open how = {
		.paths = &path, .count = 1, .progress = count_call, .progress_arg = &calls};
	struct file f;

	(void)state;
	make_elf(&f, huge, 1, NULL);
	put_phdr(&f, 1, PT_LOAD, ELF_DATA, 0, 64 << 20, 64 << 20);
	cut_to(&f, ELF_DATA + (64 << 20));
	path = f.path;
	assert_int_equal(kdumpfile_backend_open(&how, &backend, words, sizeof(words)), KLPSCOPE_OK);
	assert_int_equal(calls, 4);
	assert_non_null(kdumpfile_backend_problem(backend));
	close_all(&f, 1);
}

/* --- what is not a dump --- */

static void refuse_text(const void *text, size_t len, const char *why)
{
	struct file f;

	new_file(&f);
	write_at(&f, 0, text, len);
	refuse(&f, 1, KLPSCOPE_UNSUPPORTED, why);
	assert_non_null(strstr(words, f.path));
	close(f.fd);
}

static void test_not_a_dump(void **state)
{
	const struct kdumpfile_open none = { .count = 0 };
	struct file missing = { .path = "/proc/self/nothing" };

	(void)state;
	refuse_text("hello", 5, "neither");
	refuse_text("\x1f\x8b\x08", 3, "gzip");
	refuse_text("\xfd" "7zXZ\0", 6, "xz");
	refuse_text("\x28\xb5\x2f\xfd", 4, "zstd");
	refuse_text("DISKDUMP", 8, "diskdump");
	refuse_text("\177", 1, "neither");
	refuse(&missing, 1, KLPSCOPE_SYSTEM, "/proc/self/nothing: No such file");
	assert_int_equal(kdumpfile_backend_open(&none, &backend, words, sizeof(words)), KLPSCOPE_INVALID);
	assert_int_equal(kdumpfile_backend_open(&none, &backend, NULL, 0), KLPSCOPE_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_elf_whole, make_ram),
		cmocka_unit_test_setup(test_faults, make_ram),
		cmocka_unit_test_setup(test_elf_holes, make_ram),
		cmocka_unit_test_setup(test_elf_overlap, make_ram),
		cmocka_unit_test_setup(test_elf_cut, make_ram),
		cmocka_unit_test_setup(test_elf_cut_before_tables, make_ram),
		cmocka_unit_test_setup(test_elf_headers_cut, make_ram),
		cmocka_unit_test_setup(test_five_levels, make_ram),
		cmocka_unit_test_setup(test_table_loop, make_ram),
		cmocka_unit_test_setup(test_elf_damaged, make_ram),
		cmocka_unit_test_setup(test_elf_any_byte, make_ram),
		cmocka_unit_test_setup(test_elf_registers, make_ram),
		cmocka_unit_test_setup(test_elf_registers_of_segments, make_ram),
		cmocka_unit_test_setup(test_elf_registers_lost, make_ram),
		cmocka_unit_test_setup(test_vmcoreinfo, make_ram),
		cmocka_unit_test_setup(test_vmcoreinfo_in_memory, make_ram),
		cmocka_unit_test_setup(test_vmcoreinfo_nowhere, make_ram),
		cmocka_unit_test_setup(test_vmcoreinfo_of_two, make_ram),
		cmocka_unit_test_setup(test_kdump, make_ram),
		cmocka_unit_test_setup(test_kdump_formats, make_ram),
		cmocka_unit_test_setup(test_kdump_cut, make_ram),
		cmocka_unit_test_setup(test_kdump_cut_behind_zeros, make_ram),
		cmocka_unit_test_setup(test_kdump_cut_headers, make_ram),
		cmocka_unit_test_setup(test_kdump_interrupted, make_ram),
		cmocka_unit_test_setup(test_kdump_corrupt_pages, make_ram),
		cmocka_unit_test_setup(test_kdump_damaged, make_ram),
		cmocka_unit_test_setup(test_kdump_machine_in_capitals, make_ram),
		cmocka_unit_test_setup(test_kdump_bitmap_bit, make_ram),
		cmocka_unit_test_setup(test_kdump_any_byte, make_ram),
		cmocka_unit_test_setup(test_kdump_big_endian, make_ram),
		cmocka_unit_test_setup(test_kdump_registers, make_ram),
		cmocka_unit_test_setup(test_kdump_registers_damaged, make_ram),
		cmocka_unit_test_setup(test_split, make_ram),
		cmocka_unit_test_setup(test_split_registers, make_ram),
		cmocka_unit_test_setup(test_split_flattened, make_ram),
		cmocka_unit_test_setup(test_split_missing, make_ram),
		cmocka_unit_test_setup(test_split_wrong, make_ram),
		cmocka_unit_test_setup(test_split_vmcoreinfo_in_memory, make_ram),
		cmocka_unit_test_setup(test_scan_progress, make_ram),
		cmocka_unit_test_setup(test_not_a_dump, make_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
