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

#endif
