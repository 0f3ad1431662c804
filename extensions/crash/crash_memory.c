// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory of the dump that crash has open, by crash's readmem().  Three
 * things that crash does are kept from the report.  It reads page tables with
 * FAULT_ON_ERROR, whatever the caller of readmem() asks for (8.0.2 and 9.0.2,
 * defs.h, FILL_PGD), so that a lost one ends the command by longjmp.  It reads
 * zeros for what makedumpfile filtered out of an ELF dump (netdump.c,
 * zero_fill).  And started with --minimal it translates nothing but the
 * kernel's image and the direct map.
 */
#include "backend/xlat.h"
#include "crash_defs.h"
#include "crash_file.h"
#include "crash_host.h"
#include "crash_memory.h"

struct read_call {
	ulong addr;
	void *buf;
	long len;
};

static long call_readmem(void *arg)
{
	const struct read_call *c = arg;

	return readmem(c->addr, KVADDR, c->buf, c->len, "klp", RETURN_ON_ERROR | QUIET);
}

struct translate_call {
	ulong addr;
	physaddr_t phys;
};

static long call_kvtop(void *arg)
{
	struct translate_call *c = arg;

	return IS_KVADDR(c->addr) && kvtop(CURRENT_CONTEXT(), c->addr, &c->phys, 0);
}

/* --- by crash's translation --- */

/* What crash's reader of the dump says, which readmem() keeps to itself. */
static enum klpscope_status read_phys(ulong addr, physaddr_t phys, void *buf, size_t len)
{
	int fd = REMOTE_MEMSRC() ? pc->sockfd : ACTIVE() ? pc->mfd : pc->dfd;
	enum klpscope_status status = crash_file_has(phys, len);
	int n;

	if (status)
		return status;
	n = READMEM(fd, buf, (int)len, addr, phys);
	if (n == (int)len)
		return KLPSCOPE_OK;
	switch (n) {
	case PAGE_EXCLUDED:
		return KLPSCOPE_EXCLUDED;
	case PAGE_INCOMPLETE:
		return KLPSCOPE_TRUNCATED;
	case READ_ERROR:
		return is_incomplete_dump() ? KLPSCOPE_TRUNCATED : KLPSCOPE_EXCLUDED;
	default:
		return KLPSCOPE_FAULT;
	}
}

/* The kernel had it mapped, to something that no dump holds. */
static enum klpscope_status mapped(enum klpscope_status status)
{
	return status == KLPSCOPE_FAULT ? KLPSCOPE_EXCLUDED : status;
}

/* Within one page, by crash's own translation. */
static enum klpscope_status read_by_crash(uint64_t addr, void *buf, size_t len)
{
	struct translate_call where = { .addr = (ulong)addr };
	struct read_call what = { (ulong)addr, buf, (long)len };
	enum klpscope_status status;
	long ok;

	if (!crash_host_call(call_kvtop, &where, &ok))
		return is_incomplete_dump() ? KLPSCOPE_TRUNCATED : KLPSCOPE_EXCLUDED;
	if (!ok)
		return KLPSCOPE_FAULT;
	status = crash_file_has(where.phys, len);
	if (!status && (!crash_host_call(call_readmem, &what, &ok) || !ok))
		status = read_phys(where.addr, where.phys, buf, len);
	return IS_VMALLOC_ADDR(where.addr) ? mapped(status) : status;
}

/* --- page tables of our own --- */

#define X86_64_TEXT	0xffffffff80000000u

/*
 * Why not by crash's.  "crash --minimal" knows nothing of page tables, and takes
 * the address of a module for one of the kernel's image: it would read other
 * memory.  A page table that is a hole of an ELF dump reads as zeros, and one
 * that was read under "set zero_excluded on" stays zeros in crash's cache of
 * tables: crash would call unmapped what nobody can know.
 */
static struct {
	struct xlat *xlat;
	struct vmcoreinfo vmcoreinfo;
} tables;

static enum klpscope_status read_table(void *arg, uint64_t phys, void *buf, size_t len)
{
	(void)arg;
	return crash_host_interrupted() ? KLPSCOPE_SYSTEM : read_phys(0, phys, buf, len);
}

static enum klpscope_status read_by_tables(uint64_t addr, void *buf, size_t len)
{
	uint64_t phys;
	enum klpscope_status status = xlat_phys(tables.xlat, addr, &phys);

	return status ? status : mapped(read_phys(0, phys, buf, len));
}

/* What a walk of page tables asks VMCOREINFO for: src/backend/xlat.c. */
static char *table_lines(void)
{
	static const char *const keys[] = {
		"SYMBOL(init_top_pgt)", "SYMBOL(swapper_pg_dir)", "SYMBOL(init_level4_pgt)",
		"NUMBER(phys_base)", "NUMBER(pgtable_l5_enabled)", "NUMBER(sme_mask)",
	};
	char *text = NULL, *value;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		value = pc->read_vmcoreinfo ? pc->read_vmcoreinfo(keys[i]) : NULL;
		if (value)
			fprintf(out, "%s=%s\n", keys[i], value);
		free(value);
	}
	for (size_t i = 0; i < 3; i++) {
		char name[32] = "";
		struct syment *symbol;

		sscanf(keys[i], "SYMBOL(%31[a-z0-9_])", name);
		symbol = kernel_symbol_search(name);
		if (symbol)
			fprintf(out, "%s=%lx\n", keys[i], symbol->value);
	}
	return fclose(out) ? NULL : text;
}

static bool tables_from_memory(const char **why)
{
	static char words[256];
	struct failure failure = { words, sizeof(words) };
	struct xlat_setup setup = {
		.architecture = "x86_64",
		.vmcoreinfo = &tables.vmcoreinfo,
		.read_phys = read_table,
	};
	struct syment *text = kernel_symbol_search("_stext");
	char *lines;

	if (tables.xlat)
		return true;
	*why = "crash --minimal does not know the page tables of this kind of machine: start crash without it";
	if (!machine_type("X86_64"))
		return false;
	*why = "out of memory";
	lines = table_lines();
	if (!lines || vmcoreinfo_parse(&tables.vmcoreinfo, lines, strlen(lines)))
		return false;
	setup.has_phys_base = text != NULL;
	if (text)
		setup.phys_base = VTOP(text->value) - (text->value - X86_64_TEXT);
	*why = words;
	if (xlat_new(&tables.xlat, &setup, &failure) == KLPSCOPE_OK)
		return true;
	vmcoreinfo_free(&tables.vmcoreinfo);
	return false;
}

static bool tables_open(const char **why)
{
	bool crash_translates = vt->vmalloc_start != 0;

	/* Xen's tables hold machine addresses, which are crash's business, as is a live system. */
	if (crash_translates && (ACTIVE() || XEN()))
		return true;
	return tables_from_memory(why) || crash_translates;
}

/* --- what crash keeps of the dump --- */

#define CACHED_PAGES 16		/* DISKDUMP_CACHED_PAGES, diskdump.h of 8.0.2 and 9.0.2 */

/*
 * Pages that were read under zero_excluded are zeros in crash's cache, whatever
 * the setting is now.  Twice as many others as it holds push them out: of the
 * kernel's text, which no filter takes away.
 */
static void forget_zeros(void)
{
	struct syment *text = kernel_symbol_search("_stext");
	unsigned char page[4096];
	unsigned int read = 0;

	for (unsigned int i = 0; text && i < 64 * CACHED_PAGES && read < 2 * CACHED_PAGES + 1; i++)
		if (!read_phys(0, VTOP(text->value) + (physaddr_t)i * sizeof(page), page, sizeof(page)))
			read++;
}

/* --- the whole --- */

bool crash_memory_open(const char **why)
{
	/* Page tables of a running kernel are not what they were at the last command. */
	if (ACTIVE())
		crash_memory_close();
	if (!crash_file_open(why) || !tables_open(why))
		return false;
	if (DISKDUMP_DUMPFILE())
		forget_zeros();
	return true;
}

void crash_memory_close(void)
{
	xlat_free(tables.xlat);
	tables.xlat = NULL;
	vmcoreinfo_free(&tables.vmcoreinfo);
	crash_file_close();
}

enum klpscope_status crash_memory_read(uint64_t addr, void *buf, size_t len)
{
	unsigned char *to = buf;

	if (len && addr + (len - 1) < addr)
		return KLPSCOPE_FAULT;
	while (len) {
		size_t n = PAGESIZE() - PAGEOFFSET(addr);
		enum klpscope_status status;

		if (crash_host_interrupted())
			return KLPSCOPE_SYSTEM;
		if (n > len)
			n = len;
		status = tables.xlat ? read_by_tables(addr, to, n) : read_by_crash(addr, to, n);
		if (status)
			return status;
		addr += n;
		to += n;
		len -= n;
	}
	return KLPSCOPE_OK;
}

/* crash tells neither the compression nor the number of parts. */
const char *crash_memory_format(void)
{
	if (ACTIVE())
		return "live system";
	if (DISKDUMP_DUMPFILE() && crash_file_is_capsule())
		return "capsule, kdump-compressed";
	if (DISKDUMP_DUMPFILE())
		return FLAT_FORMAT() ? "flattened kdump-compressed" : "kdump-compressed";
	return crash_file_format();
}
