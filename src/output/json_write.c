// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <string.h>

#include "output/json_write.h"

static void write_value(struct sb *sb, struct json_object *o, unsigned int level);

static void newline(struct sb *sb, unsigned int level)
{
	sb_put(sb, "\n", 1);
	sb_fill(sb, ' ', 2 * (size_t)level);
}

/* UTF-8 stays what it is; the strings were made valid when they were read. */
static void write_string(struct sb *sb, const char *s, size_t len)
{
	sb_put(sb, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f)
			sb_add(sb, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			sb_add(sb, "\\%c", c);
		else
			sb_put(sb, s + i, 1);
	}
	sb_put(sb, "\"", 1);
}

static void write_object(struct sb *sb, struct json_object *o, unsigned int level)
{
	bool first = true;

	sb_put(sb, "{", 1);
	json_object_object_foreach(o, key, value) {
		if (!first)
			sb_put(sb, ",", 1);
		first = false;
		newline(sb, level + 1);
		write_string(sb, key, strlen(key));
		sb_put(sb, ": ", 2);
		write_value(sb, value, level + 1);
	}
	if (!first)
		newline(sb, level);
	sb_put(sb, "}", 1);
}

static void write_array(struct sb *sb, struct json_object *o, unsigned int level)
{
	size_t n = json_object_array_length(o);

	sb_put(sb, "[", 1);
	for (size_t i = 0; i < n; i++) {
		if (i)
			sb_put(sb, ",", 1);
		newline(sb, level + 1);
		write_value(sb, json_object_array_get_idx(o, i), level + 1);
	}
	if (n)
		newline(sb, level);
	sb_put(sb, "]", 1);
}

/* Recursion is as deep as the contract, not as the dump wants it. */
static void write_value(struct sb *sb, struct json_object *o, unsigned int level)
{
	const char *s;

	switch (json_object_get_type(o)) {
	case json_type_object:
		write_object(sb, o, level);
		return;
	case json_type_array:
		write_array(sb, o, level);
		return;
	case json_type_string:
		write_string(sb, json_object_get_string(o), (size_t)json_object_get_string_len(o));
		return;
	case json_type_null:
	case json_type_boolean:
	case json_type_double:
	case json_type_int:
		break;
	}
	s = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	if (s)
		sb_put(sb, s, strlen(s));
	else
		sb->failed = true;
}

void json_write(struct sb *sb, struct json_object *o)
{
	write_value(sb, o, 0);
	sb_put(sb, "\n", 1);
}
