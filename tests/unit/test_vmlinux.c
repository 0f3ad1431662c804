// SPDX-License-Identifier: GPL-2.0-or-later
/* Small vmlinux files, written here by libelf, of both classes and byte orders. */
#include <bpf/btf.h>
#include <dwarf.h>
#include <errno.h>
#include <gelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake.h"
#include "provider/vmlinux.h"

#define KASLR 0x1e000000
#define BUILD_ID "00112233445566778899aabbccddeeff01234567"
#define OTHER_ID "ff112233445566778899aabbccddeeff01234567"

/* What is in the file; `text` is where it is linked. */
struct image {
	bool big_endian;
	unsigned int pointer;
	unsigned int type;		/* ET_EXEC, … */
	bool symbols, build_id, banner, btf, btf_nobits, dwarf, compress, debuglink;
	/* written */
	int fd;
	char path[64];
	uint64_t text;
	Elf *elf;
	char names[512];		/* of sections */
	size_t names_len;
	void *keep[64];			/* until the file is written */
	unsigned int kept;
};

static const struct image whole = {
	.pointer = 8, .type = ET_EXEC, .symbols = true, .build_id = true, .banner = true, .btf = true,
};

/* --- bytes in the image's order --- */

struct bytes {
	unsigned char data[4096];
	size_t len;
	bool big_endian;
};

static void put(struct bytes *b, uint64_t v, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		b->data[b->len + (b->big_endian ? size - 1 - i : i)] = (unsigned char)(v >> 8 * i);
	b->len += size;
}

static void put_str(struct bytes *b, const char *s)
{
	memcpy(b->data + b->len, s, strlen(s) + 1);
	b->len += strlen(s) + 1;
}

/* --- DWARF, version 4, by hand --- */

enum {
	A_UNIT = 1,
	A_INT,
	A_STRUCT,
	A_MEMBER,
	A_POINTER,
	A_ARRAY,
	A_DIM,
	A_TYPEDEF,
	A_ANON_UNION,
	A_ANON_MEMBER,
	A_BITS,
	A_DECLARATION,
	A_ANON_STRUCT
};

static void abbrev(struct bytes *b, unsigned int code, unsigned int tag, bool children,
		   const unsigned int *attrs)
{
	put(b, code, 1);
	put(b, tag, 1);
	put(b, children, 1);
	while (*attrs)
		put(b, *attrs++, 1);
	put(b, 0, 2);
}

#define ABBREV(b, code, tag, children, ...) \
	abbrev(b, code, tag, children, (const unsigned int[]){ __VA_ARGS__, 0 })

static void put_abbrevs(struct bytes *b)
{
	ABBREV(b, A_UNIT, DW_TAG_compile_unit, true, DW_AT_name, DW_FORM_string);
	ABBREV(b, A_INT, DW_TAG_base_type, false, DW_AT_name, DW_FORM_string, DW_AT_byte_size, DW_FORM_data1);
	ABBREV(b, A_STRUCT, DW_TAG_structure_type, true, DW_AT_name, DW_FORM_string, DW_AT_byte_size,
	       DW_FORM_data1);
	ABBREV(b, A_MEMBER, DW_TAG_member, false, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref4,
	       DW_AT_data_member_location, DW_FORM_data1);
	ABBREV(b, A_POINTER, DW_TAG_pointer_type, false, DW_AT_type, DW_FORM_ref4);
	ABBREV(b, A_ARRAY, DW_TAG_array_type, true, DW_AT_type, DW_FORM_ref4);
	ABBREV(b, A_DIM, DW_TAG_subrange_type, false, DW_AT_upper_bound, DW_FORM_data1);
	ABBREV(b, A_TYPEDEF, DW_TAG_typedef, false, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref4);
	ABBREV(b, A_ANON_UNION, DW_TAG_union_type, true, DW_AT_byte_size, DW_FORM_data1);
	ABBREV(b, A_ANON_MEMBER, DW_TAG_member, false, DW_AT_type, DW_FORM_ref4, DW_AT_data_member_location,
	       DW_FORM_data1);
	ABBREV(b, A_BITS, DW_TAG_member, false, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref4,
	       DW_AT_bit_size, DW_FORM_data1, DW_AT_data_bit_offset, DW_FORM_data1);
	ABBREV(b, A_DECLARATION, DW_TAG_structure_type, false, DW_AT_name, DW_FORM_string, DW_AT_declaration,
	       DW_FORM_flag_present);
	ABBREV(b, A_ANON_STRUCT, DW_TAG_structure_type, true, DW_AT_byte_size, DW_FORM_data1);
	put(b, 0, 1);
}

static uint32_t die(struct bytes *b, unsigned int code)
{
	uint32_t at = (uint32_t)b->len;

	put(b, code, 1);
	return at;
}

static void put_member(struct bytes *b, const char *name, uint32_t type, unsigned int offset)
{
	put(b, name ? A_MEMBER : A_ANON_MEMBER, 1);
	if (name)
		put_str(b, name);
	put(b, type, 4);
	put(b, offset, 1);
}

static void put_typedef(struct bytes *b, const char *name, uint32_t type)
{
	put(b, A_TYPEDEF, 1);
	put_str(b, name);
	put(b, type, 4);
}

/* The types that the members below are of. */
static void put_inner_types(struct bytes *b, uint32_t *i32, uint32_t *ptr, uint32_t *array, uint32_t *both,
			    uint32_t *anon)
{
	*i32 = die(b, A_INT);
	put_str(b, "int");
	put(b, 4, 1);
	*ptr = die(b, A_POINTER);
	put(b, *i32, 4);
	*array = die(b, A_ARRAY);
	put(b, *i32, 4);
	die(b, A_DIM);
	put(b, 2, 1);
	die(b, A_DIM);
	put(b, 3, 1);
	put(b, 0, 1);
	*both = die(b, A_ANON_UNION);
	put(b, 4, 1);
	put_member(b, "x", *i32, 0);
	put_member(b, "y", *i32, 0);
	put(b, 0, 1);
	*anon = die(b, A_ANON_STRUCT);
	put(b, 4, 1);
	put_member(b, "counter", *i32, 0);
	put(b, 0, 1);
}

/* struct klp_patch as in put_btf(). */
static void put_info(struct bytes *b, unsigned int pointer)
{
	uint32_t i32, ptr, array, both, anon, named;
	struct bytes length = { .big_endian = b->big_endian };

	put(b, 0, 4);
	put(b, 4, 2);
	put(b, 0, 4);
	put(b, pointer, 1);
	die(b, A_UNIT);
	put_str(b, "core.c");
	die(b, A_DECLARATION);
	put_str(b, "klp_patch");
	put_inner_types(b, &i32, &ptr, &array, &both, &anon);
	named = (uint32_t)b->len;
	put_typedef(b, "myint", i32);
	put_typedef(b, "atomic_t", anon);
	die(b, A_STRUCT);
	put_str(b, "klp_patch");
	put(b, 80, 1);
	put_member(b, "mod", ptr, 0);
	put_member(b, "enabled", named, 8);
	put_member(b, NULL, both, 12);
	put_member(b, "array", array, 16);
	put(b, A_BITS, 1);
	put_str(b, "bits");
	put(b, i32, 4);
	put(b, 3, 1);
	put(b, 64 * 8 & 0xff, 1);
	put(b, 0, 1);
	put(b, 0, 1);
	put(&length, b->len - 4, 4);
	memcpy(b->data, length.data, 4);
}

/* --- sections --- */

static void *keep(struct image *im, const void *data, size_t len)
{
	void *p = malloc(len ? len : 1);

	assert_non_null(p);
	memcpy(p, data, len);
	im->keep[im->kept++] = p;
	return p;
}

static GElf_Word section_name(struct image *im, const char *name)
{
	size_t at = im->names_len;

	memcpy(im->names + at, name, strlen(name) + 1);
	im->names_len += strlen(name) + 1;
	return (GElf_Word)at;
}

static Elf_Scn *section(struct image *im, const char *name, unsigned int type, uint64_t flags, uint64_t addr,
			const void *bytes, size_t len)
{
	Elf_Scn *scn = elf_newscn(im->elf);
	Elf_Data *data = elf_newdata(scn);
	GElf_Shdr sh;

	assert_non_null(data);
	data->d_buf = type == SHT_NOBITS ? NULL : keep(im, bytes, len);
	data->d_size = len;
	data->d_type = ELF_T_BYTE;
	data->d_align = 1;
	data->d_version = EV_CURRENT;
	assert_non_null(gelf_getshdr(scn, &sh));
	sh.sh_name = section_name(im, name);
	sh.sh_type = type;
	sh.sh_flags = flags;
	sh.sh_addr = addr;
	assert_int_equal(gelf_update_shdr(scn, &sh), 1);
	return scn;
}

struct sym {
	const char *name;
	uint64_t value;		/* from the start of the text, unless absolute */
	unsigned char bind, type;
	bool absolute, undefined;
};

static const struct sym symbols[] = {
	{ "late", 0x3000, STB_GLOBAL, STT_FUNC, false, false },
	{ "twin", 0x2000, STB_LOCAL, STT_FUNC, false, false },
	{ "twin", 0x1000, STB_LOCAL, STT_FUNC, false, false },
	{ "core.c", 0, STB_LOCAL, STT_FILE, true, false },
	{ "", 0, STB_LOCAL, STT_SECTION, false, false },
	{ "$x", 0x1000, STB_LOCAL, STT_NOTYPE, false, false },
	{ ".LC0", 0x1000, STB_LOCAL, STT_NOTYPE, false, false },
	{ "__crc_twin", 0x1000, STB_LOCAL, STT_NOTYPE, false, false },
	{ "nowhere", 0, STB_GLOBAL, STT_NOTYPE, false, true },
	{ "_text", 0, STB_GLOBAL, STT_NOTYPE, false, false },
	{ "_stext", 0, STB_GLOBAL, STT_NOTYPE, false, false },
	{ "weak_alias", 0x3000, STB_WEAK, STT_FUNC, false, false },
	{ "__late", 0x3000, STB_GLOBAL, STT_FUNC, false, false },
	{ "__start_late", 0x3000, STB_GLOBAL, STT_FUNC, false, false },
	{ "number", 0x42, STB_GLOBAL, STT_NOTYPE, true, false },
	{ "cpu_number", 0x160, STB_GLOBAL, STT_OBJECT, true, false },
	{ "klp_lto.llvm.42", 0x4000, STB_LOCAL, STT_FUNC, false, false },
	{ "esc\x1b[m", 0x5000, STB_LOCAL, STT_FUNC, false, false },
	{ "linux_banner", 0x8000, STB_GLOBAL, STT_OBJECT, false, false },
	{ "_end", 0x9000, STB_GLOBAL, STT_NOTYPE, false, false },
	{ "scratch", 0xa000, STB_GLOBAL, STT_NOTYPE, false, false },
};

#define NR_SYMBOLS (sizeof(symbols) / sizeof(*symbols))

static void put_symbols(struct image *im)
{
	size_t n = NR_SYMBOLS + 1, size = gelf_fsize(im->elf, ELF_T_SYM, n, EV_CURRENT);
	char strings[1024] = "";
	size_t strings_len = 1;
	void *room = calloc(1, size);
	Elf_Scn *scn = section(im, ".symtab", SHT_SYMTAB, 0, 0, room, size);
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr sh;

	free(room);
	data->d_type = ELF_T_SYM;
	data->d_align = 8;
	for (size_t i = 0; i < NR_SYMBOLS; i++) {
		const struct sym *s = &symbols[i];
		GElf_Sym sym = { .st_name = (GElf_Word)strings_len,
				 .st_value = s->value + (s->absolute || s->undefined ? 0 : im->text),
				 .st_info = GELF_ST_INFO(s->bind, s->type) };

		sym.st_shndx = s->undefined ? SHN_UNDEF : s->absolute ? SHN_ABS : 1;
		assert_int_equal(gelf_update_sym(data, (int)i + 1, &sym), 1);
		memcpy(strings + strings_len, s->name, strlen(s->name) + 1);
		strings_len += strlen(s->name) + 1;
	}
	assert_non_null(gelf_getshdr(scn, &sh));
	sh.sh_entsize = gelf_fsize(im->elf, ELF_T_SYM, 1, EV_CURRENT);
	sh.sh_link = (GElf_Word)elf_ndxscn(section(im, ".strtab", SHT_STRTAB, 0, 0, strings, strings_len));
	assert_int_equal(gelf_update_shdr(scn, &sh), 1);
}

static void put_build_id(struct image *im)
{
	struct bytes b = { .big_endian = im->big_endian };

	put(&b, 4, 4);
	put(&b, strlen(BUILD_ID) / 2, 4);
	put(&b, NT_GNU_BUILD_ID, 4);
	put_str(&b, "GNU");
	for (const char *s = BUILD_ID; *s; s += 2) {
		unsigned int v;

		assert_int_equal(sscanf(s, "%2x", &v), 1);
		put(&b, v, 1);
	}
	section(im, ".notes", SHT_NOTE, SHF_ALLOC, im->text + 0x7000, b.data, b.len);
}

static void put_btf(struct image *im)
{
	struct btf *b = btf__new_empty();
	const void *raw;
	uint32_t size;
	int i32, array, both;

	assert_non_null(b);
	btf__set_pointer_size(b, im->pointer);
	btf__set_endianness(b, im->big_endian ? BTF_BIG_ENDIAN : BTF_LITTLE_ENDIAN);
	i32 = btf__add_int(b, "int", 4, 0);
	array = btf__add_array(b, i32, i32, 12);
	both = btf__add_union(b, NULL, 4);
	btf__add_field(b, "x", i32, 0, 0);
	btf__add_field(b, "y", i32, 0, 0);
	btf__add_struct(b, "klp_patch", 80);
	btf__add_field(b, "mod", btf__type_cnt(b) + 1, 0, 0);
	btf__add_field(b, "enabled", i32, 64, 0);
	btf__add_field(b, "", both, 96, 0);
	btf__add_field(b, "array", array, 128, 0);
	btf__add_field(b, "bits", i32, 512, 3);
	btf__add_typedef(b, "atomic_t", btf__type_cnt(b) + 2);
	assert_true(btf__add_ptr(b, i32) > 0);
	btf__add_struct(b, NULL, 4);
	btf__add_field(b, "counter", i32, 0, 0);
	raw = btf__raw_data(b, &size);
	assert_non_null(raw);
	section(im, ".BTF", im->btf_nobits ? SHT_NOBITS : SHT_PROGBITS, SHF_ALLOC, im->text + 0x6000, raw,
		size);
	btf__free(b);
}

static void put_dwarf(struct image *im)
{
	struct bytes *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->big_endian = im->big_endian;
	put_abbrevs(b);
	section(im, ".debug_abbrev", SHT_PROGBITS, 0, 0, b->data, b->len);
	b->len = 0;
	put_info(b, im->pointer);
	section(im, ".debug_info", SHT_PROGBITS, 0, 0, b->data, b->len);
	free(b);
}

static void put_sections(struct image *im)
{
	static const char nothing[64], link[] = "vmlinux.debug\0\0\0\x12\x34\x56\x78";
	static const char banner[] = "Linux version 6.1.0-test (builder) #1 SMP\n";

	im->names_len = 1;
	section(im, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, im->text, nothing, sizeof(nothing));
	if (im->banner)
		section(im, ".rodata", SHT_PROGBITS, SHF_ALLOC, im->text + 0x8000, banner, sizeof(banner));
	if (im->build_id)
		put_build_id(im);
	if (im->symbols)
		put_symbols(im);
	if (im->btf)
		put_btf(im);
	if (im->dwarf)
		put_dwarf(im);
	if (im->debuglink)
		section(im, ".gnu_debuglink", SHT_PROGBITS, 0, 0, link, 20);
}

static void put_section_names(struct image *im)
{
	GElf_Word at = section_name(im, ".shstrtab");
	Elf_Scn *scn = section(im, "", SHT_STRTAB, 0, 0, im->names, im->names_len);
	GElf_Shdr sh;
	GElf_Ehdr eh;

	assert_non_null(gelf_getshdr(scn, &sh));
	sh.sh_name = at;
	assert_int_equal(gelf_update_shdr(scn, &sh), 1);
	assert_non_null(gelf_getehdr(im->elf, &eh));
	eh.e_ident[EI_DATA] = im->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	eh.e_type = (GElf_Half)im->type;
	eh.e_machine = im->pointer == 8 ? (im->big_endian ? EM_S390 : EM_X86_64)
					: (im->big_endian ? EM_PPC : EM_386);
	eh.e_version = EV_CURRENT;
	eh.e_shstrndx = (GElf_Half)elf_ndxscn(scn);
	assert_int_equal(gelf_update_ehdr(im->elf, &eh), 1);
}

static void compress_section(struct image *im, const char *name)
{
	Elf *elf = elf_begin(im->fd, ELF_C_RDWR, NULL);
	Elf_Scn *scn = NULL;
	size_t names;

	assert_non_null(elf);
	assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;

		assert_non_null(gelf_getshdr(scn, &sh));
		if (!strcmp(elf_strptr(elf, names, sh.sh_name), name))
			assert_int_equal(elf_compress(scn, ELFCOMPRESS_ZLIB, ELF_CHF_FORCE), 1);
	}
	assert_true(elf_update(elf, ELF_C_WRITE) > 0);
	elf_end(elf);
}

static void write_image(struct image *im)
{
	im->text = im->pointer == 8 ? 0xffffffff81000000 : 0xc0100000;
	im->fd = memfd_create("vmlinux", 0);
	assert_true(im->fd >= 0);
	snprintf(im->path, sizeof(im->path), "/proc/self/fd/%d", im->fd);
	assert_int_not_equal(elf_version(EV_CURRENT), EV_NONE);
	im->elf = elf_begin(im->fd, ELF_C_WRITE, NULL);
	assert_non_null(im->elf);
	assert_non_null(gelf_newehdr(im->elf, im->pointer == 8 ? ELFCLASS64 : ELFCLASS32));
	put_sections(im);
	put_section_names(im);
	if (elf_update(im->elf, ELF_C_WRITE) < 0)
		fail_msg("elf_update: %s", elf_errmsg(-1));
	elf_end(im->elf);
	while (im->kept)
		free(im->keep[--im->kept]);
	if (im->compress) {
		compress_section(im, ".debug_info");
		compress_section(im, ".debug_abbrev");
	}
}

/* --- asking --- */

struct setup {
	struct image im;
	struct fake *f;
	struct target *t;
};

/* `info`: VMCOREINFO of the dump, which is of the image's kind. */
static struct setup start(struct image im, const char *info)
{
	struct setup s = { .im = im };
	char text[512];

	write_image(&s.im);
	snprintf(text, sizeof(text), "endian %s\npointer %u\n%s\n", im.big_endian ? "big" : "little",
		 im.pointer, info);
	s.f = fake_parse(text);
	s.t = fake_target(s.f);
	return s;
}

static enum klpscope_status load(struct setup *s, bool force)
{
	struct provider *p;
	bool forced;
	enum klpscope_status st = vmlinux_provider_new(s->t, s->im.path, force, &p, &forced);

	if (st)
		assert_null(p);
	else
		target_add_provider(s->t, p);
	return st;
}

static struct setup loaded(struct image im, const char *info)
{
	struct setup s = start(im, info);

	if (load(&s, false))
		fail_msg("%s", target_error(s.t));
	return s;
}

static void stop(struct setup *s)
{
	fake_free(s->f);
	close(s->im.fd);
}

static void refuse(struct image im, const char *info, enum klpscope_status st, const char *word)
{
	struct setup s = start(im, info);

	assert_int_equal(load(&s, false), st);
	if (!strstr(target_error(s.t), word) || !strstr(target_error(s.t), s.im.path))
		fail_msg("\"%s\" has no \"%s\"", target_error(s.t), word);
	stop(&s);
}

static void expect(struct setup *s, const char *name, unsigned int sympos, uint64_t addr)
{
	struct symbol_query q = { .name = name, .sympos = sympos };

	target_symbols(s->t, &q, 1);
	if (q.st || q.addr != addr)
		fail_msg("%s,%u: status %d, 0x%llx", name, sympos, q.st, (unsigned long long)q.addr);
}

static void expect_none(struct setup *s, const char *name, unsigned int sympos)
{
	struct symbol_query q = { .name = name, .sympos = sympos };

	target_symbols(s->t, &q, 1);
	assert_int_equal(q.st, KLPSCOPE_NOT_FOUND);
}

static void expect_name(struct setup *s, uint64_t addr, const char *name, uint64_t first, uint64_t size)
{
	struct symbol_name n;

	assert_int_equal(target_name_address(s->t, addr, &n), KLPSCOPE_OK);
	assert_string_equal(n.name, name);
	assert_int_equal(n.start, first);
	assert_int_equal(n.size, size);
}

static void expect_member(struct setup *s, const char *type, const char *name, uint64_t offset, uint64_t size)
{
	struct member_info m;

	if (target_member(s->t, type, name, &m) || m.offset != offset || m.size != size)
		fail_msg("%s.%s: %llu, %llu: %s", type, name, (unsigned long long)m.offset,
			 (unsigned long long)m.size, target_error(s->t));
}

static void expect_no_member(struct setup *s, const char *type, const char *name, enum klpscope_status st)
{
	struct member_info m;

	assert_int_equal(target_member(s->t, type, name, &m), st);
}

static void check_symbols(struct setup *s, uint64_t text)
{
	expect(s, "_text", 0, text);
	expect(s, "late", 0, text + 0x3000);
	expect(s, "late", 1, text + 0x3000);
	/* In the order of addresses, not of the file. */
	expect(s, "twin", 0, text + 0x1000);
	expect(s, "twin", 1, text + 0x1000);
	expect(s, "twin", 2, text + 0x2000);
	expect_none(s, "twin", 3);
	expect_none(s, "nowhere", 0);
	expect_none(s, "core.c", 0);
	expect_none(s, "$x", 0);
	expect_none(s, "__crc_twin", 0);
	expect_none(s, "tw", 0);
	expect(s, "klp_lto", 0, text + 0x4000);
	/* What is not an address does not move. */
	expect(s, "cpu_number", 0, 0x160);
	expect(s, "number", 0, 0x42);
}

static void check_names(struct setup *s, uint64_t text)
{
	struct symbol_name n;

	expect_name(s, text + 0x10, "_stext", text, 0x1000);
	expect_name(s, text + 0x1fff, "twin", text + 0x1000, 0x1000);
	expect_name(s, text + 0x3001, "late", text + 0x3000, 0x1000);
	expect_name(s, text + 0x5000, "esc\\x1b[m", text + 0x5000, 0x3000);
	assert_int_equal(target_name_address(s->t, text - 1, &n), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_name_address(s->t, 0x160, &n), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_name_address(s->t, text + 0xa000, &n), KLPSCOPE_NOT_FOUND);
}

static void check_types(struct setup *s)
{
	uint64_t size;

	expect_member(s, "klp_patch", "mod", 0, s->im.pointer);
	expect_member(s, "klp_patch", "enabled", 8, 4);
	expect_member(s, "klp_patch", "x", 12, 4);
	expect_member(s, "klp_patch", "y", 12, 4);
	expect_member(s, "klp_patch", "array", 16, 48);
	expect_member(s, "atomic_t", "counter", 0, 4);
	expect_no_member(s, "klp_patch", "bits", KLPSCOPE_UNSUPPORTED);
	expect_no_member(s, "klp_patch", "states", KLPSCOPE_NOT_FOUND);
	expect_no_member(s, "klp_ops", "node", KLPSCOPE_NOT_FOUND);
	expect_no_member(s, "myint", "node", KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_type_size(s->t, "klp_patch", &size), KLPSCOPE_OK);
	assert_int_equal(size, 80);
	assert_int_equal(target_type_size(s->t, "klp_ops", &size), KLPSCOPE_NOT_FOUND);
}

/* --- tests --- */

static void test_all_kinds(void **state)
{
	(void)state;
	for (int variant = 0; variant < 8; variant++) {
		struct image im = whole;
		char info[128];
		struct setup s;
		uint64_t text;

		im.big_endian = variant & 1;
		im.pointer = variant & 2 ? 4 : 8;
		im.dwarf = variant & 4;
		im.btf = !im.dwarf;
		text = (im.pointer == 8 ? 0xffffffff81000000 : 0xc0100000) + KASLR;
		snprintf(info, sizeof(info), "vmcoreinfo BUILD-ID %s\nvmcoreinfo SYMBOL(_stext) %llx",
			 BUILD_ID, (unsigned long long)text);
		s = loaded(im, info);
		check_symbols(&s, text);
		check_names(&s, text);
		check_types(&s);
		stop(&s);
	}
}

static void test_kaslr(void **state)
{
	uint64_t text = 0xffffffff81000000;
	struct setup s;

	(void)state;
	s = loaded(whole, "vmcoreinfo BUILD-ID " BUILD_ID "\nvmcoreinfo KERNELOFFSET 1e000000");
	check_symbols(&s, text + KASLR);
	stop(&s);
	s = loaded(whole, "vmcoreinfo BUILD-ID " BUILD_ID);
	check_symbols(&s, text);
	stop(&s);
	/* Where the two disagree, _stext was there. */
	s = loaded(whole, "vmcoreinfo BUILD-ID " BUILD_ID "\nvmcoreinfo KERNELOFFSET 2000000\n"
			  "vmcoreinfo SYMBOL(_stext) ffffffff9f000000");
	check_symbols(&s, text + KASLR);
	stop(&s);
}

static void test_identity(void **state)
{
	struct image im = whole;
	struct setup s;

	(void)state;
	refuse(im, "vmcoreinfo BUILD-ID " OTHER_ID, KLPSCOPE_INVALID, BUILD_ID);
	refuse(im, "vmcoreinfo BUILD-ID " OTHER_ID, KLPSCOPE_INVALID, OTHER_ID);
	refuse(im, "vmcoreinfo BUILD-ID " OTHER_ID, KLPSCOPE_INVALID, "--force");
	refuse(im, "vmcoreinfo BUILD-ID 0011", KLPSCOPE_INVALID, "the dump's 0011");
	refuse(im, "vmcoreinfo BUILD-ID \x1b[31m", KLPSCOPE_INVALID, "\\x1b[31m");
	s = start(im, "vmcoreinfo BUILD-ID " OTHER_ID);
	assert_int_equal(load(&s, true), KLPSCOPE_OK);
	check_symbols(&s, 0xffffffff81000000);
	stop(&s);
	im.build_id = false;
	refuse(im, "vmcoreinfo BUILD-ID " BUILD_ID, KLPSCOPE_INVALID, "no build id");
}

/* Kernels before BUILD-ID. */
static void test_release(void **state)
{
	struct image im = whole;
	struct setup s;

	(void)state;
	s = loaded(im, "vmcoreinfo OSRELEASE 6.1.0-test");
	check_symbols(&s, 0xffffffff81000000);
	stop(&s);
	refuse(im, "vmcoreinfo OSRELEASE 6.1.0", KLPSCOPE_INVALID, "it is 6.1.0-test");
	refuse(im, "vmcoreinfo OSRELEASE 6.1.0-test-2", KLPSCOPE_INVALID, "it is 6.1.0-test");
	refuse(im, "", KLPSCOPE_INVALID, "nothing shows");
	im.banner = false;
	refuse(im, "vmcoreinfo OSRELEASE 6.1.0-test", KLPSCOPE_INVALID, "nothing shows");
}

static void test_wrong_kind(void **state)
{
	struct image im = whole;
	struct setup s;
	bool forced;
	struct provider *p;

	(void)state;
	im.type = ET_REL;
	refuse(im, "", KLPSCOPE_INVALID, "not a linked kernel");
	im.type = ET_CORE;
	refuse(im, "", KLPSCOPE_INVALID, "a dump");
	im = whole;
	im.big_endian = true;
	refuse(im, "endian little", KLPSCOPE_INVALID, "another machine");
	im.big_endian = false;
	im.pointer = 4;
	refuse(im, "pointer 8", KLPSCOPE_INVALID, "64-bit little-endian");
	s = start(whole, "");
	assert_int_equal(vmlinux_provider_new(s.t, "/nonexistent/vmlinux", false, &p, &forced), KLPSCOPE_SYSTEM);
	assert_non_null(strstr(target_error(s.t), "/nonexistent/vmlinux: "));
	stop(&s);
}

static void refuse_bytes(const void *bytes, size_t len, size_t at, const char *word)
{
	struct setup s = start(whole, "");

	assert_int_equal(ftruncate(s.im.fd, 0), 0);
	assert_int_equal(pwrite(s.im.fd, bytes, len, (off_t)at), (ssize_t)len);
	assert_int_equal(ftruncate(s.im.fd, 4096), 0);
	assert_int_equal(load(&s, true), KLPSCOPE_INVALID);
	if (!strstr(target_error(s.t), word))
		fail_msg("\"%s\" has no \"%s\"", target_error(s.t), word);
	stop(&s);
}

static void test_not_elf(void **state)
{
	(void)state;
	refuse_bytes("HdrS", 4, 0x202, "vmlinuz");
	refuse_bytes("\x1f\x8b\x08", 3, 0, "compressed");
	refuse_bytes("\xfd" "7zXZ", 6, 0, "compressed");
	refuse_bytes("\x28\xb5\x2f\xfd", 4, 0, "compressed");
	refuse_bytes("KDUMP   ", 8, 0, "not an ELF file");
}

static void test_parts(void **state)
{
	struct image im = whole;
	struct setup s;
	struct symbol_query q = { .name = "late" };

	(void)state;
	/* A separate .debug file. */
	im.banner = false;
	im.btf_nobits = im.dwarf = true;
	s = loaded(im, "vmcoreinfo BUILD-ID " BUILD_ID);
	check_symbols(&s, 0xffffffff81000000);
	check_types(&s);
	stop(&s);
	im.compress = true;
	s = loaded(im, "vmcoreinfo BUILD-ID " BUILD_ID);
	check_types(&s);
	stop(&s);
	/* Symbols only; types only. */
	im.dwarf = im.compress = false;
	s = loaded(im, "vmcoreinfo BUILD-ID " BUILD_ID);
	check_symbols(&s, 0xffffffff81000000);
	expect_no_member(&s, "klp_patch", "mod", KLPSCOPE_UNSUPPORTED);
	stop(&s);
	im.symbols = im.btf_nobits = false;
	s = loaded(im, "vmcoreinfo BUILD-ID " BUILD_ID);
	check_types(&s);
	target_symbols(s.t, &q, 1);
	assert_int_equal(q.st, KLPSCOPE_UNSUPPORTED);
	stop(&s);
	/* Neither. */
	im.btf = false;
	refuse(im, "vmcoreinfo BUILD-ID " BUILD_ID, KLPSCOPE_INVALID, "neither symbols nor types");
	im.debuglink = true;
	refuse(im, "vmcoreinfo BUILD-ID " BUILD_ID, KLPSCOPE_INVALID, "they are in vmlinux.debug");
}

static void ask_everything(struct setup *s)
{
	static const char *const types[] = { "klp_patch", "atomic_t", "myint", "klp_ops" };
	static const char *const names[] = { "mod", "x", "y", "array", "bits", "counter", "no" };
	struct symbol_query q[] = {{.name = "twin", .sympos = 2}, {.name = "klp_lto"}, {.name = "none"}};
	struct symbol_name name;
	struct member_info m;
	uint64_t size;
	int sum = 0;

	target_symbols(s->t, q, 3);
	for (uint64_t a = 0; a < 0xc000; a += 0x777)
		sum += target_name_address(s->t, 0xffffffff81000000 + a, &name);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		sum += target_type_size(s->t, types[i], &size);
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			sum += target_member(s->t, types[i], names[k], &m);
	}
	assert_true(sum >= 0);
}

/* Any byte of the file may be anything, and it may end anywhere. */
static void test_hostile(void **state)
{
	unsigned int seed = 11, ok = 0;

	(void)state;
	for (int round = 0; round < 6000; round++) {
		struct image im = whole;
		struct setup s;
		off_t size;

		im.dwarf = true;
		im.btf = round & 1;
		im.compress = (round & 7) == 4;
		s = start(im, "");
		size = lseek(s.im.fd, 0, SEEK_END);
		for (int n = rand_r(&seed) % 8; n >= 0; n--) {
			unsigned char v = (unsigned char)rand_r(&seed);

			assert_int_equal(pwrite(s.im.fd, &v, 1, 4 + rand_r(&seed) % (size - 4)), 1);
		}
		if (round % 16 == 3)
			assert_int_equal(ftruncate(s.im.fd, rand_r(&seed) % size), 0);
		if (!load(&s, true)) {
			ok++;
			ask_everything(&s);
		}
		stop(&s);
	}
	assert_true(ok > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),  cmocka_unit_test(test_kaslr),
		cmocka_unit_test(test_identity),   cmocka_unit_test(test_release),
		cmocka_unit_test(test_wrong_kind), cmocka_unit_test(test_not_elf),
		cmocka_unit_test(test_parts),	   cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
