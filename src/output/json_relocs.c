// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/json_build.h"
#include "output/view.h"

static json *mismatched(struct build *b, const struct reloc_section_rec *s)
{
	json *list = json_array_of(b);

	for (const struct reloc_mismatch_rec *m = s->mismatched; m; m = m->next) {
		json *o = json_object_of(b);

		json_put_address(b, o, "address", m->address);
		json_put_text(b, o, "symbol", m->symbol);
		json_put_pointer(b, o, "expected", m->expected);
		json_put_pointer(b, o, "found", (struct val){ m->found, KLPSCOPE_OK });
		json_put_string(b, o, "found_symbol", m->found_symbol.name);
		json_append(b, list, o);
	}
	return list;
}

static json *section(struct build *b, const struct reloc_section_rec *s)
{
	json *o = json_object_of(b);

	json_put_string(b, o, "module", view_module_name(s->module));
	json_put_text(b, o, "object", s->object);
	json_put_text(b, o, "section", s->section);
	json_put_number(b, o, "total", s->total);
	json_put_number(b, o, "applied", (struct val){ s->applied, s->st });
	json_put_number(b, o, "cleared", (struct val){ s->cleared, s->st });
	json_put(b, o, "mismatched", s->st ? NULL : mismatched(b, s));
	json_put_bool(b, o, "loaded", s->loaded);
	json_put_number(b, o, "unknown", (struct val){ s->unknown, s->st });
	json_put_number(b, o, "stale", (struct val){ s->stale, s->st });
	json_put_number(b, o, "mismatched_total", (struct val){ s->nr_mismatched, s->st });
	json_put_string(b, o, "unknown_why", s->st ? klpscope_strstatus(s->st) : s->why);
	return o;
}

static void add_rest(struct build *b, json *list)
{
	static const char *const keys[] = {
		"module", "object", "section", "total", "applied", "cleared", "mismatched", "loaded", "unknown",
		"stale", "mismatched_total", "unknown_why",
	};
	json *o = json_object_of(b);

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		json_put(b, o, keys[i], NULL);
	json_append(b, list, o);
}

/* null: nobody knows whether there are any; an element of nulls: whether there are more. */
json *json_relocations(struct build *b, const char *filter)
{
	enum klpscope_status st = view_relocs_status(b->r, filter);
	json *list = NULL;

	for (const struct reloc_section_rec *s = b->r->relocs; s; s = s->next)
		if (view_module_selected(b->r, s->module, filter)) {
			if (!list)
				list = json_array_of(b);
			json_append(b, list, section(b, s));
		}
	if (st && list)
		add_rest(b, list);
	return st || list ? list : json_array_of(b);
}
