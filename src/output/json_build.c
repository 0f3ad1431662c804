// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/json_build.h"
#include "output/view.h"

static json *made(struct build *b, json *o)
{
	if (!o)
		b->failed = true;
	return o;
}

json *json_object_of(struct build *b)
{
	return made(b, json_object_new_object());
}

json *json_array_of(struct build *b)
{
	return made(b, json_object_new_array());
}

void json_put(struct build *b, json *to, const char *key, json *value)
{
	const unsigned int flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT;

	if (to && !json_object_object_add_ex(to, key, value, flags))
		return;
	b->failed = true;
	json_object_put(value);
}

void json_append(struct build *b, json *to, json *value)
{
	if (to && !json_object_array_add(to, value))
		return;
	b->failed = true;
	json_object_put(value);
}

json *json_string_of(struct build *b, const char *s)
{
	return s ? made(b, json_object_new_string(s)) : NULL;
}

void json_put_string(struct build *b, json *to, const char *key, const char *s)
{
	json_put(b, to, key, json_string_of(b, s));
}

void json_put_text(struct build *b, json *to, const char *key, struct text t)
{
	json_put_string(b, to, key, t.st || b->gap ? NULL : t.s);
}

void json_put_number(struct build *b, json *to, const char *key, struct val v)
{
	json_put(b, to, key, v.st || b->gap ? NULL : made(b, json_object_new_uint64(v.v)));
}

void json_put_true(struct build *b, json *to, const char *key, bool v)
{
	json_put(b, to, key, made(b, json_object_new_boolean(v)));
}

void json_put_bool(struct build *b, json *to, const char *key, struct val v)
{
	json_put(b, to, key, v.st || b->gap ? NULL : made(b, json_object_new_boolean(v.v != 0)));
}

void json_put_pointer(struct build *b, json *to, const char *key, struct val v)
{
	char hex[HEX_SIZE];

	json_put_string(b, to, key, v.st || b->gap ? NULL : view_hex(v.v, hex));
}

void json_put_address(struct build *b, json *to, const char *key, uint64_t addr)
{
	char hex[HEX_SIZE];

	json_put_string(b, to, key, addr ? view_hex(addr, hex) : NULL);
}
