/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of the JSON report: rendered, parsed again, and looked into. */
#ifndef KLPSCOPE_TESTS_JSON_PARSE_H
#define KLPSCOPE_TESTS_JSON_PARSE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "output/json.h"

#define ARENA (16u << 20)

static inline struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(o, key, &value));
	return value;
}

static inline const char *get_string(struct json_object *o, const char *key)
{
	struct json_object *value = get(o, key);

	assert_true(json_object_is_type(value, json_type_string));
	return json_object_get_string(value);
}

static inline struct json_object *at(struct json_object *list, size_t i)
{
	assert_true(json_object_is_type(list, json_type_array));
	assert_true(i < json_object_array_length(list));
	return json_object_array_get_idx(list, i);
}

static inline size_t length(struct json_object *list)
{
	assert_true(json_object_is_type(list, json_type_array));
	return json_object_array_length(list);
}

static inline char *render(const struct report *r, const char *patch)
{
	size_t len;
	char *text;

	assert_int_equal(json_render(r, patch, &text, &len), KLPSCOPE_OK);
	assert_int_equal(strlen(text), len);
	assert_true(len > 0 && text[len - 1] == '\n');
	return text;
}

static inline struct json_object *parse(const char *text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o;

	assert_non_null(tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	json_tokener_free(tokener);
	return o;
}

static inline struct json_object *rendered(struct report *(*make)(struct arena *), const char *patch)
{
	struct arena *a = arena_new(ARENA);
	char *text = render(make(a), patch);
	struct json_object *o = parse(text);

	free(text);
	arena_free(a);
	return o;
}

/* Calls check for every element; null, for a list that could not be read, has none. */
static inline void each(struct json_object *list, void (*check)(struct json_object *))
{
	if (!list)
		return;
	for (size_t i = 0; i < length(list); i++)
		check(at(list, i));
}

static inline void assert_keys(struct json_object *o, const char *const *keys)
{
	assert_true(json_object_is_type(o, json_type_object));
	json_object_object_foreach(o, key, value) {
		(void)value;
		assert_non_null(*keys);
		assert_string_equal(key, *keys);
		keys++;
	}
	assert_null(*keys);
}

#endif
