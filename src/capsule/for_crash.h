/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What crash needs to open a capsule, besides what the report rests on.
 * Everything is read through the target and thrown away: whoever records the
 * target's reads has it then.
 */
#ifndef KLPSCOPE_FOR_CRASH_H
#define KLPSCOPE_FOR_CRASH_H

#include "target/target.h"

/* Best effort: what this kernel does not have, or the dump lacks, is left out. */
void capsule_read_for_crash(struct target *t);

/* Where the text of the kernel's log lies: what --redact blanks. NOT_FOUND: this kernel has none. */
enum klpscope_status capsule_log_text(struct target *t, uint64_t *addr, uint64_t *size) MUST_CHECK;

#endif
