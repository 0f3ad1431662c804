/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dump that crash has open, as a target of the engine. */
#ifndef KLPSCOPE_CRASH_TARGET_H
#define KLPSCOPE_CRASH_TARGET_H

#include "klpscope.h"

/*
 * Fills what klpscope_attach() asks for; strings stay valid until the next
 * call.  The callbacks work only under crash_host_hold(), and each fails at
 * once after Ctrl-C.  False, with the reason in *why, when the dump cannot be
 * looked at.
 */
bool crash_target(struct klpscope_target_ops *ops, struct klpscope_host *host, const char **why);

/*
 * What a user may write for an address: hexadecimal with or without 0x, or a
 * symbol of the kernel or of a module.  Several symbols may have one name:
 * counts n up from 0; false after the last one.
 */
bool crash_target_address(const char *word, unsigned int n, uint64_t *addr);

/*
 * A task as crash's commands take it: a PID, in decimal or with 0x, or else
 * (*by_address) the hexadecimal address of its task_struct, with or without 0x.
 * Whether there is one is not looked at.
 */
bool crash_target_task(const char *word, uint64_t *value, bool *by_address);

#endif
