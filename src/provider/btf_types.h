/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_PROVIDER_BTF_TYPES_H
#define KLPSCOPE_PROVIDER_BTF_TYPES_H

#include "target/target.h"

/* Layouts out of one BTF blob. The blob is hostile: every id, depth and count is bounded here. */
struct btf_types;

/* A vmlinux has 4 to 6 MB of it; allyesconfig with everything stays far below. */
#define BTF_SIZE_MAX ((uint64_t)64 << 20)

/* Room for a blob, to be freed by free(); NULL: there is none. */
void *btf_types_alloc(size_t size);
/* Takes over `data` of btf_types_alloc(), also when it fails. */
enum klpscope_status btf_types_new(struct target *t, void *data, size_t size, struct btf_types **out) MUST_CHECK;
/* From anywhere else: `data` is copied. */
enum klpscope_status btf_types_copy(struct target *t, const void *data, size_t size,
				    struct btf_types **out) MUST_CHECK;
void btf_types_free(struct btf_types *b);

/*
 * A struct or union by its tag; by a typedef's name where no tag has it.
 * Members of anonymous members count as its own.  UNSUPPORTED for bitfields,
 * and where several types of that name disagree.
 */
enum klpscope_status btf_types_member(struct btf_types *b, const char *type, const char *member,
				      struct member_info *out) MUST_CHECK;
enum klpscope_status btf_types_size(struct btf_types *b, const char *type, uint64_t *size) MUST_CHECK;

#endif
