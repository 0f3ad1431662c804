/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the walk brings home: plain records in host byte order.  A `val` or
 * `text` whose st is not OK says why it is not known; NOT_FOUND means that
 * this kernel has no such member (a fact, not a gap).  Fields under
 * "verdict" are filled by analysis/, the others by model/ and by nobody else.
 */
#ifndef KLPSCOPE_RECORD_H
#define KLPSCOPE_RECORD_H

#include "target/target.h"

/* Something that could not be read, or that contradicts itself. */
struct problem {
	struct problem *next;
	enum klpscope_status status;
	const char *message;		/* "patch klp_a: objects: node 3: page excluded from the dump" */
	uint64_t address;		/* what could not be read; 0: no address */
	const char *expected, *found;	/* of a contradiction; NULL: the message says it */
};

struct problems {
	struct problem *first, **tail;
	unsigned int count;
	unsigned int dropped;		/* beyond the limit */
};

enum entry_state {
	ENTRY_UNKNOWN = 0,		/* not readable, or nobody can tell on this architecture */
	ENTRY_ORIGINAL,			/* compiled-in nop: calls nobody */
	ENTRY_REDIRECTED,		/* goes to the livepatch handler of this function */
	ENTRY_OTHER,			/* neither */
};

enum effect_reason {
	REASON_NONE = 0,
	REASON_SHADOWED,
	REASON_TRANSITION,
	REASON_NOP,
	REASON_TARGET_NOT_LOADED,
	REASON_NOT_PATCHED,
	REASON_PATCH_OFF,
	REASON_ENTRY_NOT_REDIRECTED,
	REASON_UNREADABLE,
};

enum patch_state {
	PATCH_UNKNOWN = 0,
	PATCH_APPLIED,
	PATCH_APPLYING,
	PATCH_REVERTING,
	PATCH_OFF,
	PATCH_DETACHED,
};

/* One klp_ops: a patched function of the kernel and its stack of replacements. */
struct ops_rec {
	struct ops_rec *next;
	uint64_t addr;
	struct val old_addr;		/* of the function that it redirects, from the first stack entry */
	struct val flags;		/* fops.flags */
	struct val func;		/* fops.func: must be klp_ftrace_handler */
	struct val trampoline;		/* fops.trampoline, 0 when it has none of its own */
	struct val registered;		/* 1: fops is on ftrace_ops_list; NOT_FOUND: this kernel has no such list */
	struct val covers;		/* 1: and its filter has this function */
	uint64_t *stack;		/* addresses of klp_funcs, newest first */
	bool *owned;			/* of each: some listed patch has that klp_func */
	bool mixed;			/* they are not all of one old function: one of them lies */
	unsigned int depth;
	enum klpscope_status stack_st;	/* not OK: the walk of func_stack ended early */
	struct val top_transition;	/* .transition of stack[0]: only the first entry's flag decides */
	const struct func_rec *of;	/* the first patch's function on it; NULL: no listed patch has one */
	/* verdict */
	bool wrong;			/* some function on it is not the one that it names: all others look so */
};

/* An entry of a function stack that no listed patch has. */
struct unowned_rec {
	struct unowned_rec *next;
	uint64_t func;			/* the klp_func */
	struct text name;		/* its old_name */
	const char *module;		/* whose code its new_func is; NULL: unknown */
	enum klpscope_status st;	/* not OK: nothing of it could be read */
};

#define RECORD_IPMODIFY (1ul << 26)	/* FTRACE_FL_IPMODIFY of dyn_ftrace.flags, 4.0 to 7.3-rc7 */

/* What the text and the ftrace record at a function's entry say; see arch/. */
struct entry_rec {
	struct val record_flags;	/* dyn_ftrace.flags; NOT_FOUND: no record covers the entry */
	enum entry_state state;
	enum klpscope_status st;	/* why UNKNOWN */
	struct val ip;			/* of ftrace's site */
	unsigned char site[8];		/* what is there */
	unsigned int site_size;
	uint64_t goes_to;		/* by the instruction there; 0: it is no call or jump */
	bool breakpoint;		/* at the site, or at the function's first byte */
};

struct func_rec {
	struct func_rec *next;
	uint64_t addr;			/* of the klp_func; 0: could not even be located */
	enum klpscope_status st;	/* not OK: a placeholder for what the list would have held */
	struct text name;		/* old_name */
	struct val sympos;
	struct val old_addr, old_size;
	struct val new_addr, new_size;
	struct symbol_name old_symbol;	/* .name NULL: unknown */
	struct symbol_name new_symbol;
	struct val symbol_addr;		/* where the symbol old_name,old_sympos is; NOT_FOUND: there is none */
	struct val nop, patched, transition;
	struct ops_rec *ops;		/* the one whose stack holds this klp_func, or NULL */
	unsigned int stack_position;	/* 0: newest; meaningful with ops only */
	struct entry_rec entry;
	/* verdict */
	enum klpscope_in_effect in_effect;
	enum effect_reason reason;
	bool told;			/* that it, or its object, is on no stack, or that it is not what it names */
};

/* The four callbacks of an object, in the order in which the kernel has them. */
enum callback { CB_PRE_PATCH = 0, CB_POST_PATCH, CB_PRE_UNPATCH, CB_POST_UNPATCH, CB_COUNT };

/* Whether a callback had run since the patch was last applied to the object. */
enum callback_ran {
	RAN_UNKNOWN = 0,
	RAN_NONE,			/* there is no such callback */
	RAN_NO,
	RAN_YES,
	/* Transitions can be reversed, which the kernel does not note, and no callback is called then: */
	RAN_IF_REVERSED,		/* only if the patch had been applied before, and its removal was reversed */
	RAN_UNLESS_REVERSED,		/* unless the patch had never been applied, and that was reversed */
};

struct callback_rec {
	struct val addr;		/* 0: there is none */
	struct symbol_name symbol;	/* .name NULL: unknown */
	/* verdict */
	enum callback_ran ran;
};

struct callbacks_rec {
	struct callback_rec cb[CB_COUNT];
	struct val post_unpatch_enabled;
};

struct object_rec {
	struct object_rec *next;
	uint64_t addr;
	enum klpscope_status st;	/* not OK: a placeholder */
	struct text name;		/* "vmlinux" for the kernel itself */
	struct val mod;			/* klp_object.mod */
	bool is_vmlinux;		/* meaningful when name.st is OK */
	struct val loaded;		/* 0 or 1 */
	struct val patched, dynamic;
	struct callbacks_rec callbacks;
	struct func_rec *funcs;
	unsigned int nr_funcs;
	enum klpscope_status funcs_st;	/* not OK: the list of functions ended early */
	/* verdict */
	enum klpscope_in_effect in_effect;
};

struct state_rec {
	struct state_rec *next;
	struct val id, version, data;
};

/* enum module_state, linux/module.h */
enum { MODULE_LIVE = 0, MODULE_COMING = 1, MODULE_GOING = 2, MODULE_UNFORMED = 3 };

#define TAINT_LIVEPATCH 15		/* the bit, of a module and of the kernel, 4.0 to 7.3-rc7 */

/* Read for livepatch modules only; other modules are walked but not kept in full. */
struct module_rec {
	struct module_rec *next;
	uint64_t addr;
	struct text name;
	const char *other_name;		/* its kobject, or that of its patch, is called so; NULL: nothing else is known */
	struct val base, size;		/* of its text and data as one range, where it is one */
	struct text version;		/* MODULE_VERSION, NOT_FOUND: it has none */
	struct text srcversion;
	struct text build_id;		/* hex, of .note.gnu.build-id */
	struct val taints;		/* bit mask */
	struct val refcount;		/* as /proc/modules shows it */
	struct val klp;			/* 1: built as a livepatch */
	struct val state;		/* MODULE_* */
	enum klpscope_status relocs_st;	/* not OK: it may have klp relocations that are not listed; UNSUPPORTED: kept elsewhere, or not yet */
};

struct patch_rec {
	struct patch_rec *next;
	uint64_t addr;
	enum klpscope_status st;	/* not OK: a placeholder for what klp_patches would have held */
	unsigned int order;		/* 1: oldest, as sysfs stack_order counts; 0: unknown, behind a gap */
	struct val enabled;		/* 0 or 1 */
	struct val replace, forced;
	struct module_rec *module;	/* NULL: unknown */
	struct state_rec *states;
	enum klpscope_status states_st;	/* NOT_FOUND: this kernel has no states */
	struct object_rec *objects;
	unsigned int nr_objects;
	enum klpscope_status objects_st; /* not OK: the list of objects ended early */
	/* verdict */
	enum patch_state state;
	enum klpscope_in_effect in_effect;
	bool whole;			/* all of its functions are known */
};

/* A livepatch module that is loaded while no listed patch belongs to it. */
struct detached_rec {
	struct detached_rec *next;
	struct module_rec *module;
	/* The klp_patch in its memory, where one was found. */
	uint64_t patch_addr;
	struct val enabled;
	struct val listed_once;		/* 1: klp_patch.list was initialised: it was registered once */
	/*
	 * 1: some object's post_unpatch_enabled is still set.  The kernel clears
	 * it when a patch is unpatched in its own right, not when it is replaced
	 * (kernel/livepatch/transition.c, klp_complete_transition: callbacks of
	 * replaced patches are not called; 5.1 to 7.3-rc7).
	 */
	struct val unpatch_pending;
	struct val forced;
	enum klpscope_status patch_st;	/* NOT_FOUND: no symbol of it is one, or points to one */
	/* verdict */
	const char *reason;		/* "replaced", "disabled", "failed", "loading", "unloading"; NULL: unknown */
	enum klpscope_in_effect in_effect; /* no, or unknown */
};

/* What a patch_state or klp_target_state means, whatever number the kernel has for it. */
enum patch_side { SIDE_UNKNOWN = 0, SIDE_IDLE, SIDE_UNPATCHED, SIDE_PATCHED };

/* What the code at an address has to do with livepatches. */
enum code_kind {
	CODE_OTHER = 0,
	CODE_ENTRY,			/* the entry of a patched function: from there a replacement is called */
	CODE_OLD,			/* the body of a patched function as the kernel was built with it */
	CODE_NEW,			/* a function that replaces another */
	CODE_HOTFIX,			/* something else in a livepatch module */
	CODE_SOME_HOTFIX,		/* one of these two: not all functions of patches are known */
};

struct frame_rec {
	uint64_t address;		/* what was to run next there: behind a call, or where `exact` */
	struct symbol_name symbol;	/* .name NULL: unknown */
	const char *through;		/* the return trampoline that stands on the stack in place of the address, or NULL */
	const struct func_rec *func;	/* ENTRY, OLD, NEW */
	const struct patch_rec *patch;	/* whose function that is */
	const struct module_rec *module; /* NEW, HOTFIX: the livepatch module that the address lies in; NULL: none */
	uint8_t code;			/* enum code_kind */
	bool exact;			/* where registers were saved: no return address */
	bool reliable;			/* the kernel's own unwinder would have got here without a doubt */
};

/* A task's kernel stack, innermost frame first. */
struct stack_rec {
	struct frame_rec *frame;
	unsigned int count;
	bool user;			/* it ran its program: there is no kernel stack */
	enum klpscope_status st;	/* not OK: not all of it is reliable */
	const char *why;		/* and where that comes from: "no unwind information for this code"; NULL: st says all */
	/* NULL, or what on it cannot be true: that is no reason for which the kernel would not have relied on it. */
	const char *expected, *found;
};

/* Nobody knows whether the kernel would have relied on it: what is in doubt is the dump, not the stack. */
static inline bool stack_unknown(const struct stack_rec *s)
{
	return s->st && (s->st != KLPSCOPE_CORRUPT || s->expected);
}

/* Every task that was seen; small, for there may be many. */
struct task_rec {
	uint64_t addr;			/* of its task_struct; 0: an idle task that could not be located */
	const char *comm;		/* NULL: could not be read */
	uint32_t pid, tgid;		/* meaningful when ids_st is OK */
	uint8_t ids_st;			/* enum klpscope_status in a byte, as the next */
	uint8_t side_st;
	uint8_t side;			/* enum patch_side; never SIDE_UNKNOWN when side_st is OK */
	bool idle;			/* the idle task of a CPU */
	bool odd;			/* its patch_state was read, and is no number that it may have */
};

/* Which of the two bodies a task runs, of functions for which that is decided task by task. */
enum task_runs { RUNS_UNKNOWN = 0, RUNS_OLD, RUNS_NEW };

/* Why a task has not switched: klp_try_switch_task(), kernel/livepatch/transition.c. */
enum held_up_by {
	HELD_UNKNOWN = 0,		/* what its answer hangs on could not be read */
	HELD_RUNNING,			/* on a CPU: it is not looked at */
	HELD_UNRELIABLE,		/* its stack cannot be trusted */
	HELD_FUNCTION,			/* it is in a function that must not be on it */
	HELD_NOTHING,			/* nothing: it would have switched the next time */
};

/* A frame that is in a function which must not be on the stack of a task that switches. */
struct blocker_rec {
	struct blocker_rec *next;
	const struct func_rec *func;
	const struct frame_rec *frame;
};

/* A task that has not switched: its patch_state is not klp_target_state. */
struct pending_rec {
	struct pending_rec *next;
	const struct task_rec *task;
	struct val cpu;
	struct val flags;		/* PF_* */
	struct val state, exit_state;	/* TASK_*, EXIT_* */
	bool old_state;			/* .state comes from a kernel before 5.14 */
	struct val running;		/* on_cpu */
	struct val flag_pending;	/* TIF_PATCH_PENDING; NOT_FOUND: which bit it is, nobody knows */
	struct stack_rec *stack;	/* NULL: no memory */
	/* verdict */
	enum held_up_by held_up;
	struct blocker_rec *blockers;	/* what on its stack holds it up, innermost first */
	enum klpscope_status blockers_st; /* not OK: there may be more */
	struct val kernel_thread;
	const char *state_word;		/* "S (sleeping)", as /proc shows it; NULL: unknown */
};

/* A task whose stack passes through patched code. */
struct passing_rec {
	struct passing_rec *next;
	const struct task_rec *task;
	struct val cpu;
	bool running;			/* on it; otherwise it was last on it */
	struct stack_rec *stack;
	/* verdict */
	enum task_runs runs;
};

/* Tasks are looked at only when a transition may be under way, and when all stacks are asked for. */
struct tasks_rec {
	bool walked;
	bool stacks_walked;		/* each task's stack was looked at */
	struct passing_rec *passing;	/* by PID; the panicking task is not among them */
	bool code_unknown;		/* of hotfixes: others may pass through what is not known; analysis */
	unsigned int nr_doubtful;	/* stacks that were not seen to pass through patched code, and might */
	enum klpscope_status doubtful_st;	/* why the first of them might */
	struct task_rec *task;		/* by PID: those of the thread groups, and the idle tasks */
	unsigned int count;
	unsigned int threads, idle;	/* the two kinds, of those seen */
	enum klpscope_status threads_st; /* not OK: there may be more threads */
	enum klpscope_status idle_st;	/* not OK: there may be more idle tasks */
	struct pending_rec *pending;	/* by PID */
	enum klpscope_status pending_st; /* not OK: there are more than are listed */
	/* verdict */
	unsigned int nr_pending, nr_unknown;	/* of those seen */
	struct val total, total_pending;	/* not OK: not all was seen, or could be judged */
	/* Tasks that a function in transition is for, and those that run what is below it. */
	struct val new_side, old_side;
};

/* Who panicked, where. */
struct crash_rec {
	struct val cpu;			/* NOT_FOUND: nobody did, the machine was running */
	struct val task_at;		/* of its task_struct */
	struct task_rec task;
	struct stack_rec *stack;	/* NULL: not looked at, or there is no task, or no memory */
	bool stack_needed;		/* there is code of hotfixes that may be on it, or that is not known */
	/* verdict */
	enum task_runs runs;
	struct val hotfix_on_path;	/* 1: code of a hotfix is on its stack, 0: none is; NOT_FOUND: nobody panicked */
	struct val old_on_path;		/* the same of functions that a hotfix replaces */
};

enum klp_capability { KLP_UNKNOWN = 0, KLP_CAPABLE, KLP_NOT_BUILT_IN };

/* What a capsule says of itself. */
struct capsule_rec {
	struct text generator;		/* "klpscope 0.3" */
	struct text format;		/* of the dump that it was made of */
	struct val size;		/* of that dump's files, bytes */
	bool redacted, for_crash;
	bool damaged;			/* it is not what was written */
};

struct system_rec {
	struct text path, format, architecture;
	const struct capsule_rec *capsule;	/* NULL: it is none */
	const char *forced_vmlinux;	/* this file was used although it is not the dump's kernel; NULL: none was */
	bool big_endian;
	struct text release, version, nodename, build_id;
	bool release_doubtful;		/* VMCOREINFO says another one */
	struct val taints;
};

struct transition_rec {
	struct val patch;		/* klp_transition_patch; 0: none */
	struct val target;		/* klp_target_state as the kernel stores it */
	struct val signal_count;
	struct val changing;		/* 1: klp_mutex is held, so that flags and lists may be half-way */
	/*
	 * 1: it is just being set up or completed, callbacks included.  Then no
	 * task's side decides anything, and nobody has to switch.
	 */
	struct val at_edge;
	/* It has no functions, whose flags would tell, and klp_mutex is held: a task without a side may be as it should be. */
	bool idle_legal;
	struct val shifted;		/* 1: RHEL 7's undefined 0, unpatched 1, patched 2; 0: -1, 0, 1 */
	/* verdict */
	bool under_way;
	enum klpscope_status st;	/* not OK: not known whether one is */
	const char *direction;		/* "patched" | "unpatched" | NULL: unknown */
	struct patch_rec *of;		/* NULL when it is on no list */
};

/* Somebody else who hooks patched functions by ftrace, or a klp_ops that is lost. */
struct ftrace_user_rec {
	struct ftrace_user_rec *next;
	uint64_t addr;			/* of the ftrace_ops */
	struct val flags, func;
	struct symbol_name symbol;	/* of the ftrace_ops; .name NULL: unknown */
	struct symbol_name callback;	/* of its func */
	struct text instance;		/* of the function tracer, by the name of its folder; NOT_FOUND: the first */
	struct val direct;		/* a direct call: where to; NOT_FOUND: it is none */
	struct symbol_name first;	/* what it is on first, of a klp_ops */
	bool handler;			/* its func is the livepatch handler, and no klp_ops that could be read is it */
	const struct func_rec **funcs;	/* that it is on; of functions that several patches have, one */
	unsigned int nr_funcs;
	enum klpscope_status st;	/* not OK: it may be on others */
};

struct ftrace_rec {
	struct val handler;		/* klp_ftrace_handler */
	struct val last_enabled;	/* what kernel.ftrace_enabled was set to */
	struct val changing;		/* 1: ftrace_lock is held; asked for only when a breakpoint is at some site */
	struct ftrace_user_rec *users;
	unsigned int nr_ops;		/* on ftrace_ops_list */
	enum klpscope_status st;	/* not OK: there may be more of them; NOT_FOUND: this kernel has no such list */
};

/* Of two listed patches the newer does not take over what the older had done: klp_is_patch_compatible(). */
struct state_conflict_rec {
	struct state_conflict_rec *next;
	const struct patch_rec *older, *newer;
	uint64_t id;
	uint64_t older_version;
	struct val newer_version;	/* NOT_FOUND: it replaces all others, and has no such state */
};

/* Where in the slab allocator an address lies. */
struct slab_rec {
	struct text cache;		/* "kmalloc-64"; NOT_FOUND: it is no slab object */
	struct val size;		/* of an object of it, bytes; known without a cache: pages of its own */
};

#define SHADOW_BYTES 32

/* One shadow variable, kept of the id that is asked for. */
struct shadow_rec {
	struct shadow_rec *next;
	uint64_t addr;			/* of the klp_shadow */
	uint64_t obj, data;		/* addresses */
	uint32_t bucket, position;	/* where it is: in which list, and how far down */
	struct slab_rec obj_slab, slab;	/* of the object, and of the shadow itself */
	struct symbol_name obj_symbol;	/* when it is a variable; .name NULL: it is none, or unknown */
	unsigned char bytes[SHADOW_BYTES];	/* the first of its data */
	unsigned int nr_bytes;
	enum klpscope_status bytes_st;
};

/* All shadow variables of one id. */
struct shadow_id_rec {
	struct shadow_id_rec *next;
	uint64_t id;
	uint64_t seen;			/* how many; there may be more when shadows_rec.st is not OK */
	struct val bytes;		/* that the slab allocator gave for them; not OK: not known of each */
	struct shadow_rec *shadow;	/* in the order of the table; NULL: not asked for */
	unsigned int nr_kept;		/* of those */
	/* verdict */
	struct val tied;		/* 1: some listed patch has a state of this id; NOT_FOUND: this kernel has no states */
};

/* An entry that must not be where it is. */
struct shadow_misplaced_rec {
	struct shadow_misplaced_rec *next;
	uint64_t addr, obj, id;
	uint32_t bucket, expected;	/* lists of the table; the same: it is there twice, see `twin` */
	uint64_t twin;			/* the one that klp_shadow_get() finds */
};

struct shadows_rec {
	enum klpscope_status st;	/* not OK: there may be more; NOT_FOUND: this kernel has none */
	uint64_t seen;
	struct val total, bytes;
	struct shadow_id_rec *id;	/* ascending */
	unsigned int nr_ids;
	enum klpscope_status ids_st;	/* not OK: there are more ids; what is counted of those listed is right */
	enum klpscope_status kept_st;	/* not OK: more were asked for than are kept */
	struct shadow_misplaced_rec *misplaced;	/* the first of them */
	uint64_t nr_misplaced, nr_twins;
};

struct reloc_mismatch_rec {
	struct reloc_mismatch_rec *next;
	uint64_t address;		/* the place that was to be relocated */
	struct text symbol;		/* of the target object, without its position */
	/* What the place should lead to, and does: the symbol, whatever is added to it. */
	struct val expected;		/* NOT_FOUND: the object has no such symbol any more */
	uint64_t found;			/* 0: nothing was written there */
	struct symbol_name found_symbol; /* .name NULL: unknown */
};

/* One .klp.rela section of a livepatch module. */
struct reloc_section_rec {
	struct reloc_section_rec *next;
	const struct module_rec *module;
	struct text object;		/* "vmlinux", or a module's name */
	struct text section;		/* the section that it relocates: ".text" */
	struct val loaded;		/* the object, 0 or 1 */
	struct val total;
	unsigned int applied;
	unsigned int cleared;		/* nothing is there, as long as the object is not loaded */
	unsigned int stale;		/* … and what was there is left; no code uses it */
	unsigned int unknown;
	const char *why;		/* the first of these is unknown; NULL: none is, or it could not be read */
	unsigned int nr_mismatched;
	struct reloc_mismatch_rec *mismatched;	/* the first of them */
	bool writable;			/* the patch itself may have changed what was there: __ro_after_init, in its init */
	enum klpscope_status st;	/* not OK: none of them was looked at; UNSUPPORTED: on this architecture */
};

enum finding_severity { FINDING_INFO = 0, FINDING_WARNING, FINDING_ERROR };

struct finding_rec {
	struct finding_rec *next;
	const char *code;		/* a word of report.md or klpscope(8) */
	enum finding_severity severity;
	const char *message;
	uint64_t address;		/* 0: none */
	const char *expected, *found;	/* NULL: the message says it */
};

/* Whether a task on that side has still to switch. */
bool transition_pending(const struct transition_rec *tr, enum patch_side side, enum patch_side target);

/* What a state that the kernel stores as `raw`, an int, means in this dump: transition.c of the model. */
enum patch_side transition_side(const struct transition_rec *tr, uint64_t raw);

/* Everything: what the model read, and what the analysis concluded. */
struct report {
	struct arena *arena;
	struct system_rec system;
	enum klp_capability capability;
	struct patch_rec *patches;
	unsigned int nr_patches;
	enum klpscope_status patches_st;	/* not OK: klp_patches could not be walked to its end */
	struct ops_rec *ops;
	enum klpscope_status ops_st;		/* not OK: klp_ops could not be walked to its end */
	struct unowned_rec *unowned;
	struct val ftrace_disabled;
	struct ftrace_rec ftrace;
	struct module_rec *klp_modules;		/* every module built as a livepatch */
	enum klpscope_status modules_st;	/* not OK: the module list could not be walked to its end */
	const char *const *other_hotfix;	/* names of modules of other hotfix technologies, NULL-terminated, or NULL */
	struct detached_rec *detached;
	struct transition_rec transition;
	bool want_stacks;			/* asked for: the stacks of all tasks */
	bool want_integrity;			/* … all that can be checked, all tasks among it */
	bool want_shadow;			/* … each shadow variable of this id */
	uint64_t shadow_id;
	bool recording;				/* what is read goes into a capsule */
	struct tasks_rec tasks;
	struct crash_rec crash;
	struct shadows_rec shadows;
	struct reloc_section_rec *relocs;
	enum klpscope_status relocs_st;		/* not OK: there may be more of them; the first module_rec.relocs_st, if it is one's */
	struct problems problems;
	/* verdict */
	struct state_conflict_rec *state_conflicts;
	enum klpscope_status states_compared;	/* not OK: there may be more of them */
	struct finding_rec *findings, **findings_tail;
	const char *kernel_identity;		/* NULL: unknown */
	bool complete;
};

#endif
