/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_JSON_H
#define KLPSCOPE_JSON_H

#include "model/record.h"

/*
 * The contract of klpscope(8), "JSON": one object and a newline.  `patch`:
 * NULL, or only this one in "patches" and "detached_modules"; NOT_FOUND when
 * there is none.  *text is malloc'ed.
 */
enum klpscope_status json_render(const struct report *r, const char *patch, char **text,
				 size_t *length) MUST_CHECK;

#endif
