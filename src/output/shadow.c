// SPDX-License-Identifier: GPL-2.0-or-later
/* Shadow variables by id, and each one of the id that is asked for (-s). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "output/table.h"
#include "output/text_parts.h"
#include "output/view.h"

static void say(struct page *pg, enum tone tone, size_t lead, struct sb *sb)
{
	text_para(pg, 0, 2, tone, lead, sb);
}

static void add_count(struct sb *sb, uint64_t n, const char *thing)
{
	sb_add(sb, "%" PRIu64 " %s%s", n, thing, n == 1 ? "" : "s");
}

/* --- by id --- */

enum id_column { I_ID, I_COUNT, I_BYTES, I_STATE, I_COLUMNS };

static const struct table_column id_columns[I_COLUMNS] = {
	[I_ID] = { .title = "ID", .right = true },
	[I_COUNT] = { .title = "COUNT", .right = true },
	[I_BYTES] = { .title = "BYTES", .right = true },
	[I_STATE] = { .title = "STATE OF", .gives = 1, .least = 12 },
};

static bool is_untied(const struct shadow_id_rec *id)
{
	return !id->tied.st && !id->tied.v;
}

static void add_patches(const struct page *pg, struct sb *sb, const struct shadow_id_rec *id)
{
	enum klpscope_status st = analysis_states_known(pg->r);
	const char *before = "";
	char hex[HEX_SIZE];

	for (const struct patch_rec *p = pg->r->patches; p; p = p->next) {
		if (!analysis_state_of(p, id->id))
			continue;
		sb_add(sb, "%s%s", before, text_name(view_patch_label(p, hex)));
		before = ", ";
	}
	if (st)
		sb_add(sb, "%s%s", before, *before ? "others unknown" : "unknown");
	else if (!*before)
		sb_add(sb, id->tied.st ? "-" : "no listed patch");
}

static void id_row(struct page *pg, struct table *t, const struct shadow_id_rec *id)
{
	bool part = pg->r->shadows.st;
	char number[24], count[32], bytes[32] = "unknown";
	struct sb patches = { 0 };

	add_patches(pg, &patches, id);
	snprintf(number, sizeof(number), "%" PRIu64, id->id);
	snprintf(count, sizeof(count), "%s%" PRIu64, part ? ">= " : "", id->seen);
	if (!id->bytes.st)
		snprintf(bytes, sizeof(bytes), "%s%" PRIu64, part ? ">= " : "", id->bytes.v);
	const char *const cells[I_COLUMNS] = { number, count, bytes, sb_str(&patches) };

	table_row(t, cells, I_STATE, is_untied(id) ? TONE_DOUBT : TONE_PLAIN);
	pg->out.sb.failed |= patches.failed;
	sb_free(&patches);
}

static void id_table(struct page *pg)
{
	struct table *t = table_new(id_columns, I_COLUMNS);

	for (const struct shadow_id_rec *id = pg->r->shadows.id; id; id = id->next)
		id_row(pg, t, id);
	table_print(t, &pg->out, 0);
}

/* How many there were, and what of them is not known. */
static void summary(struct page *pg)
{
	const struct shadows_rec *s = &pg->r->shadows;
	struct sb sb = { 0 };

	if (!s->total.st && !s->seen) {
		sb_add(&sb, "There were none.");
	} else if (s->total.st && !s->seen) {
		sb_add(&sb, "UNKNOWN whether there were any (%s).", klpscope_strstatus(s->total.st));
	} else {
		sb_add(&sb, s->total.st ? "At least " : "");
		add_count(&sb, s->seen, "shadow variable");
		sb_add(&sb, " of %s%u id%s", s->st || s->ids_st ? "at least " : "", s->nr_ids, s->nr_ids == 1 ? "" : "s");
		if (s->bytes.st)
			sb_add(&sb, "; how many bytes is UNKNOWN (%s)", klpscope_strstatus(s->bytes.st));
		else
			sb_add(&sb, "; their slab objects take %s%" PRIu64 " bytes", s->st ? "at least " : "", s->bytes.v);
		sb_add(&sb, ".");
		if (s->total.st)
			sb_add(&sb, " How many more is UNKNOWN (%s).", klpscope_strstatus(s->total.st));
	}
	say(pg, TONE_PLAIN, 0, &sb);
}

#define UNTIED_NAMED 8

/* The question of those who clean up behind hotfixes. */
static void untied(struct page *pg)
{
	struct sb sb = { 0 }, ids = { 0 };
	unsigned int n = 0;

	for (const struct shadow_id_rec *id = pg->r->shadows.id; id; id = id->next)
		if (is_untied(id) && n++ < UNTIED_NAMED)
			sb_add(&ids, "%s%" PRIu64, n == 1 ? "" : ", ", id->id);
	if (n > UNTIED_NAMED)
		sb_add(&ids, " and %u more", n - UNTIED_NAMED);
	sb_add(&sb, "No listed patch has a state of %s %s: nothing ties %s shadow variables to a patch. Unless a patch uses %s "
	       "without a state, nobody will free them.",
	       n == 1 ? "id" : "ids", sb_str(&ids), n == 1 ? "its" : "their", n == 1 ? "it" : "them");
	sb.failed |= ids.failed;
	sb_free(&ids);
	if (n)
		say(pg, TONE_DOUBT, strcspn(sb_str(&sb), ":"), &sb);
	else
		sb_free(&sb);
}

/* Without this a dash in the column would say that something is wrong. */
static void stateless(struct page *pg)
{
	struct sb sb = { 0 };

	if (!pg->r->shadows.id || pg->r->shadows.id->tied.st != KLPSCOPE_NOT_FOUND)
		return;
	sb_add(&sb, "This kernel's patches have no states (5.5): nothing ties an id to a patch.");
	say(pg, TONE_PLAIN, 0, &sb);
}

/* --- each of one id --- */

enum one_column { O_OBJECT, O_SHADOW, O_DATA, O_BYTES, O_COLUMNS };

/* An address and what is behind it is two lines where one is too long: the bytes take as many. */
static const struct table_column one_columns[O_COLUMNS] = {
	[O_OBJECT] = { .title = "OBJECT (CACHE)", .gives = 2, .least = 18 },
	[O_SHADOW] = { .title = "SHADOW (CACHE)", .gives = 1, .least = 18 },
	[O_DATA] = { .title = "DATA", .goes = 1 },
	[O_BYTES] = { .title = "FIRST BYTES", .gives = 3, .least = 35 },
};

static void add_slab(struct sb *sb, const struct slab_rec *slab)
{
	if (!slab->cache.st)
		sb_add(sb, "%s", text_name(slab->cache.s));
	else if (slab->cache.st != KLPSCOPE_NOT_FOUND)
		sb_add(sb, "unknown");
	else if (!slab->size.st)
		sb_add(sb, "%" PRIu64 " KiB of pages", slab->size.v >> 10);
	else
		sb_add(sb, "no slab object");
}

static void add_place(struct sb *sb, const struct shadow_rec *s)
{
	uint64_t offset = s->obj - s->obj_symbol.start;

	if (!s->obj_symbol.name) {
		add_slab(sb, &s->obj_slab);
		return;
	}
	sb_add(sb, "%s", text_name(s->obj_symbol.name));
	if (offset)
		sb_add(sb, "+0x%" PRIx64, offset);
	if (s->obj_symbol.module)
		sb_add(sb, " [%s]", text_name(s->obj_symbol.module));
}

/* In groups of 4, in the order in which they lie in memory. */
static void add_bytes(struct sb *sb, const struct page *pg, const struct shadow_rec *s)
{
	const struct capsule_rec *c = pg->r->system.capsule;

	if (s->bytes_st) {
		sb_add(sb, "unknown (%s)", klpscope_strstatus(s->bytes_st));
		return;
	}
	if (c && c->redacted) {
		sb_add(sb, "[redacted]");
		return;
	}
	for (unsigned int i = 0; i < s->nr_bytes; i++)
		sb_add(sb, "%s%02x", i && i % 4 == 0 ? " " : "", s->bytes[i]);
}

static void one_row(struct page *pg, struct table *t, const struct shadow_rec *s)
{
	struct sb object = { 0 }, shadow = { 0 }, bytes = { 0 };
	char hex[HEX_SIZE];

	sb_add(&object, "%s ", view_hex(s->obj, hex));
	add_place(&object, s);
	sb_add(&shadow, "%s ", view_hex(s->addr, hex));
	add_slab(&shadow, &s->slab);
	add_bytes(&bytes, pg, s);
	const char *const cells[O_COLUMNS] = {
		[O_OBJECT] = sb_str(&object), [O_SHADOW] = sb_str(&shadow), [O_DATA] = view_hex(s->data, hex),
		[O_BYTES] = sb_str(&bytes),
	};

	table_row(t, cells, O_BYTES, s->bytes_st ? TONE_DOUBT : TONE_PLAIN);
	pg->out.sb.failed |= object.failed | shadow.failed | bytes.failed;
	sb_free(&object);
	sb_free(&shadow);
	sb_free(&bytes);
}

static void one_id(struct page *pg, const struct shadow_id_rec *id)
{
	struct table *t = table_new(one_columns, O_COLUMNS);
	struct sb sb = { 0 };

	sb_add(&sb, "Shadow variables of id %" PRIu64, id->id);
	text_heading(pg, sb_str(&sb));
	sb_free(&sb);
	sb = (struct sb){ 0 };
	for (const struct shadow_rec *s = id->shadow; s; s = s->next)
		one_row(pg, t, s);
	table_print(t, &pg->out, 0);
	if (!pg->r->shadows.kept_st)
		return;
	sb_add(&sb, "%" PRIu64 " more are not listed: %s.", id->seen - id->nr_kept,
	       klpscope_strstatus(pg->r->shadows.kept_st));
	say(pg, TONE_PLAIN, 0, &sb);
}

static void asked_for(struct page *pg)
{
	const struct shadows_rec *s = &pg->r->shadows;
	uint64_t wanted = pg->r->shadow_id;
	struct sb sb = { 0 };

	for (const struct shadow_id_rec *id = s->id; id; id = id->next)
		if (id->id == wanted) {
			one_id(pg, id);
			return;
		}
	if ((s->st && s->st != KLPSCOPE_NOT_FOUND) || s->ids_st)
		sb_add(&sb, "UNKNOWN whether any shadow variable had the id %" PRIu64
		       ": none that was seen had it, but not all could be.", wanted);
	else
		sb_add(&sb, "No shadow variable had the id %" PRIu64 ".", wanted);
	say(pg, TONE_PLAIN, 0, &sb);
}

void text_shadows(struct page *pg)
{
	const struct shadows_rec *s = &pg->r->shadows;
	struct sb sb = { 0 };

	text_heading(pg, "Shadow variables");
	if (s->st == KLPSCOPE_NOT_FOUND) {
		sb_add(&sb, "There were none: this kernel has no shadow variables (4.15).");
		say(pg, TONE_PLAIN, 0, &sb);
	} else {
		summary(pg);
		id_table(pg);
		stateless(pg);
		untied(pg);
	}
	if (pg->r->want_shadow)
		asked_for(pg);
}
