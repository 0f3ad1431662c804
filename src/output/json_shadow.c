// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shadow variables.  What was seen may not be all: then it is "seen", and the
 * count is null.
 */
#include <stdio.h>

#include "analysis/analysis.h"
#include "output/json_build.h"
#include "output/view.h"

static struct val whole(uint64_t seen, enum klpscope_status st)
{
	return (struct val){ seen, st };
}

/* Blanked in a capsule: what stands in their place is none of them. */
static bool bytes_known(const struct build *b, const struct shadow_rec *s)
{
	const struct capsule_rec *c = b->r->system.capsule;

	return !s->bytes_st && !(c && c->redacted);
}

static void put_bytes(struct build *b, json *to, const struct shadow_rec *s)
{
	char hex[2 * SHADOW_BYTES + 1] = "";

	for (unsigned int i = 0; i < s->nr_bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", s->bytes[i]);
	json_put_string(b, to, "bytes", bytes_known(b, s) ? hex : NULL);
}

static json *shadow(struct build *b, const struct shadow_rec *s)
{
	json *o = json_object_of(b);

	json_put_pointer(b, o, "object", whole(s->obj, KLPSCOPE_OK));
	json_put_address(b, o, "shadow", s->addr);
	json_put_address(b, o, "data", s->data);
	json_put_text(b, o, "cache", s->slab.cache);
	json_put_text(b, o, "object_cache", s->obj_slab.cache);
	json_put_number(b, o, "size", s->slab.size);
	json_put_string(b, o, "symbol", s->obj_symbol.name);
	json_put_string(b, o, "module", s->obj_symbol.name ? s->obj_symbol.module : NULL);
	put_bytes(b, o, s);
	return o;
}

/* One that stands for those that are not listed. */
static json *others(struct build *b, const char *const *keys)
{
	json *o = json_object_of(b);

	for (; *keys; keys++)
		json_put(b, o, *keys, NULL);
	return o;
}

static const char *const shadow_keys[] = {
	"object", "shadow", "data", "cache", "object_cache", "size", "symbol", "module", "bytes", NULL,
};
static const char *const id_keys[] = { "id", "count", "seen", "bytes", "state_of", "objects", NULL };

static json *objects(struct build *b, const struct shadow_id_rec *id)
{
	const struct report *r = b->r;
	json *list;

	if (!r->want_shadow || r->shadow_id != id->id)
		return NULL;
	list = json_array_of(b);
	for (const struct shadow_rec *s = id->shadow; s; s = s->next)
		json_append(b, list, shadow(b, s));
	if (r->shadows.st || r->shadows.kept_st)
		json_append(b, list, others(b, shadow_keys));
	return list;
}

/* null: it is not known of any patch that it has a state of that id, nor that none has; in the list: of some it is not. */
static json *state_of(struct build *b, const struct shadow_id_rec *id)
{
	char hex[HEX_SIZE];
	json *list;

	if (id->tied.st && id->tied.st != KLPSCOPE_NOT_FOUND)
		return NULL;
	list = json_array_of(b);
	for (const struct patch_rec *p = b->r->patches; p; p = p->next)
		if (analysis_state_of(p, id->id))
			json_append(b, list, json_string_of(b, view_patch_label(p, hex)));
	if (analysis_states_known(b->r))
		json_append(b, list, NULL);
	return list;
}

static json *id_of(struct build *b, const struct shadow_id_rec *id)
{
	enum klpscope_status st = b->r->shadows.st;
	json *o = json_object_of(b);

	json_put_number(b, o, "id", whole(id->id, KLPSCOPE_OK));
	json_put_number(b, o, "count", whole(id->seen, st));
	json_put_number(b, o, "seen", whole(id->seen, KLPSCOPE_OK));
	json_put_number(b, o, "bytes", st ? whole(0, st) : id->bytes);
	json_put(b, o, "state_of", state_of(b, id));
	json_put(b, o, "objects", objects(b, id));
	return o;
}

/* NOT_FOUND: a kernel that has no shadow variables has none. */
json *json_shadows(struct build *b)
{
	const struct shadows_rec *s = &b->r->shadows;
	bool none = s->st == KLPSCOPE_NOT_FOUND;
	json *o = json_object_of(b), *ids = json_array_of(b);

	for (const struct shadow_id_rec *id = s->id; id; id = id->next)
		json_append(b, ids, id_of(b, id));
	if (!none && (s->st || s->ids_st))
		json_append(b, ids, others(b, id_keys));
	json_put_number(b, o, "total", none ? whole(0, KLPSCOPE_OK) : s->total);
	json_put_number(b, o, "seen", whole(s->seen, s->seen || none ? KLPSCOPE_OK : s->total.st));
	json_put_number(b, o, "bytes", none ? whole(0, KLPSCOPE_OK) : s->st ? whole(0, s->st) : s->bytes);
	json_put(b, o, "ids", ids);
	return o;
}
