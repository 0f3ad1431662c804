// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "analysis/integrity.h"

static const char *expected(struct report *r, const struct reloc_mismatch_rec *m)
{
	if (!m->expected.st)
		return integrity_hex(r, m->expected.v);
	return m->expected.st == KLPSCOPE_NOT_FOUND ? "no such symbol" : NULL;
}

/* " (jiffies+0x8)" */
static const char *name_of_found(struct report *r, const struct reloc_mismatch_rec *m)
{
	const struct symbol_name *s = &m->found_symbol;
	const char *name = NULL;

	if (s->name && s->start && m->found > s->start)
		name = arena_printf(r->arena, " (%s+0x%" PRIx64 ")", s->name, m->found - s->start);
	else if (s->name)
		name = arena_printf(r->arena, " (%s)", s->name);
	return name ? name : "";
}

/* "leads to 0x… (jiffies), not to 0x…" */
static const char *what_it_does(struct report *r, const struct reloc_mismatch_rec *m, const char *should, const char *is)
{
	if (!m->found)
		return "was never written";
	if (m->expected.st == KLPSCOPE_NOT_FOUND)
		return arena_printf(r->arena, "leads to %s%s, and there is no such symbol any more", is, name_of_found(r, m));
	return arena_printf(r->arena, "leads to %s%s, not to %s", is, name_of_found(r, m), should);
}

static const char *or_unknown(const char *s)
{
	return s ? s : "?";
}

static void section(struct report *r, const struct reloc_section_rec *s)
{
	const struct reloc_mismatch_rec *m = s->mismatched;
	const char *more = s->nr_mismatched > 1 ? arena_printf(r->arena, ", and %u more", s->nr_mismatched - 1) : "";
	const char *should, *is;

	should = or_unknown(expected(r, m));
	is = or_unknown(integrity_hex(r, m->found));
	finding_add(r, "relocation-mismatch", s->writable ? FINDING_INFO : FINDING_ERROR, m->address, should, is,
		    "module %s: the klp relocation of %s at 0x%" PRIx64 " to %s (%s) %s%s%s",
		    s->module->name.st ? "?" : s->module->name.s, s->section.st ? "?" : s->section.s, m->address,
		    m->symbol.st ? "?" : m->symbol.s, s->object.st ? "?" : s->object.s,
		    or_unknown(what_it_does(r, m, should, is)), or_unknown(more),
		    s->writable ? "; it is data, which the patch itself may have changed" : "");
}

static void more_sections(struct report *r, enum finding_severity severity, unsigned int n, const char *why)
{
	if (n)
		finding_add(r, "relocation-mismatch", severity, 0, NULL, NULL,
			    "%u more sections have klp relocations that lead elsewhere%s", n, why);
}

void analysis_relocs(struct report *r)
{
	unsigned int more = 0, more_writable = 0;

	for (const struct reloc_section_rec *s = r->relocs; s; s = s->next) {
		if (s->mismatched)
			section(r, s);
		else if (s->nr_mismatched && s->writable)
			more_writable++;
		else if (s->nr_mismatched)
			more++;
	}
	more_sections(r, FINDING_ERROR, more, "");
	more_sections(r, FINDING_INFO, more_writable, "; they are data, which the patches themselves may have changed");
}
