// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The target over crash: memory by its readmem(), symbols and types by its
 * tables.  crash reads page tables with FAULT_ON_ERROR, whatever the caller
 * of readmem() asks for (8.0.2 and 9.0.2, defs.h, FILL_PGD), so that a lost
 * one ends the command by longjmp: each such call is made with a landing of
 * our own in place of crash's.
 */
#include <setjmp.h>

#include "backend/elfcore.h"
#include "crash_defs.h"
#include "crash_host.h"
#include "crash_target.h"

/* --- calls into crash that may longjmp --- */

/* True, and *result is set, when call() came back. */
static bool guarded(long (*call)(void *arg), void *arg, long *result)
{
	jmp_buf crash_landing;
	bool back = false;

	memcpy(&crash_landing, &pc->main_loop_env, sizeof(crash_landing));
	if (!setjmp(pc->main_loop_env)) {
		*result = call(arg);
		back = true;
	}
	memcpy(&pc->main_loop_env, &crash_landing, sizeof(crash_landing));
	return back;
}

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

/* --- the dump file itself --- */

/*
 * crash reads the holes of an ELF dump (p_filesz < p_memsz), which makedumpfile
 * leaves for the pages that it filters out, as zeros: an empty list, a patch
 * that is not enabled.  So the program headers are looked at here.
 */
static struct {
	bool open;
	struct dumpfile file;
	struct elfcore elf;
} image;

static bool image_open(const char **why)
{
	static char words[256];
	struct failure failure = { words, sizeof(words) };
	struct progress nobody = { 0 };

	if (image.open || !pc->dumpfile || !DUMPFILE() || !(NETDUMP_DUMPFILE() || KDUMP_DUMPFILE()))
		return true;
	*why = words;
	if (dumpfile_open(&image.file, pc->dumpfile, &nobody, &failure))
		return false;
	if (!elfcore_probe(&image.file)) {
		dumpfile_close(&image.file);
		return true;
	}
	if (elfcore_open(&image.elf, &image.file, &failure)) {
		dumpfile_close(&image.file);
		return false;
	}
	image.open = true;
	return true;
}

void crash_target_close(void)
{
	if (!image.open)
		return;
	elfcore_close(&image.elf);
	dumpfile_close(&image.file);
	image.open = false;
}

/* Is the page in the file? Only ELF files are asked: of the others crash tells. */
static enum klpscope_status image_has(physaddr_t phys, size_t len)
{
	if (!image.open)
		return KLPSCOPE_OK;
	return elfcore_has(&image.elf, phys, len);
}

/* --- memory --- */

/* What crash's reader of the dump says, which readmem() keeps to itself. */
static enum klpscope_status reason(ulong addr, physaddr_t phys)
{
	int fd = REMOTE_MEMSRC() ? pc->sockfd : ACTIVE() ? pc->mfd : pc->dfd;
	char byte;

	switch (READMEM(fd, &byte, 1, addr, phys)) {
	case PAGE_EXCLUDED:
		return KLPSCOPE_EXCLUDED;
	case PAGE_INCOMPLETE:
		return KLPSCOPE_TRUNCATED;
	case READ_ERROR:
		return is_incomplete_dump() ? KLPSCOPE_TRUNCATED : KLPSCOPE_EXCLUDED;
	default:
		/* The kernel had it mapped, to something that no dump holds; or it is no memory at all. */
		return IS_VMALLOC_ADDR(addr) ? KLPSCOPE_EXCLUDED : KLPSCOPE_FAULT;
	}
}

/* Within one page. */
static enum klpscope_status read_piece(uint64_t addr, void *buf, size_t len)
{
	struct translate_call where = { .addr = (ulong)addr };
	struct read_call what = { (ulong)addr, buf, (long)len };
	enum klpscope_status st;
	long ok;

	if (!guarded(call_kvtop, &where, &ok))
		return is_incomplete_dump() ? KLPSCOPE_TRUNCATED : KLPSCOPE_EXCLUDED;
	if (!ok)
		return KLPSCOPE_FAULT;
	st = image_has(where.phys, len);
	if (st)
		return st == KLPSCOPE_FAULT && IS_VMALLOC_ADDR(where.addr) ? KLPSCOPE_EXCLUDED : st;
	if (guarded(call_readmem, &what, &ok) && ok)
		return KLPSCOPE_OK;
	return reason(where.addr, where.phys);
}

static enum klpscope_status target_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	unsigned char *to = buf;

	(void)arg;
	if (len && addr + (len - 1) < addr)
		return KLPSCOPE_FAULT;
	while (len) {
		size_t n = PAGESIZE() - PAGEOFFSET(addr);
		enum klpscope_status st;

		if (crash_host_interrupted())
			return KLPSCOPE_SYSTEM;
		if (n > len)
			n = len;
		st = read_piece(addr, to, n);
		if (st)
			return st;
		addr += n;
		to += n;
		len -= n;
	}
	return KLPSCOPE_OK;
}

/* --- VMCOREINFO --- */

#define NOTE_MAX ((size_t)64 << 10)

/* The kernel keeps its own copy, which a dump made from outside has no note of. */
static char *vmcoreinfo_in_memory(void)
{
	struct syment *data = kernel_symbol_search("vmcoreinfo_data");
	struct syment *size = kernel_symbol_search("vmcoreinfo_size");
	ulong at, len;
	char *text;

	if (!data || !size || target_read(NULL, data->value, &at, sizeof(at)) ||
	    target_read(NULL, size->value, &len, sizeof(len)) || !len || len > NOTE_MAX)
		return NULL;
	text = malloc(len + 1);
	if (text && target_read(NULL, at, text, len)) {
		free(text);
		return NULL;
	}
	if (text)
		text[len] = 0;
	return text;
}

/* malloc'ed, or NULL. */
static char *line_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, key, len) && line[len] == '=')
			return strndup(line + len + 1, strcspn(line + len + 1, "\n"));
	return NULL;
}

static enum klpscope_status target_vmcoreinfo(void *arg, const char *key, const char **value)
{
	static char line[512];
	char *found = pc->read_vmcoreinfo ? pc->read_vmcoreinfo(key) : NULL;

	(void)arg;
	if (!found) {
		char *text = vmcoreinfo_in_memory();

		found = text ? line_of(text, key) : NULL;
		free(text);
	}
	if (!found)
		return KLPSCOPE_NOT_FOUND;
	snprintf(line, sizeof(line), "%s", found);
	free(found);
	*value = line;
	return KLPSCOPE_OK;
}

/* --- symbols and types --- */

static enum klpscope_status target_symbol(void *arg, const char *name, uint64_t *addr)
{
	char copy[256];
	struct syment *symbol;

	(void)arg;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", name) >= sizeof(copy))
		return KLPSCOPE_UNSUPPORTED;
	symbol = kernel_symbol_search(copy);
	if (!symbol)
		return KLPSCOPE_NOT_FOUND;
	*addr = symbol->value;
	return KLPSCOPE_OK;
}

static enum klpscope_status target_name_address(void *arg, uint64_t addr, const char **name, uint64_t *offset)
{
	ulong into = 0;
	struct syment *symbol = value_search_base_kernel((ulong)addr, &into);

	(void)arg;
	if (!symbol)
		return KLPSCOPE_NOT_FOUND;
	*name = symbol->name;
	*offset = into;
	return KLPSCOPE_OK;
}

/* gdb's table of types: -1 when it does not know the type, or the member. */
struct type_call {
	char type[256];
	char *member;
	struct datatype_member *request;
};

static long call_datatype_info(void *arg)
{
	struct type_call *c = arg;

	return datatype_info(c->type, c->member, c->request);
}

static long ask_type(const char *type, const char *member, struct datatype_member *request)
{
	struct type_call c = { .request = request };
	char copy[256] = "";
	long found;

	if ((size_t)snprintf(c.type, sizeof(c.type), "struct %s", type) >= sizeof(c.type) ||
	    (size_t)snprintf(copy, sizeof(copy), "%s", member ? member : "") >= sizeof(copy))
		return -1;
	c.member = member ? copy : NULL;
	/* gdb sets its own handler of Ctrl-C: the signal stays blocked, and crash's comes back. */
	return guarded(call_datatype_info, &c, &found) ? found : -1;
}

static bool types_known(void)
{
	return pc->flags & GDB_INIT && !(pc->flags & MINIMAL_MODE);
}

static enum klpscope_status target_type_size(void *arg, const char *type, uint64_t *size)
{
	long found;

	(void)arg;
	if (!types_known())
		return KLPSCOPE_UNSUPPORTED;
	found = ask_type(type, NULL, STRUCT_SIZE_REQUEST);
	if (found < 0)
		return KLPSCOPE_NOT_FOUND;
	*size = (uint64_t)found;
	return KLPSCOPE_OK;
}

static enum klpscope_status target_member(void *arg, const char *type, const char *member, uint64_t *offset,
					  uint64_t *size)
{
	long at, bytes;

	(void)arg;
	if (!types_known())
		return KLPSCOPE_UNSUPPORTED;
	at = ask_type(type, member, NULL);
	bytes = at < 0 ? -1 : ask_type(type, member, MEMBER_SIZE_REQUEST);
	if (bytes < 0)
		return KLPSCOPE_NOT_FOUND;
	*offset = (uint64_t)at;
	*size = (uint64_t)bytes;
	return KLPSCOPE_OK;
}

/*
 * "crash -f" takes a vmlinux of another build. Whatever the dump itself does
 * not tell is then unknown: that file would tell of another kernel.
 */
static bool vmlinux_is_this_kernel(void)
{
	static char *const landmark[] = { "_stext", "swapper_pg_dir", "init_uts_ns" };

	for (unsigned int i = 0; i < sizeof(landmark) / sizeof(*landmark); i++) {
		struct syment *symbol = kernel_symbol_search(landmark[i]);
		const char *value;
		char key[64];

		snprintf(key, sizeof(key), "SYMBOL(%s)", landmark[i]);
		if (target_vmcoreinfo(NULL, key, &value))
			continue;
		if (!symbol || symbol->value != strtoul(value, NULL, 16))
			return false;
	}
	return true;
}

/* --- the whole --- */

static const char *architecture(void)
{
	static const struct {
		const char *crash, *ours;
	} names[] = {
		{ "X86_64", "x86_64" }, { "ARM64", "arm64" }, { "S390X", "s390x" }, { "PPC64", "ppc64" },
		{ "RISCV64", "riscv64" }, { "X86", "i386" }, { "ARM", "arm" }, { "LOONGARCH64", "loongarch64" },
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (pc->machine_type && !strcmp(pc->machine_type, names[i].crash))
			return names[i].ours;
	return pc->machine_type ? pc->machine_type : "unknown";
}

/* crash tells neither the compression nor the number of parts. */
static const char *format(void)
{
	if (ACTIVE())
		return "live system";
	if (image.open)
		return image.file.flattened ? "flattened ELF" : "ELF";
	if (DISKDUMP_DUMPFILE())
		return FLAT_FORMAT() ? "flattened kdump-compressed" : "kdump-compressed";
	return NULL;
}

bool crash_target(struct klpscope_target_ops *ops, struct klpscope_host *host, const char **why)
{
	if (!image_open(why))
		return false;
	*ops = (struct klpscope_target_ops){
		.size = sizeof(*ops),
		.read = target_read,
		.vmcoreinfo = target_vmcoreinfo,
	};
	if (vmlinux_is_this_kernel()) {
		ops->symbol = target_symbol;
		ops->name_address = target_name_address;
		ops->member = target_member;
		ops->type_size = target_type_size;
	}
	*host = (struct klpscope_host){
		.size = sizeof(*host),
		.path = ACTIVE() ? pc->live_memsrc : pc->dumpfile,
		.format = format(),
		.architecture = architecture(),
		.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
		.pointer_size = (uint8_t)sizeof(long),
	};
	return true;
}

/* --- what users write for an address --- */

static bool symbol_address(const char *word, unsigned int n, uint64_t *addr)
{
	char name[256];
	struct syment *symbol;

	if ((size_t)snprintf(name, sizeof(name), "%s", word) >= sizeof(name))
		return false;
	symbol = symbol_search(name);
	while (symbol && n--)
		symbol = symbol_search_next(name, symbol);
	if (symbol)
		*addr = symbol->value;
	return symbol != NULL;
}

bool crash_target_address(const char *word, unsigned int n, uint64_t *addr)
{
	char copy[64];

	if (symbol_address(word, n, addr))
		return true;
	if (n || (size_t)snprintf(copy, sizeof(copy), "%s", word) >= sizeof(copy) || !hexadecimal(copy, 0))
		return false;
	*addr = htol(copy, RETURN_ON_ERROR | QUIET, NULL);
	return true;
}
