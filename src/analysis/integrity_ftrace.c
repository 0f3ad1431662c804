// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether ftrace calls what livepatches registered (kernel/trace/ftrace.c,
 * 4.0 to 7.3-rc7).
 *
 * That it was switched off is not read in ftrace_enabled: x86_64 and ppc64
 * clear that on the way into the capture kernel (machine_kexec()), so each
 * vmcore has 0 there.  last_ftrace_enabled is what kernel.ftrace_enabled was
 * set to last.
 */
#include "analysis/integrity.h"

#define OPS_ENABLED 1u			/* FTRACE_OPS_FL_ENABLED */
#define OPS_PERMANENT (1u << 16)	/* FTRACE_OPS_FL_PERMANENT, 5.5+; before, nothing had this bit */

static bool is_off(const struct report *r)
{
	return !r->ftrace.last_enabled.st && !r->ftrace.last_enabled.v;
}

/* Since 5.5 the kernel refuses to switch it off while a patch is enabled. */
static bool is_permanent(const struct report *r)
{
	for (const struct ops_rec *ops = r->ops; ops; ops = ops->next)
		if (ops->flags.st || ops->flags.v & OPS_PERMANENT)
			return true;
	return false;
}

bool integrity_ftrace_off(const struct report *r)
{
	return is_off(r) && r->ops && !is_permanent(r);
}

static void switched_off(struct report *r)
{
	/* The text stays as it was: what runs is what the entries say, and nothing can change it any more. */
	if (!r->ftrace_disabled.st && r->ftrace_disabled.v)
		finding_add(r, "ftrace-disabled", FINDING_WARNING, 0, "ftrace_disabled 0",
			    arena_printf(r->arena, "%d", (int)(int32_t)(uint32_t)r->ftrace_disabled.v),
			    "ftrace had found itself broken and shut down: since then no patch could be enabled or "
			    "disabled");
	if (integrity_ftrace_off(r))
		finding_add(r, "ftrace-off", FINDING_ERROR, 0, "1", "0",
			    "kernel.ftrace_enabled was set to 0: no patch had any effect, whatever the lists say");
	else if (is_off(r) && r->ops)
		finding_add(r, "ftrace-off", FINDING_WARNING, 0, "1", "0",
			    "kernel.ftrace_enabled seems to be 0, which the kernel refuses while patches are enabled");
}

/* --- klp_ops that ftrace does not call --- */

enum lack { LACK_NONE = 0, LACK_ENABLED, LACK_HANDLER, LACK_LIST, LACK_FUNCTION };

static enum lack lack_of(const struct report *r, const struct ops_rec *ops)
{
	/* Of one that could not be read nobody knows where it lies, either. */
	if (ops->flags.st && ops->func.st)
		return LACK_NONE;
	if (!ops->flags.st && !(ops->flags.v & OPS_ENABLED))
		return LACK_ENABLED;
	if (!ops->func.st && !r->ftrace.handler.st && ops->func.v != r->ftrace.handler.v)
		return LACK_HANDLER;
	if (!ops->registered.st && !ops->registered.v)
		return LACK_LIST;
	return !ops->covers.st && !ops->covers.v ? LACK_FUNCTION : LACK_NONE;
}

bool integrity_registered(const struct report *r, const struct ops_rec *ops)
{
	return lack_of(r, ops) == LACK_NONE;
}

/* What the entry says of it, where that is another thing than the words before. */
static const char *what_ran(const struct func_rec *f)
{
	if (!f || f->entry.state == ENTRY_UNKNOWN)
		return "";
	if (f->entry.state == ENTRY_ORIGINAL)
		return "; the text at its entry calls nobody: the original ran";
	return f->entry.state == ENTRY_REDIRECTED ? "; its entry calls it all the same" :
						    "; its entry calls somebody: what ran is unknown";
}

static void not_registered(struct report *r, const struct ops_rec *ops)
{
	const struct func_rec *f = ops->of;
	const char *expected = "FTRACE_OPS_FL_ENABLED in its flags", *found = integrity_hex(r, ops->flags.v);
	enum lack lack = lack_of(r, ops);

	if (!lack || (lack == LACK_FUNCTION && ops->wrong))
		return;
	if (lack == LACK_HANDLER) {
		expected = arena_printf(r->arena, "its function 0x%llx (klp_ftrace_handler)",
					(unsigned long long)r->ftrace.handler.v);
		found = integrity_hex(r, ops->func.v);
	} else if (lack == LACK_LIST) {
		expected = "on ftrace_ops_list";
		found = "not on it";
	} else if (lack == LACK_FUNCTION) {
		expected = "the function in its filter";
		found = "not in it";
	}
	finding_add(r, "ops-not-registered", integrity_severity(r), ops->addr, expected, found,
		    "function %s: its klp_ops is not registered with ftrace%s%s", f ? integrity_func(f) : "?",
		    what_ran(f), integrity_excuse(r));
}

void integrity_ftrace(struct report *r)
{
	switched_off(r);
	if (integrity_ftrace_off(r))
		return;
	for (const struct ops_rec *ops = r->ops; ops; ops = ops->next)
		not_registered(r, ops);
}
