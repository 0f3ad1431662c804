/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_JSON_WRITE_H
#define KLPSCOPE_JSON_WRITE_H

#include "output/sb.h"

struct json_object;

/*
 * Prints a json-c tree, two spaces a level.  Not json-c's own printer: its
 * pretty form of empty arrays changed at 0.17, and it drops what it has no
 * memory for; the same report must be the same bytes on every host.
 */
void json_write(struct sb *sb, struct json_object *o);

#endif
