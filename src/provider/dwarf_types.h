/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_PROVIDER_DWARF_TYPES_H
#define KLPSCOPE_PROVIDER_DWARF_TYPES_H

#include <libelf.h>

#include "target/target.h"

/*
 * Layouts out of DWARF.  A kernel has hundreds of megabytes of it and no
 * index of types, so units are walked only until the type that is asked for
 * turns up; what was walked is remembered.  The first complete definition of
 * a name is taken.
 */
struct dwarf_types;

/* NOT_FOUND: the file has no DWARF. `elf` must outlive it. */
enum klpscope_status dwarf_types_new(struct target *t, Elf *elf, struct dwarf_types **out) MUST_CHECK;
void dwarf_types_free(struct dwarf_types *d);

/* As btf_types_member() and btf_types_size(). */
enum klpscope_status dwarf_types_member(struct dwarf_types *d, const char *type, const char *member,
					struct member_info *out) MUST_CHECK;
enum klpscope_status dwarf_types_size(struct dwarf_types *d, const char *type, uint64_t *size) MUST_CHECK;

#endif
