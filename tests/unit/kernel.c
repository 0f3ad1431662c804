// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "tests/unit/kernel.h"

const char kernel_types[] =
	"member klp_patch mod 0 $P\n"
	"member klp_patch objs 8 $P\n"
	"member klp_patch list 16 16\n"
	"member klp_patch obj_list 32 16\n"
	"member klp_patch enabled 48 1\n"
	"member klp_patch replace 49 1\n"
	"member klp_patch forced 50 1\n"
	"member klp_patch states 56 $P\n"
	"member klp_state id 0 $P\n"
	"member klp_state version 8 4\n"
	"member klp_state data 16 $P\n"
	"member klp_object name 0 $P\n"
	"member klp_object funcs 8 $P\n"
	"member klp_object func_list 16 16\n"
	"member klp_object node 32 16\n"
	"member klp_object mod 48 $P\n"
	"member klp_object patched 56 1\n"
	"member klp_object dynamic 57 1\n"
	"member klp_object callbacks 64 48\n"
	"member klp_callbacks pre_patch 0 $P\n"
	"member klp_callbacks post_patch 8 $P\n"
	"member klp_callbacks pre_unpatch 16 $P\n"
	"member klp_callbacks post_unpatch 24 $P\n"
	"member klp_callbacks post_unpatch_enabled 32 1\n"
	"member klp_func old_name 0 $P\n"
	"member klp_func new_func 8 $P\n"
	"member klp_func old_func 16 $P\n"
	"member klp_func old_sympos 24 $P\n"
	"member klp_func node 32 16\n"
	"member klp_func stack_node 48 16\n"
	"member klp_func old_size 64 $P\n"
	"member klp_func new_size 72 $P\n"
	"member klp_func nop 80 1\n"
	"member klp_func patched 81 1\n"
	"member klp_func transition 82 1\n"
	"member klp_ops node 0 16\n"
	"member klp_ops func_stack 16 16\n"
	"member klp_ops fops 32 64\n"
	"member ftrace_ops func 0 $P\n"
	"member ftrace_ops flags 8 $P\n"
	"member ftrace_ops trampoline 16 $P\n"
	"member ftrace_ops trampoline_size 24 $P\n"
	"member ftrace_ops next 32 $P\n"
	"member ftrace_ops func_hash 40 $P\n"
	"member ftrace_ops private 48 $P\n"
	"member ftrace_ops direct_call 56 $P\n"
	"member ftrace_ops_hash notrace_hash 0 $P\n"
	"member ftrace_ops_hash filter_hash 8 $P\n"
	"member ftrace_hash size_bits 0 $P\n"
	"member ftrace_hash buckets 8 $P\n"
	"member ftrace_hash count 16 $P\n"
	"member ftrace_hash flags 24 $P\n"
	"member ftrace_func_entry hlist 0 16\n"
	"member ftrace_func_entry ip 16 $P\n"
	"member ftrace_func_entry direct 24 $P\n"
	"member trace_array name 16 $P\n"
	"member mutex owner 0 $P\n"
	"member ftrace_page next 0 $P\n"
	"member ftrace_page records 8 $P\n"
	"member ftrace_page index 16 4\n"
	"member dyn_ftrace ip 0 $P\n"
	"member dyn_ftrace flags 8 $P\n"
	"member module state 0 4\n"
	"member module list 16 16\n"
	"member module name 32 56\n"
	"member module klp 88 1\n"
	"member module taints 96 $P\n"
	"member module core_layout 112 16\n"
	"member module init_layout 128 16\n"
	"member module_layout base 0 $P\n"
	"member module_layout size 8 4\n"
	"member module kallsyms 144 $P\n"
	"member module klp_info 160 $P\n"
	"member klp_modinfo hdr 0 64\n"
	"member klp_modinfo sechdrs 64 $P\n"
	"member klp_modinfo secstrings 72 $P\n"
	"member mod_kallsyms symtab 0 $P\n"
	"member mod_kallsyms num_symtab 8 4\n"
	"member mod_kallsyms strtab 16 $P\n"
	"member task_struct thread_info 0 16\n"
	"member task_struct __state 16 4\n"
	"member task_struct exit_state 20 4\n"
	"member task_struct stack 24 $P\n"
	"member task_struct flags 32 4\n"
	"member task_struct on_cpu 36 4\n"
	"member task_struct pid 40 4\n"
	"member task_struct tgid 44 4\n"
	"member task_struct tasks 48 16\n"
	"member task_struct thread_node 64 16\n"
	"member task_struct comm 80 16\n"
	"member task_struct signal 96 $P\n"
	"member task_struct patch_state 104 4\n"
	"member thread_info flags 0 $P\n"
	"member thread_info cpu 8 4\n"
	"member signal_struct thread_head 0 16\n"
	"member rq idle 8 $P\n"
	"type cpumask 8\n"
	"type klp_patch 64\n"
	"type klp_object 112\n"
	"type klp_func 96\n"
	"type klp_state 24\n"
	"type dyn_ftrace 16\n";

#define FUNCTION(label, name, new_func, old_func, list, next_on_list, prev_on_list, stack_next, stack_prev) \
	"align 16\n" \
	"@" label ": ptr @" name "\n align 8\n ptr " new_func "\n align 8\n ptr @" old_func "\n align 8\n ptr 0\n align 8\n" \
	"ptr " next_on_list " " prev_on_list "\n align 16\n" \
	"ptr " stack_next " " stack_prev "\n align 16\n" \
	"ptr 64\n align 8\n ptr 32\n align 8\n" \
	"u8 0 1 0\n align 16\n"

/* Registered, the handler's, permanent. */
#define FOPS(next, hash) \
	"ptr @handler\n align 8\n ptr 0x11001\n align 8\n ptr 0\n align 16\n" \
	"ptr " next "\n align 8\n ptr " hash "\n align 8\n ptr 0\n align 8\n ptr 0\n align 16\n"

#define TASK(label, cpu, state, flags, on_cpu, pid, tgid, next, prev, next_thread, prev_thread, comm, signal) \
	"@" label ": ptr 0\n align 8\n u32 " cpu "\n align 16\n u32 " state " 0\n ptr 0\n align 8\n" \
	"u32 " flags " " on_cpu " " pid " " tgid "\n" \
	"ptr " next " " prev "\n align 16\n ptr " next_thread " " prev_thread "\n align 16\n" \
	"str \"" comm "\"\n align 16\n ptr " signal "\n align 8\n u32 0xffffffff\n"

const char kernel_memory[] =
	"symbol init_task @swapper0\n"
	"symbol runqueues 0x1000\n"
	"symbol __per_cpu_offset @offsets\n"
	"symbol __cpu_possible_mask @possible\n"
	"symbol klp_patches @patches\n"
	"symbol klp_ops @ops\n"
	"symbol klp_transition_patch @transition_patch\n"
	"symbol klp_target_state @target_state\n"
	"symbol klp_ftrace_handler @handler\n"
	"symbol ftrace_regs_caller @regs_caller\n"
	"symbol ftrace_pages_start @pages_start\n"
	"symbol modules @modules\n"
	"symbol ftrace_disabled @ftrace_off\n"
	"symbol ftrace_ops_list @ftrace_ops_list\n"
	"symbol ftrace_list_end @list_end\n"
	"symbol last_ftrace_enabled @ftrace_on\n"
	"symbol klp_mutex @klp_mutex\n"
	"symbol f1 @f1 16\n"
	"symbol f2 @f2 16\n"
	"symbol tainted_mask @tainted\n"
	"symbol panic_cpu @panic_cpu\n"
	"symbol __start_init_task 0x4000\n"
	"symbol __end_init_task 0x8000\n"
	/* text */
	"at 0xc0001000\n"
	"@f1: u8 0xe8\n"		/* call regs_caller, by hand: little endian */
	"@f1_site_end: zero 15\n"
	"@f2: u8 0xf3 0x0f 0x1e 0xfa 0xe8 0xe7 0x00 0x00 0x00\n"	/* endbr64; call @regs_caller */
	"align 16\n"
	"at 0xc0001040\n"
	"@f3: u8 0x0f 0x1f 0x44 0 0\n"
	"at 0xc0001100\n"
	"@regs_caller: u8 0x90\n"
	"at 0xc0001200\n"
	"@handler: u8 0x90\n"
	/* data */
	"at 0xc0002000\n"
	"@patches: ptr @p1+16 @p2+16\n align 16\n"
	"@ops: ptr @o1 @o2\n align 16\n"
	"@modules: ptr @m2+16 @m1+16\n align 16\n"
	"@transition_patch: ptr 0\n align 16\n"
	"@target_state: u32 0xffffffff\n align 16\n"
	"@tainted: ptr 0x8000\n align 16\n"
	"@ftrace_off: u32 0\n align 16\n"
	"@ftrace_on: u32 1\n align 16\n"
	"@ftrace_ops_list: ptr @o2+32\n align 16\n"
	"@panic_cpu: u32 0xffffffff\n align 16\n"
	"@pages_start: ptr @page\n align 16\n"
	"@page: ptr 0\n align 8\n ptr @records\n align 8\n u32 3\n align 16\n"
	"@records: ptr @f1\n align 8\n ptr 0x84000001\n align 8\n"
	"ptr @f2+4\n align 8\n ptr 0x84000001\n align 8\n"
	"ptr @f3\n align 8\n ptr 0\n align 8\n"
	/* klp_ops, in memory of its own */
	"at 0xc0003000\n"
	"@o1: ptr @o2 @ops\n align 16\n ptr @two_f1+48 @one_f1+48\n align 16\n"
	FOPS("@list_end", "@o1_hash")
	"@o2: ptr @ops @o1\n align 16\n ptr @one_f2+48 @one_f2+48\n align 16\n"
	FOPS("@o1+32", "@o2_hash")
	"@list_end: zero 64\n"
	/* each is on one function */
	"@o1_hash: ptr 0\n align 8\n ptr @o1_filter\n align 16\n"
	"@o1_filter: ptr 0\n align 8\n ptr @o1_bucket\n align 8\n ptr 1\n align 16\n"
	"@o1_bucket: ptr @o1_entry\n align 16\n@o1_entry: ptr 0 0\n align 16\n ptr @f1\n align 16\n"
	"@o2_hash: ptr 0\n align 8\n ptr @o2_filter\n align 16\n"
	"@o2_filter: ptr 0\n align 8\n ptr @o2_bucket\n align 8\n ptr 1\n align 16\n"
	"@o2_bucket: ptr @o2_entry\n align 16\n@o2_entry: ptr 0 0\n align 16\n ptr @f2+4\n align 16\n"
	/* their modules' ELF file: two sections, which are nothing */
	"at 0xc00e0000\n"
	"@elf: zero 48\n u16 2\n zero 10\n u16 2\n zero 2\n"	/* Elf32_Ehdr.e_shnum, Elf64_Ehdr.e_shnum */
	"ptr @sections\n align 8\n ptr @sections\n align 16\n"
	"@sections: zero 128\n"
	/* the older patch */
	"at 0xc0010000\n"
	"@m1: u32 0\n align 16\n ptr @modules @m2+16\n align 16\n"
	"@m1_name: str \"klp_one\"\n zero 48\n u8 1\n align 8\n ptr 0x9000\n align 16\n"
	"ptr 0xc0010000\n align 8\n u32 0x5000\n align 16\n zero 16\n ptr 0\n align 16\n"
	"@m1_info: ptr @elf\n align 16\n"
	"at 0xc0011000\n"
	"@p1: ptr @m1\n align 8\n ptr @one_obj\n align 8\n ptr @p2+16 @patches\n align 16\n"
	"ptr @one_obj+32 @one_obj+32\n align 16\n u8 1 0 0\n align 8\n ptr 0\n align 16\n"
	"at 0xc0012000\n"
	"@one_obj: ptr 0\n align 8\n ptr @one_f1\n align 8\n ptr @one_f1+32 @one_f2+32\n align 16\n"
	"ptr @p1+32 @p1+32\n align 16\n ptr 0\n align 8\n u8 1 0\n align 8\n zero 48\n"
	"zero 112\n"
	"at 0xc0013000\n"
	FUNCTION("one_f1", "n1", "0xc0010100", "f1", "one_obj", "@one_f2+32", "@one_obj+16", "@o1+16", "@two_f1+48")
	"at 0xc0013100\n"
	FUNCTION("one_f2", "n2", "0xc0010200", "f2", "one_obj", "@one_obj+16", "@one_f1+32", "@o2+16", "@o2+16")
	"zero 96\n"
	"at 0xc0014000\n"
	"@n1: str \"f1\"\n"
	"@n2: str \"f2\"\n"
	/* the newer one */
	"at 0xc0020000\n"
	"@m2: u32 0\n align 16\n ptr @m1+16 @modules\n align 16\n"
	"@m2_name: str \"klp_two\"\n zero 48\n u8 1\n align 8\n ptr 0x9000\n align 16\n"
	"ptr 0xc0020000\n align 8\n u32 0x4000\n align 16\n zero 16\n ptr 0\n align 16\n"
	"@m2_info: ptr @elf\n align 16\n"
	"at 0xc0021000\n"
	"@p2: ptr @m2\n align 8\n ptr @two_obj\n align 8\n ptr @patches @p1+16\n align 16\n"
	"ptr @two_obj+32 @two_obj+32\n align 16\n u8 1 0 0\n align 8\n ptr 0\n align 16\n"
	"at 0xc0022000\n"
	"@two_obj: ptr 0\n align 8\n ptr @two_f1\n align 8\n ptr @two_f1+32 @two_f1+32\n align 16\n"
	"ptr @p2+32 @p2+32\n align 16\n ptr 0\n align 8\n u8 1 0\n align 8\n zero 48\n"
	"zero 112\n"
	"at 0xc0023000\n"
	FUNCTION("two_f1", "two_n1", "0xc0020100", "f1", "two_obj", "@two_obj+16", "@two_obj+16", "@one_f1+48", "@o1+16")
	"zero 96\n"
	"at 0xc0024000\n"
	"@two_n1: str \"f1\"\n"
	/* tasks, each in a page of its own: init with a second thread, a kernel thread, two idle ones */
	"at 0xc0030000\n"
	TASK("swapper0", "0", "0", "0x200002", "1", "0", "0", "@init+48", "@kthread+48", "@idle_signal", "@idle_signal",
	     "swapper/0", "@idle_signal")
	"at 0xc0031000\n"
	TASK("init", "1", "1", "0x400100", "0", "1", "1", "@kthread+48", "@swapper0+48", "@thread+64", "@init_signal",
	     "init", "@init_signal")
	"at 0xc0032000\n"
	TASK("thread", "0", "2", "0x400040", "1", "7", "1", "0", "0", "@init_signal", "@init+64", "init", "@init_signal")
	"at 0xc0033000\n"
	TASK("kthread", "0", "0x402", "0x208040", "0", "2", "2", "@swapper0+48", "@init+48", "@kthread_signal",
	     "@kthread_signal", "kworker/0:1", "@kthread_signal")
	"at 0xc0034000\n"
	TASK("swapper1", "1", "0", "0x4200040", "1", "0", "0", "0", "0", "0", "0", "swapper/1", "@idle_signal")
	"at 0xc0035000\n"
	"@init_signal: ptr @init+64 @thread+64\n align 16\n"
	"@kthread_signal: ptr @kthread+64 @kthread+64\n align 16\n"
	"@idle_signal: ptr @swapper0+64 @swapper0+64\n align 16\n"
	"at 0xc0036000\n"
	"@offsets: ptr 0xc0036000 0xc0036800\n align 16\n"
	"@possible: ptr 3\n align 8\n"
	"at 0xc0037000\n"
	"@rq0: ptr 0\n align 8\n ptr @swapper0\n"
	"at 0xc0037800\n"
	"@rq1: ptr 0\n align 8\n ptr @swapper1\n"
	"at 0xc0038000\n"
	"@klp_mutex: ptr 0\n";

/* Of a whole description. */
#define TEXT_MAX 65536

static void append(char *out, size_t size, const char *text, unsigned int pointer_size)
{
	size_t o = strlen(out);

	for (; *text && o + 2 < size; text++) {
		if (text[0] == '$' && text[1] == 'P') {
			out[o++] = (char)('0' + pointer_size);
			text++;
		} else {
			out[o++] = *text;
		}
	}
	out[o] = '\0';
}

struct fake *kernel_parse(const char *endian, unsigned int pointer_size, const char *text, ...)
{
	static const uint8_t call_regs_caller[] = { 0xe8, 0xfb, 0x00, 0x00, 0x00 };
	char *all = calloc(1, TEXT_MAX);
	struct fake *f;
	va_list ap;

	snprintf(all, TEXT_MAX, "endian %s\npointer %u\n", endian, pointer_size);
	va_start(ap, text);
	for (; text; text = va_arg(ap, const char *))
		append(all, TEXT_MAX, text, pointer_size);
	va_end(ap);
	f = fake_parse(all);
	fake_write(f, 0xc0001000, call_regs_caller, sizeof(call_regs_caller));
	free(all);
	return f;
}

struct report *kernel_report(struct fake *f, const char *architecture)
{
	struct target *t = fake_target(f);
	struct report *r = arena_alloc(target_arena(t), sizeof(*r));

	r->arena = target_arena(t);
	r->system.architecture = (struct text){ architecture, KLPSCOPE_OK };
	if (model_collect(t, r) || analysis_run(r)) {
		fprintf(stderr, "%s\n", target_error(t));
		abort();
	}
	return r;
}

struct patch_rec *kernel_patch(const struct report *r, unsigned int order)
{
	struct patch_rec *p = r->patches;

	while (p && p->order != order)
		p = p->next;
	return p;
}

struct func_rec *kernel_func(const struct report *r, unsigned int order, const char *name)
{
	struct patch_rec *p = kernel_patch(r, order);

	for (struct object_rec *o = p ? p->objects : NULL; o; o = o->next)
		for (struct func_rec *f = o->funcs; f; f = f->next)
			if (!f->name.st && !strcmp(f->name.s, name))
				return f;
	return NULL;
}

bool kernel_has_finding(const struct report *r, const char *code, const char *words)
{
	for (const struct finding_rec *f = r->findings; f; f = f->next)
		if (!strcmp(f->code, code) && strstr(f->message, words))
			return true;
	return false;
}
