// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From one frame of a kernel stack to its caller's: by ORC, otherwise by frame
 * pointers.  What the kernel's own unwinder would have given up on goes on
 * here, and is marked.  Each address must lie on a stack that the task can be
 * on, and the walk goes up.
 */
#include <string.h>

#include "model/cpu.h"
#include "model/unwind.h"

#define REGIONS 3
/* Of words looked at; a million tasks with stacks of thirty frames need a quarter of it. */
#define BUDGET (1u << 27)

struct stack {
	struct unwinder *u;
	struct region region[REGIONS];	/* the task's own, and those of the CPU that it runs on */
	unsigned int nr_regions;
	uint64_t task;
	struct x86_regs regs;
	bool has_regs;			/* regs are all known, and of this frame */
	uint64_t ip, sp, bp;
	bool exact;			/* ip is no return address */
	bool bp_lost;			/* a function that may have used bp for itself was left without knowing */
	bool doubt;			/* how we got here is not what the kernel calls reliable */
};

enum step { STEP_FRAME, STEP_END, STEP_LOST };

/* The first reason is the one to tell. */
static void doubt(struct stack *s, enum klpscope_status st, const char *why)
{
	if (!s->u->stack_st) {
		s->u->stack_st = st;
		s->u->stack_why = why;
	}
	s->doubt = true;
}

/* Kernel code was interrupted there, or a program: which, nobody knows. */
static void doubt_mode(struct stack *s)
{
	if (!s->u->stack_st)
		s->u->odd_regs = s->regs;
	doubt(s, KLPSCOPE_CORRUPT, "saved registers have the cs of a program, and an address of the kernel");
}

static enum step lost(struct stack *s, enum klpscope_status st, const char *why)
{
	doubt(s, st, why);
	return STEP_LOST;
}

/* Of what the dump has no sound copy: CORRUPT would say that the kernel could not have trusted it either. */
static enum klpscope_status unread(enum klpscope_status st)
{
	return st == KLPSCOPE_CORRUPT ? KLPSCOPE_NOT_FOUND : st;
}

static const struct region *region_of(const struct stack *s, uint64_t addr, uint64_t size)
{
	for (unsigned int i = 0; i < s->nr_regions; i++)
		if (region_has(&s->region[i], addr, size))
			return &s->region[i];
	return NULL;
}

static enum klpscope_status read_stack(struct stack *s, uint64_t addr, void *buf, size_t size)
{
	enum klpscope_status st;

	if (!region_of(s, addr, size)) {
		doubt(s, KLPSCOPE_CORRUPT, "it leads to no stack of this task");
		return KLPSCOPE_CORRUPT;
	}
	st = target_read(s->u->w->t, addr, buf, size);
	if (st)
		doubt(s, unread(st), NULL);
	return st;
}

static enum klpscope_status read_word(struct stack *s, uint64_t addr, uint64_t *out)
{
	uint8_t raw[8];
	enum klpscope_status st = read_stack(s, addr, raw, sizeof(raw));

	if (!st)
		*out = target_decode(s->u->w->t, raw, sizeof(raw));
	return st;
}

/* --- the three ways to a caller's frame --- */

/* A return address at `slot`; what lies above is the caller's. */
static bool take_call(struct stack *s, uint64_t slot, const char **through)
{
	enum klpscope_status st;
	uint64_t ip;

	if (read_word(s, slot, &ip))
		return false;
	st = returns_resolve(s->u, s->task, slot, &ip, through);
	if (st)
		doubt(s, st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_CORRUPT : unread(st),
		      "where a return trampoline leads could not be found out");
	s->ip = ip;
	s->sp = slot + 8;
	s->exact = s->has_regs = false;
	return true;
}

static bool take_regs(struct stack *s, uint64_t at)
{
	uint8_t raw[X86_PT_REGS_SIZE];

	if (read_stack(s, at, raw, sizeof(raw)))
		return false;
	x86_regs_decode(raw, &s->regs);
	s->ip = s->regs.ip;
	s->sp = s->regs.sp;
	s->exact = s->has_regs = true;
	return true;
}

/* The other registers are still those that were known before. */
static bool take_iret(struct stack *s, uint64_t at)
{
	uint8_t raw[X86_IRET_SIZE];

	if (read_stack(s, at, raw, sizeof(raw)))
		return false;
	x86_iret_decode(raw, &s->regs);
	s->ip = s->regs.ip;
	s->sp = s->regs.sp;
	s->exact = true;
	return true;
}

/* --- ORC --- */

/* bp may be anybody's: that the function was called from there, or from where it was called, is proof of its frame. */
static void prove_base(struct stack *s, uint64_t *base)
{
	uint64_t addr = s->exact ? s->ip : s->ip - 1, slot;
	const struct region *on = region_of(s, s->sp, 8);

	if (caller_proved(s->u, addr, *base - 8))
		return;
	if (on && !caller_find(s->u, addr, s->sp, on->high, &slot))
		*base = slot + 8;
	else
		doubt(s, KLPSCOPE_CORRUPT, "its frame hangs on a register that nobody saved");
}

/* Where the caller's frame is measured from. */
static bool orc_base(struct stack *s, const struct orc_entry *orc, uint64_t *base)
{
	uint64_t offset = (uint64_t)(int64_t)orc->sp_offset, indirect;

	switch (orc->sp_reg) {
	case ORC_REG_SP:
		*base = s->sp + offset;
		return true;
	case ORC_REG_BP:
		*base = s->bp + offset;
		if (s->bp_lost)
			prove_base(s, base);
		return true;
	case ORC_REG_BP_INDIRECT:
		return !read_word(s, s->bp + offset, base);
	case ORC_REG_SP_INDIRECT:
		/* Since 5.13 the offset is added to what was read; before, to where it was read. */
		if (read_word(s, s->sp, &indirect))
			return false;
		*base = indirect + offset;
		if (region_of(s, *base - 8, 8))
			return true;
		return !read_word(s, s->sp + offset, base);
	default:
		break;
	}
	if (!s->has_regs) {
		doubt(s, KLPSCOPE_CORRUPT, "its frame hangs on a register that nobody saved");
		return false;
	}
	*base = orc->sp_reg == ORC_REG_R10 ? s->regs.r10 : orc->sp_reg == ORC_REG_R13 ? s->regs.r13 :
		orc->sp_reg == ORC_REG_DI ? s->regs.di : orc->sp_reg == ORC_REG_AX ? s->regs.ax : s->regs.dx;
	return true;
}

static bool orc_frame_pointer(struct stack *s, const struct orc_entry *orc, uint64_t base)
{
	uint64_t offset = (uint64_t)(int64_t)orc->bp_offset;

	switch (orc->bp_reg) {
	case ORC_REG_UNDEFINED:
		if (s->has_regs) {
			s->bp = s->regs.bp;
			s->bp_lost = false;
		}
		return true;
	case ORC_REG_PREV_SP:
		s->bp_lost = false;
		return !read_word(s, base + offset, &s->bp);
	case ORC_REG_BP:
		return !read_word(s, s->bp + offset, &s->bp);
	default:
		doubt(s, KLPSCOPE_CORRUPT, "its unwind information makes no sense");
		return false;
	}
}

/* Code that no table describes, such as BPF's, is guessed to keep a frame pointer. */
static const struct orc_entry by_frame_pointer = {
	.sp_reg = ORC_REG_BP, .sp_offset = 16, .bp_reg = ORC_REG_PREV_SP, .bp_offset = -16, .kind = ORC_CALL,
};

/* A function that was left out of the tables. */
static enum step step_by_proof(struct stack *s, const struct code_info *code, const char **through)
{
	const struct region *on = region_of(s, s->sp, 8);
	struct symbol_name name;
	uint64_t slot;

	/* Others may have been jumped to, or called by a pointer: then it is somebody else's caller that is found. */
	if (!on || walk_name_address(s->u->w, code->addr, &name) || strcmp(name.name, "__crash_kexec") != 0 ||
	    caller_find(s->u, code->addr, s->sp, on->high, &slot))
		return lost(s, KLPSCOPE_CORRUPT, "no unwind information for some of its code");
	s->bp_lost = true;
	return take_call(s, slot, through) ? STEP_FRAME : STEP_LOST;
}

/*
 * Above an end there is nobody.  Up to 6.3 thunks of indirect branches are marked as ends, too
 * (UNWIND_HINT_EMPTY), wherever they are called from; and entry code is still on what it was entered on.
 */
static bool ends_here(struct stack *s)
{
	const struct region *on = region_of(s, s->sp - 1, 1);
	uint64_t word;

	if (!on)
		return s->exact;
	for (uint64_t at = s->sp; on == &s->region[0] && at + 8 <= on->high && unwind_spend(s->u, 1); at += 8)
		if (read_word(s, at, &word) || looks_like_return(s->u, word))
			return false;
	return on == &s->region[0];
}

static enum step orc_step(struct stack *s, const char **through)
{
	const struct code_info *code = code_at(s->u, s->exact ? s->ip : s->ip - 1);
	struct orc_entry orc = code->orc;
	uint64_t base;
	bool had_regs = s->has_regs;
	bool ok;

	if (code->orc_st == KLPSCOPE_NOT_FOUND) {
		doubt(s, KLPSCOPE_CORRUPT, "no unwind information for some of its code");
		orc = by_frame_pointer;
	} else if (code->orc_st) {
		return lost(s, unread(code->orc_st), "unwind information not readable");
	}
	if (orc.kind == ORC_END)
		return ends_here(s) ? STEP_END : lost(s, KLPSCOPE_CORRUPT, "it ends in the middle of a stack");
	if (orc.kind == ORC_NOTHING)
		return step_by_proof(s, code, through);
	if (orc.sp_reg < ORC_REG_DX || orc.sp_reg > ORC_REG_AX)
		return lost(s, KLPSCOPE_CORRUPT, "its unwind information makes no sense");
	if (!orc_base(s, &orc, &base))
		return STEP_LOST;
	if (orc.kind == ORC_CALL)
		ok = take_call(s, base - 8, through);
	else if (orc.kind == ORC_REGS)
		ok = take_regs(s, base);
	else
		ok = take_iret(s, base);
	/* What a call keeps of them, nobody knows: bp is told by the table. */
	if (orc.kind == ORC_REGS_IRET)
		s->has_regs = had_regs;
	return ok && orc_frame_pointer(s, &orc, base) ? STEP_FRAME : STEP_LOST;
}

/* --- frame pointers --- */

/* Where registers were saved, entry code leaves their address plus 1 in bp (ENCODE_FRAME_POINTER, 4.9+). */
static enum step frame_step(struct stack *s, const char **through)
{
	const struct region *on = region_of(s, s->bp & ~(uint64_t)1, 8);
	uint64_t frame = s->bp, bp;

	if (!on)
		return lost(s, KLPSCOPE_CORRUPT, "its frame pointers lead to no stack of this task");
	if (frame & 1) {
		if (!take_regs(s, frame & ~(uint64_t)1))
			return STEP_LOST;
		s->bp = s->regs.bp;
		if (!x86_user_mode(&s->regs) && !x86_odd_mode(&s->regs))
			doubt(s, KLPSCOPE_CORRUPT, "an interrupt, in which frame pointers need not be set up");
		return STEP_FRAME;
	}
	/* Below the registers of the program that is at the bottom of each stack, a kernel thread's too. */
	if (frame == s->region[0].high - X86_PT_REGS_SIZE - 16)
		return STEP_END;
	/* In a function that had not set its own up yet, or never does, bp is its caller's: that one would be skipped. */
	if (s->exact && !caller_proved(s->u, s->ip, frame + 8))
		doubt(s, KLPSCOPE_CORRUPT, "it was interrupted, and its frame need not have been set up");
	if (frame % 8 || read_word(s, frame, &bp) || !take_call(s, frame + 8, through))
		return lost(s, KLPSCOPE_CORRUPT, "its frame pointers make no sense");
	s->bp = bp;
	return STEP_FRAME;
}

/* --- a stack --- */

/* On one stack, callers lie above those that they called. */
static bool goes_up(const struct stack *s, uint64_t before)
{
	const struct region *from = region_of(s, before, 1), *to = region_of(s, s->sp, 1);

	return !from || from != to || s->sp > before;
}

static enum step step(struct stack *s, const char **through)
{
	uint64_t before = s->sp;
	enum step how;

	if (!unwind_spend(s->u, 1))
		return lost(s, KLPSCOPE_LIMIT, NULL);
	how = s->u->has_orc ? orc_step(s, through) : frame_step(s, through);
	if (how == STEP_FRAME && s->exact && x86_user_mode(&s->regs))
		return STEP_END;
	if (how == STEP_FRAME && s->exact && x86_odd_mode(&s->regs))
		doubt_mode(s);
	if (how == STEP_FRAME && !goes_up(s, before))
		return lost(s, KLPSCOPE_CORRUPT, "it does not lead upwards");
	return how;
}

bool unwind_spend(struct unwinder *u, uint64_t n)
{
	bool left = u->budget >= n;

	u->budget -= left ? n : u->budget;
	return left;
}

void unwind_push(struct unwinder *u, uint64_t address, bool exact, bool reliable, const char *through)
{
	const struct code_info *code;

	if (u->count == LIMIT_FRAMES)
		return;
	code = code_at(u, exact ? address : address - 1);
	/* Nothing is concluded from a frame that may have been left by calls that were over. */
	u->passes |= reliable && code->kind != CODE_OTHER && code->kind != CODE_ENTRY;
	u->frame[u->count++] = (struct raw_frame){ address, through, exact, reliable };
}

/* What is left of the stacks, from where the walk was lost. */
static void scan_rest(struct stack *s)
{
	const struct region *on = region_of(s, s->sp, 1);

	if (on)
		scan_stack(s->u, s->sp, on->high);
	if (on != &s->region[0] && s->nr_regions)
		scan_stack(s->u, s->region[0].low, s->region[0].high);
}

/* The kernel knew its modules. */
static enum step lost_off_text(struct stack *s, const struct code_info *code)
{
	if (!code->text_st)
		return lost(s, KLPSCOPE_CORRUPT, "an address on it is not in the kernel's text");
	return lost(s, unread(code->text_st), "an address on it may be that of a module that could not be read");
}

/* What an oops in a task leaves: where it was is no longer on its stack. */
static bool rewound(const struct stack *s)
{
	static const enum symbol_id id[] = { S_rewind_stack_and_make_dead, S_rewind_stack_do_exit };

	for (unsigned int i = 0; i < 2; i++) {
		struct val at = s->u->w->layout.symbol[id[i]];

		if (!at.st && s->ip - at.v < 64)
			return true;
	}
	return false;
}

static void walk_stack(struct stack *s)
{
	const char *through = NULL;
	enum step how;

	do {
		const struct code_info *code = code_at(s->u, s->exact ? s->ip : s->ip - 1);

		/* NULL was called, or something jumped anywhere: that is where it stood. */
		if (!code->text && !s->exact) {
			how = lost_off_text(s, code);
			break;
		}
		unwind_push(s->u, s->ip, s->exact, !s->doubt, through);
		if (rewound(s)) {
			how = lost(s, KLPSCOPE_CORRUPT, "it had oopsed, and its stack was rewound");
			scan_stack(s->u, s->region[0].low, s->sp);
			break;
		}
		through = NULL;
		how = s->u->count < LIMIT_FRAMES ? step(s, &through) :
						   lost(s, KLPSCOPE_LIMIT, NULL);
	} while (how == STEP_FRAME);
	if (how == STEP_LOST)
		scan_rest(s);
}

/* __switch_to_asm() left it there; a task that has never run starts in ret_from_fork, at its first instruction. */
static bool start_switched_out(struct stack *s)
{
	struct walk *w = s->u->w;
	struct val sp = walk_peek(w, walk_at(w, s->task, M_task_struct_thread), M_thread_struct_sp);
	struct val size = w->layout.type_size[T_inactive_task_frame];
	enum symbol_id fresh = w->layout.symbol[S_ret_from_fork_asm].st ? S_ret_from_fork : S_ret_from_fork_asm;

	if (!walk_has(w, M_task_struct_thread) || sp.st || size.st || !walk_has(w, M_inactive_task_frame_bp) ||
	    !walk_has(w, M_inactive_task_frame_ret_addr)) {
		doubt(s, sp.st ? sp.st : size.st ? size.st : KLPSCOPE_UNSUPPORTED, "where it left the CPU is not known");
		return false;
	}
	if (read_word(s, walk_at(w, sp.v, M_inactive_task_frame_bp), &s->bp) ||
	    read_word(s, walk_at(w, sp.v, M_inactive_task_frame_ret_addr), &s->ip))
		return false;
	s->sp = sp.v + size.v;
	s->exact = !w->layout.symbol[fresh].st && s->ip == w->layout.symbol[fresh].v;
	return true;
}

static bool start_running(struct stack *s, const struct cpu_rec *cpu)
{
	if (!cpu || cpu->regs_st) {
		/* Nobody saved them, neither into memory nor into the file. */
		doubt(s, cpu && cpu->regs_st != KLPSCOPE_NOT_FOUND ? cpu->regs_st : KLPSCOPE_TRUNCATED,
		      "it was running, and its registers are not in the dump");
		return false;
	}
	s->regs = cpu->regs;
	s->ip = s->regs.ip;
	s->sp = s->regs.sp;
	s->bp = s->regs.bp;
	s->exact = s->has_regs = true;
	s->u->user = x86_user_mode(&s->regs);
	if (x86_odd_mode(&s->regs))
		doubt_mode(s);
	return !s->u->user;
}

static bool find_regions(struct stack *s, const struct cpu_rec *cpu, bool running)
{
	enum klpscope_status st = stack_of_task(s->u->w, s->task, &s->region[0]);

	/* A task that has exited has none any more. */
	if (st) {
		if (st != KLPSCOPE_NOT_FOUND || running)
			doubt(s, st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_CORRUPT : unread(st), "where it lies is not known");
		return false;
	}
	s->nr_regions = 1;
	if (cpu) {
		s->region[s->nr_regions++] = cpu->irq;
		s->region[s->nr_regions++] = cpu->exceptions;
	}
	return true;
}

void unwind_task(struct unwinder *u, const struct stack_start *start)
{
	struct stack s = { .u = u, .task = start->task };

	u->count = 0;
	u->user = u->passes = false;
	u->stack_st = u->st;
	u->stack_why = u->why;
	u->odd_regs = (struct x86_regs){ 0 };
	if (u->st || !find_regions(&s, start->running ? start->cpu : NULL, start->running))
		return;
	if (start->running ? start_running(&s, start->cpu) : start_switched_out(&s))
		walk_stack(&s);
}

/* --- what is kept of it --- */

/* One that is unknown for what could not be read is told of, not each of thousands. */
static void name_frame(struct unwinder *u, uint64_t addr, struct symbol_name *out)
{
	enum klpscope_status st = walk_name_address(u->w, addr, out);

	if (st && st != KLPSCOPE_NOT_FOUND && !u->nameless)
		walk_problem(u->w, "the function at an address on a stack", st, addr);
	u->nameless |= st && st != KLPSCOPE_NOT_FOUND;
}

/* A patch knows where its function begins: a symbol before that is another's, and its own one is damaged or stripped. */
static bool is_others_name(const struct frame_rec *f)
{
	return f->code == CODE_NEW && f->symbol.name && !f->func->new_addr.st && f->symbol.start < f->func->new_addr.v;
}

static void keep_frame(struct unwinder *u, const struct raw_frame *raw, struct frame_rec *out)
{
	uint64_t code_addr = raw->exact ? raw->address : raw->address - 1;
	const struct code_info *code = code_at(u, code_addr);
	const struct trampoline *tramp = code_trampoline(u, code_addr);

	*out = (struct frame_rec){
		.address = raw->address,
		.through = raw->through,
		.exact = raw->exact,
		.reliable = raw->reliable,
		.code = (uint8_t)code->kind,
		.func = code->func,
		.patch = code->patch,
		.module = code->module,
	};
	/* As kallsyms calls it. */
	if (tramp)
		out->symbol = (struct symbol_name){
			.name = "ftrace_trampoline", .module = "__builtin__ftrace", .start = tramp->start,
		};
	else if (code->text)
		name_frame(u, code_addr, &out->symbol);
	if (is_others_name(out))
		out->symbol = (struct symbol_name){ 0 };
}

struct stack_rec *unwind_keep(struct unwinder *u)
{
	struct arena *a = u->w->r->arena;
	struct stack_rec *stack = arena_alloc(a, sizeof(*stack));

	if (!stack)
		return NULL;
	stack->frame = arena_alloc(a, (u->count ? u->count : 1) * sizeof(*stack->frame));
	if (!stack->frame)
		return NULL;
	for (unsigned int i = 0; i < u->count; i++)
		keep_frame(u, &u->frame[i], &stack->frame[i]);
	stack->count = u->count;
	stack->user = u->user;
	stack->st = u->stack_st;
	stack->why = u->stack_why;
	if (u->odd_regs.cs) {
		stack->expected = "a cs and an ip of the same side";
		stack->found = arena_printf(a, "cs 0x%llx, ip 0x%llx", (unsigned long long)u->odd_regs.cs,
					    (unsigned long long)u->odd_regs.ip);
	}
	return stack;
}

struct unwinder *unwinder_new(struct walk *w)
{
	struct unwinder *u = arena_alloc(w->r->arena, sizeof(*u));

	if (!u)
		return NULL;
	u->w = w;
	u->budget = BUDGET;
	/* Nobody has taught us the stacks of another one yet. */
	if (!is_x86_64(w)) {
		u->st = KLPSCOPE_UNSUPPORTED;
		u->why = "stacks of this architecture cannot be walked";
	}
	code_init(u);
	if (u->st)
		return u;
	orc_init(u);
	if (u->orc_st) {
		u->st = unread(u->orc_st);
		u->why = "where the kernel's unwind information lies is not known";
	}
	return u;
}
