// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "output/table.h"
#include "output/tally.h"
#include "output/text.h"
#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

enum tone text_tone(enum klpscope_in_effect e)
{
	switch (e) {
	case KLPSCOPE_EFFECT_YES:
		return TONE_GOOD;
	case KLPSCOPE_EFFECT_PARTLY:
		return TONE_DOUBT;
	case KLPSCOPE_EFFECT_NO:
		return TONE_PLAIN;
	case KLPSCOPE_EFFECT_UNKNOWN:
		break;
	}
	return TONE_ALARM;
}

const char *text_name(const char *name)
{
	if (!name)
		return "(unreadable)";
	return *name ? name : "\"\"";
}

void text_para(struct page *pg, unsigned int indent, unsigned int hang, enum tone tone, size_t lead,
	       struct sb *sb)
{
	out_para(&pg->out, indent, hang, tone, lead, sb_str(sb));
	pg->out.sb.failed |= sb->failed;
	sb_free(sb);
}

static const struct table_column field_columns[] = {
	{ .title = NULL },
	{ .title = NULL, .gives = 1, .least = 20 },
};

struct table *text_fields(void)
{
	return table_new(field_columns, 2);
}

void text_field(struct page *pg, struct table *t, const char *label, struct sb *value)
{
	const char *const cells[] = { label, sb_str(value) };

	table_row(t, cells, 0, TONE_PLAIN);
	pg->out.sb.failed |= value->failed;
	sb_free(value);
}

void text_heading(struct page *pg, const char *text)
{
	out_blank(&pg->out);
	out_para(&pg->out, 0, 0, TONE_STRONG, strlen(text), text);
}

/* --- patches --- */

enum patch_column { P_ORDER, P_NAME, P_STATE, P_EFFECT, P_FUNCTIONS, P_VERSION, P_ADDRESS, P_COUNT };

static const struct table_column patch_columns[P_COUNT] = {
	[P_ORDER] = { .title = "#", .right = true },
	[P_NAME] = { .title = "PATCH", .gives = 2, .least = 12 },
	[P_STATE] = { .title = "STATE" },
	[P_EFFECT] = { .title = "IN EFFECT", .gives = 1, .least = 7 },
	[P_FUNCTIONS] = { .title = "FUNCS", .gives = 1, .least = 9 },
	[P_VERSION] = { .title = "VERSION", .gives = 1, .least = 7, .goes = 2 },
	[P_ADDRESS] = { .title = "ADDRESS", .goes = 1 },
};

/* "-": it has none, and that is known. */
static const char *version_cell(const struct module_rec *m)
{
	if (!m || (m->version.st && m->version.st != KLPSCOPE_NOT_FOUND))
		return "unknown";
	return m->version.st || !m->version.s ? "-" : m->version.s;
}

static void patch_row(struct table *t, struct page *pg, const struct patch_rec *p)
{
	const char *name = view_module_name(p->module), *version = version_cell(p->module);
	char order[16] = "?", address[HEX_SIZE] = "unknown";
	struct tally tally = { 0 };
	struct sb ratio = { 0 };

	tally_patch(&tally, p);
	tally_ratio(&tally, &ratio);
	if (p->order)
		snprintf(order, sizeof(order), "%u", p->order);
	if (p->addr)
		view_hex(p->addr, address);
	const char *const cells[P_COUNT] = {
		[P_ORDER] = order,
		[P_NAME] = text_name(name),
		[P_STATE] = word_state(p->state),
		[P_EFFECT] = word_in_effect(p->in_effect),
		[P_FUNCTIONS] = sb_str(&ratio),
		[P_VERSION] = version,
		[P_ADDRESS] = address,
	};
	table_row(t, cells, P_EFFECT, text_tone(p->in_effect));
	pg->out.sb.failed |= ratio.failed;
	sb_free(&ratio);
}

static void patch_table(struct page *pg)
{
	struct table *t = table_new(patch_columns, P_COUNT);
	bool versions = false;
	unsigned int rows = 0;

	for (const struct patch_rec *p = pg->r->patches; p; p = p->next) {
		if (!view_patch_selected(p, pg->how->patch))
			continue;
		versions |= strcmp(version_cell(p->module), "-") != 0;
		patch_row(t, pg, p);
		rows++;
	}
	if (!versions)
		table_hide(t, P_VERSION);
	if (rows)
		text_heading(pg, "Patches on klp_patches, oldest first");
	table_print(t, &pg->out, 0);
}

/* --- detached modules --- */

enum detached_column { D_NAME, D_REASON, D_VERSION, D_MODULE, D_PATCH, D_COUNT };

static const struct table_column detached_columns[D_COUNT] = {
	[D_NAME] = { .title = "MODULE", .gives = 2, .least = 12 },
	[D_REASON] = { .title = "REASON" },
	[D_VERSION] = { .title = "VERSION", .gives = 1, .least = 7, .goes = 3 },
	[D_MODULE] = { .title = "MODULE AT", .goes = 2 },
	[D_PATCH] = { .title = "PATCH AT", .goes = 1 },
};

static void detached_row(struct table *t, const struct detached_rec *d)
{
	const char *name = view_module_name(d->module);
	char module[HEX_SIZE] = "unknown", patch[HEX_SIZE] = "not found";

	if (d->module && d->module->addr)
		view_hex(d->module->addr, module);
	if (d->patch_addr)
		view_hex(d->patch_addr, patch);
	const char *const cells[D_COUNT] = {
		[D_NAME] = text_name(name),
		[D_REASON] = d->reason ? d->reason : "unknown",
		[D_VERSION] = version_cell(d->module),
		[D_MODULE] = module,
		[D_PATCH] = patch,
	};
	table_row(t, cells, D_REASON, d->in_effect == KLPSCOPE_EFFECT_NO ? TONE_PLAIN : TONE_ALARM);
}

static void detached_table(struct page *pg)
{
	struct table *t = table_new(detached_columns, D_COUNT);
	bool versions = false;
	unsigned int rows = 0;

	for (const struct detached_rec *d = pg->r->detached; d; d = d->next) {
		if (!view_detached_selected(d, pg->how->patch))
			continue;
		versions |= strcmp(version_cell(d->module), "-") != 0;
		detached_row(t, d);
		rows++;
	}
	if (!versions)
		table_hide(t, D_VERSION);
	if (rows)
		text_heading(pg, "Livepatch modules that are loaded, but not on klp_patches");
	table_print(t, &pg->out, 0);
}

/* --- everything --- */

static void function_sections(struct page *pg)
{
	for (const struct patch_rec *p = pg->r->patches; p; p = p->next)
		if (view_patch_selected(p, pg->how->patch))
			text_functions(pg, p);
	for (const struct detached_rec *d = pg->r->detached; d; d = d->next)
		if (view_detached_selected(d, pg->how->patch))
			text_detached(pg, d);
}

static void render(struct page *pg)
{
	text_answers(pg);
	patch_table(pg);
	detached_table(pg);
	if (pg->how->sections & KLPSCOPE_SECTION_FUNCTIONS)
		function_sections(pg);
	if (pg->how->sections & KLPSCOPE_SECTION_TRANSITION)
		text_transition(pg);
	if (pg->how->sections & KLPSCOPE_SECTION_STACKS)
		text_stacks(pg);
	if (pg->how->sections & KLPSCOPE_SECTION_SHADOW)
		text_shadows(pg);
	if (pg->how->sections & KLPSCOPE_SECTION_STATES)
		text_states(pg);
	if (pg->how->sections & KLPSCOPE_SECTION_RELOCATIONS)
		text_relocations(pg);
	text_findings(pg);
}

enum klpscope_status text_render(const struct report *r, const struct klpscope_render *how, char **text,
				 size_t *length)
{
	struct page pg = { .r = r, .how = how };

	*text = NULL;
	*length = 0;
	if (!view_has(r, how->patch))
		return KLPSCOPE_NOT_FOUND;
	if (!owners_init(&pg.owners, r))
		return KLPSCOPE_NO_MEMORY;
	out_init(&pg.out, how->width, how->colour);
	render(&pg);
	owners_free(&pg.owners);
	*text = sb_take(&pg.out.sb, length);
	return *text ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
}

/* False: there is one name, or its address was given. */
static bool explain_doubt(struct sb *sb, const struct module_rec *m, uint64_t addr, const char *patch)
{
	char hex[HEX_SIZE];

	if (!view_name_doubtful(m, patch))
		return false;
	sb_add(sb, "UNKNOWN: memory has two names of one patch, %s and %s", view_module_name(m), m->other_name);
	if (addr)
		sb_add(sb, "; ask for it by its address, %s", view_hex(addr, hex));
	return true;
}

static void explain(struct page *pg, struct sb *sb, const char *patch, enum klpscope_in_effect verdict)
{
	if (pg->r->system.capsule && pg->r->system.capsule->damaged) {
		sb_add(sb, "UNKNOWN: the capsule is not as it was written, its checksum is wrong");
		return;
	}
	for (const struct patch_rec *p = pg->r->patches; p; p = p->next)
		if (view_patch_selected(p, patch)) {
			if (!explain_doubt(sb, p->module, p->addr, patch))
				sentence_patch(pg, sb, p);
			return;
		}
	for (const struct detached_rec *d = pg->r->detached; d; d = d->next)
		if (view_detached_selected(d, patch)) {
			if (!explain_doubt(sb, d->module, d->patch_addr, patch))
				sentence_detached(pg, sb, d);
			return;
		}
	if (verdict == KLPSCOPE_EFFECT_NO)
		sb_add(sb, "no: the dump has no patch and no livepatch module of this name or address");
	else
		sb_add(sb, "UNKNOWN: no such patch was found, but the dump does not tell all there may have been");
}

enum klpscope_status text_explain(const struct report *r, const char *patch, const char *name,
				  enum klpscope_in_effect verdict, char **line)
{
	const struct klpscope_render how = { .size = sizeof(how) };
	struct page pg = { .r = r, .how = &how };
	struct sb sb = { 0 };
	size_t length;

	*line = NULL;
	if (!owners_init(&pg.owners, r))
		return KLPSCOPE_NO_MEMORY;
	sb_add(&sb, "%s: ", name);
	explain(&pg, &sb, patch, verdict);
	owners_free(&pg.owners);
	*line = sb_take(&sb, &length);
	return *line ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
}
