/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types and strings of one BTF blob, by number.
 *
 * Why not libbpf, which the tests write their blobs with: btf__new() of 1.1.2
 * copies the blob and checks every type of it, 3.1 of 13 ms of a whole report
 * on Debian's 6.1; it prints through a hook of the whole process; and it
 * refuses a foreign-endian blob with a longer header, as pahole 1.32 writes.
 *
 * The format is Documentation/bpf/btf.rst: a header, types, strings.  All that
 * types are made of is 32 bits wide, up to ENUM64 (kind 19).
 */
#ifndef KLPSCOPE_PROVIDER_BTF_BLOB_H
#define KLPSCOPE_PROVIDER_BTF_BLOB_H

#include <linux/btf.h>

#include "target/target.h"

#define BTF_BLOB_STRIDE 16

struct btf_blob {
	uint32_t *types;		/* the section, in host byte order */
	uint32_t words;
	const char *strings;		/* ends in a NUL */
	uint32_t strings_size;
	uint32_t count;			/* ids are 1 to count */
	uint32_t *mark;			/* where every BTF_BLOB_STRIDE-th id is */
};

/*
 * `data` stays the caller's and must outlive the blob; it must be aligned to
 * 4 bytes, and is brought into host byte order in place.  CORRUPT where the
 * header or a type does not fit.
 */
enum klpscope_status btf_blob_open(struct target *t, void *data, size_t size, struct btf_blob *b) MUST_CHECK;
void btf_blob_close(struct btf_blob *b);

/* NULL: void, or there is no such type. */
const struct btf_type *btf_blob_type(const struct btf_blob *b, uint32_t id);
/* The type behind one that is there; NULL: that was the last. */
const struct btf_type *btf_blob_next(const struct btf_blob *b, const struct btf_type *type);
/* NULL: beyond the strings. */
const char *btf_blob_string(const struct btf_blob *b, uint32_t offset);

/*
 * linux/btf.h is that of the machine that this is compiled on, the blob may be
 * of a newer kernel: 7.2 took the unused bits 16-23 and 29-30 for more members
 * and kinds.  They are zero in older ones.
 */
static inline uint32_t btf_kind(const struct btf_type *t)
{
	return t->info >> 24 & 0x7f;
}

static inline uint32_t btf_vlen(const struct btf_type *t)
{
	return t->info & 0xffffff;
}

static inline bool btf_is_compound(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION;
}

static inline const struct btf_member *btf_members(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}

#endif
