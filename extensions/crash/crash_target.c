// SPDX-License-Identifier: GPL-2.0-or-later
/* The target over crash: its symbols and types, VMCOREINFO, and what it knows of the dump. */
#include "crash_defs.h"
#include "crash_file.h"
#include "crash_host.h"
#include "crash_memory.h"
#include "crash_target.h"

static enum klpscope_status read_memory(void *arg, uint64_t addr, void *buf, size_t len)
{
	(void)arg;
	return crash_memory_read(addr, buf, len);
}

/*
 * Whether crash's symbols are those of the kernel in the dump, at the addresses
 * that it had.  "crash -f" takes a vmlinux of another build, and with --minimal
 * nobody finds KASLR's offset for a dump without VMCOREINFO: what the dump
 * itself does not tell is then unknown.
 */
static bool symbols_fit;

static bool banner_is_there(void)
{
	static const char start[] = "Linux version ";
	struct syment *banner = kernel_symbol_search("linux_banner");
	char found[sizeof(start) - 1];

	return banner && !crash_memory_read(banner->value, found, sizeof(found)) &&
	       !memcmp(found, start, sizeof(found));
}

static bool landmarks_agree(void)
{
	static char *const landmark[] = { "_stext", "init_uts_ns", "node_online_map", "kallsyms_names" };

	for (unsigned int i = 0; i < sizeof(landmark) / sizeof(*landmark); i++) {
		struct syment *symbol = kernel_symbol_search(landmark[i]);
		char key[64], *value;
		bool agrees;

		snprintf(key, sizeof(key), "SYMBOL(%s)", landmark[i]);
		value = pc->read_vmcoreinfo ? pc->read_vmcoreinfo(key) : NULL;
		agrees = !value || !symbol || symbol->value == strtoul(value, NULL, 16);
		free(value);
		if (!agrees)
			return false;
	}
	return true;
}

/* --- VMCOREINFO --- */

#define NOTE_MAX ((size_t)64 << 10)

/* The kernel keeps its own copy, which a dump made from outside has no note of. */
static char *vmcoreinfo_in_memory(void)
{
	struct syment *data = symbols_fit ? kernel_symbol_search("vmcoreinfo_data") : NULL;
	struct syment *size = symbols_fit ? kernel_symbol_search("vmcoreinfo_size") : NULL;
	ulong at, len;
	char *text;

	if (!data || !size || crash_memory_read(data->value, &at, sizeof(at)) ||
	    crash_memory_read(size->value, &len, sizeof(len)) || !len || len > NOTE_MAX)
		return NULL;
	text = malloc(len + 1);
	if (text && crash_memory_read(at, text, len)) {
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

/* --- the CPUs --- */

static enum klpscope_status target_prstatus(void *arg, unsigned int n, void *buf, size_t size, size_t *len)
{
	(void)arg;
	*len = 0;
	return crash_host_interrupted() ? KLPSCOPE_SYSTEM : crash_file_prstatus(n, buf, size, len);
}

/* --- symbols and types: nothing more is asked after Ctrl-C, gdb takes long --- */

static enum klpscope_status target_symbol(void *arg, const char *name, uint64_t *addr)
{
	char copy[256];
	struct syment *symbol;

	(void)arg;
	if (crash_host_interrupted())
		return KLPSCOPE_SYSTEM;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", name) >= sizeof(copy))
		return KLPSCOPE_UNSUPPORTED;
	symbol = kernel_symbol_search(copy);
	if (!symbol)
		return KLPSCOPE_NOT_FOUND;
	*addr = symbol->value;
	return KLPSCOPE_OK;
}

/* Above its last symbol crash names everything after that, and below the image are the offsets per CPU. */
static bool in_image(uint64_t addr)
{
	struct syment *text = kernel_symbol_search("_text"), *stext = kernel_symbol_search("_stext");
	struct syment *end = kernel_symbol_search("_end");

	if (!text || (stext && stext->value < text->value))
		text = stext;
	return text && end && addr >= text->value && addr <= end->value;
}

static enum klpscope_status target_name_address(void *arg, uint64_t addr, const char **name, uint64_t *offset)
{
	ulong into = 0;
	struct syment *symbol;

	(void)arg;
	if (crash_host_interrupted())
		return KLPSCOPE_SYSTEM;
	symbol = in_image(addr) ? value_search_base_kernel((ulong)addr, &into) : NULL;
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

/* NOT_FOUND is gdb's own answer; a gdb that did not answer says nothing about the kernel. */
static enum klpscope_status ask_type(const char *type, const char *member, struct datatype_member *request,
				     uint64_t *answer)
{
	struct type_call c = { .request = request };
	char copy[256] = "";
	long found;

	if ((size_t)snprintf(c.type, sizeof(c.type), "struct %s", type) >= sizeof(c.type) ||
	    (size_t)snprintf(copy, sizeof(copy), "%s", member ? member : "") >= sizeof(copy))
		return KLPSCOPE_UNSUPPORTED;
	c.member = member ? copy : NULL;
	/*
	 * A type that gdb has not seen yet can take it seconds.  It sets its own
	 * handler of Ctrl-C: the signal stays blocked, and crash's comes back.
	 */
	if (crash_host_interrupted() || !crash_host_call(call_datatype_info, &c, &found))
		return KLPSCOPE_SYSTEM;
	if (found < 0)
		return KLPSCOPE_NOT_FOUND;
	*answer = (uint64_t)found;
	return KLPSCOPE_OK;
}

static bool types_known(void)
{
	return pc->flags & GDB_INIT && !(pc->flags & MINIMAL_MODE);
}

static enum klpscope_status target_type_size(void *arg, const char *type, uint64_t *size)
{
	(void)arg;
	return types_known() ? ask_type(type, NULL, STRUCT_SIZE_REQUEST, size) : KLPSCOPE_UNSUPPORTED;
}

static enum klpscope_status target_member(void *arg, const char *type, const char *member, uint64_t *offset,
					  uint64_t *size)
{
	enum klpscope_status status = types_known() ? ask_type(type, member, NULL, offset) : KLPSCOPE_UNSUPPORTED;

	(void)arg;
	return status ? status : ask_type(type, member, MEMBER_SIZE_REQUEST, size);
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

bool crash_target(struct klpscope_target_ops *ops, struct klpscope_host *host, const char **why)
{
	if (!crash_memory_open(why))
		return false;
	*ops = (struct klpscope_target_ops){
		.size = sizeof(*ops),
		.read = read_memory,
		.vmcoreinfo = target_vmcoreinfo,
		/* A running CPU has its registers in itself. */
		.prstatus = ACTIVE() ? NULL : target_prstatus,
	};
	symbols_fit = banner_is_there() && landmarks_agree();
	if (symbols_fit) {
		ops->symbol = target_symbol;
		ops->name_address = target_name_address;
		ops->member = target_member;
		ops->type_size = target_type_size;
	}
	*host = (struct klpscope_host){
		.size = sizeof(*host),
		.path = ACTIVE() ? pc->live_memsrc : pc->dumpfile,
		.format = crash_memory_format(),
		.architecture = architecture(),
		.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
		.pointer_size = (uint8_t)sizeof(long),
	};
	crash_file_tell(host);
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

bool crash_target_task(const char *word, uint64_t *value, bool *by_address)
{
	bool prefix = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	const char *digits = prefix ? word + 2 : word;
	size_t length = strlen(digits);

	if (!length || length > 2 * sizeof(*value) || strspn(digits, "0123456789abcdefABCDEF") != length)
		return false;
	*by_address = false;
	if (!prefix && length <= 10 && strspn(digits, "0123456789") == length) {
		/* crash's own commands try "70" as 0x70 when there is no task 70: that would be another task. */
		*value = strtoull(digits, NULL, 10);
		return *value <= UINT32_MAX;
	}
	*value = strtoull(digits, NULL, 16);
	*by_address = IS_KVADDR(*value);
	return *by_address || (prefix && *value <= UINT32_MAX);
}
