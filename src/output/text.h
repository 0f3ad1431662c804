/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_TEXT_H
#define KLPSCOPE_TEXT_H

#include "model/record.h"

/*
 * The report for people.  Its first screen answers in words, tables follow.
 * NOT_FOUND: no patch of that name or address.  *text is malloc'ed.
 */
enum klpscope_status text_render(const struct report *r, const struct klpscope_render *how, char **text,
				 size_t *length) MUST_CHECK;

/*
 * The verdict on one patch in a line of words.  `name` is what it was asked
 * for by, fit to be shown; `verdict` is used where the report has no such patch.
 */
enum klpscope_status text_explain(const struct report *r, const char *patch, const char *name,
				  enum klpscope_in_effect verdict, char **line) MUST_CHECK;

#endif
