// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One patch in full (-f).  Not a table: addresses and symbol names side by
 * side do not fit a terminal, and what matters is one function at a time.
 */
#include <inttypes.h>
#include <string.h>

#include "output/tally.h"
#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

#define INDENT_OBJECT 2
#define INDENT_FUNC 4
#define INDENT_DETAIL 8
#define DETAIL_LABEL 5		/* "old  " */

static const char *flag_word(struct val v)
{
	if (v.st)
		return v.st == KLPSCOPE_NOT_FOUND ? NULL : "unknown";
	return v.v ? "yes" : "no";
}

/* ", replace yes"; nothing at all for what the kernel does not have. */
static void add_flag(struct sb *sb, const char *name, struct val v)
{
	const char *word = flag_word(v);

	if (word)
		sb_add(sb, ", %s %s", name, word);
}

/* --- code: addresses and what they are called --- */

/* "0xffff…  name+0x4 [module]" */
static void add_code(struct sb *sb, struct val addr, const struct symbol_name *symbol)
{
	char hex[HEX_SIZE];

	if (addr.st) {
		sentence_unknown(sb, addr.st);
		return;
	}
	sb_add(sb, "%s", view_hex(addr.v, hex));
	if (!addr.v)
		return;
	if (!symbol->name) {
		sb_add(sb, "  symbol unknown");
		return;
	}
	sb_add(sb, "  %s", text_name(symbol->name));
	if (symbol->start && addr.v > symbol->start)
		sb_add(sb, "+0x%" PRIx64, addr.v - symbol->start);
	if (symbol->module)
		sb_add(sb, " [%s]", symbol->module);
}

static void detail(struct page *pg, const char *label, struct sb *value)
{
	struct sb sb = { 0 };

	sb_add(&sb, "%-*s%s", DETAIL_LABEL, label, sb_str(value));
	sb.failed |= value->failed;
	sb_free(value);
	text_para(pg, INDENT_DETAIL, INDENT_DETAIL + DETAIL_LABEL, TONE_PLAIN, 0, &sb);
}

static void old_code(struct page *pg, const struct func_rec *f)
{
	struct sb sb = { 0 };

	add_code(&sb, f->old_addr, &f->old_symbol);
	detail(pg, "old", &sb);
}

static bool is_nop(const struct func_rec *f)
{
	return !f->nop.st && f->nop.v;
}

static void new_code(struct page *pg, const struct func_rec *f)
{
	struct sb sb = { 0 };

	if (is_nop(f))
		sb_add(&sb, "none, it is a nop: the original runs");
	else
		add_code(&sb, f->new_addr, &f->new_symbol);
	detail(pg, "new", &sb);
}

/* --- place and proof --- */

static void add_place(struct page *pg, struct sb *sb, const struct func_rec *f)
{
	if (!f->ops) {
		sb_add(sb, pg->r->ops_st ? "stack unknown" : "on no function stack");
		return;
	}
	sb_add(sb, "stack %u/", f->stack_position + 1);
	if (f->ops->stack_st)
		sb_add(sb, "?");
	else
		sb_add(sb, "%u", f->ops->depth);
	if (!f->stack_position && (f->ops->depth > 1 || f->ops->stack_st))
		sb_add(sb, " (newest)");
}

static void add_entry(struct sb *sb, const struct entry_rec *e)
{
	sb_add(sb, ", entry %s", word_entry(e->state));
	/* Without an address there is no entry to be read. */
	if (e->state == ENTRY_UNKNOWN && e->st && e->st != KLPSCOPE_NOT_FOUND)
		sb_add(sb, " (%s)", klpscope_strstatus(e->st));
}

static void place(struct page *pg, const struct func_rec *f)
{
	struct sb sb = { 0 };

	add_place(pg, &sb, f);
	add_entry(&sb, &f->entry);
	if (f->nop.st && f->nop.st != KLPSCOPE_NOT_FOUND)
		sb_add(&sb, ", nop unknown");
	text_para(pg, INDENT_DETAIL, INDENT_DETAIL + 2, TONE_PLAIN, 0, &sb);
}

/* --- functions, objects, the patch --- */

static void add_func_name(struct sb *sb, const struct func_rec *f)
{
	sb_add(sb, "%s", text_name(f->st || f->name.st ? NULL : f->name.s));
	if (f->st)
		return;
	if (f->sympos.st && f->sympos.st != KLPSCOPE_NOT_FOUND)
		sb_add(sb, " (sympos unknown)");
	else if (!f->sympos.st && f->sympos.v)
		sb_add(sb, " (sympos %" PRIu64 ")", f->sympos.v);
}

static void function(struct page *pg, const struct patch_rec *p, const struct object_rec *obj,
		     const struct func_rec *f)
{
	enum tone tone = text_tone(f->in_effect);
	struct sb sb = { 0 };
	size_t lead;

	add_func_name(&sb, f);
	lead = sb.len;
	sb_add(&sb, ": ");
	sentence_func(pg, &sb, p, obj, f);
	text_para(pg, INDENT_FUNC, INDENT_DETAIL, tone == TONE_PLAIN ? TONE_STRONG : tone, lead, &sb);
	if (f->st)
		return;
	if (f->reason != REASON_TARGET_NOT_LOADED)
		old_code(pg, f);
	new_code(pg, f);
	if (f->reason != REASON_TARGET_NOT_LOADED)
		place(pg, f);
}

static void add_object_facts(struct sb *sb, const struct object_rec *obj)
{
	struct tally t = { 0 };

	if (obj->st) {
		sentence_unknown(sb, obj->st);
		return;
	}
	tally_object(&t, obj);
	if (obj->loaded.st)
		sb_add(sb, "unknown whether loaded (%s)", klpscope_strstatus(obj->loaded.st));
	else
		sb_add(sb, obj->loaded.v ? "loaded" : "not loaded");
	add_flag(sb, "patched", obj->patched);
	if (!obj->dynamic.st && obj->dynamic.v)
		sb_add(sb, ", made by the kernel for nops");
	sb_add(sb, ", in effect %s, ", word_in_effect(obj->in_effect));
	sentence_count(sb, obj->nr_funcs, "function");
}

static void add_callback(struct sb *sb, const char *name, struct val v)
{
	if (v.st == KLPSCOPE_NOT_FOUND || (!v.st && !v.v))
		return;
	sb_add(sb, "%s%s", sb->len ? ", " : "callbacks: ", name);
	if (v.st)
		sb_add(sb, " unknown");
}

static void object_callbacks(struct page *pg, const struct callbacks_rec *c)
{
	struct sb sb = { 0 };

	for (unsigned int i = 0; i < CB_COUNT; i++)
		add_callback(&sb, word_callback(i), c->cb[i].addr);
	if (sb.len || sb.failed)
		text_para(pg, INDENT_FUNC, INDENT_DETAIL, TONE_PLAIN, 0, &sb);
}

static void list_ended(struct page *pg, unsigned int indent, const char *what, enum klpscope_status st)
{
	struct sb sb = { 0 };

	if (!st)
		return;
	sb_add(&sb, "There may be more %s: the list could not be read to its end (%s).", what,
	       klpscope_strstatus(st));
	text_para(pg, indent, indent + 2, TONE_ALARM, sb.len, &sb);
}

static void object(struct page *pg, const struct patch_rec *p, const struct object_rec *obj)
{
	const char *name = obj->st || obj->name.st ? NULL : obj->name.s;
	struct sb sb = { 0 };
	size_t lead;

	sb_add(&sb, "%s", text_name(name));
	lead = sb.len;
	sb_add(&sb, ": ");
	add_object_facts(&sb, obj);
	text_para(pg, INDENT_OBJECT, INDENT_FUNC, TONE_STRONG, lead, &sb);
	if (obj->st)
		return;
	object_callbacks(pg, &obj->callbacks);
	for (const struct func_rec *f = obj->funcs; f; f = f->next)
		function(pg, p, obj, f);
	list_ended(pg, INDENT_FUNC, "functions", obj->funcs_st);
}

static void add_module_taints(struct sb *sb, struct val taints)
{
	char word[TAINT_WORD_SIZE];

	if (taints.st == KLPSCOPE_NOT_FOUND)
		return;
	sb_add(sb, ", taints %s", taints.st ? "unknown" : taints.v ? "" : "none");
	for (unsigned int bit = 0; !taints.st && bit < TAINT_BITS; bit++)
		if (taints.v >> bit & 1)
			sb_add(sb, "%s", word_taint(bit, word));
}

static void module_field(struct page *pg, struct table *t, const struct module_rec *m)
{
	struct sb sb = { 0 };
	char hex[HEX_SIZE];

	if (m->base.st)
		sentence_unknown(&sb, m->base.st);
	else
		sb_add(&sb, "base %s", view_hex(m->base.v, hex));
	if (!m->size.st)
		sb_add(&sb, ", %" PRIu64 " bytes", m->size.v);
	add_module_taints(&sb, m->taints);
	if (m->refcount.st)
		sb_add(&sb, ", references unknown");
	else
		sb_add(&sb, ", references %" PRIu64, m->refcount.v);
	text_field(pg, t, "Module", &sb);
}

/* No line for what the module does not have. */
static void string_field(struct page *pg, struct table *t, const char *label, struct text text)
{
	struct sb sb = { 0 };

	if (text.st == KLPSCOPE_NOT_FOUND)
		return;
	if (text.st || !text.s)
		sentence_unknown(&sb, text.st);
	else
		sb_add(&sb, "%s", text_name(text.s));
	text_field(pg, t, label, &sb);
}

static void module_fields(struct page *pg, struct table *t, const struct module_rec *m)
{
	struct sb sb = { 0 };

	if (!m) {
		sb_add(&sb, "unknown");
		text_field(pg, t, "Module", &sb);
		return;
	}
	module_field(pg, t, m);
	string_field(pg, t, "Version", m->version);
	string_field(pg, t, "Srcversion", m->srcversion);
	string_field(pg, t, "Build id", m->build_id);
}

static void state_field(struct page *pg, struct table *t, const struct state_rec *s)
{
	struct sb sb = { 0 };

	if (s->id.st)
		sb_add(&sb, "unknown");
	else
		sb_add(&sb, "%" PRIu64, s->id.v);
	if (s->version.st)
		sb_add(&sb, ", version unknown");
	else
		sb_add(&sb, ", version %" PRIu64, s->version.v);
	text_field(pg, t, "State id", &sb);
}

static void patch_field(struct page *pg, struct table *t, const struct patch_rec *p)
{
	struct sb sb = { 0 };
	char hex[HEX_SIZE];

	sb_add(&sb, "%s, %s", p->addr ? view_hex(p->addr, hex) : "address unknown",
	       word_state(p->state));
	add_flag(&sb, "enabled", p->enabled);
	add_flag(&sb, "replace", p->replace);
	add_flag(&sb, "forced", p->forced);
	text_field(pg, t, "klp_patch", &sb);
}

static void patch_fields(struct page *pg, const struct patch_rec *p)
{
	struct table *t = text_fields();
	struct sb sb = { 0 };

	sentence_patch(pg, &sb, p);
	text_field(pg, t, "In effect", &sb);
	if (!p->st) {
		patch_field(pg, t, p);
		module_fields(pg, t, p->module);
		for (const struct state_rec *s = p->states; s; s = s->next)
			state_field(pg, t, s);
	}
	table_print(t, &pg->out, INDENT_OBJECT);
}

void text_functions(struct page *pg, const struct patch_rec *p)
{
	char hex[HEX_SIZE];
	const char *name = view_patch_label(p, hex);
	struct sb sb = { 0 };

	out_blank(&pg->out);
	sb_add(&sb, "Patch %s", text_name(name));
	text_para(pg, 0, INDENT_OBJECT, TONE_STRONG, sb.len, &sb);
	patch_fields(pg, p);
	if (p->st)
		return;
	if (p->states_st != KLPSCOPE_NOT_FOUND)
		list_ended(pg, INDENT_OBJECT, "states", p->states_st);
	for (const struct object_rec *obj = p->objects; obj; obj = obj->next)
		object(pg, p, obj);
	list_ended(pg, INDENT_OBJECT, "objects", p->objects_st);
}

void text_detached(struct page *pg, const struct detached_rec *d)
{
	struct table *t = text_fields();
	char hex[HEX_SIZE];
	const char *name = view_module_label(d->module, hex);
	struct sb sb = { 0 };

	out_blank(&pg->out);
	sb_add(&sb, "Module %s", text_name(name));
	text_para(pg, 0, INDENT_OBJECT, TONE_STRONG, sb.len, &sb);
	sentence_detached(pg, &sb, d);
	text_field(pg, t, "In effect", &sb);
	module_fields(pg, t, d->module);
	table_print(t, &pg->out, INDENT_OBJECT);
}
