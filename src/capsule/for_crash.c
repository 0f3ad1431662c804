// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What crash reads before its prompt comes, and what ps, mod, log, sys and
 * bt -a read then: seen in crash 8.0.2 and 9.0.2 on 6.1 (gdb on readmem(), -d 8)
 * and read in their source.  In the tables, "fatal" is what ends crash when it
 * cannot be read (FAULT_ON_ERROR); the rest it warns of, or goes on without.
 *
 * Nothing is read by whole pages: what lies beside an object in its page is
 * somebody else's.  But crash takes some things in one piece of which only a
 * part says anything to it (the memory of a module, a stack below its pointer,
 * the FPU registers behind a task_struct).  Of such a piece each page is
 * touched: one byte, and it is in the capsule, and reads as zeros.
 */
#include <string.h>

#include "arch/x86_regs.h"
#include "capsule/for_crash.h"

#define PAGE 4096u
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What grows with the machine, and where it stops. */
#define MAX_CPUS 8192u
#define MAX_SYMBOL ((uint64_t)128 << 10)	/* one variable */
#define MAX_SECTION_ROOTS ((uint64_t)1 << 17)	/* all that five levels of page tables can have */
#define MAX_SECTIONS ((uint64_t)16 << 20)	/* bytes of mem_sections: of 128 TiB */
#define MAX_PID_NODES 16384u			/* nodes of 64 pids each */
#define MAX_PIDS 65536u
#define MAX_TASKS 4096u				/* with their task_structs and stacks */
#define MAX_MODULES 4096u
#define MAX_MODULE_SYMS ((uint64_t)24 << 20)	/* bytes of symbols of all modules */
#define MAX_MODULE_MEM ((uint64_t)256 << 20)	/* bytes of modules, of which each page is touched */
#define MAX_LOG ((uint64_t)32 << 20)
#define MAX_OBJECT MAX_LOG			/* anything: a size that the dump made up ends here */
#define MAX_STACK ((uint64_t)256 << 10)
#define MAX_FUNCTION 16384u
#define MAX_STRING 512u
#define MAX_ADDRESSES 16384u			/* of text, on all stacks; a power of 2 */
#define ORC_BLOCK 256u				/* LOOKUP_BLOCK_SIZE: bytes of text for which orc_lookup has one number */
#define MAX_DEPTH 8
#define BELOW_SP 512u

struct cpu {
	uint64_t offset;	/* of its per-CPU variables */
	uint64_t nmi, nmi_size;	/* its stack of NMIs; 0: not known */
};

/* A module's text, and its own table of ORC entries. */
struct text_of {
	uint64_t base, size, ips, entries, count;
};

struct taker {
	struct target *t;
	unsigned char page[PAGE];
	struct cpu *cpu;
	unsigned int cpus;
	uint64_t *sp;		/* the CPUs' stack pointers at the crash */
	unsigned int sps;
	/* What is in many objects. */
	uint64_t task_size;	/* bytes that crash reads of a task */
	uint64_t task_known;	/* of these, without the FPU registers */
	uint64_t stack_size;
	uint64_t tasks;
	uint64_t pids, pid_nodes;
	uint64_t module_syms, module_mem;
	/* Where addresses on stacks may lie; what was seen of them. */
	struct text_of kernel;
	struct text_of *module;
	unsigned int modules;
	uint64_t lookup, orc_size;
	uint64_t *seen;
	unsigned int seens;
};

/* --- taking --- */

static uint64_t rest_of_page(uint64_t addr)
{
	return PAGE - addr % PAGE;
}

/* Page by page: one that the dump lacks does not take the others with it. */
static bool take(struct taker *tk, uint64_t addr, uint64_t len)
{
	bool all = true;

	if (addr + len < addr || len > MAX_OBJECT)
		return false;
	while (len) {
		uint64_t n = rest_of_page(addr) < len ? rest_of_page(addr) : len;

		if (target_read(tk->t, addr, tk->page, n))
			all = false;
		addr += n;
		len -= n;
	}
	return all;
}

/* The last byte of each page: mostly padding, or a stack's unused end. */
static void touch(struct taker *tk, uint64_t addr, uint64_t len)
{
	if (addr + len < addr)
		return;
	while (len) {
		uint64_t n = rest_of_page(addr) < len ? rest_of_page(addr) : len;

		take(tk, addr + n - 1, 1);
		addr += n;
		len -= n;
	}
}

static void take_string(struct taker *tk, uint64_t addr)
{
	const char *unused;

	if (addr && target_read_string(tk->t, addr, MAX_STRING, &unused))
		return;
}

static uint64_t symbol(struct taker *tk, const char *name)
{
	uint64_t addr;

	return target_symbol(tk->t, name, &addr) ? 0 : addr;
}

static uint64_t type_size(struct taker *tk, const char *type)
{
	uint64_t size;

	return target_type_size(tk->t, type, &size) ? 0 : size;
}

/* Up to the next symbol, which may be a few bytes of padding further. */
static uint64_t symbol_size(struct taker *tk, uint64_t addr)
{
	struct symbol_name s;

	if (target_name_address(tk->t, addr, &s) || s.start != addr)
		return 0;
	return s.size < MAX_SYMBOL ? s.size : MAX_SYMBOL;
}

static bool member(struct taker *tk, const char *type, const char *name, struct member_info *out)
{
	return !target_member(tk->t, type, name, out);
}

/* 0 as well when it cannot be read: nothing lies there. */
static uint64_t pointer(struct taker *tk, uint64_t addr)
{
	uint64_t v;

	return !addr || target_read_ptr(tk->t, addr, &v) ? 0 : v;
}

static uint64_t number(struct taker *tk, uint64_t addr, unsigned int size)
{
	uint64_t v;

	return !addr || target_read_uint(tk->t, addr, size, &v) ? 0 : v;
}

/* The pointer in a member; 0: no such member, or not readable. */
static uint64_t member_pointer(struct taker *tk, uint64_t addr, const char *type, const char *name)
{
	struct member_info m;

	return addr && member(tk, type, name, &m) ? pointer(tk, addr + m.offset) : 0;
}

/* --- variables of the kernel --- */

/* Its size: the type's, or that many bytes, or, with neither, up to the next symbol. */
struct variable {
	const char *name;
	uint16_t size;
	const char *type;
};

static const struct variable variables[] = {
	/* Where memory lies; fatal. */
	{ "page_offset_base", 8, NULL }, { "vmalloc_base", 8, NULL }, { "vmemmap_base", 8, NULL },
	{ "phys_base", 8, NULL }, { "high_memory", 8, NULL },
	/* The kernel's page tables, the top; fatal with the first module or stack that lies in vmalloc's range. */
	{ "init_top_pgt", PAGE, NULL }, { "init_level4_pgt", PAGE, NULL }, { "swapper_pg_dir", PAGE, NULL },
	/* CPUs; __per_cpu_offset is fatal. */
	{ "__cpu_possible_mask", 0, NULL }, { "__cpu_present_mask", 0, NULL },
	{ "__cpu_online_mask", 0, NULL }, { "__cpu_active_mask", 0, NULL },
	{ "cpu_possible_bits", 0, NULL }, { "cpu_present_bits", 0, NULL },
	{ "cpu_online_bits", 0, NULL }, { "cpu_active_bits", 0, NULL },
	{ "__per_cpu_offset", 0, NULL }, { "nr_cpu_ids", 4, NULL }, { "cpu_khz", 4, NULL }, { "tsc_khz", 4, NULL },
	/* Entries of interrupts; fatal. */
	{ "idt_table", PAGE, NULL }, { "nr_irqs", 4, NULL }, { "total_nr_irqs", 4, NULL },
	/* What crash runs on; the names after it. */
	{ "xen_start_info", 8, NULL }, { "pv_info", 0, "pv_info" }, { "x86_hyper", 8, NULL },
	{ "x86_hyper_type", 4, NULL },
	/* sys: which kernel, since when, what it went through; the clock, jiffies and load are fatal. */
	{ "init_uts_ns", 0, "uts_namespace" },
	{ "shadow_timekeeper", 0, "timekeeper" }, { "timekeeper", 0, "timekeeper" }, { "xtime", 16, NULL },
	{ "jiffies", 8, NULL }, { "jiffies_64", 8, NULL }, { "avenrun", 24, NULL },
	{ "tainted_mask", 8, NULL }, { "taint_flags", 0, NULL }, { "tainted", 4, NULL },
	/* The crash. */
	{ "crashing_cpu", 4, NULL }, { "crash_notes", 8, NULL }, { "sysrq_pressed", 4, NULL },
	{ "klp_transition_patch", 8, NULL }, { "vmcoreinfo_data", 8, NULL }, { "vmcoreinfo_size", 8, NULL },
	/* Memory; fatal. */
	{ "mem_section", 8, NULL }, { "_totalram_pages", 8, NULL }, { "totalram_pages", 8, NULL },
	{ "totalhigh_pages", 8, NULL }, { "num_physpages", 8, NULL }, { "max_pfn", 8, NULL },
	{ "max_mapnr", 8, NULL }, { "mem_map", 8, NULL }, { "nr_swapfiles", 4, NULL },
	{ "node_states", 0, NULL }, { "node_data", 0, NULL }, { "numnodes", 4, NULL }, { "nr_node_ids", 4, NULL },
	{ "zero_pfn", 8, NULL }, { "huge_zero_pfn", 8, NULL }, { "vmap_area_list", 16, NULL },
	{ "nr_vmap_nodes", 4, NULL }, { "vmap_nodes", 8, NULL }, { "vmlist", 8, NULL },
	{ "slab_caches", 16, NULL }, { "slab_root_caches", 16, NULL }, { "kmem_cache", 8, NULL },
	{ "vm_area_cachep", 8, NULL }, { "pageflag_names", 0, NULL },
	/* Lists of mm: where a VMA is found. */
	{ "mt_slots", 4, NULL }, { "mt_pivots", 4, NULL },
	/* Modules; fatal. */
	{ "modules", 16, NULL },
	/* Tasks; fatal: nr_threads, init_pid_ns and what it leads to. */
	{ "nr_threads", 4, NULL }, { "pid_max", 4, NULL }, { "init_pid_ns", 0, "pid_namespace" },
	{ "arch_task_struct_size", 4, NULL }, { "task_state_array", 0, NULL },
	/* The log's old form. */
	{ "log_buf", 8, NULL }, { "log_buf_len", 4, NULL }, { "log_first_idx", 4, NULL }, { "log_next_idx", 4, NULL },
	{ "log_end", 8, NULL }, { "logged_chars", 8, NULL },
	/* ORC: the rest of it is read address by address. */
	{ "lookup_num_blocks", 4, NULL },
};

/* One variable of each CPU. */
static const struct variable per_cpu[] = {
	{ "runqueues", 0, "rq" },			/* who runs, and the idle task; fatal */
	{ "cpu_number", 4, NULL },			/* how many CPUs there are */
	{ "current_task", 8, NULL },
	{ "pcpu_hot", 0, "pcpu_hot" },			/* both, 6.2 to 6.14 */
	{ "hardirq_stack_ptr", 8, NULL }, { "irq_stack_ptr", 8, NULL },
	{ "cpu_current_top_of_stack", 8, NULL },
	{ "cpu_tss_rw", 0, "x86_hw_tss" },		/* stacks of exceptions; fatal */
	{ "cpu_tss", 0, "x86_hw_tss" }, { "init_tss", 0, "x86_hw_tss" },
	{ "orig_ist", 0, "orig_ist" },
	{ "cea_exception_stacks", 8, NULL },
};

/*
 * The text that says where schedule() leaves a task, how the kernel was
 * compiled, and where an NMI returns to; fatal.  Of a function crash has as many
 * instructions disassembled as it has bytes: far behind its end.
 */
#define MAX_INSTRUCTION 15

static const struct variable code[] = {
	{ "__schedule", 0, NULL }, { "schedule", 0, NULL },
	{ "default_do_nmi", 0, NULL }, { "do_nmi", 0, NULL }, { "exc_nmi", 0, NULL },
	{ "sys_open", 16, NULL }, { "sys_fork", 16, NULL }, { "sys_read", 16, NULL }, { "__x64_sys_open", 16, NULL },
	{ "__x64_sys_fork", 16, NULL }, { "__x64_sys_read", 16, NULL }, { "do_futex", 16, NULL },
	{ "do_fork", 16, NULL }, { "_do_fork", 16, NULL }, { "sys_write", 16, NULL }, { "vfs_read", 16, NULL },
};

static uint64_t variable_size(struct taker *tk, const struct variable *v, uint64_t addr)
{
	if (v->type)
		return type_size(tk, v->type);
	return v->size ? v->size : symbol_size(tk, addr);
}

static void take_variables(struct taker *tk)
{
	struct symbol_query q[COUNT(variables)] = { 0 };

	for (size_t i = 0; i < COUNT(variables); i++)
		q[i].name = variables[i].name;
	target_symbols(tk->t, q, COUNT(variables));
	for (size_t i = 0; i < COUNT(variables); i++)
		if (!q[i].st)
			take(tk, q[i].addr, variable_size(tk, &variables[i], q[i].addr));
}

static void take_code(struct taker *tk)
{
	struct symbol_query q[COUNT(code)] = { 0 };

	for (size_t i = 0; i < COUNT(code); i++)
		q[i].name = code[i].name;
	target_symbols(tk->t, q, COUNT(code));
	for (size_t i = 0; i < COUNT(code); i++) {
		uint64_t size = q[i].st ? 0 : variable_size(tk, &code[i], q[i].addr);

		size = size < MAX_FUNCTION ? size : MAX_FUNCTION;
		take(tk, q[i].addr, size);
		if (!code[i].size)
			touch(tk, q[i].addr + size, (MAX_INSTRUCTION - 1) * size);
	}
}

/* An array of structures, each with a pointer to a string. */
static void take_names(struct taker *tk, const char *array, unsigned int stride, unsigned int at)
{
	uint64_t addr = symbol(tk, array), size = addr ? symbol_size(tk, addr) : 0;

	for (uint64_t i = 0; i + stride <= size; i += stride)
		take_string(tk, pointer(tk, addr + i + at));
}

static void take_strings(struct taker *tk)
{
	unsigned int word = target_pointer_size(tk->t);

	take_names(tk, "pageflag_names", 2 * word, word);
	take_names(tk, "task_state_array", word, 0);
	take_string(tk, symbol(tk, "linux_banner"));
	take_string(tk, member_pointer(tk, symbol(tk, "pv_info"), "pv_info", "name"));
}

/* --- CPUs --- */

static void add_cpu(struct taker *tk, uint64_t offset)
{
	if (!(tk->cpus & (tk->cpus - 1))) {
		struct cpu *grown = arena_alloc(target_arena(tk->t), (tk->cpus ? 2 * tk->cpus : 1) * sizeof(*grown));

		if (!grown)
			return;
		if (tk->cpus)
			memcpy(grown, tk->cpu, tk->cpus * sizeof(*grown));
		tk->cpu = grown;
	}
	tk->cpu[tk->cpus++] = (struct cpu){ .offset = offset };
}

static void find_cpus(struct taker *tk)
{
	uint64_t offsets = symbol(tk, "__per_cpu_offset"), mask = symbol(tk, "__cpu_possible_mask"), byte = 0;
	unsigned int word = target_pointer_size(tk->t);
	uint64_t size = type_size(tk, "cpumask"), v;

	if (!mask)
		mask = symbol(tk, "cpu_possible_bits");
	for (unsigned int cpu = 0; offsets && mask && cpu < 8 * size && cpu < MAX_CPUS; cpu++) {
		if (cpu % (8 * word) == 0)
			byte = pointer(tk, mask + cpu / 8);
		if ((byte >> cpu % (8 * word) & 1) && !target_read_ptr(tk->t, offsets + (uint64_t)cpu * word, &v))
			add_cpu(tk, v);
	}
	if (!offsets)
		add_cpu(tk, 0);
}

static void take_per_cpu(struct taker *tk)
{
	struct symbol_query q[COUNT(per_cpu)] = { 0 };

	for (size_t i = 0; i < COUNT(per_cpu); i++)
		q[i].name = per_cpu[i].name;
	target_symbols(tk->t, q, COUNT(per_cpu));
	for (size_t i = 0; i < COUNT(per_cpu); i++) {
		uint64_t size = q[i].st ? 0 : variable_size(tk, &per_cpu[i], q[i].addr);

		for (unsigned int c = 0; c < tk->cpus; c++)
			take(tk, q[i].addr + tk->cpu[c].offset, size);
	}
}

static void find_sps(struct taker *tk)
{
	struct x86_regs regs;
	unsigned char raw[512];
	size_t len;

	tk->sp = arena_alloc(target_arena(tk->t), (tk->cpus + 1) * sizeof(*tk->sp));
	for (unsigned int n = 0; tk->sp && n < tk->cpus; n++)
		if (!target_prstatus(tk->t, n, raw, sizeof(raw), &len) && x86_prstatus_decode(raw, len, &regs))
			tk->sp[tk->sps++] = regs.sp;
}

/* --- memory: mem_section, nodes, zones --- */

static void take_section_root(struct taker *tk, uint64_t root, uint64_t *room)
{
	if (!root || *room < PAGE)
		return;
	/* One page of them, by itself: SECTIONS_PER_ROOT. */
	take(tk, root & ~(uint64_t)(PAGE - 1), PAGE);
	*room -= PAGE;
}

/* A page of the table of roots, most of which are none. */
static void take_section_roots(struct taker *tk, uint64_t addr, uint64_t len, uint64_t *room)
{
	unsigned int word = target_pointer_size(tk->t);
	unsigned char raw[PAGE];

	if (target_read(tk->t, addr, raw, len))
		return;
	for (uint64_t i = 0; i + word <= len; i += word)
		take_section_root(tk, target_decode(tk->t, raw + i, word), room);
}

/* fatal */
static void take_sections(struct taker *tk)
{
	uint64_t roots, length, room = MAX_SECTIONS, end;

	/* VMCOREINFO has the table itself, in whichever way mem_section leads to it. */
	if (target_vmcoreinfo_num(tk->t, "SYMBOL(mem_section)", 16, &roots) ||
	    target_vmcoreinfo_num(tk->t, "LENGTH(mem_section)", 10, &length))
		return;
	end = roots + (length < MAX_SECTION_ROOTS ? length : MAX_SECTION_ROOTS) * target_pointer_size(tk->t);
	for (uint64_t at = roots, n; at < end; at += n) {
		n = rest_of_page(at) < end - at ? rest_of_page(at) : end - at;
		take_section_roots(tk, at, n, &room);
	}
}

static void take_members(struct taker *tk, uint64_t addr, const char *type, const char *const *names, size_t n)
{
	struct member_info m;

	for (size_t i = 0; i < n; i++)
		if (member(tk, type, names[i], &m))
			take(tk, addr + m.offset, m.size);
}

static void take_zone_names(struct taker *tk, uint64_t node)
{
	struct member_info zones, name;
	uint64_t size = type_size(tk, "zone");

	if (!size || !member(tk, "pglist_data", "node_zones", &zones) || !member(tk, "zone", "name", &name))
		return;
	for (uint64_t i = 0; i + size <= zones.size; i += size)
		take_string(tk, pointer(tk, node + zones.offset + i + name.offset));
}

/* Not all of it: with the lists of other nodes that memory is taken from it is 170 KB. fatal */
static void take_node(struct taker *tk, uint64_t node)
{
	static const char *const names[] = { "node_zones", "nr_zones", "node_start_pfn", "node_present_pages",
					     "node_spanned_pages", "node_id", "node_mem_map", "bdata" };

	take_members(tk, node, "pglist_data", names, COUNT(names));
	take_zone_names(tk, node);
}

static void take_nodes(struct taker *tk)
{
	uint64_t nodes = symbol(tk, "node_data"), one = symbol(tk, "contig_page_data");
	unsigned int word = target_pointer_size(tk->t);
	uint64_t size = nodes ? symbol_size(tk, nodes) : 0;

	if (one)
		take_node(tk, one);
	for (uint64_t i = 0; i + word <= size; i += word) {
		uint64_t node = pointer(tk, nodes + i);

		if (node)
			take_node(tk, node);
	}
}

/* Only how large its objects are: `kmem -s` is not for capsules. */
static void take_slab(struct taker *tk)
{
	static const char *const names[] = { "size", "object_size", "offset", "oo", "flags" };
	uint64_t cache = pointer(tk, symbol(tk, "kmem_cache"));

	if (cache)
		take_members(tk, cache, "kmem_cache", names, COUNT(names));
}

/* --- the log --- */

/* A ring's part: a pointer at `at` of a member of printk_ringbuffer, and the bits of its count. */
static bool ring_part(struct taker *tk, uint64_t prb, const char *ring, const char *type, const char *bits,
		      const char *data, uint64_t each, uint64_t *addr, uint64_t *size)
{
	struct member_info r, b, d;
	uint64_t n;

	if (!member(tk, "printk_ringbuffer", ring, &r) || !member(tk, type, bits, &b) || !member(tk, type, data, &d))
		return false;
	n = number(tk, prb + r.offset + b.offset, 4);
	*addr = pointer(tk, prb + r.offset + d.offset);
	*size = n && n < 32 ? each << n : 0;
	return *addr && *size && *size <= MAX_LOG;
}

static bool log_ring_text(struct taker *tk, uint64_t prb, uint64_t *addr, uint64_t *size)
{
	return ring_part(tk, prb, "text_data_ring", "prb_data_ring", "size_bits", "data", 1, addr, size);
}

/* Since 5.10; before, one buffer with its length beside it. */
static void take_log_ring(struct taker *tk, uint64_t prb)
{
	uint64_t addr[3], size[3], desc = type_size(tk, "prb_desc"), info = type_size(tk, "printk_info");

	take(tk, prb, type_size(tk, "printk_ringbuffer"));
	if (!log_ring_text(tk, prb, &addr[0], &size[0]) ||
	    !ring_part(tk, prb, "desc_ring", "prb_desc_ring", "count_bits", "descs", desc, &addr[1], &size[1]) ||
	    !ring_part(tk, prb, "desc_ring", "prb_desc_ring", "count_bits", "infos", info, &addr[2], &size[2]) ||
	    size[0] + size[1] + size[2] > MAX_LOG)
		return;
	for (unsigned int i = 0; i < 3; i++)
		take(tk, addr[i], size[i]);
}

static bool log_text(struct taker *tk, uint64_t *addr, uint64_t *size)
{
	uint64_t prb = symbol(tk, "prb");

	if (prb)
		return log_ring_text(tk, pointer(tk, prb), addr, size);
	*addr = pointer(tk, symbol(tk, "log_buf"));
	*size = number(tk, symbol(tk, "log_buf_len"), 4);
	return *addr && *size && *size <= MAX_LOG;
}

static void take_log(struct taker *tk)
{
	uint64_t prb = symbol(tk, "prb"), addr, size;

	/* Following the pointer takes it, too. */
	if (prb)
		take_log_ring(tk, pointer(tk, prb));
	else if (log_text(tk, &addr, &size))
		take(tk, addr, size);
}

enum klpscope_status capsule_log_text(struct target *t, uint64_t *addr, uint64_t *size)
{
	struct taker tk = { .t = t };

	return log_text(&tk, addr, size) ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND;
}

/* --- modules --- */

/* What a module's memory is called in this kernel; crash reads it in one piece, to find the symbols there. */
static void touch_module(struct taker *tk, uint64_t base, uint64_t size)
{
	if (!base || size > MAX_MODULE_MEM - tk->module_mem)
		return;
	tk->module_mem += size;
	touch(tk, base, size);
}

/* Since 6.4 one piece for each kind of memory; before, one. */
static void touch_module_memory(struct taker *tk, uint64_t mod)
{
	struct member_info mem, base, size;
	uint64_t each = type_size(tk, "module_memory");
	const char *type = each ? "module_memory" : "module_layout";

	if (!member(tk, "module", each ? "mem" : "core_layout", &mem) || !member(tk, type, "base", &base) ||
	    !member(tk, type, "size", &size))
		return;
	if (!each)
		each = mem.size;
	for (uint64_t i = 0; each && i + each <= mem.size; i += each)
		touch_module(tk, pointer(tk, mod + mem.offset + i + base.offset),
			     number(tk, mod + mem.offset + i + size.offset, 4));
}

/* Elf64_Sym starts with st_name, Elf32_Sym too. */
static uint64_t last_name(struct taker *tk, uint64_t symtab, uint64_t n, unsigned int each)
{
	uint64_t last = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t name = number(tk, symtab + i * each, 4);

		last = name > last ? name : last;
	}
	return last;
}

static void take_module_symtab(struct taker *tk, uint64_t mod)
{
	unsigned int each = target_pointer_size(tk->t) == 8 ? 24 : 16;
	uint64_t ks = member_pointer(tk, mod, "module", "kallsyms");
	uint64_t symtab = member_pointer(tk, ks, "mod_kallsyms", "symtab");
	uint64_t strtab = member_pointer(tk, ks, "mod_kallsyms", "strtab"), n, last;
	struct member_info m;

	if (!symtab || !strtab || !member(tk, "mod_kallsyms", "num_symtab", &m))
		return;
	n = number(tk, ks + m.offset, 4);
	if (n * each > MAX_MODULE_SYMS - tk->module_syms)
		return;
	tk->module_syms += n * each;
	take(tk, symtab, n * each);
	last = last_name(tk, symtab, n, each);
	if (last > MAX_MODULE_SYMS - tk->module_syms)
		return;
	tk->module_syms += last;
	take(tk, strtab, last);
	take_string(tk, strtab + last);
}

/* The name that a kernel_symbol has: by a pointer, or, since 4.19, by its distance. */
static uint64_t export_name(struct taker *tk, uint64_t sym)
{
	struct member_info m;

	if (member(tk, "kernel_symbol", "name_offset", &m))
		return sym + m.offset + (uint64_t)(int64_t)(int32_t)number(tk, sym + m.offset, 4);
	return member_pointer(tk, sym, "kernel_symbol", "name");
}

/* What it exports, by this pair of members; fatal. */
static void take_exports(struct taker *tk, uint64_t mod, const char *syms, const char *count)
{
	uint64_t table = member_pointer(tk, mod, "module", syms), each = type_size(tk, "kernel_symbol"), n;
	struct member_info m;

	if (!table || !each || !member(tk, "module", count, &m))
		return;
	n = number(tk, mod + m.offset, 4);
	if (n * each > MAX_MODULE_SYMS - tk->module_syms)
		return;
	tk->module_syms += n * each;
	take(tk, table, n * each);
	for (uint64_t i = 0; i < n; i++)
		take_string(tk, export_name(tk, table + i * each));
}

static void add_module_text(struct taker *tk, uint64_t mod)
{
	struct member_info mem, base, size, arch, m;
	const char *type = type_size(tk, "module_memory") ? "module_memory" : "module_layout";
	struct text_of text = { 0 };

	if ((!member(tk, "module", "core_layout", &mem) && !member(tk, "module", "mem", &mem)) ||
	    !member(tk, type, "base", &base) || !member(tk, type, "size", &size))
		return;
	text.base = pointer(tk, mod + mem.offset + base.offset);
	text.size = number(tk, mod + mem.offset + size.offset, 4);
	if (member(tk, "module", "arch", &arch) && member(tk, "mod_arch_specific", "num_orcs", &m)) {
		text.count = number(tk, mod + arch.offset + m.offset, 4);
		text.ips = member_pointer(tk, mod + arch.offset, "mod_arch_specific", "orc_unwind_ip");
		text.entries = member_pointer(tk, mod + arch.offset, "mod_arch_specific", "orc_unwind");
	}
	if (tk->module && tk->modules < MAX_MODULES)
		tk->module[tk->modules++] = text;
}

static void take_module(struct taker *tk, uint64_t mod)
{
	if (!take(tk, mod, type_size(tk, "module")))
		return;
	add_module_text(tk, mod);
	take_exports(tk, mod, "syms", "num_syms");
	take_exports(tk, mod, "gpl_syms", "num_gpl_syms");
	take_module_symtab(tk, mod);
	touch_module_memory(tk, mod);
}

/* fatal */
static void take_modules(struct taker *tk)
{
	uint64_t head = symbol(tk, "modules"), node = head;
	struct member_info list;

	if (!head || !member(tk, "module", "list", &list))
		return;
	tk->module = arena_alloc(target_arena(tk->t), MAX_MODULES * sizeof(*tk->module));
	/* A loop ends at the limit: what it leads to was taken, and costs nothing twice. */
	for (unsigned int i = 0; i < MAX_MODULES; i++) {
		node = pointer(tk, node);
		if (!node || node == head)
			return;
		take_module(tk, node - list.offset);
	}
}

/* --- addresses on stacks: what bt asks of each --- */

static void find_text(struct taker *tk)
{
	uint64_t start = symbol(tk, "_stext"), end = symbol(tk, "_etext");

	if (start && end > start)
		tk->kernel = (struct text_of){ .base = start, .size = end - start };
	tk->kernel.ips = symbol(tk, "__start_orc_unwind_ip");
	tk->kernel.entries = symbol(tk, "__start_orc_unwind");
	tk->lookup = symbol(tk, "orc_lookup");
	tk->orc_size = type_size(tk, "orc_entry");
	tk->seen = arena_alloc(target_arena(tk->t), MAX_ADDRESSES * sizeof(*tk->seen));
}

/* The steps of __orc_find(), for crash takes the same. */
static void take_orc(struct taker *tk, uint64_t ips, uint64_t entries, uint64_t count, uint64_t addr)
{
	uint64_t first = 0, end = count, found = 0;

	while (first < end) {
		uint64_t mid = first + (end - 1 - first) / 2, ip = ips + 4 * mid;

		if (ip + (uint64_t)(int64_t)(int32_t)number(tk, ip, 4) <= addr) {
			found = mid;
			first = mid + 1;
		} else {
			end = mid;
		}
	}
	take(tk, entries + found * tk->orc_size, tk->orc_size);
}

static void take_kernel_orc(struct taker *tk, uint64_t addr)
{
	const struct text_of *k = &tk->kernel;
	uint64_t block = (addr - k->base) / ORC_BLOCK, start, end;

	if (!tk->lookup || !k->ips || !k->entries || !tk->orc_size)
		return;
	start = number(tk, tk->lookup + 4 * block, 4);
	end = (uint64_t)number(tk, tk->lookup + 4 * (block + 1), 4) + 1;
	if (start < end)
		take_orc(tk, k->ips + 4 * start, k->entries + start * tk->orc_size, end - start, addr);
}

/* Where ORC does not say how large a frame is, the function is disassembled up to the address. */
static void take_function_until(struct taker *tk, uint64_t addr)
{
	struct symbol_name s;

	if (target_name_address(tk->t, addr, &s) || s.start > addr || addr - s.start > MAX_FUNCTION)
		return;
	take(tk, s.start, addr - s.start);
	touch(tk, addr, (MAX_INSTRUCTION - 1) * (addr - s.start));
}

static void take_address(struct taker *tk, const struct text_of *text, uint64_t addr)
{
	/* The call before it, and a cache line of gdb. */
	take(tk, addr - 5, 16);
	if (text == &tk->kernel)
		take_kernel_orc(tk, addr);
	else if (text->ips && text->entries && tk->orc_size)
		take_orc(tk, text->ips, text->entries, text->count, addr);
	if (text == &tk->kernel)
		take_function_until(tk, addr);
}

static const struct text_of *text_of(const struct taker *tk, uint64_t addr)
{
	if (addr - tk->kernel.base < tk->kernel.size)
		return &tk->kernel;
	for (unsigned int i = 0; i < tk->modules; i++)
		if (addr - tk->module[i].base < tk->module[i].size)
			return &tk->module[i];
	return NULL;
}

/* Most stacks have most addresses in common. */
static bool seen_before(struct taker *tk, uint64_t addr)
{
	unsigned int i = (unsigned int)((addr * 0x9e3779b97f4a7c15ull) >> 32) % MAX_ADDRESSES;

	while (tk->seen[i] && tk->seen[i] != addr)
		i = (i + 1) % MAX_ADDRESSES;
	if (tk->seen[i] || tk->seens >= MAX_ADDRESSES / 4 * 3)
		return true;
	tk->seen[i] = addr;
	tk->seens++;
	return false;
}

static void take_addresses(struct taker *tk, uint64_t addr, uint64_t len)
{
	unsigned int word = target_pointer_size(tk->t);

	for (uint64_t i = 0; tk->seen && i + word <= len; i += word) {
		uint64_t v = pointer(tk, addr + i);
		const struct text_of *text = v ? text_of(tk, v) : NULL;

		if (text && !seen_before(tk, v))
			take_address(tk, text, v);
	}
}

static void take_stack(struct taker *tk, uint64_t base, uint64_t size, uint64_t sp)
{
	if (!base || size > MAX_STACK)
		return;
	if (sp < base || sp > base + size)
		sp = base;
	sp &= ~(uint64_t)7;
	touch(tk, base, sp - base);
	take(tk, sp, base + size - sp);
	take_addresses(tk, sp, base + size - sp);
}

/* --- tasks --- */

/*
 * The FPU registers lie at the end of the task_struct, before 6.16 in it, since
 * behind it.  They are what a program computed with, and nobody's business.
 */
static void measure_tasks(struct taker *tk)
{
	uint64_t arch_size = number(tk, symbol(tk, "arch_task_struct_size"), 4), size = type_size(tk, "task_struct");
	struct member_info thread, fpu;

	tk->task_size = arch_size ? arch_size : size;
	tk->task_known = size < tk->task_size ? size : tk->task_size;
	if (member(tk, "task_struct", "thread", &thread) && member(tk, "thread_struct", "fpu", &fpu) &&
	    fpu.size > target_pointer_size(tk->t) && thread.offset + fpu.offset < tk->task_known)
		tk->task_known = thread.offset + fpu.offset;
	tk->stack_size = type_size(tk, "thread_union");
	if (!tk->stack_size)
		tk->stack_size = 4 * PAGE;
	/* More than any has: the size is made up. */
	if (tk->task_size > MAX_STACK)
		tk->task_size = tk->task_known = 0;
}

/*
 * Where a CPU was in this stack; 0: none was, or it left it for another.  The
 * one that panicked saved its registers on the way: crash starts at
 * machine_kexec(), which it called after that.
 */
static uint64_t sp_in(const struct taker *tk, uint64_t base, uint64_t size)
{
	uint64_t sp = 0;

	for (unsigned int i = 0; i < tk->sps; i++)
		if (tk->sp[i] - base < size && (!sp || tk->sp[i] < sp))
			sp = tk->sp[i];
	return sp > base + BELOW_SP ? sp - BELOW_SP : sp ? base : 0;
}

static uint64_t task_sp(struct taker *tk, uint64_t task)
{
	struct member_info thread, sp;

	if (!member(tk, "task_struct", "thread", &thread) || !member(tk, "thread_struct", "sp", &sp))
		return 0;
	return pointer(tk, task + thread.offset + sp.offset);
}

/* The report tells of the tasks that it walks, and knows idle ones by the name that the kernel gives them. */
static void tell_name(struct taker *tk, uint64_t task)
{
	static const char idle[] = "swapper";
	char name[sizeof(idle) - 1];
	struct member_info comm;

	if (!member(tk, "task_struct", "comm", &comm) || comm.size < sizeof(name) || comm.size > PAGE)
		return;
	if (target_read(tk->t, task + comm.offset, name, sizeof(name)) || memcmp(name, idle, sizeof(name)) != 0)
		target_secret(tk->t, task + comm.offset, (size_t)comm.size);
}

static bool take_task_struct(struct taker *tk, uint64_t task)
{
	if (task)
		tell_name(tk, task);
	if (!task || !take(tk, task, tk->task_known))
		return false;
	touch(tk, task + tk->task_known, tk->task_size - tk->task_known);
	return true;
}

/* Memory that a process has: ps. */
static void take_mm(struct taker *tk, uint64_t task)
{
	uint64_t mm = member_pointer(tk, task, "task_struct", "mm");

	if (mm)
		take(tk, mm, type_size(tk, "mm_struct"));
}

static void take_task(struct taker *tk, uint64_t task)
{
	if (!take_task_struct(tk, task))
		return;
	take_mm(tk, task);
	take_stack(tk, member_pointer(tk, task, "task_struct", "stack"), tk->stack_size, task_sp(tk, task));
}

/* What it ran on when the machine crashed: its thread.sp is of another time. */
static void take_running(struct taker *tk, uint64_t task)
{
	uint64_t base = member_pointer(tk, task, "task_struct", "stack");

	if (!take_task_struct(tk, task))
		return;
	take_mm(tk, task);
	take_stack(tk, base, tk->stack_size, sp_in(tk, base, tk->stack_size));
}

/* An NMI that came while the CPU was in this stack has put its stack pointer into its own. */
static uint64_t interrupted_in(struct taker *tk, const struct cpu *cpu, uint64_t base, uint64_t size)
{
	unsigned int word = target_pointer_size(tk->t);
	uint64_t sp = 0;

	for (uint64_t i = 0; cpu->nmi && i + word <= cpu->nmi_size; i += word) {
		uint64_t v = pointer(tk, cpu->nmi + i);

		if (v - base < size && (!sp || v < sp))
			sp = v;
	}
	return sp;
}

/* What the CPU had there, if it was there; crash reads it in any case. */
static void take_irq_stack(struct taker *tk, const struct cpu *cpu, uint64_t top)
{
	uint64_t size = type_size(tk, "irq_stack"), base, sp, nmi;

	if (!top || !size || size > MAX_STACK)
		return;
	/* It points to the last word, or, in older kernels, behind it. */
	base = ((top + 8) & ~(uint64_t)(PAGE - 1)) - size;
	sp = sp_in(tk, base, size);
	nmi = interrupted_in(tk, cpu, base, size);
	if (!sp || (nmi && nmi < sp))
		sp = nmi;
	take_stack(tk, base, size, sp ? sp : base + size);
}

static void take_exception_stack(struct taker *tk, struct cpu *cpu, uint64_t base, const char *name)
{
	struct member_info m;

	if (!base || !member(tk, "cea_exception_stacks", name, &m) || m.size > MAX_STACK)
		return;
	if (!strcmp(name, "NMI_stack")) {
		cpu->nmi = base + m.offset;
		cpu->nmi_size = m.size;
		take_stack(tk, cpu->nmi, m.size, cpu->nmi);
	} else {
		touch(tk, base + m.offset, m.size);
	}
}

/*
 * crash looks at each CPU's stack of NMIs for the one that stopped it, and
 * reads the others in passing.
 */
static void take_exception_stacks(struct taker *tk)
{
	static const char *const names[] = { "DF_stack", "NMI_stack", "DB_stack", "MCE_stack", "VC_stack", "VC2_stack" };
	uint64_t stacks = symbol(tk, "cea_exception_stacks");

	for (unsigned int c = 0; stacks && c < tk->cpus; c++)
		for (size_t i = 0; i < COUNT(names); i++)
			take_exception_stack(tk, &tk->cpu[c], pointer(tk, stacks + tk->cpu[c].offset), names[i]);
}

static void take_cpu_tasks(struct taker *tk)
{
	uint64_t rq = symbol(tk, "runqueues"), hard = symbol(tk, "hardirq_stack_ptr"), hot = symbol(tk, "pcpu_hot");
	struct member_info m;

	if (!hard && hot && member(tk, "pcpu_hot", "hardirq_stack_ptr", &m))
		hard = hot + m.offset;
	for (unsigned int c = 0; rq && c < tk->cpus; c++) {
		take_task(tk, member_pointer(tk, rq + tk->cpu[c].offset, "rq", "idle"));
		take_running(tk, member_pointer(tk, rq + tk->cpu[c].offset, "rq", "curr"));
		take_irq_stack(tk, &tk->cpu[c], pointer(tk, hard ? hard + tk->cpu[c].offset : 0));
	}
}

/* The task of a struct pid: its first, by the hlist of PIDTYPE_PID. */
static uint64_t pid_task(struct taker *tk, uint64_t pid)
{
	uint64_t node = member_pointer(tk, pid, "pid", "tasks");
	struct member_info links;

	if (!node)
		return 0;
	if (!member(tk, "task_struct", "pid_links", &links) && !member(tk, "task_struct", "pids", &links))
		return 0;
	return node - links.offset;
}

/* numbers[] has as many as there are namespaces around it, and before 6.1 the first in the structure. */
static uint64_t pid_size(struct taker *tk, uint64_t pid)
{
	uint64_t size = type_size(tk, "pid"), each = type_size(tk, "upid"), all, level = 0;
	struct member_info numbers, m;

	if (!member(tk, "pid", "numbers", &numbers))
		return size;
	if (member(tk, "pid", "level", &m))
		level = number(tk, pid + m.offset, 4);
	all = numbers.offset + (level < 32 ? level + 1 : 1) * each;
	return all > size ? all : size;
}

/*
 * Tasks behind the limit: crash goes over a struct pid of zeros without a word,
 * and complains of one that it cannot read.
 */
static void take_pid(struct taker *tk, uint64_t pid)
{
	if (tk->pids++ >= MAX_PIDS)
		return;
	if (tk->tasks++ >= MAX_TASKS) {
		touch(tk, pid, pid_size(tk, pid));
		return;
	}
	take(tk, pid, pid_size(tk, pid));
	take_task(tk, pid_task(tk, pid));
}

/* What one node is made of: an xa_node, before 4.20 a radix_tree_node. */
struct tree {
	struct member_info slots, shift;
	uint64_t size;
};

static void take_pid_node(struct taker *tk, const struct tree *tree, uint64_t node, unsigned int depth)
{
	unsigned int word = target_pointer_size(tk->t);
	uint64_t leaf;

	if (depth > MAX_DEPTH || tk->pid_nodes++ >= MAX_PID_NODES || !take(tk, node, tree->size))
		return;
	leaf = number(tk, node + tree->shift.offset, 1) == 0;
	for (uint64_t i = 0; i + word <= tree->slots.size; i += word) {
		/* The low bits say what kind of entry it is. */
		uint64_t entry = pointer(tk, node + tree->slots.offset + i) & ~3ull;

		if (entry && leaf)
			take_pid(tk, entry);
		else if (entry)
			take_pid_node(tk, tree, entry, depth + 1);
	}
}

/* The nodes of the tree are fatal. */
static void take_pids(struct taker *tk)
{
	uint64_t ns = symbol(tk, "init_pid_ns"), root;
	struct tree tree = { .size = type_size(tk, "xa_node") };
	const char *type = tree.size ? "xa_node" : "radix_tree_node";
	struct member_info idr, rt, head;

	if (!tree.size)
		tree.size = type_size(tk, type);
	if (!ns || !member(tk, "pid_namespace", "idr", &idr) || !member(tk, "idr", "idr_rt", &rt) ||
	    (!member(tk, "xarray", "xa_head", &head) && !member(tk, "radix_tree_root", "rnode", &head)) ||
	    !member(tk, type, "slots", &tree.slots) || !member(tk, type, "shift", &tree.shift))
		return;
	root = pointer(tk, ns + idr.offset + rt.offset + head.offset);
	if ((root & 3) && (root & ~3ull))
		take_pid_node(tk, &tree, root & ~3ull, 0);
	else if (root)
		take_pid(tk, root);
}

static void take_tasks(struct taker *tk)
{
	measure_tasks(tk);
	if (!tk->task_size)
		return;
	find_text(tk);
	take_exception_stacks(tk);
	take_task(tk, symbol(tk, "init_task"));
	take_cpu_tasks(tk);
	take_pids(tk);
}

/* Beside the node name, which the report tells of. */
static void tell_domain(struct taker *tk)
{
	uint64_t ns = symbol(tk, "init_uts_ns");
	struct member_info name, domain;

	if (ns && member(tk, "uts_namespace", "name", &name) && member(tk, "new_utsname", "domainname", &domain) &&
	    domain.size <= PAGE)
		target_secret(tk->t, ns + name.offset + domain.offset, (size_t)domain.size);
}

void capsule_read_for_crash(struct target *t)
{
	struct taker tk = { .t = t };

	take_variables(&tk);
	tell_domain(&tk);
	take_code(&tk);
	take_strings(&tk);
	find_cpus(&tk);
	take_per_cpu(&tk);
	find_sps(&tk);
	take_sections(&tk);
	take_nodes(&tk);
	take_slab(&tk);
	take_log(&tk);
	take_modules(&tk);
	take_tasks(&tk);
}
