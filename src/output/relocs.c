// SPDX-License-Identifier: GPL-2.0-or-later
/* The livepatch relocations of each livepatch module (-r). */
#include <inttypes.h>
#include <stdio.h>

#include "output/text_parts.h"
#include "output/view.h"

enum reloc_column { R_MODULE, R_OBJECT, R_SECTION, R_TOTAL, R_APPLIED, R_CLEARED, R_STALE, R_UNKNOWN, R_MISMATCHED, R_COUNT };

static const struct table_column reloc_columns[R_COUNT] = {
	[R_MODULE] = { .title = "PATCH", .gives = 2, .least = 12 },
	[R_OBJECT] = { .title = "OBJECT", .gives = 1, .least = 12 },
	[R_SECTION] = { .title = "SECTION", .gives = 1, .least = 9 },
	[R_TOTAL] = { .title = "TOTAL", .right = true },
	[R_APPLIED] = { .title = "APPLIED", .right = true },
	[R_CLEARED] = { .title = "CLEARED", .right = true },
	[R_STALE] = { .title = "STALE", .right = true },
	[R_UNKNOWN] = { .title = "UNKNOWN", .right = true },
	[R_MISMATCHED] = { .title = "MISMATCHED", .right = true },
};

#define NUMBER_SIZE 24

struct sums {
	uint64_t n[R_COUNT];
};

static const char *text_or(struct text t)
{
	return text_name(t.st ? NULL : t.s);
}

/* A zero is empty: the eye finds what there is. */
static const char *number(char buf[NUMBER_SIZE], uint64_t n)
{
	if (!n)
		return NULL;
	snprintf(buf, NUMBER_SIZE, "%" PRIu64, n);
	return buf;
}

static uint64_t unknown_of(const struct reloc_section_rec *s)
{
	if (!s->st)
		return s->unknown;
	return s->total.st ? 0 : s->total.v;
}

static void section_row(struct page *pg, struct table *t, const struct reloc_section_rec *s, struct sums *sums)
{
	const uint64_t n[R_COUNT] = {
		[R_APPLIED] = s->applied, [R_CLEARED] = s->cleared, [R_STALE] = s->stale,
		[R_UNKNOWN] = unknown_of(s), [R_MISMATCHED] = s->nr_mismatched,
	};
	struct sb object = { 0 };
	char buf[R_COUNT][NUMBER_SIZE];
	const char *cells[R_COUNT] = {
		[R_MODULE] = text_name(view_module_name(s->module)),
		[R_SECTION] = text_or(s->section),
	};

	sb_add(&object, "%s%s", text_or(s->object), !s->loaded.st && !s->loaded.v ? " (not loaded)" : "");
	cells[R_OBJECT] = sb_str(&object);

	snprintf(buf[R_TOTAL], NUMBER_SIZE, "%" PRIu64, s->total.v);
	cells[R_TOTAL] = s->total.st ? "unknown" : buf[R_TOTAL];
	for (unsigned int c = R_APPLIED; c < R_COUNT; c++) {
		cells[c] = number(buf[c], n[c]);
		sums->n[c] += n[c];
	}
	if (s->st && s->total.st) {
		sums->n[R_UNKNOWN]++;
		cells[R_UNKNOWN] = "all";
	}
	table_row(t, cells, s->nr_mismatched && !s->writable ? R_MISMATCHED : R_UNKNOWN, TONE_ALARM);
	pg->out.sb.failed |= object.failed;
	sb_free(&object);
}

/* --- what does not lead where it should --- */

static const struct table_column mismatch_columns[] = {
	{ .title = "PLACE" },
	{ .title = "SYMBOL", .gives = 1, .least = 12 },
	{ .title = "IS AT" },
	{ .title = "PLACE LEADS TO", .gives = 2, .least = 18 },
};

static void mismatch_row(struct page *pg, struct table *t, const struct reloc_mismatch_rec *m, enum tone tone)
{
	char place[HEX_SIZE], expected[HEX_SIZE], found[HEX_SIZE];
	struct sb leads = { 0 };

	if (!m->found)
		sb_add(&leads, "nowhere: never written");
	else
		sb_add(&leads, "%s", view_hex(m->found, found));
	if (m->found && m->found_symbol.name) {
		sb_add(&leads, " %s", m->found_symbol.name);
		if (m->found > m->found_symbol.start && m->found_symbol.start)
			sb_add(&leads, "+0x%" PRIx64, m->found - m->found_symbol.start);
		if (m->found_symbol.module)
			sb_add(&leads, " [%s]", m->found_symbol.module);
	}
	const char *const cells[] = {
		view_hex(m->address, place),
		text_or(m->symbol),
		m->expected.st ? "no such symbol" : view_hex(m->expected.v, expected),
		sb_str(&leads),
	};
	table_row(t, cells, 3, tone);
	pg->out.sb.failed |= leads.failed;
	sb_free(&leads);
}

static void mismatches(struct page *pg, const struct reloc_section_rec *s)
{
	struct table *t = table_new(mismatch_columns, sizeof(mismatch_columns) / sizeof(*mismatch_columns));
	enum tone tone = s->writable ? TONE_PLAIN : TONE_ALARM;
	struct sb sb = { 0 };
	unsigned int n = 0;

	out_blank(&pg->out);
	sb_add(&sb, "%s, %s of %s: ", text_name(view_module_name(s->module)), text_or(s->section), text_or(s->object));
	sentence_count(&sb, s->nr_mismatched, "place");
	sb_add(&sb, " that %s not lead to %s symbol%s", s->nr_mismatched == 1 ? "does" : "do",
	       s->nr_mismatched == 1 ? "its" : "their", s->writable ?
	       "; this is data, which the patch itself may have changed" : "");
	text_para(pg, 0, 2, tone, sb.len, &sb);
	for (const struct reloc_mismatch_rec *m = s->mismatched; m; m = m->next, n++)
		mismatch_row(pg, t, m, tone);
	table_print(t, &pg->out, 0);
	if (n < s->nr_mismatched)
		out_line(&pg->out, 0, "%u more are not listed.", s->nr_mismatched - n);
}

/* --- why something is not known --- */

static void why_unknown(struct page *pg, const struct reloc_section_rec *s)
{
	struct sb sb = { 0 };

	if (!s->st && !s->unknown)
		return;
	sb_add(&sb, "%s, %s of %s: ", text_name(view_module_name(s->module)), text_or(s->section), text_or(s->object));
	if (s->st == KLPSCOPE_UNSUPPORTED)
		sb_add(&sb, "not checked: relocations of this architecture are not known");
	else if (s->st)
		sb_add(&sb, "not checked: %s", klpscope_strstatus(s->st));
	else
		sb_add(&sb, "%u unknown%s%s", s->unknown, s->unknown > 1 ? ", the first because: " : ": ",
		       s->why ? s->why : "no reason");
	text_para(pg, 0, 2, TONE_DOUBT, 0, &sb);
}

static bool any_unknown(const struct page *pg)
{
	for (const struct reloc_section_rec *s = pg->r->relocs; s; s = s->next)
		if (view_module_selected(pg->r, s->module, pg->how->patch) && (s->st || s->unknown))
			return true;
	return false;
}

static void table_of_sections(struct page *pg)
{
	struct table *t = table_new(reloc_columns, R_COUNT);
	struct sums sums = { 0 };

	for (const struct reloc_section_rec *s = pg->r->relocs; s; s = s->next)
		if (view_module_selected(pg->r, s->module, pg->how->patch))
			section_row(pg, t, s, &sums);
	for (unsigned int c = R_APPLIED; c < R_COUNT; c++)
		if (!sums.n[c])
			table_hide(t, c);
	table_print(t, &pg->out, 0);
	if (sums.n[R_STALE])
		out_para(&pg->out, 0, 2, TONE_PLAIN, 0,
			 "Stale: left from when the object was loaded, or the patch was still listed; the kernel does not look after them any more.");
}

static unsigned int count_sections(const struct page *pg)
{
	unsigned int n = 0;

	for (const struct reloc_section_rec *s = pg->r->relocs; s; s = s->next)
		n += view_module_selected(pg->r, s->module, pg->how->patch);
	return n;
}

static void none(struct page *pg)
{
	struct sb sb = { 0 };

	if (view_relocs_status(pg->r, pg->how->patch))
		return;
	sb_add(&sb, pg->how->patch ? "This patch has no klp relocations." : "No livepatch module has klp relocations.");
	text_para(pg, 0, 2, TONE_PLAIN, 0, &sb);
}

static const char *why_lost(const struct module_rec *m, enum klpscope_status st)
{
	if (st != KLPSCOPE_UNSUPPORTED)
		return klpscope_strstatus(st);
	return m->state.st || m->state.v ? "it was being loaded or unloaded, or may have been" :
					   "this kernel keeps them where klpscope does not look";
}

static void perhaps_more(struct page *pg)
{
	enum klpscope_status st = view_relocs_status(pg->r, pg->how->patch);
	struct sb sb = { 0 };
	bool said = false;

	for (const struct module_rec *m = pg->r->klp_modules; m; m = m->next) {
		if (!m->relocs_st || !view_module_selected(pg->r, m, pg->how->patch))
			continue;
		sb_add(&sb, "%s: UNKNOWN which klp relocations it has: %s.", text_name(view_module_name(m)),
		       why_lost(m, m->relocs_st));
		text_para(pg, 0, 2, TONE_ALARM, sb.len, &sb);
		said = true;
	}
	if (said || !st)
		return;
	sb_add(&sb, "UNKNOWN whether there are %s: %s.", pg->r->relocs ? "more" : "any", klpscope_strstatus(st));
	text_para(pg, 0, 2, TONE_ALARM, sb.len, &sb);
}

void text_relocations(struct page *pg)
{
	text_heading(pg, "klp relocations: where patches use unexported symbols");
	if (!count_sections(pg))
		none(pg);
	else
		table_of_sections(pg);
	for (const struct reloc_section_rec *s = pg->r->relocs; s; s = s->next)
		if (s->nr_mismatched && view_module_selected(pg->r, s->module, pg->how->patch))
			mismatches(pg, s);
	if (any_unknown(pg))
		out_blank(&pg->out);
	for (const struct reloc_section_rec *s = pg->r->relocs; s; s = s->next)
		if (view_module_selected(pg->r, s->module, pg->how->patch))
			why_unknown(pg, s);
	perhaps_more(pg);
}
