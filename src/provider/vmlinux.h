/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_PROVIDER_VMLINUX_H
#define KLPSCOPE_PROVIDER_VMLINUX_H

#include "target/target.h"

/*
 * Symbols (libelf), and types (its .BTF section, otherwise DWARF by libdw) from
 * a vmlinux file or a separate .debug of it.  Its build id is compared with the
 * dump's BUILD-ID line: a mismatch is INVALID with both ids in the text, unless
 * `force`.  When the dump does not name its build id, OSRELEASE is
 * compared with the "Linux version" banner in the file; where nothing can be
 * compared, only `force` helps.
 * KASLR: the difference of _stext, otherwise KERNELOFFSET of VMCOREINFO.
 */
/* *forced: it was taken although its build id is another, or cannot be compared. */
enum klpscope_status vmlinux_provider_new(struct target *t, const char *path, bool force,
					  struct provider **out, bool *forced) MUST_CHECK;

#endif
