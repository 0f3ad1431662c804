/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every kernel type, member and symbol that the walk uses, in one table each,
 * with what it is, since when, and where that was read.  The walk asks for
 * nothing outside.  An optional member that a kernel lacks is an answer.
 *
 * Sources: include/linux/livepatch.h, ftrace.h, module.h, sched.h, kernel/livepatch/
 * of Debian's 5.10.223, 6.1.192, 6.12.107 and 7.2.13; for older kernels the
 * types of Ubuntu's 4.4 to 6.8 and the 7.9 tree of RHEL.
 */
#ifndef KLPSCOPE_LAYOUT_H
#define KLPSCOPE_LAYOUT_H

#include "target/target.h"

/*
 * R: without it no patch can be walked. O: some kernels lack it. B: a bitfield, of which no more is
 * asked than whether the kernel has it. C: a copy of what is known without it; who does not find it
 * misses nothing.
 */
#define KLP_MEMBERS(R, O, B, C) \
	R(klp_patch, mod)		/* 4.0+ */ \
	R(klp_patch, objs)		/* 4.0+; the static array, ends at name == funcs == NULL */ \
	R(klp_patch, list)		/* 4.0+; on klp_patches */ \
	O(klp_patch, obj_list)		/* 5.1+; with the dynamic objects */ \
	O(klp_patch, enabled)		/* 4.12+ */ \
	O(klp_patch, state)		/* 4.0-4.11: enum klp_state, ENABLED 1 */ \
	O(klp_patch, replace)		/* 5.1+ */ \
	O(klp_patch, forced)		/* 5.1+ */ \
	O(klp_patch, states)		/* 5.5+ */ \
	O(klp_state, id)		/* 5.5+; the array ends at 0 */ \
	O(klp_state, version) \
	O(klp_state, data) \
	R(klp_object, name)		/* 4.0+; NULL: vmlinux */ \
	R(klp_object, funcs)		/* 4.0+; the static array */ \
	R(klp_object, mod)		/* 4.0+; NULL: vmlinux, or the target is not loaded */ \
	O(klp_object, func_list)	/* 5.1+ */ \
	O(klp_object, node)		/* 5.1+ */ \
	O(klp_object, callbacks)	/* 4.15+; by value */ \
	O(klp_object, dynamic)		/* 5.1+ */ \
	O(klp_object, patched)		/* 4.12+ */ \
	O(klp_object, state)		/* 4.0-4.11 */ \
	O(klp_callbacks, pre_patch)	/* 4.15+ */ \
	O(klp_callbacks, post_patch) \
	O(klp_callbacks, pre_unpatch) \
	O(klp_callbacks, post_unpatch) \
	O(klp_callbacks, post_unpatch_enabled) \
	R(klp_func, old_name)		/* 4.0+ */ \
	R(klp_func, new_func)		/* 4.0+ */ \
	O(klp_func, old_sympos)		/* 4.5+ */ \
	O(klp_func, old_func)		/* 5.1+, RHEL 7.9 */ \
	O(klp_func, old_addr)		/* 4.0-5.0 */ \
	O(klp_func, old_size)		/* 4.12+ */ \
	O(klp_func, new_size)		/* 4.12+ */ \
	O(klp_func, node)		/* 5.1+; on klp_object.func_list */ \
	R(klp_func, stack_node)		/* 4.0+; on klp_ops.func_stack */ \
	O(klp_func, nop)		/* 5.1+ */ \
	O(klp_func, patched)		/* 4.12+ */ \
	O(klp_func, transition)		/* 4.12+ */ \
	O(klp_func, state)		/* 4.0-4.11 */ \
	R(klp_ops, node)		/* kernel/livepatch/patch.h, core.c before 4.12 */ \
	R(klp_ops, func_stack)		/* newest first */ \
	R(klp_ops, fops)		/* embedded ftrace_ops */ \
	O(ftrace_ops, func) \
	O(ftrace_ops, flags) \
	O(ftrace_ops, trampoline) \
	O(ftrace_page, next)		/* kernel/trace/ftrace.c */ \
	O(ftrace_page, records) \
	O(ftrace_page, index) \
	O(dyn_ftrace, ip) \
	O(dyn_ftrace, flags) \
	O(module, state) \
	R(module, list) \
	R(module, name) \
	O(module, version) \
	O(module, srcversion) \
	O(module, build_id)		/* 5.14+ with STACKTRACE_BUILD_ID */ \
	O(module, notes_attrs) \
	O(module_notes_attrs, notes)	/* how many attrs; 6.12 still has it, 7.2 has grp instead */ \
	O(module_notes_attrs, attrs) \
	O(module_notes_attrs, grp) \
	O(attribute_group, bin_attrs)	/* to pointers, up to a NULL; linux/sysfs.h */ \
	O(bin_attribute, size) \
	O(bin_attribute, private) \
	O(module, taints) \
	O(module, refcnt) \
	O(module, klp)			/* Ubuntu 4.4 lacks it, 4.8 has it */ \
	O(module, mem)			/* 6.4+: array of module_memory */ \
	O(module_memory, base) \
	O(module_memory, size) \
	O(module, core_layout)		/* 4.5-6.3 */ \
	O(module_layout, base) \
	O(module_layout, size) \
	O(module, init_layout) \
	O(module, module_core)		/* until 4.4, RHEL 7 */ \
	O(module, core_size) \
	O(module, module_init) \
	O(module, init_size) \
	O(module, kallsyms)		/* 4.5+: to mod_kallsyms */ \
	O(mod_kallsyms, symtab) \
	O(mod_kallsyms, num_symtab) \
	O(mod_kallsyms, strtab) \
	O(module, symtab)		/* until 4.4, RHEL 7 */ \
	O(module, num_symtab) \
	O(module, strtab) \
	O(task_struct, patch_state)	/* 4.12+, RHEL 7.4+; include/linux/sched.h */ \
	O(task_struct, tasks)		/* on the list that starts in init_task: the leaders of thread groups */ \
	O(task_struct, signal) \
	O(signal_struct, thread_head)	/* 3.14+; before 4.11 in linux/sched.h, since in sched/signal.h */ \
	O(task_struct, thread_node)	/* 3.14+; on signal_struct.thread_head */ \
	O(task_struct, pid)		/* in the initial namespace */ \
	O(task_struct, tgid) \
	O(task_struct, comm)		/* char[16] */ \
	O(task_struct, flags)		/* PF_* */ \
	O(task_struct, __state)		/* 5.14+: unsigned int (2f064a59a11f) */ \
	O(task_struct, state)		/* before: long */ \
	O(task_struct, exit_state) \
	O(task_struct, on_cpu)		/* SMP */ \
	O(task_struct, thread_info)	/* 4.9+ with THREAD_INFO_IN_TASK (c65eacbe290b) */ \
	O(task_struct, stack)		/* otherwise thread_info lies at its lowest address */ \
	O(task_struct, cpu)		/* 4.9-5.15 with THREAD_INFO_IN_TASK; otherwise thread_info.cpu (bcf9033e5449) */ \
	O(thread_info, cpu) \
	O(thread_info, flags)		/* TIF_*: see arch/tif.c */ \
	O(rq, idle)			/* kernel/sched/sched.h */ \
	O(rq, curr) \
	O(task_struct, thread)		/* stacks: arch/x86/include/asm/processor.h */ \
	O(thread_struct, sp)		/* of a task that is not running */ \
	O(inactive_task_frame, bp)	/* 4.9+, asm/switch_to.h: what lies there */ \
	O(inactive_task_frame, ret_addr) \
	B(orc_entry, end)		/* 4.18-6.3, asm/orc_types.h: see arch/orc.h */ \
	B(orc_entry, signal)		/* 6.3+ */ \
	O(module, arch) \
	O(mod_arch_specific, num_orcs)	/* 4.14+ with UNWINDER_ORC, asm/module.h */ \
	O(mod_arch_specific, orc_unwind_ip) \
	O(mod_arch_specific, orc_unwind) \
	O(module_layout, text_size)	/* 4.5-6.3; the text comes first */ \
	O(module, core_text_size)	/* until 4.4 */ \
	O(ftrace_ops, next)		/* on ftrace_ops_list */ \
	O(ftrace_ops, trampoline_size)	/* 4.18+ */ \
	O(task_struct, ret_stack)	/* FUNCTION_GRAPH_TRACER */ \
	O(task_struct, curr_ret_stack) \
	O(ftrace_ret_stack, ret)	/* linux/ftrace.h */ \
	O(ftrace_ret_stack, retp)	/* 4.9+ where the architecture knows it; x86_64 does */ \
	O(task_struct, rethooks)	/* 5.18+, linux/rethook.h */ \
	O(rethook_node, llist) \
	O(rethook_node, ret_addr) \
	O(rethook_node, frame) \
	O(task_struct, kretprobe_instances)	/* 5.11+, without rethooks; linux/kprobes.h */ \
	O(kretprobe_instance, llist) \
	O(kretprobe_instance, ret_addr) \
	O(kretprobe_instance, fp) \
	O(pcpu_hot, hardirq_stack_ptr)	/* 6.2-6.14, asm/current.h */ \
	/* Who else hooks functions by ftrace; kernel/trace/trace.h, ftrace.c. */ \
	O(ftrace_ops, func_hash)	/* 3.18+ */ \
	O(ftrace_ops, private) \
	O(ftrace_ops, direct_call)	/* 6.4+: where its functions go instead */ \
	O(ftrace_ops_hash, filter_hash)	/* empty: every function */ \
	O(ftrace_ops_hash, notrace_hash) \
	O(ftrace_hash, size_bits) \
	O(ftrace_hash, buckets)		/* hlist_heads */ \
	O(ftrace_hash, count) \
	O(ftrace_hash, flags)		/* 4.12+ */ \
	O(ftrace_func_entry, hlist) \
	O(ftrace_func_entry, ip) \
	O(ftrace_func_entry, direct)	/* 5.5+ */ \
	O(trace_array, name)		/* NULL: the one that is always there */ \
	/* Whether a change is being made. */ \
	O(mutex, owner)			/* 4.10+; its three lowest bits are flags */ \
	O(mutex, rtmutex)		/* 5.15+ with PREEMPT_RT */ \
	O(rt_mutex_base, owner) \
	O(module, klp_info)		/* 4.7+, of livepatch modules; klp relocations from here */ \
	O(klp_modinfo, hdr)		/* Elf_Ehdr, by value */ \
	O(klp_modinfo, sechdrs) \
	O(klp_modinfo, secstrings) \
	O(module, core_kallsyms)	/* 4.5+: a mod_kallsyms, by value; of a livepatch module all symbols */ \
	O(alt_instr, instrlen)		/* asm/alternative.h; where an instruction is, comes first */ \
	O(paravirt_patch_site, len)	/* until 6.7, asm/paravirt_types.h; the same */ \
	O(hlist_head, first)		/* linux/types.h */ \
	O(hlist_node, next) \
	O(hlist_node, pprev)		/* to what points to the node */ \
	O(klp_shadow, node)		/* 4.15+, kernel/livepatch/shadow.c; on a list of klp_shadow_hash */ \
	O(klp_shadow, obj) \
	O(klp_shadow, id) \
	O(klp_shadow, data)		/* the last, of no size of its own */ \
	O(page, flags)			/* include/linux/mm_types.h: what an address belongs to, see slab.c */ \
	O(page, compound_head)		/* 4.4-7.0: of a tail page, its first page and bit 0 */ \
	O(page, compound_info)		/* 7.1+ (d50569612c29): the same, or a mask */ \
	O(zone, vmemmap_tails)		/* 7.1+ (8c846c879e22): only kernels with it have masks; never read */ \
	O(page, _mapcount)		/* 6.10+ (46df8e73a4a3) it says what is a slab */ \
	O(page, slab_cache)		/* until 5.16 */ \
	O(slab, slab_cache)		/* 5.17+ (d122019bf061), mm/slab.h; lies over struct page */ \
	O(page, compound_order)		/* until 6.2: of the second page */ \
	O(folio, _folio_order)		/* 6.1-6.5 (379708ffde1b); lies over struct page */ \
	O(folio, _flags_1)		/* 6.6+ (ebc1baf5c9b4): in the lowest byte */ \
	O(kmem_cache, name)		/* linux/slub_def.h, slab_def.h; 6.8+ mm/slab.h */ \
	O(kmem_cache, object_size) \
	O(uts_namespace, name)		/* of init_uts_ns */ \
	O(new_utsname, release) \
	O(new_utsname, version) \
	O(new_utsname, nodename) \
	/* Names once more: kobject_name.c. */ \
	C(klp_patch, kobj)		/* 4.0+; added under the name of its module by klp_init_patch() */ \
	C(module, mkobj)		/* the same by mod_sysfs_init() */ \
	C(module_kobject, kobj) \
	C(kobject, name)		/* linux/kobject.h */

/* Types of which arrays are walked, or all of which is read. */
#define KLP_TYPES(O) \
	O(klp_patch) O(klp_object) O(klp_func) O(klp_state) \
	O(dyn_ftrace) O(bin_attribute) O(module_memory) O(cpumask) \
	O(alt_instr) O(paravirt_patch_site) \
	O(thread_union)			/* as large as a stack */ \
	O(page)				/* of an array of them, vmemmap */ \
	O(inactive_task_frame) O(orc_entry) \
	O(cea_exception_stacks)		/* 5.2+, asm/cpu_entry_area.h: all exception stacks of a CPU */

#define KLP_SYMBOLS(O) \
	O(klp_patches) \
	O(klp_ops)			/* the list, not the struct */ \
	O(klp_transition_patch)		/* 4.12+ */ \
	O(klp_target_state)		/* 4.12+ */ \
	O(klp_signals_cnt)		/* 5.1+ */ \
	O(klp_ftrace_handler) \
	O(__bss_start) \
	O(__bss_stop) \
	O(ftrace_caller) \
	O(ftrace_regs_caller) \
	O(ftrace_pages_start) \
	O(ftrace_disabled)		/* int, kernel/trace/ftrace.c: set for good when ftrace finds itself broken */ \
	O(modules) \
	O(init_task)			/* in every kernel: proves a symbol table */ \
	O(init_uts_ns) \
	O(runqueues)			/* per CPU, kernel/sched/core.c: the only way to the idle tasks */ \
	O(__per_cpu_offset)		/* unsigned long[NR_CPUS], SMP */ \
	O(__cpu_possible_mask)		/* 4.5+: struct cpumask, kernel/cpu.c */ \
	O(cpu_possible_bits)		/* before: the same bits */ \
	O(tainted_mask) \
	O(kgr_patches)			/* kGraft, SLE 12 */ \
	O(panic)			/* in every kernel: how a C function's unwind information starts */ \
	O(panic_cpu)			/* 4.5+, atomic_t, kernel/panic.c: -1 as long as nobody panics */ \
	O(panic_redirect_cpu)		/* 7.x, atomic_t: who handed its panic on to another CPU (panic_force_cpu=) */ \
	O(rewind_stack_and_make_dead)	/* 5.17+: what an oops leaves of a stack */ \
	O(rewind_stack_do_exit)		/* before */ \
	O(crashing_cpu)			/* int, arch/x86/kernel/reboot.c: before 4.5 the only one that tells; see crash.c */ \
	O(crash_notes)			/* note_buf_t __percpu *, kernel/crash_core.c: registers of each CPU at the crash */ \
	O(_stext) O(_etext) O(_sinittext) O(_einittext) \
	O(__start_orc_unwind_ip) O(__stop_orc_unwind_ip)	/* 4.14+, arch/x86/kernel/unwind_orc.c */ \
	O(__start_orc_unwind) O(__stop_orc_unwind) \
	O(orc_lookup) O(orc_lookup_end) \
	O(ftrace_ops_list)		/* struct ftrace_ops *, kernel/trace/ftrace.c */ \
	O(return_to_handler)		/* what the function graph tracer puts in place of a return address */ \
	O(arch_rethook_trampoline)	/* 5.18+: what a return probe puts there */ \
	O(__kretprobe_trampoline)	/* 5.15+, without rethooks */ \
	O(kretprobe_trampoline)		/* before */ \
	O(ret_from_fork_asm)		/* 6.6+: where a new task starts */ \
	O(ret_from_fork) \
	O(hardirq_stack_ptr)		/* per CPU; 5.2-6.1 and 6.15+, arch/x86/kernel/irq_64.c */ \
	O(pcpu_hot)			/* per CPU; 6.2-6.14 */ \
	O(cea_exception_stacks)		/* per CPU, 5.2+: a pointer */ \
	O(__start_init_task) O(__end_init_task)		/* as far apart as a stack is large; vmlinux.lds.h, 4.16-6.10 */ \
	O(__start_init_stack) O(__end_init_stack)	/* 6.11+ */ \
	O(ftrace_list_end)		/* struct ftrace_ops: ends ftrace_ops_list */ \
	O(last_ftrace_enabled)		/* int: what kernel.ftrace_enabled was set to; see integrity_ftrace.c */ \
	O(direct_functions)		/* 5.5+: struct ftrace_hash *, where direct calls go */ \
	O(klp_mutex)			/* 4.0+: held while anything of livepatches changes */ \
	O(klp_shadow_hash)		/* 4.15+: static struct hlist_head[4096], kernel/livepatch/shadow.c */ \
	O(page_offset_base) O(vmalloc_base) O(vmemmap_base)	/* 4.8+, unsigned long, arch/x86/mm/kaslr.c */ \
	/* For the BTF provider, which asks for them next: one pass over all names serves both. */ \
	O(__start_BTF) \
	O(__stop_BTF)

enum member_id {
#define ID(type, member) M_##type##_##member,
	KLP_MEMBERS(ID, ID, ID, ID)
#undef ID
	NR_MEMBERS
};

enum type_id {
#define ID(type) T_##type,
	KLP_TYPES(ID)
#undef ID
	NR_TYPES
};

enum symbol_id {
#define ID(name) S_##name,
	KLP_SYMBOLS(ID)
#undef ID
	NR_SYMBOLS
};

struct layout {
	struct {
		uint64_t offset, size;
		enum klpscope_status st;
		const char *witness;	/* of a member that must be there and is not: what came with it, and is */
	} member[NR_MEMBERS];
	struct val type_size[NR_TYPES];
	struct val symbol[NR_SYMBOLS];
	/* Not OK: a required member could not be had, and this is why. */
	enum klpscope_status st;
	const char *why;		/* "struct klp_patch.mod: this kernel has no BTF" */
};

void layout_symbols(struct layout *l, struct target *t);
/* Members and sizes, after the symbols; failure of one required member is l->st. */
void layout_types(struct layout *l, struct target *t);

bool layout_is_copy(enum member_id id);
const char *layout_member_name(enum member_id id);	/* "enabled" */
const char *layout_member_path(enum member_id id);	/* "klp_patch.enabled" */
const char *layout_type_name(enum type_id id);
const char *layout_symbol_name(enum symbol_id id);	/* "klp_patches" */

#endif
