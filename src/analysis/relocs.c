// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "analysis/analysis.h"

static const char *hex(struct report *r, uint64_t addr)
{
	return arena_printf(r->arena, "0x%" PRIx64, addr);
}

static const char *expected(struct report *r, const struct reloc_mismatch_rec *m)
{
	if (!m->expected.st)
		return hex(r, m->expected.v);
	return m->expected.st == KLPSCOPE_NOT_FOUND ? "no such symbol" : NULL;
}

/* " (jiffies)" */
static const char *name_of_found(struct report *r, const struct reloc_mismatch_rec *m)
{
	const char *name = NULL;

	if (!m->found)
		name = " (it was never written)";
	else if (m->found_symbol.name)
		name = arena_printf(r->arena, " (%s)", m->found_symbol.name);
	return name ? name : "";
}

static void section(struct report *r, const struct reloc_section_rec *s)
{
	const struct reloc_mismatch_rec *m = s->mismatched;
	const char *more = s->nr_mismatched > 1 ? arena_printf(r->arena, ", and %u more", s->nr_mismatched - 1) : "";
	const char *should, *is;

	if (!m)
		return;
	should = expected(r, m);
	is = hex(r, m->found);
	finding_add(r, "relocation-mismatch", s->writable ? FINDING_WARNING : FINDING_ERROR, m->address, should, is,
		    "module %s: klp relocations of %s: the place of %s%s%s at 0x%" PRIx64 " leads to %s%s, not to %s%s%s",
		    s->module->name.st ? "?" : s->module->name.s, s->section.st ? "?" : s->section.s,
		    s->object.st ? "?" : s->object.s, m->symbol.st ? "" : " ", m->symbol.st ? "" : m->symbol.s,
		    m->address, is ? is : "?", name_of_found(r, m), should ? should : "?", more ? more : "",
		    s->writable ? "; the patch itself may have changed it" : "");
}

void analysis_relocs(struct report *r)
{
	for (const struct reloc_section_rec *s = r->relocs; s; s = s->next)
		if (s->nr_mismatched)
			section(r, s);
}
