/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting values under keys, for the parts of the JSON report: json.c and json_*.c only. */
#ifndef KLPSCOPE_JSON_BUILD_H
#define KLPSCOPE_JSON_BUILD_H

#include <json-c/json.h>

#include "model/record.h"

/*
 * json-c says "null" by NULL and "no memory" by NULL: `failed` keeps them apart.
 * `gap`: the record being written is a placeholder; its zeros are no knowledge.
 */
struct build {
	const struct report *r;
	bool failed, gap;
};

typedef struct json_object json;

json *json_object_of(struct build *b);
json *json_array_of(struct build *b);
/* NULL: null. */
json *json_string_of(struct build *b, const char *s);
/* `key` must be a literal. Takes over `value`. */
void json_put(struct build *b, json *to, const char *key, json *value);
void json_append(struct build *b, json *to, json *value);
void json_put_string(struct build *b, json *to, const char *key, const char *s);
void json_put_text(struct build *b, json *to, const char *key, struct text t);
void json_put_number(struct build *b, json *to, const char *key, struct val v);
void json_put_true(struct build *b, json *to, const char *key, bool v);
void json_put_bool(struct build *b, json *to, const char *key, struct val v);
void json_put_pointer(struct build *b, json *to, const char *key, struct val v);
/* For addresses that the records mark as missing by 0. */
void json_put_address(struct build *b, json *to, const char *key, uint64_t addr);

/* The parts that have a file of their own; NULL: null. */
json *json_shadows(struct build *b);		/* json_shadow.c */
json *json_relocations(struct build *b, const char *filter);	/* json_relocs.c */
json *json_callbacks(struct build *b, const struct callbacks_rec *c);	/* json_callbacks.c */

#endif
