/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_MODEL_H
#define KLPSCOPE_MODEL_H

#include "model/record.h"

/*
 * Walks the livepatch structures of the target into r, which has arena and
 * system.{path,format,architecture,big_endian} set and is zero otherwise.
 * Damage is in the records.  Fails only when no symbol could be found at
 * all; the target's error text says why.
 */
enum klpscope_status model_collect(struct target *t, struct report *r) MUST_CHECK;

#endif
