/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of the dump that crash has open. */
#ifndef KLPSCOPE_CRASH_MEMORY_H
#define KLPSCOPE_CRASH_MEMORY_H

#include "klpscope.h"

/* Once, under crash_host_hold(); false, with the reason in *why, when there is no reading it. */
bool crash_memory_open(const char **why);
void crash_memory_close(void);

/* As klpscope_target_ops.read; SYSTEM at once after Ctrl-C. */
enum klpscope_status crash_memory_read(uint64_t addr, void *buf, size_t len) KLPSCOPE_MUST_CHECK;

/* A name for the dump's format, or NULL. */
const char *crash_memory_format(void);

#endif
