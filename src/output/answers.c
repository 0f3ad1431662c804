// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first screen: what a support engineer asks, in the order of asking and
 * in words.  Nothing here may let "unknown" look like "no".
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output/table.h"
#include "output/tally.h"
#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

/* --- which dump --- */

static const char *known(struct text t)
{
	return t.st || !t.s ? NULL : t.s;
}

static void add_taints(struct sb *sb, struct val taints)
{
	char word[TAINT_WORD_SIZE];

	if (taints.st) {
		sb_add(sb, ", taints unknown");
		return;
	}
	sb_add(sb, taints.v ? ", tainted" : ", not tainted");
	for (unsigned int bit = 0; bit < TAINT_BITS; bit++)
		if (taints.v >> bit & 1)
			sb_add(sb, " %s", word_taint(bit, word));
}

static void capsule(struct page *pg, struct table *t, const struct capsule_rec *c)
{
	struct sb sb = { 0 };

	sb_add(&sb, "only what %s used of a dump", known(c->generator) ? c->generator.s : "klpscope");
	if (!c->size.st)
		sb_add(&sb, " of %" PRIu64 " bytes", c->size.v);
	if (known(c->format))
		sb_add(&sb, ", %s", c->format.s);
	if (c->redacted)
		sb_add(&sb, "; names of tasks and of the host are redacted");
	text_field(pg, t, "Capsule", &sb);
}

static void header(struct page *pg)
{
	const struct system_rec *s = &pg->r->system;
	const char *format = known(s->format), *path = known(s->path), *version = known(s->version);
	const char *release = known(s->release), *arch = known(s->architecture), *node = known(s->nodename);
	struct table *t = text_fields();
	struct sb sb = { 0 };

	/* A live system has no file. */
	sb_add(&sb, "%s", path ? path : format ? format : "unknown");
	if (path && format)
		sb_add(&sb, ", %s", format);
	text_field(pg, t, "Dump", &sb);
	if (s->capsule)
		capsule(pg, t, s->capsule);
	sb_add(&sb, "%s %s, host %s", release ? release : "unknown", arch ? arch : "unknown",
	       node ? node : "unknown");
	add_taints(&sb, s->taints);
	text_field(pg, t, "Kernel", &sb);
	if (version) {
		sb_add(&sb, "%s", version);
		text_field(pg, t, "", &sb);
	}
	sb_add(&sb, "%s", pg->r->kernel_identity ? pg->r->kernel_identity : "unknown");
	text_field(pg, t, "What ran", &sb);
	table_print(t, &pg->out, 0);
}

/* --- what is not known --- */

/* What is missing, an item a line. */
static void __attribute__((format(printf, 2, 3))) item(struct page *pg, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_line(&pg->out, 2, "- %s", text);
	pg->missing++;
}

static void missing_list(struct page *pg, const char *what, enum klpscope_status st)
{
	if (st)
		item(pg, "%s, to its end (%s)", what, klpscope_strstatus(st));
}

static void missing_lists(struct page *pg)
{
	const struct report *r = pg->r;

	if (r->capability == KLP_UNKNOWN)
		item(pg, "whether this kernel has livepatch at all");
	missing_list(pg, "klp_patches, the list of patches", r->patches_st);
	missing_list(pg, "klp_ops, the function stacks", r->ops_st);
	missing_list(pg, "the list of modules", r->modules_st);
	if (!view_transition_known(r))
		item(pg, "whether a transition was under way (%s)", klpscope_strstatus(r->transition.st));
}

static void missing_tasks(struct page *pg)
{
	const struct tasks_rec *tasks = &pg->r->tasks;

	if (!pg->r->transition.under_way && !pg->r->want_stacks)
		return;
	missing_list(pg, "the list of tasks", tasks->threads_st);
	missing_list(pg, "the list of idle tasks", tasks->idle_st);
	if (view_task_by_task(pg->r) && tasks->nr_unknown)
		item(pg, "whether %u task%s had switched", tasks->nr_unknown, tasks->nr_unknown == 1 ? "" : "s");
}

static void missing_stacks(struct page *pg)
{
	const struct crash_rec *crash = &pg->r->crash;
	unsigned int unread = 0;

	if (crash->stack_needed && crash->hotfix_on_path.st && crash->hotfix_on_path.st != KLPSCOPE_NOT_FOUND)
		item(pg, "whether a hotfix was on the crash path");
	else if (crash->stack_needed && crash->old_on_path.st && crash->old_on_path.st != KLPSCOPE_NOT_FOUND)
		item(pg, "whether the original of a replaced function was on the crash path");
	for (const struct pending_rec *p = pg->r->tasks.pending; p; p = p->next)
		unread += p->held_up == HELD_UNKNOWN;
	if (unread)
		item(pg, "what held up %u task%s", unread, unread == 1 ? "" : "s");
	if (pg->r->tasks.nr_doubtful)
		item(pg, "whether the stacks of %u task%s pass through patched functions", pg->r->tasks.nr_doubtful,
		     pg->r->tasks.nr_doubtful == 1 ? "" : "s");
}

static void missing_verdicts(struct page *pg)
{
	unsigned int patches = 0, modules = 0;
	struct tally t = { 0 };

	for (const struct patch_rec *p = pg->r->patches; p; p = p->next) {
		patches += p->in_effect == KLPSCOPE_EFFECT_UNKNOWN;
		tally_patch(&t, p);
	}
	for (const struct detached_rec *d = pg->r->detached; d; d = d->next)
		modules += d->in_effect != KLPSCOPE_EFFECT_NO;
	if (patches)
		item(pg, "the verdict on %u patch%s", patches, patches == 1 ? "" : "es");
	if (t.unknown)
		item(pg, "the verdict on %u function%s", t.unknown, t.unknown == 1 ? "" : "s");
	if (modules)
		item(pg, "the verdict on %u loaded module%s", modules, modules == 1 ? "" : "s");
}

static void missing_owners(struct page *pg)
{
	unsigned int n = 0;

	for (const struct unowned_rec *u = pg->r->unowned; u; u = u->next)
		n++;
	if (n)
		item(pg, "what %u function%s ran: no patch that could be read has the replacement", n,
		     n == 1 ? "" : "s");
}

/* Of these no finding tells. */
static bool relocs_unsupported(const struct report *r)
{
	const struct reloc_section_rec *s = r->relocs;

	while (s && s->st != KLPSCOPE_UNSUPPORTED)
		s = s->next;
	return s || r->relocs_st == KLPSCOPE_UNSUPPORTED;
}

/* A capsule has no more than what its maker looked at, and each version looks at more. */
static void missing_questions(struct page *pg)
{
	const struct capsule_rec *c = pg->r->system.capsule;

	if (c && !c->generator.st && strcmp(c->generator.s, "klpscope " KLPSCOPE_VERSION) != 0)
		item(pg, "what %s, which made this capsule, did not look at (a new capsule of the dump has it)",
		     c->generator.s);
}

static void incomplete(struct page *pg)
{
	static const char lead[] = "INCOMPLETE:";
	struct sb sb = { 0 };

	if (pg->r->complete)
		return;
	out_blank(&pg->out);
	sb_add(&sb, "%s not everything that these answers need could be read from the dump. What is "
		    "missing is called unknown; unknown is not \"no\". Missing:", lead);
	text_para(pg, 0, 0, TONE_ALARM, strlen(lead), &sb);
	if (pg->r->capability != KLP_NOT_BUILT_IN)
		missing_lists(pg);
	missing_owners(pg);
	missing_verdicts(pg);
	missing_tasks(pg);
	missing_stacks(pg);
	missing_questions(pg);
	if (pg->r->system.capsule && pg->r->system.capsule->damaged)
		item(pg, "trust: the capsule is not as it was written, its checksum is wrong");
	if (pg->r->system.forced_vmlinux)
		item(pg, "trust: --force used %s, which is not the dump's kernel", pg->r->system.forced_vmlinux);
	if (!pg->missing && !pg->r->kernel_identity)
		item(pg, "what really ran, as one name");
	if (relocs_unsupported(pg->r))
		item(pg, "klp relocations (-r), which decide no answer");
	if (!pg->missing)
		item(pg, "details, none of which decides an answer");
	for (const struct finding_rec *f = pg->r->findings; f; f = f->next)
		if (f->severity != FINDING_INFO) {
			out_line(&pg->out, 0, "The findings below have the details.");
			return;
		}
}

/* --- 1: which were in effect, and for whom --- */

static const struct table_column verdict_columns[] = {
	{ .title = NULL, .gives = 2, .least = 16 },
	{ .title = NULL, .gives = 1, .least = 30 },
};

static bool is_listed_as(const struct patch_rec *p, enum klpscope_in_effect e)
{
	if (e == KLPSCOPE_EFFECT_YES)
		return p->in_effect == KLPSCOPE_EFFECT_YES || p->in_effect == KLPSCOPE_EFFECT_PARTLY;
	return p->in_effect == e;
}

static unsigned int count_patches(const struct report *r, enum klpscope_in_effect e)
{
	unsigned int n = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next)
		n += is_listed_as(p, e);
	return n;
}

static bool is_detached_as(const struct detached_rec *d, bool certain)
{
	return (d->in_effect == KLPSCOPE_EFFECT_NO) == certain;
}

static unsigned int count_detached(const struct report *r, bool certain)
{
	unsigned int n = 0;

	for (const struct detached_rec *d = r->detached; d; d = d->next)
		n += is_detached_as(d, certain);
	return n;
}

static void add_hotfixes(struct sb *sb, unsigned int n)
{
	sb_add(sb, "%u hotfix%s", n, n == 1 ? "" : "es");
}

static void verdict_row(struct page *pg, struct table *t, const char *name, struct sb *sb, enum tone tone)
{
	const char *const cells[] = { text_name(name), sb_str(sb) };

	table_row(t, cells, 1, tone);
	pg->out.sb.failed |= sb->failed;
	sb_free(sb);
}

static void patch_verdicts(struct page *pg, struct table *t, enum klpscope_in_effect e)
{
	for (const struct patch_rec *p = pg->r->patches; p; p = p->next) {
		char hex[HEX_SIZE];
		struct sb sb = { 0 };

		if (!is_listed_as(p, e))
			continue;
		sentence_patch(pg, &sb, p);
		verdict_row(pg, t, view_patch_label(p, hex), &sb, text_tone(p->in_effect));
	}
}

static void detached_verdicts(struct page *pg, struct table *t, bool certain)
{
	for (const struct detached_rec *d = pg->r->detached; d; d = d->next) {
		char hex[HEX_SIZE];
		struct sb sb = { 0 };

		if (!is_detached_as(d, certain))
			continue;
		sentence_detached(pg, &sb, d);
		verdict_row(pg, t, view_module_label(d->module, hex), &sb, certain ? TONE_PLAIN : TONE_ALARM);
	}
}

static void answer(struct page *pg, const char *question, enum tone tone, struct sb *rest)
{
	struct sb sb = { 0 };

	sb_add(&sb, "%s %s", question, sb_str(rest));
	sb.failed |= rest->failed;
	sb_free(rest);
	out_blank(&pg->out);
	text_para(pg, 0, 2, tone, strlen(question), &sb);
}

/* Nobody on klp_patches: was there ever one? The taint stays until the next boot. */
static void add_taint_history(const struct report *r, struct sb *sb)
{
	if (r->system.taints.st || r->detached || r->modules_st)
		return;
	if (r->system.taints.v >> TAINT_LIVEPATCH & 1)
		sb_add(sb, " The livepatch taint is set: there was one at some time since boot.");
	else
		sb_add(sb, " The livepatch taint is not set: there was none since boot.");
}

static const char *when(const struct report *r)
{
	return r->crash.cpu.st == KLPSCOPE_NOT_FOUND ? "In effect when the dump was made:" : "In effect at the crash:";
}

static void in_effect_words(const struct report *r, struct sb *sb)
{
	unsigned int n = count_patches(r, KLPSCOPE_EFFECT_YES);
	unsigned int unknown = count_patches(r, KLPSCOPE_EFFECT_UNKNOWN) + count_detached(r, false);
	bool more = r->patches_st || r->unowned || unknown;

	if (view_patches_unknown(r)) {
		sb_add(sb, "UNKNOWN: klp_patches could not be read (%s).", klpscope_strstatus(r->patches_st));
		return;
	}
	sb_add(sb, n && more ? "at least " : "");
	if (n)
		add_hotfixes(sb, n);
	else if (more)
		sb_add(sb, "UNKNOWN");
	else
		sb_add(sb, r->patches ? "none." : "none: klp_patches is empty.");
	if (!r->patches && !more)
		add_taint_history(r, sb);
	if (r->patches_st)
		sb_add(sb, ": klp_patches could not be read to its end (%s)",
		       klpscope_strstatus(r->patches_st));
}

static void in_effect(struct page *pg)
{
	struct table *t = table_new(verdict_columns, 2);
	struct sb sb = { 0 };

	in_effect_words(pg->r, &sb);
	answer(pg, when(pg->r), pg->r->patches_st ? TONE_ALARM : TONE_STRONG, &sb);
	patch_verdicts(pg, t, KLPSCOPE_EFFECT_YES);
	table_print(t, &pg->out, 2);
}

static void unknown(struct page *pg)
{
	unsigned int n = count_patches(pg->r, KLPSCOPE_EFFECT_UNKNOWN) + count_detached(pg->r, false);
	struct table *t;
	struct sb sb = { 0 };

	if (!n)
		return;
	t = table_new(verdict_columns, 2);
	sb_add(&sb, "%u", n);
	answer(pg, "UNKNOWN whether in effect:", TONE_ALARM, &sb);
	patch_verdicts(pg, t, KLPSCOPE_EFFECT_UNKNOWN);
	detached_verdicts(pg, t, false);
	table_print(t, &pg->out, 2);
}

/* --- 2: was one of them on the crash path --- */

static void crash_path(struct page *pg)
{
	struct sb sb = { 0 };
	enum tone tone = sentence_crash_path(pg->r, &sb);

	answer(pg, "Crash path:", tone, &sb);
}

/* --- 3: was a transition under way --- */

static void add_direction(struct sb *sb, const char *direction)
{
	if (!direction)
		sb_add(sb, "was in transition, in an unknown direction.");
	else if (strcmp(direction, "patched") == 0)
		sb_add(sb, "was being applied. Each task ran the old code until it switched.");
	else
		sb_add(sb, "was being reverted. Each task ran the new code until it switched back.");
}

static void add_transition(const struct report *r, struct sb *sb)
{
	const struct transition_rec *t = &r->transition;
	char hex[HEX_SIZE];
	const char *name = view_transition_label(t, hex);

	sb_add(sb, "UNDER WAY. %s ", name ? name : "A patch of unknown name");
	if (view_task_by_task(r))
		add_direction(sb, t->direction);
	else
		sb_add(sb, "was %s.", view_reverting(r) ? "being reverted" : "being applied");
	sb_add(sb, " ");
	sentence_pending(r, sb);
	if (!t->of)
		sb_add(sb, " It is not on klp_patches as far as that could be read.");
	if (view_task_by_task(r) && !t->signal_count.st && t->signal_count.v)
		sb_add(sb, " The kernel had tried %" PRIu64 " time%s so far, one a second or so, to switch the "
			   "tasks left behind.", t->signal_count.v, t->signal_count.v == 1 ? "" : "s");
}

static void transition(struct page *pg)
{
	const struct transition_rec *t = &pg->r->transition;
	enum tone tone = TONE_STRONG;
	struct sb sb = { 0 };

	if (!view_transition_known(pg->r)) {
		sb_add(&sb, "UNKNOWN whether one was under way (%s).", klpscope_strstatus(t->st));
		tone = TONE_ALARM;
	} else if (t->under_way) {
		add_transition(pg->r, &sb);
		tone = TONE_DOUBT;
	} else {
		sb_add(&sb, "none was under way.");
	}
	answer(pg, "Transition:", tone, &sb);
}

/* --- 4: what is loaded but not in effect --- */

static void add_unread_lists(const struct report *r, struct sb *sb)
{
	if (r->modules_st)
		sb_add(sb, "the list of modules could not be read to its end (%s)",
		       klpscope_strstatus(r->modules_st));
	else
		sb_add(sb, "klp_patches could not be read to its end (%s)",
		       klpscope_strstatus(r->patches_st));
}

static void not_in_effect_words(const struct report *r, struct sb *sb)
{
	unsigned int n = count_patches(r, KLPSCOPE_EFFECT_NO) + count_detached(r, true);
	unsigned int unknown = count_patches(r, KLPSCOPE_EFFECT_UNKNOWN) + count_detached(r, false);
	bool unread = r->modules_st || r->patches_st;

	if (!n && !unread) {
		sb_add(sb, unknown ? "UNKNOWN: it is not known of %u." : "none.", unknown);
		return;
	}
	if (n) {
		sb_add(sb, unread ? "at least " : "");
		add_hotfixes(sb, n);
	} else {
		sb_add(sb, "UNKNOWN");
	}
	if (unread) {
		sb_add(sb, ": ");
		add_unread_lists(r, sb);
	}
}

static void not_in_effect(struct page *pg)
{
	enum tone tone = pg->r->modules_st || pg->r->patches_st ? TONE_ALARM : TONE_STRONG;
	struct table *t = table_new(verdict_columns, 2);
	struct sb sb = { 0 };

	not_in_effect_words(pg->r, &sb);
	answer(pg, "Loaded but not in effect:", tone, &sb);
	patch_verdicts(pg, t, KLPSCOPE_EFFECT_NO);
	detached_verdicts(pg, t, true);
	table_print(t, &pg->out, 2);
}

/* --- the rest of the screen --- */

static void other_technology(struct page *pg)
{
	const char *const *name = pg->r->other_hotfix;
	struct sb sb = { 0 };

	if (!name || !*name)
		return;
	for (; *name; name++)
		sb_add(&sb, "%s%s", sb.len ? ", " : "", *name);
	sb_add(&sb, " loaded. klpscope does not look into hotfixes of that kind: they may have been in "
		    "effect.");
	answer(pg, "OTHER HOTFIX TECHNOLOGY:", TONE_ALARM, &sb);
}

static void not_built_in(struct page *pg)
{
	struct sb sb = { 0 };

	sb_add(&sb, "none. This kernel was built without livepatch: its symbol table has no klp_patches.");
	answer(pg, when(pg->r), TONE_STRONG, &sb);
}

/* Contradictions are no gaps, but whoever reads only this screen must know of them. */
static void findings_notice(struct page *pg)
{
	unsigned int errors = 0, warnings = 0;
	struct sb sb = { 0 };

	for (const struct finding_rec *f = pg->r->findings; f; f = f->next) {
		errors += f->severity == FINDING_ERROR;
		warnings += f->severity == FINDING_WARNING;
	}
	if (!errors && !warnings)
		return;
	if (errors)
		sentence_count(&sb, errors, "error");
	if (errors && warnings)
		sb_add(&sb, " and ");
	if (warnings)
		sentence_count(&sb, warnings, "warning");
	sb_add(&sb, ", listed below.");
	answer(pg, "Findings:", errors ? TONE_ALARM : TONE_DOUBT, &sb);
}

void text_answers(struct page *pg)
{
	header(pg);
	incomplete(pg);
	if (pg->r->capability == KLP_NOT_BUILT_IN) {
		not_built_in(pg);
	} else {
		in_effect(pg);
		unknown(pg);
		crash_path(pg);
		transition(pg);
		not_in_effect(pg);
	}
	other_technology(pg);
	findings_notice(pg);
}
