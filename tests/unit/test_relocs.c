// SPDX-License-Identifier: GPL-2.0-or-later
/* klp relocations: applied, cleared, left behind, mismatched; and modules that lie about them. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/analysis.h"
#include "model/resolve_symbol.h"
#include "output/json.h"
#include "output/text.h"
#include "tests/unit/kernel.h"

/* --- a livepatch module with relocations: klp_one of kernel.c --- */

static const char types[] =
	"member module core_kallsyms 176 24\n"
	"member alt_instr instrlen 8 1\n"
	"type alt_instr 12\n";

#define SECTION(name, flags, addr, size, info) \
	"u32 " name "-@names 4\n ptr " flags " " addr " 0 " size "\n u32 0 " info "\n ptr 0 0\n"
#define SYMBOL(name, shndx, value) SYMBOL_OF("@strings", name, shndx, value)
#define SYMBOL_OF(strings, name, shndx, value) "u32 " name "-" strings "\n u8 0x10 0\n u16 " shndx "\n u64 " value " 0\n"
#define FOREIGN(name) SYMBOL(name, "0xff20", "0")
/* Where in the section, symbol, type, addend. */
#define RELA(offset, symbol, type, addend) "u64 " offset "\n u32 " type " " symbol "\n u64 " addend "\n"
#define FLAGS_RELA "0x100002"

static const char info[] =
	"at 0xc00100b0\n"
	"@m1_core: ptr @symbols\n align 8\n u32 9\n align 8\n ptr @strings\n"
	"at 0xc0040000\n"
	"@klp_info: zero 48\n"		/* Elf32_Ehdr.e_shnum; the one of Elf64_Ehdr is at 60 */
	"@shnum32: u16 10\n zero 10\n"
	"@shnum: u16 10\n zero 2\n"
	"ptr @headers\n align 8\n ptr @names\n"
	"at 0xc0041000\n"
	"@names: u8 0\n"
	"@n_text: str \".text\"\n"
	"@n_data: str \".data\"\n"
	"@n_init: str \".init.text\"\n"
	"@n_calls: str \".static_call_sites\"\n"
	"@n_rtext: str \".klp.rela.vmlinux..text\"\n"
	"@n_rext: str \".klp.rela.ext..text\"\n"
	"@n_rdata: str \".klp.rela.vmlinux..data\"\n"
	"@n_rinit: str \".klp.rela.vmlinux..init.text\"\n"
	"at 0xc0042000\n"
	"@headers: " SECTION("@names", "0", "0", "0", "0")
	"@h_text: " SECTION("@n_text", "6", "@text", "0x100", "0")
	"@h_rtext: " SECTION("@n_rtext", FLAGS_RELA, "@rtext", "@rtext_end-@rtext", "1")
	"@h_rext: " SECTION("@n_rext", FLAGS_RELA, "@rext", "@rext_end-@rext", "1")
	"@h_data: " SECTION("@n_data", "3", "@data", "0x40", "0")
	"@h_rdata: " SECTION("@n_rdata", FLAGS_RELA, "@rdata", "24", "4")
	"@h_init: " SECTION("@n_init", "6", "0xd0000000", "0x100", "0")
	"@h_rinit: " SECTION("@n_rinit", FLAGS_RELA, "@rinit", "24", "6")
	"@h_calls: " SECTION("@n_calls", "3", "@calls", "8", "0")
	"@h_last: " SECTION("@n_text", "0", "0", "0", "0");

static const char memory[] =
	"symbol alpha excluded\n"	/* asked when the provider below does not know */
	"at 0xc0010800\n"
	"@text: zero 0x100\n"
	"@data: zero 0x40\n"
	"@calls: u32 0 0\n"
	"at 0xc0011800\n"
	"@rtext: " RELA("0x00", "1", "1", "8")		/* R_X86_64_64 alpha+8 */
	RELA("0x08", "1", "10", "0")			/* _32 */
	RELA("0x10", "8", "11", "0")			/* _32S high */
	RELA("0x18", "1", "2", "0xfffffffffffffffc")	/* _PC32 alpha-4 */
	RELA("0x20", "2", "4", "0xfffffffffffffffc")	/* _PLT32 the second beta */
	RELA("0x28", "1", "24", "0")			/* _PC64 */
	"@rtext_end:\n"
	"@rext: " RELA("0x40", "3", "1", "0")		/* the second gamma */
	RELA("0x48", "7", "4", "0xfffffffffffffffc")	/* the only delta */
	"@rext_end:\n"
	"@rdata: " RELA("0", "1", "1", "0")
	"@rinit: " RELA("0", "1", "1", "0")
	"at 0xc0012800\n"
	"@symbols: zero 24\n"
	FOREIGN("@s_alpha") FOREIGN("@s_beta") FOREIGN("@s_gamma") FOREIGN("@s_gone")
	SYMBOL("@s_plain", "1", "@text") FOREIGN("@s_bad") FOREIGN("@s_delta") FOREIGN("@s_high")
	"@strings: u8 0\n"
	"@s_alpha: str \".klp.sym.vmlinux.alpha,0\"\n"
	"@s_beta: str \".klp.sym.vmlinux.beta,2\"\n"
	"@s_gamma: str \".klp.sym.ext.gamma,2\"\n"
	"@s_gone: str \".klp.sym.vmlinux.gone,1\"\n"
	"@s_plain: str \"plain\"\n"
	"@s_bad: str \".klp.sym.vmlinux.alpha\"\n"
	"@s_delta: str \".klp.sym.ext.delta,0\"\n"
	"@s_high: str \".klp.sym.vmlinux.high,1\"\n"
	/* The module that it patches, too, and the object of it: linked in by load_ext(). */
	"at 0xc0050000\n"
	"@m3: u32 0\n align 16\n ptr @modules @m1+16\n align 16\n"
	"@m3_name: str \"ext\"\n zero 52\n u8 0\n align 8\n ptr 0\n align 16\n"
	"ptr 0xc0050000\n align 8\n u32 0x3000\n align 16\n zero 16\n ptr @m3_syms\n align 16\n"
	"at 0xc0051000\n"
	"@m3_syms: ptr @m3_symtab\n align 8\n u32 5\n align 8\n ptr @m3_strings\n align 8\n"
	"@m3_symtab: zero 24\n"
	SYMBOL_OF("@m3_strings", "@t_gamma", "1", "0xc0051800")
	SYMBOL_OF("@m3_strings", "@t_delta", "1", "0xc0051900")
	SYMBOL_OF("@m3_strings", "@t_gamma", "0", "0xc0051a00")		/* undefined: does not count */
	SYMBOL_OF("@m3_strings", "@t_gamma", "1", "0xc0051b00")
	"at 0xc0051400\n"
	"@m3_strings: u8 0\n"
	"@t_gamma: str \"gamma\"\n"
	"@t_delta: str \"delta\"\n"
	"at 0xc0052000\n"
	"@ext_name: str \"ext\"\n align 16\n"
	"@ext_obj: ptr @ext_name\n align 8\n ptr 0\n align 8\n ptr @ext_obj+16 @ext_obj+16\n align 16\n"
	"ptr @p1+32 @one_obj+32\n align 16\n ptr @m3\n align 8\n u8 1 0\n zero 54\n";

#define ALPHA 0xc0001100ULL
#define BETA_SECOND 0xc0001300ULL
#define HIGH 0xffffffff81000100ULL
#define GAMMA_SECOND 0xc0051b00ULL
#define DELTA 0xc0051900ULL

static const struct { const char *name; unsigned int sympos; uint64_t addr; } names[] = {
	{ "alpha", 1, ALPHA }, { "beta", 1, 0xc0001200 }, { "beta", 2, BETA_SECOND }, { "high", 1, HIGH },
};
static unsigned int passes;		/* over all names */
static enum klpscope_status names_st;	/* not OK: nobody can tell */

/* It knows of these four, and of gone that there is none; of others the host knows. */
static void name_symbols(struct provider *p, struct symbol_query *q, size_t n)
{
	bool asked = false;

	(void)p;
	for (size_t i = 0; i < n; i++) {
		bool known = !strcmp(q[i].name, "gone");

		if (!q[i].st)
			continue;
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
			if (strcmp(names[k].name, q[i].name))
				continue;
			known = true;
			if (!names_st && names[k].sympos == (q[i].sympos ? q[i].sympos : 1)) {
				q[i].addr = names[k].addr;
				q[i].st = KLPSCOPE_OK;
			}
		}
		asked |= known;
		if (q[i].st)
			q[i].st = !known ? KLPSCOPE_UNSUPPORTED : names_st ? names_st : KLPSCOPE_NOT_FOUND;
	}
	passes += asked;
}

static enum klpscope_status name_of(struct provider *p, uint64_t addr, struct symbol_name *out)
{
	(void)p;
	if (addr - 0xc0001200 >= 0x100)
		return KLPSCOPE_NOT_FOUND;
	*out = (struct symbol_name){ .name = "beta", .start = 0xc0001200, .size = 0x100 };
	return KLPSCOPE_OK;
}

static struct fake *parse(const char *endian, unsigned int size)
{
	struct fake *f = kernel_parse(endian, size, kernel_types, types, kernel_memory, info, memory, NULL);

	fake_write_uint(f, fake_label(f, "m1_info"), fake_label(f, "klp_info"), size);
	return f;
}

static struct fake *module_with(void)
{
	struct fake *f = parse("little", 8);

	passes = 0;
	names_st = KLPSCOPE_OK;
	return f;
}

static void put(struct fake *f, const char *label, uint64_t offset, uint64_t value, unsigned int size)
{
	fake_write_uint(f, fake_label(f, label) + offset, value, size);
}

static void apply_vmlinux(struct fake *f)
{
	uint64_t text = fake_label(f, "text");

	put(f, "text", 0x00, ALPHA + 8, 8);
	put(f, "text", 0x08, ALPHA, 4);
	put(f, "text", 0x10, HIGH, 4);
	put(f, "text", 0x18, ALPHA - 4 - (text + 0x18), 4);
	put(f, "text", 0x20, BETA_SECOND - 4 - (text + 0x20), 4);
	put(f, "text", 0x28, ALPHA - (text + 0x28), 8);
	put(f, "data", 0, ALPHA, 8);
}

static void apply_ext(struct fake *f)
{
	put(f, "text", 0x40, GAMMA_SECOND, 8);
	put(f, "text", 0x48, DELTA - 4 - (fake_label(f, "text") + 0x48), 4);
}

static void load_ext(struct fake *f)
{
	put(f, "m1", 16, fake_label(f, "m3") + 16, 8);
	put(f, "modules", 8, fake_label(f, "m3") + 16, 8);
}

/* The patch has it as an object, loaded or not. */
static void patch_ext(struct fake *f, bool loaded)
{
	put(f, "p1", 40, fake_label(f, "ext_obj") + 32, 8);
	put(f, "one_obj", 32, fake_label(f, "ext_obj") + 32, 8);
	if (!loaded)
		put(f, "ext_obj", 48, 0, 8);
}

static struct fake *whole(void)
{
	struct fake *f = module_with();

	apply_vmlinux(f);
	load_ext(f);
	patch_ext(f, true);
	apply_ext(f);
	return f;
}

static struct report *report_as(struct fake *f, const char *architecture)
{
	static struct provider provider = { .name = "names", .symbols = name_symbols, .name_address = name_of };
	struct target *t = fake_target(f);
	struct report *r = arena_alloc(target_arena(t), sizeof(*r));

	provider.next = NULL;
	target_add_provider(t, &provider);
	r->arena = target_arena(t);
	r->system.architecture = (struct text){ architecture, KLPSCOPE_OK };
	assert_int_equal(model_collect(t, r), KLPSCOPE_OK);
	assert_int_equal(analysis_run(r), KLPSCOPE_OK);
	return r;
}

static struct report *report_of(struct fake *f)
{
	return report_as(f, "x86_64");
}

static const struct reloc_section_rec *section(const struct report *r, const char *object, const char *name)
{
	for (const struct reloc_section_rec *s = r->relocs; s; s = s->next)
		if (!s->object.st && !strcmp(s->object.s, object) && !s->section.st && !strcmp(s->section.s, name))
			return s;
	fail_msg("no section %s of %s", name, object);
	return NULL;
}

static void assert_counts(const struct reloc_section_rec *s, unsigned int applied, unsigned int cleared,
			  unsigned int stale, unsigned int unknown, unsigned int mismatched)
{
	assert_int_equal(s->st, KLPSCOPE_OK);
	assert_int_equal(s->applied, applied);
	assert_int_equal(s->cleared, cleared);
	assert_int_equal(s->stale, stale);
	assert_int_equal(s->unknown, unknown);
	assert_int_equal(s->nr_mismatched, mismatched);
	assert_int_equal(s->total.v, applied + cleared + stale + unknown + mismatched);
}

static unsigned int count_findings(const struct report *r, const char *code)
{
	unsigned int n = 0;

	for (const struct finding_rec *f = r->findings; f; f = f->next)
		n += !strcmp(f->code, code);
	return n;
}

static bool has_problem(const struct report *r, const char *words)
{
	for (const struct problem *p = r->problems.first; p; p = p->next)
		if (strstr(p->message, words))
			return true;
	return false;
}

static char *text_of(const struct report *r, const char *patch)
{
	const struct klpscope_render how = {
		.size = sizeof(how), .sections = KLPSCOPE_SECTION_RELOCATIONS, .width = 100, .patch = patch,
	};
	size_t len;
	char *text;

	assert_int_equal(text_render(r, &how, &text, &len), KLPSCOPE_OK);
	return text;
}

static void assert_says(const struct report *r, const char *words)
{
	char *text = text_of(r, NULL);

	if (!strstr(text, words))
		fail_msg("no \"%s\" in:\n%s", words, text);
	free(text);
}

static void assert_json(const struct report *r, const char *patch, const char *words)
{
	size_t len;
	char *text;

	assert_int_equal(json_render(r, patch, &text, &len), KLPSCOPE_OK);
	if (!strstr(text, words))
		fail_msg("no %s in:\n%s", words, text);
	free(text);
}

/* --- what is in place --- */

static void test_applied(void **state)
{
	struct fake *f = whole();
	struct report *r = report_of(f);

	(void)state;
	assert_int_equal(r->relocs_st, KLPSCOPE_OK);
	assert_counts(section(r, "vmlinux", ".text"), 6, 0, 0, 0, 0);
	assert_counts(section(r, "ext", ".text"), 2, 0, 0, 0, 0);
	assert_counts(section(r, "vmlinux", ".data"), 1, 0, 0, 0, 0);
	assert_int_equal(section(r, "ext", ".text")->loaded.v, 1);
	assert_int_equal(count_findings(r, "relocation-mismatch"), 0);
	assert_int_equal(passes, 1);
	assert_true(r->complete);
	fake_free(f);
}

/* What lay in .init.text is freed: nobody knows, and nothing failed. */
static void test_freed(void **state)
{
	struct fake *f = whole();
	struct report *r = report_of(f);
	const struct reloc_section_rec *s = section(r, "vmlinux", ".init.text");

	(void)state;
	assert_counts(s, 0, 0, 0, 1, 0);
	assert_non_null(strstr(s->why, "freed"));
	assert_true(r->complete);
	fake_free(f);
}

static void test_target_not_loaded(void **state)
{
	struct fake *f = module_with();
	struct report *r;

	(void)state;
	apply_vmlinux(f);
	patch_ext(f, false);
	r = report_of(f);
	assert_counts(section(r, "ext", ".text"), 0, 2, 0, 0, 0);
	assert_int_equal(section(r, "ext", ".text")->loaded.v, 0);
	/* Before 6.3 nobody clears. */
	apply_ext(f);
	r = report_of(f);
	assert_counts(section(r, "ext", ".text"), 0, 0, 2, 0, 0);
	assert_int_equal(count_findings(r, "relocation-mismatch"), 0);
	assert_true(r->complete);
	fake_free(f);
}

/* --- what is not --- */

static void test_each_type(void **state)
{
	static const struct { uint64_t at; unsigned int size; uint64_t expected; } places[] = {
		{ 0x00, 8, ALPHA }, { 0x08, 4, ALPHA }, { 0x10, 4, HIGH }, { 0x18, 4, ALPHA },
		{ 0x20, 4, BETA_SECOND }, { 0x28, 8, ALPHA },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct fake *f = whole();
		uint64_t at = fake_label(f, "text") + places[i].at, value = 0;
		const struct reloc_mismatch_rec *m;
		struct report *r;

		assert_int_equal(target_read_uint(fake_target(f), at, places[i].size, &value), KLPSCOPE_OK);
		fake_write_uint(f, at, value + 0x10, places[i].size);
		r = report_of(f);
		assert_counts(section(r, "vmlinux", ".text"), 5, 0, 0, 0, 1);
		m = section(r, "vmlinux", ".text")->mismatched;
		assert_int_equal(m->address, at);
		assert_int_equal(m->expected.v, places[i].expected);
		assert_int_equal(m->found, places[i].expected + 0x10);
		assert_int_equal(count_findings(r, "relocation-mismatch"), 1);
		assert_true(r->complete);
		fake_free(f);
	}
}

static void test_never_written(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	put(f, "text", 0x40, 0, 8);
	r = report_of(f);
	assert_counts(section(r, "ext", ".text"), 1, 0, 0, 0, 1);
	assert_int_equal(section(r, "ext", ".text")->mismatched->found, 0);
	assert_string_equal(section(r, "ext", ".text")->mismatched->symbol.s, "gamma");
	assert_true(kernel_has_finding(r, "relocation-mismatch", "never written"));
	fake_free(f);
}

static void test_symbol_is_gone(void **state)
{
	struct fake *f = whole();
	struct report *r;
	const struct reloc_mismatch_rec *m;

	(void)state;
	put(f, "rtext", 8 + 4, 4, 4);	/* the first is to symbol 4 now */
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 5, 0, 0, 0, 1);
	m = section(r, "vmlinux", ".text")->mismatched;
	assert_string_equal(m->symbol.s, "gone");
	assert_int_equal(m->expected.st, KLPSCOPE_NOT_FOUND);
	assert_int_equal(m->found, ALPHA);
	assert_true(kernel_has_finding(r, "relocation-mismatch", "no such symbol"));
	fake_free(f);
}

/* A variable of the patch may have been given another value. */
static void test_writable(void **state)
{
	static const struct { const char *name; enum finding_severity severity; } sections[] = {
		{ ".data", FINDING_INFO }, { ".data..ro_after_init", FINDING_INFO }, { ".data.rel.ro", FINDING_ERROR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		struct fake *f = whole();
		char name[64];
		struct report *r;

		snprintf(name, sizeof(name), ".klp.rela.vmlinux.%s", sections[i].name);
		fake_write(f, 0xc0041400, name, strlen(name) + 1);
		put(f, "h_rdata", 0, 0xc0041400 - fake_label(f, "names"), 4);
		put(f, "data", 0, 0xc0001234, 8);
		r = report_of(f);
		assert_counts(section(r, "vmlinux", sections[i].name), 0, 0, 0, 0, 1);
		assert_string_equal(section(r, "vmlinux", sections[i].name)->mismatched->found_symbol.name, "beta");
		assert_int_equal(count_findings(r, "relocation-mismatch"), 1);
		for (const struct finding_rec *x = r->findings; x; x = x->next)
			if (!strcmp(x->code, "relocation-mismatch")) {
				assert_int_equal(x->severity, sections[i].severity);
				assert_string_equal(x->expected, "0xc0001100");
				assert_string_equal(x->found, "0xc0001234");
			}
		fake_free(f);
	}
}

/* --- differences that a healthy kernel makes --- */

static void test_static_call(void **state)
{
	struct fake *f = whole();
	uint64_t call = fake_label(f, "text") + 0x1f, calls = fake_label(f, "calls");
	struct report *r;

	(void)state;
	put(f, "text", 0x20, 0x1234, 4);
	put(f, "calls", 0, call - calls, 4);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 5, 0, 0, 1, 0);
	/* The next call is another one. */
	put(f, "text", 0x18, 0x1234, 4);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 4, 0, 0, 1, 1);
	fake_free(f);
}

/* They may lie within one another, and one of no length is nowhere. */
static void test_alternatives(void **state)
{
	static const struct { uint64_t at; unsigned int length; } sites[] = {
		{ 0x0c, 2 }, { 0x00, 0 }, { 0x08, 0x20 }, { 0x0e, 0 }, { 0x04, 1 },
	};
	const uint64_t table = 0xc0014600;
	struct fake *f = whole();
	uint64_t text = fake_label(f, "text");
	struct report *r;

	(void)state;
	fake_write(f, fake_label(f, "n_calls"), ".altinstructions", 17);
	put(f, "h_calls", 16, table, 8);
	put(f, "h_calls", 32, sizeof(sites) / sizeof(*sites) * 12, 8);
	for (unsigned int i = 0; i < sizeof(sites) / sizeof(*sites); i++) {
		fake_write_uint(f, table + 12 * i, text + sites[i].at - (table + 12 * i), 4);
		fake_write_uint(f, table + 12 * i + 4, 0, 4);
		fake_write_uint(f, table + 12 * i + 8, sites[i].length, 4);
	}
	put(f, "text", 0x20, 0x1234, 4);
	put(f, "text", 0x28, 0x1234, 8);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 4, 0, 0, 1, 1);
	assert_int_equal(section(r, "vmlinux", ".text")->mismatched->address, text + 0x28);
	put(f, "text", 0x08, 0x1234, 4);
	put(f, "text", 0x00, 0x1234, 8);	/* its bytes from 4 on are of another */
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 2, 0, 0, 3, 1);
	fake_free(f);
}

/* An optimized kprobe on the instruction of a relocation, which is not a jmp. */
static void test_probe(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	put(f, "text", 0x08, 0x1234, 4);
	put(f, "text", 0x07, 0xe9, 1);
	put(f, "text", 0x20, 0x1234, 4);
	put(f, "text", 0x1d, 0xe9, 1);
	r = report_of(f);
	/* 0x07 is of what is at 0x00, too. */
	assert_counts(section(r, "vmlinux", ".text"), 3, 0, 0, 2, 1);
	/* It is being put there. */
	put(f, "text", 0x07, 0xcc, 1);
	put(f, "text", 0x1d, 0xcc, 1);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 3, 0, 0, 2, 1);
	fake_free(f);
}

/* Neither an opcode of its own, nor one further off. */
static void test_no_probe(void **state)
{
	static const struct { uint64_t at; unsigned int byte; } before[] = {
		{ 0x1f, 0xe9 }, { 0x1f, 0xe8 }, { 0x1f, 0xcc }, { 0x1b, 0xe9 }, { 0x1b, 0xcc },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		struct fake *f = whole();
		struct report *r;

		put(f, "text", 0x20, 0x1234, 4);
		put(f, "text", before[i].at, before[i].byte, 1);
		r = report_of(f);
		assert_int_equal(section(r, "vmlinux", ".text")->unknown, 0);
		assert_int_not_equal(section(r, "vmlinux", ".text")->nr_mismatched, 0);
		fake_free(f);
	}
}

/* klp_one refers to a symbol of the module's init sections, which are freed: in its table there is none. */
static void test_init_symbol(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	fake_write(f, fake_label(f, "t_delta"), "other", 6);
	r = report_of(f);
	assert_counts(section(r, "ext", ".text"), 1, 0, 0, 1, 0);
	assert_non_null(strstr(section(r, "ext", ".text")->why, "init sections"));
	/* Whatever it was, something belongs there. */
	put(f, "text", 0x48, 0, 4);
	r = report_of(f);
	assert_counts(section(r, "ext", ".text"), 1, 0, 0, 0, 1);
	apply_ext(f);
	/* A livepatch module keeps all of its symbols. */
	put(f, "m3", 88, 1, 1);
	r = report_of(f);
	assert_counts(section(r, "ext", ".text"), 1, 0, 0, 0, 1);
	assert_int_equal(section(r, "ext", ".text")->mismatched->expected.st, KLPSCOPE_NOT_FOUND);
	fake_free(f);
}

static void test_sorted_table(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	put(f, "data", 0, 0xc0001234, 8);
	fake_write(f, fake_label(f, "n_rdata"), ".klp.rela.vmlinux.__ex_", 23);
	fake_write(f, fake_label(f, "n_rdata") + 18, "__ex_table", 11);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", "__ex_table"), 0, 0, 0, 1, 0);
	fake_free(f);
}

/* gamma's position was counted when the symbols of init sections were there, too. */
static void test_namesake(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	put(f, "text", 0x40, 0xc0051800, 8);
	r = report_of(f);
	assert_counts(section(r, "ext", ".text"), 1, 0, 0, 1, 0);
	fake_free(f);
}

static void test_coming(void **state)
{
	static const char *const whose[] = { "m1", "m3" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake *f = whole();
		struct report *r;

		put(f, "text", 0x40, 0, 8);
		put(f, whose[i], 0, 1, 4);
		r = report_of(f);
		/* One is there, whatever goes on. */
		assert_counts(section(r, "ext", ".text"), 1, 0, 0, 1, 0);
		assert_int_equal(count_findings(r, "relocation-mismatch"), 0);
		assert_true(r->complete);
		fake_free(f);
	}
}

static void off_the_list(struct fake *f)
{
	put(f, "patches", 0, fake_label(f, "p2") + 16, 8);
	put(f, "p2", 24, fake_label(f, "patches"), 8);
}

/* Its patch was replaced: when the target is loaded again nobody writes them. */
static void test_detached(void **state)
{
	struct fake *f = module_with();
	struct report *r;

	(void)state;
	apply_vmlinux(f);
	load_ext(f);
	put(f, "text", 0x40, 0x1234, 8);
	off_the_list(f);
	r = report_of(f);
	assert_int_equal(r->nr_patches, 1);
	assert_counts(section(r, "ext", ".text"), 0, 1, 1, 0, 0);
	/* Those to the kernel stay as they are. */
	assert_counts(section(r, "vmlinux", ".text"), 6, 0, 0, 0, 0);
	put(f, "text", 0, 0x1234, 8);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 5, 0, 0, 0, 1);
	fake_free(f);
}

/* --- what cannot be known --- */

static void test_names_unknown(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	names_st = KLPSCOPE_EXCLUDED;
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 0, 0, 0, 6, 0);
	assert_counts(section(r, "ext", ".text"), 2, 0, 0, 0, 0);
	fake_free(f);
}

static void test_several_of_that_name(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	fake_write(f, fake_label(f, "s_beta"), ".klp.sym.vmlinux.beta,0", 24);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 5, 0, 0, 1, 0);
	fake_free(f);
}

/* Whatever is missing, nothing is called applied, or anything else, that cannot be seen. */
static void test_holes(void **state)
{
	static const struct { const char *label; uint64_t len; } holes[] = {
		{ "klp_info", 8 }, { "names", 8 }, { "headers", 8 }, { "text", 8 }, { "rtext", 8 }, { "symbols", 8 },
		{ "m3_syms", 8 }, { "m1", 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(holes) / sizeof(*holes); i++) {
		struct fake *f = whole();
		struct report *r;

		fake_hole(f, fake_label(f, holes[i].label), holes[i].len, KLPSCOPE_EXCLUDED);
		r = report_of(f);
		assert_int_equal(count_findings(r, "relocation-mismatch"), 0);
		for (const struct reloc_section_rec *s = r->relocs; s; s = s->next)
			assert_true(s->st || s->total.v == (uint64_t)s->applied + s->cleared + s->stale + s->unknown);
		if (strcmp(holes[i].label, "m3_syms"))
			assert_false(r->complete);
		fake_free(f);
	}
}

static void test_place_unreadable(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	/* In a page of its own. */
	put(f, "h_text", 16, 0xc0014ff8, 8);
	put(f, "h_text", 32, 0x8, 8);
	put(f, "h_rtext", 32, 24, 8);
	fake_write_uint(f, 0xc0014ff8, ALPHA + 8, 8);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 1, 0, 0, 0, 0);
	fake_hole(f, 0xc0014ff8, 8, KLPSCOPE_EXCLUDED);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 0, 0, 0, 1, 0);
	assert_true(has_problem(r, "module klp_one: klp relocations of .text to vmlinux: place"));
	assert_false(r->complete);
	fake_free(f);
}

/* Sections are counted, whatever the architecture; what they hold is not known. */
static void test_foreign(void **state)
{
	static const struct { const char *endian; unsigned int size; } kind[] = {
		{ "big", 8 }, { "big", 4 }, { "little", 4 }, { "little", 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kind) / sizeof(*kind); i++) {
		struct fake *f = parse(kind[i].endian, kind[i].size);
		struct report *r = report_as(f, "z80");
		const struct reloc_section_rec *s = section(r, "vmlinux", ".text");

		assert_int_equal(s->st, KLPSCOPE_UNSUPPORTED);
		assert_int_equal(s->total.v, 6 * 24 / (kind[i].size == 8 ? 24 : 12));
		assert_false(has_problem(r, "relocation"));
		assert_false(r->complete);
		assert_says(r, "Missing:\n");
		assert_says(r, "  - klp relocations (-r), which decide no answer\n");
		fake_free(f);
	}
}

/* A kernel before 4.7, which keeps them in klp_object. */
static struct fake *old_kernel(void)
{
	char *members = strdup(kernel_types), *line = strstr(members, "module klp_info");
	struct fake *f;

	memcpy(line, "module old_", 11);
	f = kernel_parse("little", 8, members, kernel_memory, NULL);
	free(members);
	return f;
}

static void test_no_klp_info(void **state)
{
	struct fake *f = old_kernel();
	struct report *r = report_of(f);

	(void)state;
	assert_int_equal(r->relocs_st, KLPSCOPE_UNSUPPORTED);
	assert_null(r->relocs);
	assert_false(r->complete);
	assert_null(r->problems.first);
	assert_says(r, "  - klp relocations (-r), which decide no answer\n");
	assert_says(r, "klp_one: UNKNOWN which klp relocations it has: this kernel keeps them where");
	assert_json(r, NULL, "\"relocations\": null");
	fake_free(f);
}

/* --- modules that lie --- */

static void test_hostile_numbers(void **state)
{
	static const struct { const char *label; uint64_t at, value; unsigned int size; } lies[] = {
		{ "h_rtext", 44, 0xffffffff, 4 },		/* sh_info */
		{ "h_rtext", 44, 10, 4 },
		{ "h_rtext", 32, 0xffffffffffffffff, 8 },	/* sh_size */
		{ "h_rtext", 32, 0x100000000, 8 },
		{ "h_rtext", 16, 0xffffffff81000000, 8 },	/* sh_addr */
		{ "h_rtext", 16, 0xfffffffffffffff0, 8 },
		{ "h_rtext", 0, 0xfffffff0, 4 },		/* sh_name */
		{ "shnum", 0, 0xffff, 2 },
		{ "m1_core", 8, 0xffffffff, 4 },		/* num_symtab */
		{ "m1_core", 8, 0, 4 },
		{ "rtext", 12, 0xffffffff, 4 },			/* r_sym */
		{ "rtext", 12, 5, 4 },				/* a symbol of its own */
		{ "rtext", 12, 6, 4 },				/* a name of no form */
		{ "rtext", 0, 0xfffffffffffffff0, 8 },		/* r_offset */
		{ "rtext", 0, 0xf9, 8 },
		{ "m3_syms", 8, 0xffffffff, 4 },
		{ "m3_symtab", 24, 0xffffffff, 4 },		/* st_name */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct fake *f = whole();
		struct report *r;

		put(f, lies[i].label, lies[i].at, lies[i].value, lies[i].size);
		r = report_of(f);
		assert_int_equal(count_findings(r, "relocation-mismatch"), 0);
		for (const struct reloc_section_rec *s = r->relocs; s; s = s->next)
			if (!s->st)
				assert_int_equal(s->total.v, s->applied + s->cleared + s->stale + s->unknown);
		if (strncmp(lies[i].label, "m3", 2))
			assert_false(r->complete);
		fake_free(f);
	}
}

/* No module is loaded without a symbol table: it is not that there are no relocations. */
static void test_no_sections(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 2; n++) {
		struct fake *f = whole();
		struct report *r;

		put(f, "shnum", 0, n, 2);
		r = report_of(f);
		assert_null(r->relocs);
		assert_int_equal(r->relocs_st, KLPSCOPE_CORRUPT);
		assert_true(has_problem(r, "module klp_one: klp_info"));
		assert_false(r->complete);
		fake_free(f);
	}
}

/* It is there before the module's init enables the patch. */
static void test_klp_info_null(void **state)
{
	(void)state;
	for (unsigned int module_state = 0; module_state < 4; module_state++)
		for (unsigned int listed = 0; listed < 2; listed++) {
			struct fake *f = whole();
			bool legal = module_state && !listed;
			struct report *r;

			put(f, "m1_info", 0, 0, 8);
			put(f, "m1", 0, module_state, 4);
			if (!listed)
				off_the_list(f);
			r = report_of(f);
			assert_null(r->relocs);
			assert_int_equal(r->relocs_st, legal ? KLPSCOPE_UNSUPPORTED : KLPSCOPE_CORRUPT);
			/* One that is not listed has no patch that is found, which is a finding of its own. */
			assert_int_equal(has_problem(r, "klp_info"), listed);
			assert_false(r->complete);
			assert_says(r, legal ? "it has: it was being loaded or unloaded, or may have been" : "it has: corrupt");
			fake_free(f);
		}
}

/* One module's are known, the other's are not. */
static void test_part(void **state)
{
	static const char rest[] =
		"    {\n      \"module\": null,\n      \"object\": null,\n      \"section\": null,\n      \"total\": null,\n"
		"      \"applied\": null,\n      \"cleared\": null,\n      \"mismatched\": null,\n      \"loaded\": null,\n"
		"      \"unknown\": null,\n      \"stale\": null,\n      \"mismatched_total\": null,\n"
		"      \"unknown_why\": null\n    }\n  ]";
	struct fake *f = whole();
	struct report *r;
	size_t len;
	char *text;

	(void)state;
	put(f, "m2_info", 0, 0, 8);
	r = report_of(f);
	assert_counts(section(r, "ext", ".text"), 2, 0, 0, 0, 0);
	assert_false(r->complete);
	assert_json(r, NULL, rest);
	assert_json(r, "klp_two", "\"relocations\": null");
	assert_int_equal(json_render(r, "klp_one", &text, &len), KLPSCOPE_OK);
	assert_non_null(strstr(text, "\"section\": \".text\""));
	assert_null(strstr(text, "\"module\": null,\n      \"object\": null"));
	free(text);
	assert_says(r, "klp_two: UNKNOWN which klp relocations it has: corrupt.\n");
	text = text_of(r, "klp_one");
	assert_null(strstr(text, "UNKNOWN which"));
	free(text);
	fake_free(f);
}

static void test_unknown_type(void **state)
{
	struct fake *f = whole();
	struct report *r;

	(void)state;
	put(f, "rtext", 8, 99, 4);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 5, 0, 0, 1, 0);
	fake_free(f);
}

static void test_hostile_names(void **state)
{
	struct fake *f = whole();
	struct report *r;
	char *text;

	(void)state;
	fake_write(f, fake_label(f, "n_rtext") + 10, "\x1b[2Jx", 5);
	fake_write(f, fake_label(f, "s_alpha") + 17, "\x1b[0m", 4);
	put(f, "rdata", 0, 0, 8);
	r = report_of(f);
	text = text_of(r, NULL);
	assert_null(strchr(text, '\x1b'));
	free(text);
	assert_true(r->relocs != NULL);
	fake_free(f);
}

static void test_many_mismatches(void **state)
{
	struct fake *f = whole();
	unsigned int listed = 0;
	struct report *r;

	(void)state;
	/* 100 of them at one place. */
	for (unsigned int i = 0; i < 100; i++)
		for (unsigned int k = 0; k < 24; k += 8)
			fake_write_uint(f, 0xc0014400 + 24 * i + k, k == 8 ? 0x100000001 : 0, 8);
	put(f, "h_rtext", 16, 0xc0014400, 8);
	put(f, "h_rtext", 32, 2400, 8);
	r = report_of(f);
	assert_counts(section(r, "vmlinux", ".text"), 0, 0, 0, 0, 100);
	for (const struct reloc_mismatch_rec *m = section(r, "vmlinux", ".text")->mismatched; m; m = m->next)
		listed++;
	assert_int_equal(listed, 64);
	assert_int_equal(count_findings(r, "relocation-mismatch"), 1);
	assert_true(kernel_has_finding(r, "relocation-mismatch", "and 99 more"));
	assert_says(r, "36 more are not listed");
	fake_free(f);
}

/* --- how it is told --- */

static void test_text(void **state)
{
	struct fake *f = whole();
	struct report *r;
	char *text;

	(void)state;
	put(f, "text", 0, 0xc0001234 + 8, 8);
	r = report_of(f);
	assert_says(r, "PATCH    OBJECT   SECTION     TOTAL  APPLIED  UNKNOWN  MISMATCHED\n"
		       "klp_one  vmlinux  .text           6        5                    1\n"
		       "klp_one  vmlinux  .data           1        1\n"
		       "klp_one  vmlinux  .init.text      1                 1\n"
		       "klp_one  ext      .text           2        2\n");
	assert_says(r, "klp_one, .text of vmlinux: 1 place that does not lead to its symbol\n"
		       "PLACE       SYMBOL  IS AT       PLACE LEADS TO\n"
		       "0xc0010800  alpha   0xc0001100  0xc0001234 beta+0x34\n");
	assert_says(r, "klp_one, .init.text of vmlinux: 1 unknown: its memory was freed once the module was loaded\n");
	text = text_of(r, "klp_one");
	assert_non_null(strstr(text, "MISMATCHED"));
	free(text);
	text = text_of(r, "klp_two");
	assert_null(strstr(text, "MISMATCHED"));
	assert_non_null(strstr(text, "This patch has no klp relocations."));
	free(text);
	fake_free(f);
}

static void test_text_not_loaded(void **state)
{
	struct fake *f = module_with();
	struct report *r;

	(void)state;
	apply_vmlinux(f);
	patch_ext(f, false);
	put(f, "text", 0x40, 0x1234, 8);
	r = report_of(f);
	assert_says(r, "klp_one  ext (not loaded)  .text           2                 1      1\n");
	assert_says(r, "Stale: left from when");
	fake_free(f);
}

static void test_text_none(void **state)
{
	struct fake *f = module_with();
	struct report *r;

	(void)state;
	put(f, "shnum", 0, 2, 2);
	r = report_of(f);
	assert_says(r, "No livepatch module has klp relocations.");
	fake_free(f);
}

static void test_json(void **state)
{
	struct fake *f = whole();
	struct report *r;
	size_t len;
	char *text;

	(void)state;
	put(f, "text", 0, 0xc0001234 + 8, 8);
	r = report_of(f);
	assert_int_equal(json_render(r, "klp_one", &text, &len), KLPSCOPE_OK);
	assert_non_null(strstr(text, "\"section\": \".text\",\n      \"total\": 6,\n      \"applied\": 5,\n"
				     "      \"cleared\": 0,\n      \"mismatched\": [\n"));
	assert_non_null(strstr(text, "\"symbol\": \"alpha\",\n          \"expected\": \"0xc0001100\",\n"
				     "          \"found\": \"0xc0001234\",\n          \"found_symbol\": \"beta\"\n"
				     "        }\n      ],\n      \"loaded\": true,\n      \"unknown\": 0,\n"
				     "      \"stale\": 0,\n      \"mismatched_total\": 1,\n"
				     "      \"unknown_why\": null\n"));
	free(text);
	assert_int_equal(json_render(r, "klp_two", &text, &len), KLPSCOPE_OK);
	assert_non_null(strstr(text, "\"relocations\": []"));
	free(text);
	/* Not looked at: null, not 0. */
	r = report_as(f, "s390x");
	assert_int_equal(json_render(r, NULL, &text, &len), KLPSCOPE_OK);
	assert_non_null(strstr(text, "\"total\": 6,\n      \"applied\": null,\n      \"cleared\": null,\n"));
	assert_non_null(strstr(text, "\"mismatched\": null,\n"));
	free(text);
	fake_free(f);
}

/* --- names and positions --- */

static struct walk *walk_of(struct fake *f)
{
	struct target *t = fake_target(f);
	struct walk *w = arena_alloc(target_arena(t), sizeof(*w));

	w->t = t;
	w->r = arena_alloc(target_arena(t), sizeof(*w->r));
	w->r->arena = target_arena(t);
	layout_symbols(&w->layout, t);
	layout_types(&w->layout, t);
	modules_walk(w);
	return w;
}

static void test_object_symbol(void **state)
{
	struct fake *f = whole();
	struct walk *w = walk_of(f);
	struct mod_info *ext = module_named(w, "ext");

	(void)state;
	assert_non_null(ext);
	assert_ptr_equal(module_info_at(w, fake_label(f, "m3")), ext);
	assert_int_equal(walk_object_symbol(w, ext, "gamma", 1).v, 0xc0051800);
	assert_int_equal(walk_object_symbol(w, ext, "gamma", 2).v, GAMMA_SECOND);
	assert_int_equal(walk_object_symbol(w, ext, "gamma", 3).st, KLPSCOPE_NOT_FOUND);
	assert_int_equal(walk_object_symbol(w, ext, "gamma", 0xffffffff).st, KLPSCOPE_NOT_FOUND);
	assert_int_equal(walk_object_symbol(w, ext, "gamma", 0).st, KLPSCOPE_UNSUPPORTED);
	assert_int_equal(walk_object_symbol(w, ext, "delta", 0).v, DELTA);
	assert_int_equal(walk_object_symbol(w, ext, "delt", 0).st, KLPSCOPE_NOT_FOUND);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_applied), cmocka_unit_test(test_freed),
		cmocka_unit_test(test_target_not_loaded), cmocka_unit_test(test_each_type),
		cmocka_unit_test(test_never_written), cmocka_unit_test(test_symbol_is_gone),
		cmocka_unit_test(test_writable), cmocka_unit_test(test_static_call), cmocka_unit_test(test_alternatives),
		cmocka_unit_test(test_probe), cmocka_unit_test(test_no_probe),
		cmocka_unit_test(test_init_symbol), cmocka_unit_test(test_sorted_table), cmocka_unit_test(test_namesake),
		cmocka_unit_test(test_coming), cmocka_unit_test(test_detached),
		cmocka_unit_test(test_names_unknown), cmocka_unit_test(test_several_of_that_name),
		cmocka_unit_test(test_holes), cmocka_unit_test(test_place_unreadable),
		cmocka_unit_test(test_foreign), cmocka_unit_test(test_no_klp_info),
		cmocka_unit_test(test_hostile_numbers), cmocka_unit_test(test_no_sections), cmocka_unit_test(test_klp_info_null), cmocka_unit_test(test_part),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_many_mismatches),
		cmocka_unit_test(test_text), cmocka_unit_test(test_text_not_loaded),
		cmocka_unit_test(test_text_none), cmocka_unit_test(test_json),
		cmocka_unit_test(test_object_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
