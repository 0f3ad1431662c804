// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "output/table.h"
#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

static const struct table_column finding_columns[] = {
	{ .title = "SEVERITY" },
	{ .title = "CODE", .gives = 2, .least = 12 },
	{ .title = "MESSAGE", .gives = 1, .least = 30 },
};

static enum tone severity_tone(enum finding_severity s)
{
	return s == FINDING_ERROR ? TONE_ALARM : s == FINDING_WARNING ? TONE_DOUBT : TONE_PLAIN;
}

/* The address goes with the message, what was expected comes last. */
static void finding_row(struct table *t, struct page *pg, const struct finding_rec *f)
{
	const char *cells[3] = { word_severity(f->severity), f->code, NULL };
	char hex[HEX_SIZE];
	struct sb message = { 0 };

	sb_add(&message, "%s", f->message ? f->message : "");
	if (f->address && !strstr(sb_str(&message), view_hex(f->address, hex)))
		sb_add(&message, " (%s)", hex);
	if (f->expected && f->found)
		sb_add(&message, ": expected %s, found %s", f->expected, f->found);
	cells[2] = sb_str(&message);
	table_row(t, cells, 0, severity_tone(f->severity));
	pg->out.sb.failed |= message.failed;
	sb_free(&message);
}

/* Facts that contradict nothing are shown to those who ask for the whole check. */
static bool is_asked_for(const struct page *pg)
{
	return pg->how->sections & KLPSCOPE_SECTION_INTEGRITY;
}

static unsigned int rows(struct page *pg, struct table *t, enum finding_severity severity)
{
	unsigned int n = 0;

	for (const struct finding_rec *f = pg->r->findings; f; f = f->next) {
		if (f->severity != severity)
			continue;
		finding_row(t, pg, f);
		n++;
	}
	return n;
}

/* --- what was checked --- */

/* One of a list: "61 tasks", "at least 3 patches"; nothing of what could not be read at all. */
static void add_count(struct sb *sb, uint64_t n, enum klpscope_status st, const char *one, const char *many)
{
	if (st && !n)
		return;
	sb_add(sb, "%s%s%" PRIu64 " %s", sb->len ? ", " : "", st ? "at least " : "", n, n == 1 ? one : many);
}

static void add_patches(const struct report *r, struct sb *sb)
{
	enum klpscope_status functions_st = r->patches_st;
	unsigned int patches = 0, functions = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next) {
		patches += !p->st;
		functions_st = functions_st ? functions_st : p->objects_st;
		for (const struct object_rec *o = p->objects; o; o = o->next) {
			functions_st = functions_st ? functions_st : o->funcs_st;
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				functions += !f->st;
		}
	}
	add_count(sb, patches, r->patches_st, "patch", "patches");
	add_count(sb, functions, functions_st, "function", "functions");
}

/* What need not be there is not counted where it is not. */
static void add_left(const struct report *r, struct sb *sb)
{
	uint64_t states = 0, relocs = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next)
		for (const struct state_rec *s = p->states; s; s = s->next)
			states++;
	for (const struct reloc_section_rec *s = r->relocs; s; s = s->next)
		relocs += s->total.st ? 0 : s->total.v;
	if (states)
		add_count(sb, states, r->states_compared, "state", "states");
	if (relocs)
		add_count(sb, relocs, r->relocs_st, "klp relocation", "klp relocations");
	if (r->shadows.seen)
		add_count(sb, r->shadows.seen, r->shadows.st, "shadow variable", "shadow variables");
}

static void add_counts(const struct report *r, struct sb *sb)
{
	unsigned int stacks = 0, modules = 0;

	for (const struct ops_rec *ops = r->ops; ops; ops = ops->next)
		stacks++;
	for (const struct module_rec *m = r->klp_modules; m; m = m->next)
		modules++;
	add_patches(r, sb);
	add_count(sb, stacks, r->ops_st, "function stack", "function stacks");
	add_count(sb, modules, r->modules_st, "livepatch module", "livepatch modules");
	add_left(r, sb);
	add_count(sb, r->ftrace.nr_ops, r->ftrace.st, "user of ftrace", "users of ftrace");
	if (r->tasks.walked)
		add_count(sb, r->tasks.count, r->tasks.total.st, "task", "tasks");
}

static void not_checked(struct page *pg, const char *what, enum klpscope_status st)
{
	struct sb sb = { 0 };

	if (!st)
		return;
	sb_add(&sb, "Not checked: %s (%s).", what,
	       st == KLPSCOPE_NOT_FOUND ? "this kernel does not tell" : klpscope_strstatus(st));
	text_para(pg, 0, 2, TONE_DOUBT, 0, &sb);
}

/* What every kernel could be asked, and this dump does not answer. */
static enum klpscope_status of_relocs(const struct report *r)
{
	enum klpscope_status st = r->relocs_st;

	for (const struct reloc_section_rec *s = r->relocs; s && !st; s = s->next)
		st = s->st;
	return st;
}

/* Of loaded targets; those that are no function's, of a name that more than one has, in a module, say. */
static unsigned int functions_unchecked(const struct report *r)
{
	unsigned int n = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				n += !f->st && !f->old_addr.st && f->old_addr.v && f->symbol_addr.st &&
				     f->symbol_addr.st != KLPSCOPE_NOT_FOUND;
	return n;
}

/* Not all that is checked could be. */
static bool has_gaps(const struct report *r)
{
	return !r->complete || r->transition.changing.st || r->ftrace.st || r->ftrace.last_enabled.st || of_relocs(r) ||
	       functions_unchecked(r) || !r->tasks.walked || r->tasks.total.st;
}

static void gaps(struct page *pg)
{
	const struct report *r = pg->r;
	struct sb sb = { 0 };

	if (!r->transition.changing.st && r->transition.changing.v) {
		sb_add(&sb, "klp_mutex was held: a change was under way, and what it explains is called info.");
		text_para(pg, 0, 2, TONE_DOUBT, 0, &sb);
	}
	not_checked(pg, "whether a change was under way", r->transition.changing.st);
	not_checked(pg, "who else uses ftrace", r->ftrace.st);
	not_checked(pg, "what kernel.ftrace_enabled was set to", r->ftrace.last_enabled.st);
	not_checked(pg, "the patch_state of all tasks",
		    r->tasks.walked ? r->tasks.total.st : r->tasks.threads_st ? r->tasks.threads_st : r->tasks.idle_st);
	not_checked(pg, "whether all klp relocations lead where they should", of_relocs(r));
	if (functions_unchecked(r)) {
		sb_add(&sb, "Not checked: whether %u function%s that a patch replaces %s of that name.", functions_unchecked(r),
		       functions_unchecked(r) == 1 ? "" : "s", functions_unchecked(r) == 1 ? "is" : "are");
		text_para(pg, 0, 2, TONE_DOUBT, 0, &sb);
	}
	if (!r->complete) {
		sb_add(&sb, "Not checked: what is called unreadable below.");
		text_para(pg, 0, 2, TONE_DOUBT, 0, &sb);
	}
}

static void checked(struct page *pg, bool contradicts)
{
	struct sb sb = { 0 }, counts = { 0 };

	if (pg->r->capability == KLP_NOT_BUILT_IN) {
		sb_add(&sb, "Nothing to check: this kernel was built without livepatch.");
		text_para(pg, 0, 2, TONE_PLAIN, 0, &sb);
		return;
	}
	add_counts(pg->r, &counts);
	if (counts.len) {
		sb_add(&sb, "%s: %s.", contradicts ? "Checked" : has_gaps(pg->r) ?
			       "Checked, and nothing of it contradicts" : "Checked, and nothing contradicts", sb_str(&counts));
		text_para(pg, 0, 2, TONE_PLAIN, 0, &sb);
	}
	pg->out.sb.failed |= counts.failed;
	sb_free(&counts);
	gaps(pg);
}

void text_findings(struct page *pg)
{
	struct table *t = table_new(finding_columns, 3);
	unsigned int n = rows(pg, t, FINDING_ERROR);

	n += rows(pg, t, FINDING_WARNING);
	if (is_asked_for(pg)) {
		rows(pg, t, FINDING_INFO);
		text_heading(pg, "Integrity check");
		checked(pg, n);
	} else if (n) {
		text_heading(pg, "Findings");
	}
	table_print(t, &pg->out, 0);
}
