// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capsules of dumps made up of 64 pages: written in both forms, read back, and
 * read by the libraries that others read dumps with.
 */
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libkdumpfile/kdumpfile.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capsule/image.h"
#include "capsule/lowcore.h"
#include "capsule/notes.h"
#include "capsule/recorder.h"
#include "target/answers.h"

#define PAGE	4096u
#define PAGES	64u
#define TEXT	0xffffffff80000000u	/* mapped to physical 0 */
#define HIGH	(((uint64_t)1 << 32) + 5)	/* a frame */

enum { PML4 = 1, PDPT, PD, PT, FIRST_DATA };

/* Page numbers of TEXT that lead elsewhere. */
enum { TO_20 = 100, TO_30, TO_NOWHERE, TO_31, NOT_MAPPED, TO_DEVICE };

static unsigned char ram[PAGES][PAGE];
static bool big_endian;
static uint32_t page_size;	/* of the machine: only an x86_64 has no other */

static void put(void *p, uint64_t v, unsigned int size)
{
	unsigned char *b = p;

	for (unsigned int i = 0; i < size; i++)
		b[big_endian ? size - 1 - i : i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get(const void *p, unsigned int size)
{
	const unsigned char *b = p;
	uint64_t v = 0;

	for (unsigned int i = 0; i < size; i++)
		v = v << 8 | b[big_endian ? i : size - 1 - i];
	return v;
}

static void entry(unsigned int page, unsigned int index, uint64_t target)
{
	put(&ram[page][8 * index], target * PAGE | 0x63, 8);
}

static int setup(void **state)
{
	(void)state;
	big_endian = false;
	page_size = PAGE;
	memset(ram, 0, sizeof(ram));
	for (unsigned int i = FIRST_DATA; i < PAGES; i++)
		for (unsigned int k = 0; k < PAGE; k++)
			ram[i][k] = (unsigned char)((i * 131 + k * 7 + k / 256) % 255 + 1);
	entry(PML4, 511, PDPT);
	entry(PDPT, 510, PD);
	entry(PD, 0, PT);
	for (unsigned int i = 0; i < PAGES; i++)
		entry(PT, i, i);
	entry(PT, TO_20, 20);
	entry(PT, TO_30, 30);
	entry(PT, TO_NOWHERE, 200);
	entry(PT, TO_31, 31);
	entry(PT, TO_DEVICE, (uint64_t)1 << 38);
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

struct segment {
	uint64_t frame;
	unsigned int n, page;		/* these of `ram`; 0 of them: memory that was left out */
	unsigned int left_out;
};

static size_t add_note(unsigned char *out, const char *name, uint32_t type, const void *desc, size_t size)
{
	size_t at = 12 + (strlen(name) + 4) / 4 * 4;

	memset(out, 0, at + (size + 3) / 4 * 4);
	put(out, strlen(name) + 1, 4);
	put(out + 4, size, 4);
	put(out + 8, type, 4);
	memcpy(out + 12, name, strlen(name));
	memcpy(out + at, desc, size);
	return at + (size + 3) / 4 * 4;
}

static size_t make_notes(unsigned char *out)
{
	char text[600];
	unsigned char registers[336];
	size_t size = 0;

	snprintf(text, sizeof(text), "OSRELEASE=5.14.0-test\nBUILD-ID=0123\nPAGESIZE=%u\n"
		 "SYMBOL(swapper_pg_dir)=ffffffff80001000\nNUMBER(phys_base)=0\nNUMBER(pgtable_l5_enabled)=0\n"
		 "KERNELOFFSET=0\n", page_size);
	for (unsigned int i = 0; i < 3; i++) {
		memset(registers, (int)i + 1, sizeof(registers));
		size += add_note(out + size, "CORE", NT_PRSTATUS, registers, sizeof(registers));
		size += add_note(out + size, "CORE", NT_FPREGSET, "the user's", 10);
	}
	return size + add_note(out + size, "VMCOREINFO", 0, text, strlen(text));
}

static uint16_t machine(void)
{
	if (big_endian)
		return page_size == PAGE ? EM_S390 : EM_PPC64;
	return page_size == PAGE ? EM_X86_64 : EM_AARCH64;
}

static const char *machine_name(void)
{
	if (big_endian)
		return page_size == PAGE ? "s390x" : "ppc64";
	return page_size == PAGE ? "x86_64" : "aarch64";
}

static void make_dump(struct file *f, const struct segment *segments, size_t count)
{
	unsigned char head[64] = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				   big_endian ? ELFDATA2MSB : ELFDATA2LSB, EV_CURRENT };
	unsigned char phdr[56], notes[4096];
	size_t size = make_notes(notes);
	uint64_t at = 0x2000;

	new_file(f);
	put(head + 16, ET_CORE, 2);
	put(head + 18, machine(), 2);
	put(head + 20, EV_CURRENT, 4);
	put(head + 32, 64, 8);
	put(head + 52, 64, 2);
	put(head + 54, 56, 2);
	put(head + 56, count + 1, 2);
	write_at(f, 0, head, sizeof(head));
	for (size_t i = 0; i <= count; i++) {
		const struct segment *s = &segments[i ? i - 1 : 0];

		memset(phdr, 0, sizeof(phdr));
		put(phdr, i ? PT_LOAD : PT_NOTE, 4);
		put(phdr + 8, i ? at : 0x1000, 8);
		put(phdr + 24, i ? s->frame * PAGE : 0, 8);
		put(phdr + 32, i ? s->n * PAGE : size, 8);
		put(phdr + 40, i ? (s->n + s->left_out) * PAGE : 0, 8);
		write_at(f, 64 + 56 * i, phdr, sizeof(phdr));
		if (!i)
			continue;
		write_at(f, at, ram[s->page], s->n * PAGE);
		at += s->n * PAGE;
	}
	write_at(f, 0x1000, notes, size);
}

static struct kdumpfile_backend *open_dump(const struct file *f, const struct kdumpfile_watch *watch)
{
	const char *paths[] = { f->path };
	const struct kdumpfile_open how = {
		.paths = paths, .count = 1, .watch = watch ? *watch : (struct kdumpfile_watch){ 0 },
	};
	struct kdumpfile_backend *b;
	char words[300] = "";

	if (kdumpfile_backend_open(&how, &b, words, sizeof(words)))
		fail_msg("%s", words);
	return b;
}

/* --- a capsule of what is in `pages` --- */

struct made {
	struct pages *pages;
	enum klpscope_capsule_form form;
	bool redact;
	uint64_t virt, phys, size;	/* of the kernel's image */
};

static enum klpscope_status try_capsule(struct file *out, struct kdumpfile_backend *from, const struct made *how)
{
	struct image im = { .pages = how->pages, .backend = from, .redact = how->redact, .big_endian = big_endian };
	struct arena *arena = arena_new(1 << 20);
	struct answers *answers = answers_new(arena);
	char *data = NULL, origin[64];
	size_t length = 0;
	FILE *stream = open_memstream(&data, &length);
	enum klpscope_status st;

	assert_true(answers && stream);
	pages_settle(how->pages);
	assert_int_equal(pages_status(how->pages), KLPSCOPE_OK);
	im.kernel.virt = how->virt;
	im.kernel.phys = how->phys;
	im.kernel.size = how->size;
	kdumpfile_backend_facts(from, &im.facts);
	snprintf(origin, sizeof(origin), "generator=test\nregisters_end=%x\nphys_base=0\n", im.facts.registers_end);
	im.facts.page_size = page_size;	/* an ELF dump cannot tell the largest */
	memcpy(im.utsname, "Linux", 5);
	strcpy((char *)im.utsname + 4 * 65, machine_name());
	assert_int_equal(kdumpfile_backend_notes(from, &im.notes, &im.notes_size), KLPSCOPE_OK);
	assert_int_equal(capsule_add_notes(&im, origin, answers), KLPSCOPE_OK);
	st = how->form == KLPSCOPE_CAPSULE_ELF ? image_write_elf(&im, stream) : image_write_kdump(&im, stream);
	assert_int_equal(fclose(stream), 0);
	new_file(out);
	if (!st)
		write_at(out, 0, data, length);
	if (!st && how->form == KLPSCOPE_CAPSULE_ELF)
		assert_int_equal(length, image_elf_size(&im));
	free(data);
	free(im.notes);
	arena_free(arena);
	return st;
}

static struct kdumpfile_backend *make_capsule(struct file *out, struct kdumpfile_backend *from, const struct made *how)
{
	struct kdumpfile_backend *b;

	assert_int_equal(try_capsule(out, from, how), KLPSCOPE_OK);
	b = open_dump(out, NULL);
	assert_non_null(kdumpfile_backend_capsule(b));
	assert_string_equal(kdumpfile_backend_format(b), how->form == KLPSCOPE_CAPSULE_ELF ?
			    "capsule, ELF" : "capsule, kdump-compressed (zlib)");
	assert_int_equal(kdumpfile_backend_big_endian(b), big_endian);
	assert_int_equal(kdumpfile_backend_pointer_size(b), 8);
	return b;
}

static void expect_phys(struct kdumpfile_backend *b, uint64_t phys, const void *bytes, size_t len)
{
	unsigned char buf[2 * PAGE];

	assert_int_equal(kdumpfile_backend_read_phys(b, phys, buf, len), KLPSCOPE_OK);
	assert_memory_equal(buf, bytes, len);
}

static void expect_status(struct kdumpfile_backend *b, uint64_t phys, size_t len, enum klpscope_status st)
{
	unsigned char buf[2 * PAGE];

	assert_int_equal(kdumpfile_backend_read_phys(b, phys, buf, len), st);
}

/* Every byte that it claims to have is the original's; returns how many these are. */
static unsigned int compare_all(struct kdumpfile_backend *capsule, struct kdumpfile_backend *original, uint64_t frame)
{
	unsigned int real = 0;

	for (unsigned int i = 0; i < PAGE; i++) {
		unsigned char a, b;

		if (kdumpfile_backend_read_phys(capsule, frame * PAGE + i, &a, 1))
			continue;
		real++;
		assert_int_equal(kdumpfile_backend_read_phys(original, frame * PAGE + i, &b, 1), KLPSCOPE_OK);
		assert_int_equal(a, b);
	}
	return real;
}

static void expect_cpus(struct kdumpfile_backend *b, enum klpscope_status end)
{
	struct klpscope_target_ops ops;
	unsigned char buf[400], registers[336];
	size_t len;

	kdumpfile_backend_ops(b, &ops);
	for (unsigned int i = 0; i < 3; i++) {
		memset(registers, (int)i + 1, sizeof(registers));
		assert_int_equal(ops.prstatus(ops.arg, i, buf, sizeof(buf), &len), KLPSCOPE_OK);
		assert_int_equal(len, 336);
		assert_memory_equal(buf, registers, len);
	}
	assert_int_equal(ops.prstatus(ops.arg, 3, buf, sizeof(buf), &len), end);
}

/* --- as others read it --- */

/* Where `phys` lies in an ELF file, by libelf. */
static void expect_by_libelf(const struct file *f, size_t segments, uint64_t phys, const void *bytes, size_t len)
{
	unsigned char buf[PAGE];
	size_t count, found = 0;
	GElf_Ehdr ehdr;
	GElf_Phdr phdr;
	Elf *elf;

	assert_int_not_equal(elf_version(EV_CURRENT), EV_NONE);
	elf = elf_begin(f->fd, ELF_C_READ, NULL);
	assert_non_null(elf);
	assert_int_equal(elf_kind(elf), ELF_K_ELF);
	assert_non_null(gelf_getehdr(elf, &ehdr));
	assert_int_equal(ehdr.e_type, ET_CORE);
	assert_int_equal(ehdr.e_machine, machine());
	assert_int_equal(elf_getphdrnum(elf, &count), 0);
	assert_int_equal(count, segments + 1);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(gelf_getphdr(elf, (int)i, &phdr));
		assert_int_equal(phdr.p_type, i ? PT_LOAD : PT_NOTE);
		if (!i || phys < phdr.p_paddr || phys - phdr.p_paddr >= phdr.p_filesz)
			continue;
		found++;
		assert_int_equal(pread(f->fd, buf, len, (off_t)(phdr.p_offset + (phys - phdr.p_paddr))), len);
		assert_memory_equal(buf, bytes, len);
	}
	assert_int_equal(found, 1);
	elf_end(elf);
}

static void expect_by_libkdumpfile(const struct file *f, uint64_t phys, const void *bytes, size_t len)
{
	kdump_ctx_t *ctx = kdump_new();
	unsigned char buf[PAGE];
	kdump_num_t order;
	size_t n = len;

	assert_non_null(ctx);
	if (kdump_open_fd(ctx, f->fd) != KDUMP_OK)
		fail_msg("%s", kdump_get_err(ctx));
	assert_int_equal(kdump_get_number_attr(ctx, KDUMP_ATTR_BYTE_ORDER, &order), KDUMP_OK);
	assert_int_equal(order, big_endian ? KDUMP_BIG_ENDIAN : KDUMP_LITTLE_ENDIAN);
	if (bytes) {
		if (kdump_read(ctx, KDUMP_MACHPHYSADDR, phys, buf, &n) != KDUMP_OK)
			fail_msg("%s", kdump_get_err(ctx));
		assert_memory_equal(buf, bytes, len);
	} else {
		assert_int_not_equal(kdump_read(ctx, KDUMP_MACHPHYSADDR, phys, buf, &n), KDUMP_OK);
	}
	/* No kdump_free(): src/backend/diskdump.c tells why. */
}

/* --- pages --- */

/* Left out: 40 to 47; nothing from 56 on; one far away. */
static const struct segment memory[] = { { 0, 40, 0, 8 }, { 48, 8, 48, 0 }, { HIGH, 2, 60, 0 } };

static void add_some(struct pages *ps)
{
	pages_add(ps, 10 * PAGE + 100, 8, PURPOSE_TASKS);
	pages_add(ps, 10 * PAGE + 4000, 96, PURPOSE_TASKS);
	pages_add(ps, 10 * PAGE, 1, PURPOSE_TASKS);
	pages_add(ps, 11 * PAGE, PAGE, PURPOSE_TABLES);
	pages_add(ps, 12 * PAGE, 2000, PURPOSE_TASKS);
	pages_add(ps, 12 * PAGE + 2000, 2096, PURPOSE_TASKS);
	pages_add(ps, 0, 5, PURPOSE_SYSTEM);
	pages_add(ps, 31 * PAGE + 7, 1, PURPOSE_SYSTEM);
	pages_add_missing(ps, 41 * PAGE + 3, KLPSCOPE_EXCLUDED);
	pages_add_missing(ps, 58 * PAGE, KLPSCOPE_FAULT);
	pages_add_missing(ps, 59 * PAGE, KLPSCOPE_CORRUPT);
}

static void expect_some(struct kdumpfile_backend *c, struct kdumpfile_backend *original)
{
	expect_phys(c, 10 * PAGE + 100, ram[10] + 100, 8);
	expect_status(c, 10 * PAGE + 99, 2, KLPSCOPE_EXCLUDED);
	expect_status(c, 10 * PAGE + 101, 8, KLPSCOPE_EXCLUDED);
	/* From one frame to the next, as they lie in the original. */
	expect_phys(c, 10 * PAGE + 4001, ram[10] + 4001, 95 + PAGE);
	expect_phys(c, 12 * PAGE, ram[12], PAGE);
	expect_phys(c, 0, ram[0], 5);
	expect_status(c, 0, 6, KLPSCOPE_EXCLUDED);
	expect_status(c, 30 * PAGE, 1, KLPSCOPE_EXCLUDED);
	expect_status(c, 40 * PAGE, 1, KLPSCOPE_EXCLUDED);
	expect_status(c, 41 * PAGE, PAGE, KLPSCOPE_EXCLUDED);
	expect_status(c, 58 * PAGE + 9, 1, KLPSCOPE_FAULT);
	expect_status(c, 59 * PAGE, 1, KLPSCOPE_CORRUPT);
	expect_status(c, 1000 * PAGE, 1, KLPSCOPE_EXCLUDED);
	assert_int_equal(compare_all(c, original, 10), 1 + 8 + 96);
	assert_int_equal(compare_all(c, original, 11), PAGE);
	assert_int_equal(compare_all(c, original, 12), PAGE);
	assert_int_equal(compare_all(c, original, 13), 0);
	assert_int_equal(compare_all(c, original, 0), 5);
	assert_int_equal(compare_all(c, original, 31), 1);
}

static void close_both(struct kdumpfile_backend *b, struct file *f)
{
	kdumpfile_backend_close(b);
	close(f->fd);
}

static void test_elf(void **state)
{
	struct made how = { .pages = pages_new(), .form = KLPSCOPE_CAPSULE_ELF };
	struct kdumpfile_backend *b, *c;
	struct file f, out;

	(void)state;
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	add_some(how.pages);
	pages_add(how.pages, HIGH * PAGE + 11, 22, PURPOSE_TOOL);
	c = make_capsule(&out, b, &how);
	expect_some(c, b);
	expect_phys(c, HIGH * PAGE + 11, ram[60] + 11, 22);
	assert_int_equal(compare_all(c, b, HIGH), 22);
	expect_cpus(c, KLPSCOPE_NOT_FOUND);
	/* 0, 10 to 12, 31, and far away. */
	expect_by_libelf(&out, 4, 11 * PAGE, ram[11], PAGE);
	expect_by_libelf(&out, 4, HIGH * PAGE + 12, ram[60] + 12, 21);
	expect_by_libkdumpfile(&out, 11 * PAGE, ram[11], PAGE);
	expect_by_libkdumpfile(&out, HIGH * PAGE + 12, ram[60] + 12, 21);
	close_both(c, &out);
	pages_free(how.pages);
	close_both(b, &f);
}

/* The virtual address of the segment that has this frame; 0: none is told. */
static uint64_t told_address(const struct file *f, uint64_t frame)
{
	unsigned char phdr[56];

	for (unsigned int i = 1;; i++) {
		assert_int_equal(pread(f->fd, phdr, sizeof(phdr), 64 + 56 * i), sizeof(phdr));
		assert_int_equal(get(phdr, 4), PT_LOAD);
		if (frame * PAGE - get(phdr + 24, 8) < get(phdr + 32, 8))
			return get(phdr + 16, 8) + frame * PAGE - get(phdr + 24, 8);
	}
}

/* No pointer of a kernel's, least of all NULL, leads to a frame that has such an address. */
static uint64_t nowhere(uint64_t frame)
{
	return 1ull << 63 | frame * PAGE;
}

/* For readers that know no page tables, or must be told where these are: frames 10 and 11 are the kernel's. */
static void addresses(uint64_t virt, uint64_t size, uint64_t in_kernel, uint64_t outside)
{
	struct made how = {
		.pages = pages_new(), .form = KLPSCOPE_CAPSULE_ELF, .virt = virt, .phys = 10 * PAGE, .size = size,
	};
	struct kdumpfile_backend *b, *c;
	struct file f, out;

	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	add_some(how.pages);
	c = make_capsule(&out, b, &how);
	expect_some(c, b);
	assert_int_equal(told_address(&out, 11), in_kernel);
	assert_int_equal(told_address(&out, 12), outside);
	close_both(c, &out);
	pages_free(how.pages);
	close_both(b, &f);
}

static void test_addresses(void **state)
{
	(void)state;
	addresses(TEXT + 10 * PAGE, 2 * PAGE, TEXT + 11 * PAGE, nowhere(12));
	addresses(0, 0, nowhere(11), nowhere(12));
	/* It lies where its memory does, and so does all other memory. */
	big_endian = true;
	addresses(10 * PAGE, 2 * PAGE, 11 * PAGE, 12 * PAGE);
}

static void kdump(uint32_t size)
{
	struct made how = { .pages = pages_new(), .form = KLPSCOPE_CAPSULE_KDUMP };
	struct kdumpfile_backend *b, *c;
	struct file f, out;

	page_size = size;
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	add_some(how.pages);
	c = make_capsule(&out, b, &how);
	expect_some(c, b);
	expect_cpus(c, KLPSCOPE_NOT_FOUND);
	if (size <= 65536)
		expect_by_libkdumpfile(&out, 11 * PAGE, ram[11], PAGE);
	if (size == PAGE)
		expect_by_libkdumpfile(&out, 13 * PAGE, NULL, 8);
	close_both(c, &out);
	pages_free(how.pages);
	close_both(b, &f);
}

static void test_kdump(void **state)
{
	(void)state;
	kdump(4096);
	kdump(16384);
	kdump(65536);
	kdump(262144);
}

static void test_big_endian(void **state)
{
	(void)state;
	big_endian = true;
	test_elf(state);
	kdump(4096);
	kdump(65536);
}

/* What others look at in a dump of s390x before they open it. */
static void test_lowcore(void **state)
{
	struct made how = { .pages = pages_new(), .form = KLPSCOPE_CAPSULE_KDUMP };
	struct kdumpfile_backend *b, *c;
	struct file f, out;

	(void)state;
	big_endian = true;
	/* The table, and the text that it tells of, from one frame to the next; then a note. */
	put(&ram[0][0xe18], 20 * PAGE, 8);
	put(ram[20], 0x4f53494e464f535a, 8);
	put(ram[20] + 32, 30 * PAGE + 4000, 8);
	put(ram[20] + 40, 200, 8);
	put(&ram[0][0xe0c], 35 * PAGE + 16, 8);
	put(ram[35] + 16, 11, 4);
	put(ram[35] + 20, 50, 4);
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	capsule_add_lowcore(how.pages, b);
	c = make_capsule(&out, b, &how);
	assert_int_equal(compare_all(c, b, 0), 8 + 8);
	assert_int_equal(compare_all(c, b, 20), PAGE);
	expect_phys(c, 30 * PAGE + 4000, ram[30] + 4000, 200);
	assert_int_equal(compare_all(c, b, 30) + compare_all(c, b, 31), 200);
	assert_int_equal(compare_all(c, b, 35), 12 + 12 + 50);
	close_both(c, &out);
	pages_free(how.pages);
	close_both(b, &f);
}

/* Pointers to nothing, to what is something else, and to more than there is. */
static void test_lowcore_damaged(void **state)
{
	static const uint64_t pointers[] = { 0, 20 * PAGE + 8, 20 * PAGE, 41 * PAGE, 1000 * PAGE, UINT64_MAX - 4095 };

	(void)state;
	big_endian = true;
	for (size_t i = 0; i < sizeof(pointers) / sizeof(*pointers); i++) {
		struct pages *ps = pages_new();
		struct kdumpfile_backend *b;
		struct file f;

		put(&ram[0][0xe18], pointers[i], 8);
		put(&ram[0][0xe0c], pointers[i], 8);
		put(ram[20], i == 2 ? 0x4f53494e464f535a : UINT64_MAX, 8);
		put(ram[20] + 40, UINT64_MAX, 8);
		make_dump(&f, memory, 3);
		b = open_dump(&f, NULL);
		capsule_add_lowcore(ps, b);
		assert_int_equal(pages_status(ps), KLPSCOPE_OK);
		pages_settle(ps);
		assert_int_equal(pages_count(ps), pointers[i] / PAGE == 20 ? 2 : 1);
		pages_free(ps);
		close_both(b, &f);
	}
}

/* Of another machine nothing lies there. */
static void test_no_lowcore(void **state)
{
	struct pages *ps = pages_new();
	struct kdumpfile_backend *b;
	struct file f;

	(void)state;
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	capsule_add_lowcore(ps, b);
	pages_settle(ps);
	assert_int_equal(pages_count(ps), 0);
	pages_free(ps);
	close_both(b, &f);
}

/* Of pages of 64 KB, as far up as 4 KB pages would need bitmaps of 1 GB for. */
static void test_kdump_high(void **state)
{
	struct made how = { .pages = pages_new(), .form = KLPSCOPE_CAPSULE_KDUMP };
	struct kdumpfile_backend *b, *c;
	struct file f, out;

	(void)state;
	page_size = 65536;
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	add_some(how.pages);
	pages_add(how.pages, HIGH * PAGE + 11, 22, PURPOSE_TOOL);
	c = make_capsule(&out, b, &how);
	expect_some(c, b);
	expect_phys(c, HIGH * PAGE + 11, ram[60] + 11, 22);
	assert_int_equal(compare_all(c, b, HIGH), 22);
	expect_by_libkdumpfile(&out, HIGH * PAGE + 12, ram[60] + 12, 21);
	close_both(c, &out);
	page_size = PAGE;
	assert_int_equal(try_capsule(&out, b, &how), KLPSCOPE_LIMIT);
	close(out.fd);
	pages_free(how.pages);
	close_both(b, &f);
}

/* A device's memory far away is in no dump, and takes no room. */
static void test_kdump_far_fault(void **state)
{
	struct made how = { .pages = pages_new(), .form = KLPSCOPE_CAPSULE_KDUMP };
	struct kdumpfile_backend *b, *c;
	struct file f, out;

	(void)state;
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	add_some(how.pages);
	pages_add_missing(how.pages, (uint64_t)1 << 51, KLPSCOPE_FAULT);
	c = make_capsule(&out, b, &how);
	expect_some(c, b);
	expect_status(c, (uint64_t)1 << 51, 8, KLPSCOPE_FAULT);
	assert_true(lseek(out.fd, 0, SEEK_END) < 1 << 20);
	close_both(c, &out);
	pages_free(how.pages);
	close_both(b, &f);
}

/* Bytes that no compression shrinks. */
static void test_incompressible(void **state)
{
	uint32_t x = 12345;

	(void)state;
	for (unsigned int i = 10; i < 26; i++)
		for (unsigned int k = 0; k < PAGE; k++) {
			x = x * 1664525 + 1013904223;
			ram[i][k] = (unsigned char)(x >> 24);
		}
	kdump(4096);
	kdump(65536);
}

static void test_no_pages(void **state)
{
	struct kdumpfile_backend *b, *c;
	struct file f, out;

	(void)state;
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	for (unsigned int i = 0; i < 4; i++) {
		struct made how = { .pages = pages_new(),
				    .form = i & 1 ? KLPSCOPE_CAPSULE_ELF : KLPSCOPE_CAPSULE_KDUMP };

		if (i & 2)
			pages_add_missing(how.pages, 41 * PAGE, KLPSCOPE_TRUNCATED);
		c = make_capsule(&out, b, &how);
		expect_status(c, 0, 1, KLPSCOPE_EXCLUDED);
		expect_status(c, 41 * PAGE, 1, i & 2 ? KLPSCOPE_TRUNCATED : KLPSCOPE_EXCLUDED);
		expect_cpus(c, KLPSCOPE_NOT_FOUND);
		close_both(c, &out);
		pages_free(how.pages);
	}
	close_both(b, &f);
}

/* A page that somebody asked nothing of is not one that is all there. */
static void test_page_of_nothing(void **state)
{
	struct kdumpfile_backend *b, *c;
	struct file f, out;

	(void)state;
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		struct made how = { .pages = pages_new(), .form = i ? KLPSCOPE_CAPSULE_ELF : KLPSCOPE_CAPSULE_KDUMP };

		pages_add(how.pages, 10 * PAGE, 0, PURPOSE_TASKS);
		pages_add_missing(how.pages, 11 * PAGE, KLPSCOPE_OK);
		c = make_capsule(&out, b, &how);
		expect_status(c, 10 * PAGE, 1, KLPSCOPE_EXCLUDED);
		expect_status(c, 11 * PAGE, 1, KLPSCOPE_EXCLUDED);
		close_both(c, &out);
		pages_free(how.pages);
	}
	close_both(b, &f);
}

/* --- secrets --- */

static void add_secret(struct pages *ps, uint64_t phys, const char *name, size_t size)
{
	for (size_t done = 0, n; done < size; done += n, phys += n) {
		n = PAGE - phys % PAGE;
		if (n > size - done)
			n = size - done;
		for (size_t i = 0; i < n && done + i < strlen(name); i++)
			ram[phys / PAGE][phys % PAGE + i] = (unsigned char)name[done + i];
		pages_add_secret(ps, phys, n, (uint32_t)done);
	}
}

static void redacted(enum klpscope_capsule_form form)
{
	struct made how = { .pages = pages_new(), .form = form, .redact = true };
	struct kdumpfile_backend *b, *c;
	static const unsigned char blank[65] = "[redacted]";
	struct file f, out;

	add_secret(how.pages, 10 * PAGE + 500, "bash", 16);
	pages_add(how.pages, 10 * PAGE + 490, 15, PURPOSE_TASKS);
	/* Across the border of two frames, in both parts, and of a page that is in no dump. */
	add_secret(how.pages, 13 * PAGE - 5, "postgres: wal", 16);
	pages_add(how.pages, 13 * PAGE - 5, 5, PURPOSE_TASKS);
	pages_add(how.pages, 13 * PAGE, 9, PURPOSE_TASKS);
	add_secret(how.pages, 21 * PAGE + 8, "host.example.com", 65);
	pages_add(how.pages, 21 * PAGE, PAGE, PURPOSE_SYSTEM);
	add_secret(how.pages, 50 * PAGE, "of a frame that nobody read", 64);
	pages_add_secret(how.pages, 41 * PAGE, 16, 0);
	pages_add_missing(how.pages, 41 * PAGE, KLPSCOPE_EXCLUDED);
	pages_add_secret(how.pages, HIGH * PAGE + 7, 16, 0);
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	c = make_capsule(&out, b, &how);
	expect_phys(c, 10 * PAGE + 490, ram[10] + 490, 10);
	expect_phys(c, 10 * PAGE + 500, blank, 16);
	expect_status(c, 10 * PAGE + 500, 17, KLPSCOPE_EXCLUDED);
	expect_phys(c, 13 * PAGE - 5, blank, 16);
	expect_status(c, 13 * PAGE - 6, 1, KLPSCOPE_EXCLUDED);
	expect_phys(c, 21 * PAGE + 8, blank, 65);
	expect_phys(c, 21 * PAGE, ram[21], 8);
	expect_phys(c, 21 * PAGE + 73, ram[21] + 73, PAGE - 73);
	expect_status(c, 50 * PAGE, 1, KLPSCOPE_EXCLUDED);
	expect_status(c, 41 * PAGE, 1, KLPSCOPE_EXCLUDED);
	close_both(c, &out);
	how.redact = false;
	c = make_capsule(&out, b, &how);
	expect_phys(c, 10 * PAGE + 500, "bash", 5 - 1);
	assert_int_equal(compare_all(c, b, 10), 15);
	assert_int_equal(compare_all(c, b, 13), 9);
	close_both(c, &out);
	pages_free(how.pages);
	close_both(b, &f);
}

/* No trace of a secret in the whole file. */
static void expect_nowhere(const struct file *f, const char *secret)
{
	size_t size = (size_t)lseek(f->fd, 0, SEEK_END);
	char *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, f->fd, 0);

	assert_true(data != MAP_FAILED);
	assert_null(memmem(data, size, secret, strlen(secret)));
	munmap(data, size);
}

static void test_redacted(void **state)
{
	(void)state;
	redacted(KLPSCOPE_CAPSULE_ELF);
	setup(state);
	redacted(KLPSCOPE_CAPSULE_KDUMP);
}

/* --- what is recorded of reads, and what these find again --- */

struct session {
	struct recorder recorder;
	struct kdumpfile_backend *backend;
	struct target *target;
};

static void begin(struct session *s, const struct file *f)
{
	struct klpscope_target_ops ops;
	struct kdumpfile_watch watch;

	*s = (struct session){ .recorder = { .pages = pages_new() } };
	watch = recorder_watch(&s->recorder);
	s->backend = open_dump(f, &watch);
	kdumpfile_backend_ops(s->backend, &ops);
	s->target = target_new(&ops, big_endian, 8);
	assert_int_equal(recorder_start(&s->recorder, s->target, s->backend), KLPSCOPE_OK);
	if (kdumpfile_backend_capsule(s->backend))
		target_set_capsule(s->target, answers_new(target_arena(s->target)));
	target_purpose(s->target, PURPOSE_TASKS);
}

static void end(struct session *s)
{
	target_free(s->target);
	kdumpfile_backend_close(s->backend);
	pages_free(s->recorder.pages);
}

static void note_bytes(FILE *out, const unsigned char *bytes, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + bytes[i];
	fprintf(out, " %zu bytes %llx\n", len, (unsigned long long)sum);
}

/* All kinds of reads, and what became of them, as text. */
static char *read_all(struct target *t)
{
	static const struct {
		uint64_t at;
		size_t len;
		char how;
	} reads[] = {
		{ TEXT + 10 * PAGE + 8, 8, 'r' },
		{ TEXT + 12 * PAGE - 4, 8, 'r' },
		/* The second page is missing: left out, not mapped, no memory, and no neighbour of the first. */
		{ TEXT + 40 * PAGE - 16, 32, 'r' },
		{ TEXT + 56 * PAGE - 16, 32, 'r' },
		{ TEXT + 64 * PAGE - 16, 32, 'r' },
		{ TEXT + TO_NOWHERE * (uint64_t)PAGE - 24, 48, 'r' },
		{ TEXT + NOT_MAPPED * (uint64_t)PAGE - 40, 48, 'r' },
		{ TEXT + TO_DEVICE * (uint64_t)PAGE + 40, 8, 'r' },
		{ TEXT + 45 * PAGE, 8, 'r' },
		{ 0x1000, 8, 'r' },
		/* Tables of more than one page, as far as they go. */
		{ TEXT + TO_20 * (uint64_t)PAGE + 8, 2 * PAGE - 100, 'b' },
		{ TEXT + TO_20 * (uint64_t)PAGE + 24, 2 * PAGE + 100, 'b' },
		{ TEXT + 38 * PAGE + 99, 2 * PAGE, 'b' },
		{ TEXT + TO_31 * (uint64_t)PAGE + 9, 2 * PAGE, 'b' },
		{ TEXT + 14 * PAGE + 100, 64, 's' },
		{ TEXT + 16 * PAGE - 4, 64, 's' },
		{ TEXT + 40 * PAGE - 7, 64, 's' },
		{ TEXT + 17 * PAGE + 3, 5, 's' },
		{ TEXT + 42 * PAGE, 5, 's' },
	};
	unsigned char *buf = malloc(8 * PAGE);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_true(buf && out);
	for (size_t i = 0; i < sizeof(reads) / sizeof(*reads); i++) {
		const char *s = "";
		enum klpscope_status st = reads[i].how == 'r' ? target_read(t, reads[i].at, buf, reads[i].len) :
					  reads[i].how == 'b' ? target_read_bulk(t, reads[i].at, buf, reads[i].len) :
								target_read_string(t, reads[i].at, reads[i].len, &s);

		fprintf(out, "%zu: %d", i, st);
		if (st)
			fprintf(out, " %s\n", target_error(t));
		else if (reads[i].how == 's')
			fprintf(out, " \"%s\"\n", s);
		else
			note_bytes(out, buf, reads[i].len);
	}
	assert_int_equal(fclose(out), 0);
	free(buf);
	return text;
}

/* A capsule of the dump, and one of that, in both forms: each read ends as it did. */
static void same_reads(const struct file *f)
{
	for (unsigned int forms = 0; forms < 4; forms++) {
		char *expected = NULL;
		struct file from = *f, out;

		for (unsigned int i = 0; i < 3; i++) {
			struct session s;
			struct made how = { .form = forms >> i & 1 ? KLPSCOPE_CAPSULE_ELF : KLPSCOPE_CAPSULE_KDUMP };
			char *text;

			begin(&s, &from);
			text = read_all(s.target);
			if (expected)
				assert_string_equal(text, expected);
			else
				expected = strdup(text);
			free(text);
			target_observe(s.target, &(struct target_observer){ 0 });
			kdumpfile_backend_unwatch(s.backend);
			how.pages = s.recorder.pages;
			assert_int_equal(try_capsule(&out, s.backend, &how), KLPSCOPE_OK);
			end(&s);
			if (i)
				close(from.fd);
			from = out;
		}
		close(from.fd);
		free(expected);
	}
}

static void test_same_reads(void **state)
{
	struct file f;

	(void)state;
	strcpy((char *)ram[14] + 100, "a string");
	strcpy((char *)ram[15] + PAGE - 4, "abc");
	make_dump(&f, memory, 3);
	same_reads(&f);
	close(f.fd);
}

/* Cut at its end, within a page: what was there of that was read in one piece. */
static void test_same_reads_cut(void **state)
{
	static const struct segment whole[] = { { 0, PAGES, 0, 0 } };
	struct file f;

	(void)state;
	make_dump(&f, whole, 1);
	assert_int_equal(ftruncate(f.fd, 0x2000 + 39 * PAGE + 1000), 0);
	same_reads(&f);
	close(f.fd);
}

/* A newer klpscope asks a capsule for more: what it has of the page stays. */
static void test_more_asked(void **state)
{
	struct made how = { .form = KLPSCOPE_CAPSULE_ELF };
	struct file f, out, second;
	struct session s;
	unsigned char buf[8], bulk[2 * PAGE];
	struct kdumpfile_backend *c;

	(void)state;
	make_dump(&f, memory, 3);
	begin(&s, &f);
	assert_int_equal(target_read(s.target, TEXT + 10 * PAGE, buf, 8), KLPSCOPE_OK);
	assert_int_equal(target_read(s.target, TEXT + 11 * PAGE - 100, buf, 8), KLPSCOPE_OK);
	how.pages = s.recorder.pages;
	assert_int_equal(try_capsule(&out, s.backend, &how), KLPSCOPE_OK);
	end(&s);
	begin(&s, &out);
	assert_int_equal(target_read(s.target, TEXT + 10 * PAGE + 8, buf, 8), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read(s.target, TEXT + 10 * PAGE, buf, 8), KLPSCOPE_OK);
	assert_int_equal(target_read(s.target, TEXT + 10 * PAGE + 4, buf, 8), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read_bulk(s.target, TEXT + 10 * PAGE + 4, bulk, PAGE), KLPSCOPE_EXCLUDED);
	how.pages = s.recorder.pages;
	c = make_capsule(&second, s.backend, &how);
	expect_phys(c, 10 * PAGE, ram[10], 8);
	expect_status(c, 10 * PAGE, 9, KLPSCOPE_EXCLUDED);
	expect_status(c, 11 * PAGE - 100, 8, KLPSCOPE_EXCLUDED);
	close_both(c, &second);
	end(&s);
	close(out.fd);
	close(f.fd);
}

/* Of names the answers are kept, and not the memory that they come from; page tables are in any case. */
static void test_names_left_out(void **state)
{
	struct made how = { .form = KLPSCOPE_CAPSULE_ELF };
	struct kdumpfile_backend *c;
	struct file f, out;
	struct session s;
	unsigned char buf[8];

	(void)state;
	make_dump(&f, memory, 3);
	begin(&s, &f);
	target_purpose(s.target, PURPOSE_NAMES);
	assert_int_equal(target_read(s.target, TEXT + 10 * PAGE, buf, 8), KLPSCOPE_OK);
	assert_int_equal(target_read(s.target, TEXT + 42 * PAGE, buf, 8), KLPSCOPE_EXCLUDED);
	how.pages = s.recorder.pages;
	c = make_capsule(&out, s.backend, &how);
	expect_status(c, 10 * PAGE, 8, KLPSCOPE_EXCLUDED);
	expect_phys(c, PML4 * PAGE, ram[PML4], PAGE);
	expect_phys(c, PT * PAGE, ram[PT], PAGE);
	close_both(c, &out);
	end(&s);
	close(f.fd);
}

/* "[redacted]" is longer than the name, and there is room for it behind the border. */
static void test_secret_at_border(void **state)
{
	struct made how = { .form = KLPSCOPE_CAPSULE_ELF, .redact = true };
	struct kdumpfile_backend *c;
	struct file f, out;
	struct session s;
	const char *name;

	(void)state;
	strcpy((char *)ram[20] + PAGE - 4, "abc");
	memset(ram[30], 'z', 16);
	strcpy((char *)ram[33] + 8, "secretive");
	make_dump(&f, memory, 3);
	begin(&s, &f);
	assert_int_equal(target_read_string(s.target, TEXT + TO_30 * (uint64_t)PAGE - 4, 16, &name), KLPSCOPE_OK);
	assert_string_equal(name, "abc");
	target_secret(s.target, TEXT + TO_30 * (uint64_t)PAGE - 4, 16);
	assert_int_equal(target_read_string(s.target, TEXT + 33 * PAGE + 8, 16, &name), KLPSCOPE_OK);
	/* A hostile dump may say anything of the size of its names. */
	target_secret(s.target, TEXT + 33 * PAGE + 8, SIZE_MAX / 2);
	how.pages = s.recorder.pages;
	c = make_capsule(&out, s.backend, &how);
	expect_nowhere(&out, "abc");
	expect_nowhere(&out, "secretive");
	expect_nowhere(&out, "zzz");
	end(&s);
	kdumpfile_backend_close(c);
	begin(&s, &out);
	assert_int_equal(target_read_string(s.target, TEXT + TO_30 * (uint64_t)PAGE - 4, 16, &name), KLPSCOPE_OK);
	assert_string_equal(name, "[redacted]");
	assert_int_equal(target_read_string(s.target, TEXT + 33 * PAGE + 8, 16, &name), KLPSCOPE_OK);
	assert_string_equal(name, "[redacted]");
	end(&s);
	close(out.fd);
	close(f.fd);
}

/* Damage to any byte of the headers and notes: refused, or less is there, but never a false byte of memory. */
static void test_damaged(void **state)
{
	struct made how = { .pages = pages_new(), .form = KLPSCOPE_CAPSULE_ELF };
	const char *paths[1];
	const struct kdumpfile_open open = { .paths = paths, .count = 1 };
	struct kdumpfile_backend *b, *c;
	struct file f, out;
	char words[300];

	(void)state;
	make_dump(&f, memory, 3);
	b = open_dump(&f, NULL);
	add_some(how.pages);
	assert_int_equal(try_capsule(&out, b, &how), KLPSCOPE_OK);
	paths[0] = out.path;
	/* Behind the headers: the notes, of which those of the registers are the last. */
	for (uint64_t at = 64 + 56 * 4; at < 64 + 56 * 4 + 1800; at++) {
		unsigned char byte, flipped;

		assert_int_equal(pread(out.fd, &byte, 1, (off_t)at), 1);
		flipped = (unsigned char)(byte ^ (at % 2 ? 0xff : 0x04));
		write_at(&out, at, &flipped, 1);
		if (!kdumpfile_backend_open(&open, &c, words, sizeof(words))) {
			assert_non_null(kdumpfile_backend_capsule(c));
			compare_all(c, b, 10);
			assert_int_equal(compare_all(c, b, 13), 0);
			kdumpfile_backend_close(c);
		}
		write_at(&out, at, &byte, 1);
	}
	close(out.fd);
	pages_free(how.pages);
	close_both(b, &f);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_elf), TEST(test_addresses), TEST(test_kdump), TEST(test_big_endian),
		TEST(test_lowcore), TEST(test_lowcore_damaged), TEST(test_no_lowcore), TEST(test_kdump_high),
		TEST(test_kdump_far_fault), TEST(test_incompressible), TEST(test_no_pages), TEST(test_page_of_nothing),
		TEST(test_redacted), TEST(test_same_reads), TEST(test_same_reads_cut), TEST(test_more_asked),
		TEST(test_names_left_out), TEST(test_secret_at_border), TEST(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
