/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dump file that crash has open, for what crash does not tell of it. */
#ifndef KLPSCOPE_CRASH_FILE_H
#define KLPSCOPE_CRASH_FILE_H

#include "klpscope.h"

/* Once; false, with the reason in *why, when an ELF file cannot be read. */
bool crash_file_open(const char **why);
void crash_file_close(void);

/* "ELF", "flattened ELF", or NULL when it is something else. */
const char *crash_file_format(void);

bool crash_file_is_capsule(void);
/* What a capsule says of itself; of other dumps nothing. */
void crash_file_tell(struct klpscope_host *host);

/* Are these bytes in the file? Only ELF files and capsules are asked: of the others crash tells. */
enum klpscope_status crash_file_has(uint64_t phys, size_t len) KLPSCOPE_MUST_CHECK;

/* As klpscope_target_ops.prstatus, of a dump. */
enum klpscope_status crash_file_prstatus(unsigned int n, void *buf, size_t size, size_t *len) KLPSCOPE_MUST_CHECK;

#endif
