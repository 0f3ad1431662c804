// SPDX-License-Identifier: GPL-2.0-or-later
/* -S: the states of the patches, whether they fit together, and the callbacks of their objects. */
#include <inttypes.h>
#include <stdio.h>

#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

#define NUMBER_SIZE 24

static const char *number(struct val v, char buf[NUMBER_SIZE])
{
	if (v.st)
		return "unknown";
	snprintf(buf, NUMBER_SIZE, "%" PRIu64, v.v);
	return buf;
}

static void say(struct page *pg, enum tone tone, struct sb *sb)
{
	text_para(pg, 0, 2, tone, tone == TONE_PLAIN ? 0 : sb->len, sb);
}

static const char *none_words(const struct page *pg)
{
	if (!pg->r->patches)
		return "There is no listed patch.";
	return pg->how->patch ? "The patch has none." : "No listed patch has any.";
}

/* --- states --- */

enum state_column { S_PATCH, S_ID, S_VERSION, S_DATA, S_COUNT };

static const struct table_column state_columns[S_COUNT] = {
	[S_PATCH] = { .title = "PATCH", .gives = 1, .least = 12 },
	[S_ID] = { .title = "STATE ID", .right = true },
	[S_VERSION] = { .title = "VERSION", .right = true },
	[S_DATA] = { .title = "DATA" },
};

static void state_row(struct table *t, const struct patch_rec *p, const struct state_rec *s)
{
	char label[HEX_SIZE], id[NUMBER_SIZE], version[NUMBER_SIZE], data[HEX_SIZE];
	const char *const cells[S_COUNT] = {
		[S_PATCH] = text_name(view_patch_label(p, label)),
		[S_ID] = number(s->id, id),
		[S_VERSION] = number(s->version, version),
		[S_DATA] = s->data.st ? "unknown" : s->data.v ? view_hex(s->data.v, data) : "none",
	};

	table_row(t, cells, 0, TONE_PLAIN);
}

/* How many there are, in the patches that are asked for; *st: why there may be more. */
static unsigned int state_table(struct page *pg, enum klpscope_status *st)
{
	struct table *t = table_new(state_columns, S_COUNT);
	unsigned int rows = 0;

	*st = pg->r->patches_st;
	for (const struct patch_rec *p = pg->r->patches; p; p = p->next) {
		if (!view_patch_selected(p, pg->how->patch))
			continue;
		if (p->st || (p->states_st && p->states_st != KLPSCOPE_NOT_FOUND))
			*st = p->st ? p->st : p->states_st;
		for (const struct state_rec *s = p->states; s; s = s->next, rows++)
			state_row(t, p, s);
	}
	table_print(t, &pg->out, 0);
	return rows;
}

static void conflict(struct page *pg, const struct state_conflict_rec *c)
{
	char newer[HEX_SIZE], older[HEX_SIZE];
	struct sb sb = { 0 };

	sb_add(&sb, "State %" PRIu64 ": %s has it in version %" PRIu64 ", %s, which is newer, ", c->id,
	       text_name(view_patch_label(c->older, older)), c->older_version,
	       text_name(view_patch_label(c->newer, newer)));
	if (c->newer_version.st)
		sb_add(&sb, "replaces it and has no such state");
	else
		sb_add(&sb, "in version %" PRIu64, c->newer_version.v);
	sb_add(&sb, ": the kernel would not have loaded it.");
	say(pg, TONE_ALARM, &sb);
}

static bool concerns(const struct page *pg, const struct state_conflict_rec *c)
{
	return view_patch_selected(c->older, pg->how->patch) || view_patch_selected(c->newer, pg->how->patch);
}

/* Fewer than two have nothing to be compared with. */
static unsigned int patches_with_states(const struct report *r)
{
	unsigned int n = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next)
		n += p->states != NULL;
	return n;
}

static void compatibility(struct page *pg)
{
	struct sb sb = { 0 };
	unsigned int n = 0;

	for (const struct state_conflict_rec *c = pg->r->state_conflicts; c; c = c->next)
		if (concerns(pg, c)) {
			conflict(pg, c);
			n++;
		}
	if (pg->r->states_compared) {
		sb_add(&sb, "Whether the states of all listed patches fit together is ");
		sentence_unknown(&sb, pg->r->states_compared);
		sb_add(&sb, ".");
		say(pg, TONE_ALARM, &sb);
	} else if (!n && patches_with_states(pg->r) > 1) {
		sb_add(&sb, "They fit: no patch has a state in a lower version than an older patch has, and none that "
		       "replaces others lacks one of theirs.");
		say(pg, TONE_PLAIN, &sb);
	}
}

static void states(struct page *pg)
{
	struct sb sb = { 0 };
	enum klpscope_status st;
	unsigned int n;

	text_heading(pg, "States, in the order of klp_patches");
	n = state_table(pg, &st);
	if (st) {
		sb_add(&sb, "There may be %s: the lists could not be read to their ends (%s).", n ? "more" : "some", klpscope_strstatus(st));
		say(pg, TONE_ALARM, &sb);
	} else if (!n) {
		sb_add(&sb, "%s", none_words(pg));
		say(pg, TONE_PLAIN, &sb);
	}
	compatibility(pg);
}

/* --- callbacks --- */

enum callback_column { C_OBJECT, C_CALLBACK, C_FUNCTION, C_RAN, C_COUNT };

static const struct table_column callback_columns[C_COUNT] = {
	[C_OBJECT] = { .title = "OBJECT", .gives = 2, .least = 12 },
	[C_CALLBACK] = { .title = "CALLBACK" },
	[C_FUNCTION] = { .title = "FUNCTION", .gives = 1, .least = 16 },
	[C_RAN] = { .title = "HAD RUN", .gives = 3, .least = 10 },
};

static const char *ran_words(enum callback_ran ran)
{
	switch (ran) {
	case RAN_YES:
		return "yes";
	case RAN_NO:
	case RAN_NONE:
		return "no";
	case RAN_IF_REVERSED:
		return "not yet (1)";
	case RAN_UNLESS_REVERSED:
		return "yes (2)";
	case RAN_UNKNOWN:
		break;
	}
	return "unknown";
}

/* "name", "name+0x4", otherwise the address. */
static void add_function(struct sb *sb, const struct callback_rec *c)
{
	char hex[HEX_SIZE];

	if (c->addr.st)
		sb_add(sb, "unknown");
	else if (!c->symbol.name)
		sb_add(sb, "%s", view_hex(c->addr.v, hex));
	else
		sb_add(sb, "%s", text_name(c->symbol.name));
	if (!c->addr.st && c->symbol.name && c->addr.v != c->symbol.start)
		sb_add(sb, "+0x%" PRIx64, c->addr.v - c->symbol.start);
}

static void callback_row(struct page *pg, struct table *t, const struct object_rec *o, enum callback which)
{
	const struct callback_rec *c = &o->callbacks.cb[which];
	bool absent = !o->loaded.st && !o->loaded.v;
	struct sb function = { 0 };

	add_function(&function, c);
	const char *const cells[C_COUNT] = {
		[C_OBJECT] = text_name(o->name.st ? NULL : o->name.s),
		[C_CALLBACK] = word_callback(which),
		[C_FUNCTION] = sb_str(&function),
		[C_RAN] = absent ? "unknown: not loaded" : ran_words(c->ran),
	};
	table_row(t, cells, C_RAN, c->ran == RAN_UNKNOWN && !absent ? TONE_ALARM : TONE_PLAIN);
	pg->out.sb.failed |= function.failed;
	sb_free(&function);
}

struct callbacks_seen {
	unsigned int rows;
	bool if_reversed, unless_reversed;
	enum klpscope_status st;	/* not OK: there may be more */
};

static void callbacks_of_object(struct page *pg, struct table *t, const struct object_rec *o, struct callbacks_seen *seen)
{
	for (unsigned int i = 0; i < CB_COUNT; i++) {
		enum callback_ran ran = o->callbacks.cb[i].ran;

		if (ran == RAN_NONE)
			continue;
		callback_row(pg, t, o, i);
		seen->rows++;
		seen->if_reversed |= ran == RAN_IF_REVERSED;
		seen->unless_reversed |= ran == RAN_UNLESS_REVERSED;
	}
}

static void callbacks_of(struct page *pg, const struct patch_rec *p, struct callbacks_seen *seen)
{
	struct table *t = table_new(callback_columns, C_COUNT);
	unsigned int before = seen->rows;
	char label[HEX_SIZE];
	struct sb sb = { 0 };

	if (p->st || p->objects_st)
		seen->st = p->st ? p->st : p->objects_st;
	for (const struct object_rec *o = p->objects; o; o = o->next) {
		if (o->st)
			seen->st = o->st;
		else
			callbacks_of_object(pg, t, o, seen);
	}
	if (seen->rows > before) {
		sb_add(&sb, "Patch %s, %s", text_name(view_patch_label(p, label)), word_state(p->state));
		say(pg, TONE_PLAIN, &sb);
	}
	table_print(t, &pg->out, 2);
}

static void note(struct page *pg, bool wanted, const char *words)
{
	struct sb sb = { 0 };

	if (!wanted)
		return;
	sb_add(&sb, "%s", words);
	text_para(pg, 0, 4, TONE_PLAIN, 0, &sb);
}

static void callbacks(struct page *pg)
{
	struct callbacks_seen seen = { .st = pg->r->patches_st };
	struct sb sb = { 0 };

	text_heading(pg, "Callbacks, and whether they had run since their patch was last applied");
	for (const struct patch_rec *p = pg->r->patches; p; p = p->next)
		if (view_patch_selected(p, pg->how->patch))
			callbacks_of(pg, p, &seen);
	note(pg, seen.if_reversed, "(1) Yes, if the patch had been applied before and its removal was reversed: the "
	     "kernel keeps no record of that.");
	note(pg, seen.unless_reversed, "(2) No, if the patch had never been wholly applied and that was reversed: the "
	     "kernel keeps no record of that.");
	if (seen.st) {
		sb_add(&sb, "There may be %s: the lists could not be read to their ends (%s).", seen.rows ? "more" : "some",
		       klpscope_strstatus(seen.st));
		say(pg, TONE_ALARM, &sb);
	} else if (!seen.rows) {
		sb_add(&sb, "%s", none_words(pg));
		say(pg, TONE_PLAIN, &sb);
	}
}

static bool any_listed(const struct page *pg)
{
	for (const struct patch_rec *p = pg->r->patches; p; p = p->next)
		if (view_patch_selected(p, pg->how->patch))
			return true;
	return !pg->how->patch;
}

void text_states(struct page *pg)
{
	struct sb sb = { 0 };

	if (pg->r->capability == KLP_NOT_BUILT_IN)
		return;
	if (!any_listed(pg)) {
		text_heading(pg, "States and callbacks");
		sb_add(&sb, "Those of a patch that is not on klp_patches are not looked at.");
		say(pg, TONE_PLAIN, &sb);
		return;
	}
	states(pg);
	callbacks(pg);
}
