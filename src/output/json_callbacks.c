// SPDX-License-Identifier: GPL-2.0-or-later
/* The callbacks of an object: keys of literals, for json-c keeps no copy of them. */
#include "output/json_build.h"

static const char *symbol_of(const struct build *b, const struct callback_rec *c)
{
	return b->gap || c->addr.st || c->addr.v != c->symbol.start ? NULL : c->symbol.name;
}

static json *symbols(struct build *b, const struct callback_rec *cb)
{
	json *o = json_object_of(b);

	json_put_string(b, o, "pre_patch", symbol_of(b, &cb[CB_PRE_PATCH]));
	json_put_string(b, o, "post_patch", symbol_of(b, &cb[CB_POST_PATCH]));
	json_put_string(b, o, "pre_unpatch", symbol_of(b, &cb[CB_PRE_UNPATCH]));
	json_put_string(b, o, "post_unpatch", symbol_of(b, &cb[CB_POST_UNPATCH]));
	return o;
}

/* null: it is not known, or there is none to run. */
static struct val ran_of(const struct callback_rec *c)
{
	bool known = c->ran == RAN_YES || c->ran == RAN_NO;

	return (struct val){ c->ran == RAN_YES, known ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND };
}

static json *ran(struct build *b, const struct callback_rec *cb)
{
	json *o = json_object_of(b);

	json_put_bool(b, o, "pre_patch", ran_of(&cb[CB_PRE_PATCH]));
	json_put_bool(b, o, "post_patch", ran_of(&cb[CB_POST_PATCH]));
	json_put_bool(b, o, "pre_unpatch", ran_of(&cb[CB_PRE_UNPATCH]));
	json_put_bool(b, o, "post_unpatch", ran_of(&cb[CB_POST_UNPATCH]));
	return o;
}

json *json_callbacks(struct build *b, const struct callbacks_rec *c)
{
	json *o = json_object_of(b);

	json_put_pointer(b, o, "pre_patch", c->cb[CB_PRE_PATCH].addr);
	json_put_pointer(b, o, "post_patch", c->cb[CB_POST_PATCH].addr);
	json_put_pointer(b, o, "pre_unpatch", c->cb[CB_PRE_UNPATCH].addr);
	json_put_pointer(b, o, "post_unpatch", c->cb[CB_POST_UNPATCH].addr);
	json_put_bool(b, o, "post_unpatch_enabled", c->post_unpatch_enabled);
	json_put(b, o, "symbols", symbols(b, c->cb));
	json_put(b, o, "ran", ran(b, c->cb));
	return o;
}
