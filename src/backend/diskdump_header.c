// SPDX-License-Identifier: GPL-2.0-or-later
/* The headers of kdump-compressed files. */
#include <string.h>

#include "backend/diskdump.h"

#define SIGNATURE	"KDUMP   "
#define HEADER_SIZE	448	/* what we need of either form; a flattened file has few bytes more */
#define SUB_HEADER_32	80
#define SUB_HEADER_64	104

#define BLOCK_MIN	4096u
/* 128 TB of 4 KB pages; a header that says more is not to be believed. */
#define BITS_MAX	((uint64_t)1 << 35)
#define NOTES_MAX	((uint64_t)64 << 20)

struct field {
	uint16_t at32, at64;
	uint8_t size32, size64;
};

/* Where things lie in the two forms of struct disk_dump_header. */
static const struct field F_VERSION = { 8, 8, 4, 4 };
static const struct field F_STATUS = { 412, 424, 4, 4 };
static const struct field F_BLOCK_SIZE = { 416, 428, 4, 4 };
static const struct field F_SUB_BLOCKS = { 420, 432, 4, 4 };
static const struct field F_BITMAP_BLOCKS = { 424, 436, 4, 4 };
static const struct field F_MAX_PFN = { 428, 440, 4, 4 };
/* … and of struct kdump_sub_header. */
static const struct field S_PHYS_BASE = { 0, 0, 4, 8 };
static const struct field S_DUMP_LEVEL = { 4, 8, 4, 4 };
static const struct field S_SPLIT = { 8, 12, 4, 4 };
static const struct field S_START_PFN = { 12, 16, 4, 8 };
static const struct field S_END_PFN = { 16, 24, 4, 8 };
static const struct field S_VMCOREINFO_AT = { 20, 32, 8, 8 };
static const struct field S_VMCOREINFO_SIZE = { 28, 40, 4, 8 };
static const struct field S_NOTES_AT = { 32, 48, 8, 8 };
static const struct field S_NOTES_SIZE = { 40, 56, 4, 8 };
static const struct field S_START_PFN_64 = { 56, 80, 8, 8 };
static const struct field S_END_PFN_64 = { 64, 88, 8, 8 };
static const struct field S_MAX_PFN_64 = { 72, 96, 8, 8 };

static uint64_t get(const struct diskdump_header *h, const unsigned char *raw, struct field f)
{
	return h->pointer_size == 4 ? dumpfile_uint(raw + f.at32, f.size32, h->big_endian)
				    : dumpfile_uint(raw + f.at64, f.size64, h->big_endian);
}

/*
 * The header does not say which of its forms it has: the one whose numbers
 * make sense.  The order is libkdumpfile's, so that both see the same.
 */
static bool find_form(struct diskdump_header *h, const unsigned char *raw)
{
	for (unsigned int form = 0; form < 4; form++) {
		uint64_t block, blocks;

		h->pointer_size = form < 2 ? 4 : 8;
		h->big_endian = form & 1;
		block = get(h, raw, F_BLOCK_SIZE);
		blocks = get(h, raw, F_BITMAP_BLOCKS);
		if (block >= BLOCK_MIN && block <= DISKDUMP_BLOCK_MAX && !(block & (block - 1)) &&
		    8 * blocks * block >= get(h, raw, F_MAX_PFN))
			return true;
	}
	return false;
}

static void read_common(struct diskdump_header *h, const unsigned char *raw)
{
	h->version = (uint32_t)get(h, raw, F_VERSION);
	h->status = (uint32_t)get(h, raw, F_STATUS);
	h->block_size = (uint32_t)get(h, raw, F_BLOCK_SIZE);
	h->sub_blocks = get(h, raw, F_SUB_BLOCKS);
	h->bitmap_blocks = get(h, raw, F_BITMAP_BLOCKS);
	h->max_pfn = get(h, raw, F_MAX_PFN);
	h->end_pfn = UINT64_MAX;
	memcpy(h->utsname, raw + DISKDUMP_UTSNAME, sizeof(h->utsname));
	memcpy(h->timestamp, raw + (h->pointer_size == 4 ? 404 : 408), h->pointer_size == 4 ? 8 : 16);
}

static void read_sub(struct diskdump_header *h, const unsigned char *raw)
{
	h->phys_base = get(h, raw, S_PHYS_BASE);
	h->dump_level = (uint32_t)get(h, raw, S_DUMP_LEVEL);
	h->split = h->version >= 2 && get(h, raw, S_SPLIT);
	if (h->split) {
		h->first_pfn = get(h, raw, h->version >= 6 ? S_START_PFN_64 : S_START_PFN);
		h->end_pfn = get(h, raw, h->version >= 6 ? S_END_PFN_64 : S_END_PFN);
	}
	if (h->version >= 3) {
		h->vmcoreinfo_at = get(h, raw, S_VMCOREINFO_AT);
		h->vmcoreinfo_size = get(h, raw, S_VMCOREINFO_SIZE);
	}
	if (h->version >= 4) {
		h->notes_at = get(h, raw, S_NOTES_AT);
		h->notes_size = get(h, raw, S_NOTES_SIZE);
	}
	if (h->version >= 6)
		h->max_pfn = get(h, raw, S_MAX_PFN_64);
}

static enum klpscope_status read_raw(const struct dumpfile *f, struct diskdump_header *h,
				     const struct failure *why)
{
	unsigned char raw[HEADER_SIZE];
	enum klpscope_status st;

	st = dumpfile_read(f, 0, raw, sizeof(raw));
	if (st)
		return dumpfile_unread(f, st, "header", why);
	if (!find_form(h, raw))
		return dumpfile_fail(why, KLPSCOPE_CORRUPT, "%s: the header of the kdump file makes no sense",
				     f->path);
	read_common(h, raw);
	if (h->version < 1)
		return KLPSCOPE_OK;
	st = dumpfile_read(f, h->block_size, raw, h->pointer_size == 4 ? SUB_HEADER_32 : SUB_HEADER_64);
	if (st)
		return dumpfile_unread(f, st, "second header", why);
	read_sub(h, raw);
	return KLPSCOPE_OK;
}

static const char *find_fault(const struct diskdump_header *h)
{
	uint64_t bits = 8 * h->bitmap_blocks * h->block_size;
	uint64_t needed = h->max_pfn / (8 * (uint64_t)h->block_size) + 1;

	if (h->version > INT32_MAX || !h->sub_blocks || h->sub_blocks > NOTES_MAX / BLOCK_MIN)
		return "version or size of the second header";
	/* Writers round up to whole blocks, no further; libkdumpfile turns all of it into page ranges. */
	if (!bits || bits > 2 * BITS_MAX || h->max_pfn > bits || h->bitmap_blocks > 4 * needed)
		return "size of the page bitmap";
	if (h->first_pfn > h->end_pfn)
		return "range of pages";
	if (h->notes_size > NOTES_MAX || h->notes_at > NOTES_MAX || h->vmcoreinfo_size > NOTES_MAX ||
	    h->vmcoreinfo_at > NOTES_MAX)
		return "place of the notes";
	return NULL;
}

static void lay_out(struct diskdump_header *h)
{
	struct field first = h->version >= 3 ? S_VMCOREINFO_AT : S_NOTES_AT;
	uint64_t blocks = 1 + h->sub_blocks;
	uint64_t bits = 8 * h->bitmap_blocks * h->block_size;

	/* Dumps of before makedumpfile have one bitmap only. */
	if (h->max_pfn <= bits / 2) {
		h->memory_bitmap = blocks * h->block_size;
		blocks += h->bitmap_blocks / 2;
		bits = 8 * (h->bitmap_blocks / 2) * h->block_size;
	}
	h->page_bitmap = blocks * h->block_size;
	h->bits = bits < h->max_pfn ? bits : h->max_pfn;
	h->descriptors = (1 + h->sub_blocks + h->bitmap_blocks) * h->block_size;
	/* Up to version 2 that is room which nobody reads. */
	h->blank = h->block_size + (h->pointer_size == 4 ? first.at32 : first.at64);
	h->blank_size =
		h->pointer_size == 4 ? S_START_PFN_64.at32 - first.at32 : S_START_PFN_64.at64 - first.at64;
}

enum klpscope_status diskdump_read_header(const struct dumpfile *f, struct diskdump_header *h,
					  const struct failure *why)
{
	enum klpscope_status st;
	const char *fault;

	memset(h, 0, sizeof(*h));
	st = read_raw(f, h, why);
	if (st)
		return st;
	fault = find_fault(h);
	if (fault)
		return dumpfile_fail(why, KLPSCOPE_CORRUPT, "%s: the header of the kdump file is damaged: %s",
				     f->path, fault);
	lay_out(h);
	return KLPSCOPE_OK;
}

bool diskdump_probe(const struct dumpfile *f)
{
	char signature[8];

	return !dumpfile_read(f, 0, signature, sizeof(signature)) &&
	       !memcmp(signature, SIGNATURE, sizeof(signature));
}

void diskdump_prstatus(const struct dumpfile *f, const struct diskdump_header *h, struct prstatus *p)
{
	prstatus_begin(p, f, h->big_endian);
	prstatus_add(p, h->notes_at, h->notes_size);
}
