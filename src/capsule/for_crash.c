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
#include "capsule/for_crash.h"
#include "capsule/for_crash_priv.h"

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
		return tk_type_size(tk, v->type);
	return v->size ? v->size : tk_symbol_size(tk, addr);
}

static void take_variables(struct taker *tk)
{
	struct symbol_query q[COUNT(variables)] = { 0 };

	for (size_t i = 0; i < COUNT(variables); i++)
		q[i].name = variables[i].name;
	target_symbols(tk->t, q, COUNT(variables));
	for (size_t i = 0; i < COUNT(variables); i++)
		if (!q[i].st)
			tk_take(tk, q[i].addr, variable_size(tk, &variables[i], q[i].addr));
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
		tk_take(tk, q[i].addr, size);
		if (!code[i].size)
			tk_touch(tk, q[i].addr + size, (MAX_INSTRUCTION - 1) * size);
	}
}

/* An array of structures, each with a pointer to a string. */
static void take_names(struct taker *tk, const char *array, unsigned int stride, unsigned int at)
{
	uint64_t addr = tk_symbol(tk, array), size = addr ? tk_symbol_size(tk, addr) : 0;

	for (uint64_t i = 0; i + stride <= size; i += stride)
		tk_take_string(tk, tk_pointer(tk, addr + i + at));
}

static void take_strings(struct taker *tk)
{
	unsigned int word = target_pointer_size(tk->t);

	take_names(tk, "pageflag_names", 2 * word, word);
	take_names(tk, "task_state_array", word, 0);
	tk_take_string(tk, tk_symbol(tk, "linux_banner"));
	tk_take_string(tk, tk_member_pointer(tk, tk_symbol(tk, "pv_info"), "pv_info", "name"));
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
			tk_take(tk, q[i].addr + tk->cpu[c].offset, size);
	}
}

/* Beside the node name, which the report tells of. */
static void tell_domain(struct taker *tk)
{
	uint64_t ns = tk_symbol(tk, "init_uts_ns");
	struct member_info name, domain;

	if (ns && tk_member(tk, "uts_namespace", "name", &name) &&
	    tk_member(tk, "new_utsname", "domainname", &domain) && domain.size <= PAGE)
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
