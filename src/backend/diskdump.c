// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/diskdump.h"

#define DESCRIPTOR	24
#define WINDOW		sizeof(((struct diskdump_window *)0)->data)
#define WINDOW_BITS	(8 * WINDOW)

/* How many pages are looked at to see whether the file is complete. */
#define LAST_PAGES	4096

/* How many are looked at to see where the data of pages begin. */
#define FIRST_PAGES	64

/* Pages that libkdumpfile keeps decompressed: the target has a cache of its own. */
#define KDUMP_CACHE_PAGES 32

/* Each time 0.5.1 keeps what it had, see give_back(). */
#define START_OVER_MAX 64

/* --- bitmaps and descriptors --- */

/* Small pieces through a window; where a whole one cannot be had, the piece alone. */
static enum klpscope_status window_read(const struct dumpfile *f, struct diskdump_window *w, uint64_t at,
					void *buf, size_t len)
{
	if (at < w->at || at + len > w->at + w->len) {
		w->at = at;
		w->len = WINDOW;
		if (dumpfile_read(f, at, w->data, w->len)) {
			w->len = 0;
			return dumpfile_read(f, at, buf, len);
		}
	}
	memcpy(buf, w->data + (at - w->at), len);
	return KLPSCOPE_OK;
}

/* Set bits of a bitmap in [from, to), which lies within one window of it. */
static uint64_t count_bits(const unsigned char *bits, uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	for (; from < to && from % 8; from++)
		n += bits[from / 8] >> (from % 8) & 1;
	for (; from + 64 <= to; from += 64) {
		uint64_t word;

		memcpy(&word, bits + from / 8, sizeof(word));
		n += (unsigned int)__builtin_popcountll(word);
	}
	for (; from < to; from++)
		n += bits[from / 8] >> (from % 8) & 1;
	return n;
}

static size_t window_bytes(const struct diskdump_part *p, uint64_t number)
{
	uint64_t bytes = (p->header.bits + 7) / 8 - number * WINDOW;

	return bytes < WINDOW ? (size_t)bytes : WINDOW;
}

/* Pages of this part in [base, end), which lies within the window that begins at `base`. */
static uint64_t count_part(const struct diskdump_part *p, const unsigned char *data, uint64_t base,
			   uint64_t end)
{
	uint64_t first = p->header.first_pfn > base ? p->header.first_pfn - base : 0;

	return count_bits(data, first, end - base);
}

static enum klpscope_status count_window(struct diskdump_part *p, uint64_t number, uint64_t *count)
{
	unsigned char data[WINDOW];
	size_t bytes = window_bytes(p, number);
	uint64_t base = number * WINDOW_BITS, end = base + 8 * bytes;
	enum klpscope_status st;

	st = dumpfile_read(p->file, p->header.page_bitmap + number * WINDOW, data, bytes);
	if (!st)
		*count = count_part(p, data, base, end < p->header.bits ? end : p->header.bits);
	return st;
}

/* The n-th set bit has the n-th descriptor: how many lie below each window. */
static enum klpscope_status count_pages(struct diskdump_part *p, const struct failure *why)
{
	uint64_t windows = (p->header.bits + WINDOW_BITS - 1) / WINDOW_BITS, n = 0;
	enum klpscope_status st;

	if (p->header.bits && !dumpfile_has(p->file, p->header.page_bitmap, (p->header.bits + 7) / 8))
		return dumpfile_unread(p->file, KLPSCOPE_TRUNCATED, "page bitmap", why);
	p->rank = calloc((size_t)windows + 1, sizeof(*p->rank));
	if (!p->rank)
		return dumpfile_fail(why, KLPSCOPE_NO_MEMORY, "out of memory");
	for (uint64_t i = 0; i < windows; i++) {
		uint64_t count;

		p->rank[i] = n;
		st = count_window(p, i, &count);
		if (st)
			return dumpfile_unread(p->file, st, "page bitmap", why);
		n += count;
	}
	p->rank[windows] = n;
	return KLPSCOPE_OK;
}

static enum klpscope_status test_bit(struct diskdump_part *p, uint64_t bitmap, uint64_t pfn, bool *set)
{
	unsigned char byte = 0;
	enum klpscope_status st = KLPSCOPE_OK;

	if (pfn < p->header.bits)
		st = dumpfile_read(p->file, bitmap + pfn / 8, &byte, 1);
	*set = byte >> (pfn % 8) & 1;
	return st;
}

/* The window of the page bitmap that holds `pfn`; the caller has checked that it is below p->header.bits. */
static enum klpscope_status bitmap_window(struct diskdump_part *p, uint64_t pfn, const unsigned char **data)
{
	struct diskdump_window *w = &p->bitmap_window;
	uint64_t number = pfn / WINDOW_BITS;
	uint64_t at = p->header.page_bitmap + number * WINDOW;
	enum klpscope_status st;

	*data = w->data;
	if (w->len && w->at == at)
		return KLPSCOPE_OK;
	w->at = at;
	w->len = window_bytes(p, number);
	st = dumpfile_read(p->file, at, w->data, w->len);
	if (st)
		w->len = 0;
	return st;
}

static enum klpscope_status page_in_dump(struct diskdump_part *p, uint64_t pfn, bool *in, uint64_t *rank)
{
	const unsigned char *data;
	enum klpscope_status st;

	*in = false;
	*rank = 0;
	if (pfn >= p->header.bits)
		return KLPSCOPE_OK;
	st = bitmap_window(p, pfn, &data);
	if (st)
		return st;
	*in = data[pfn % WINDOW_BITS / 8] >> (pfn % 8) & 1;
	*rank = p->rank[pfn / WINDOW_BITS] + count_part(p, data, pfn / WINDOW_BITS * WINDOW_BITS, pfn);
	return KLPSCOPE_OK;
}

static struct diskdump_part *part_of(struct diskdump *d, uint64_t pfn)
{
	for (size_t i = 0; i < d->count; i++)
		if (pfn >= d->parts[i].header.first_pfn && pfn < d->parts[i].header.end_pfn)
			return &d->parts[i];
	return NULL;
}

/* Why a page whose bit is clear is not there. */
static enum klpscope_status not_in_dump(struct diskdump_part *p, uint64_t pfn)
{
	bool memory;

	if (pfn >= p->header.bits)
		return KLPSCOPE_FAULT;
	if (!p->header.memory_bitmap || test_bit(p, p->header.memory_bitmap, pfn, &memory))
		return KLPSCOPE_EXCLUDED;
	return memory ? KLPSCOPE_EXCLUDED : KLPSCOPE_FAULT;
}

struct descriptor {
	uint64_t place;		/* of itself */
	uint64_t offset, size;	/* of the page's data */
};

/*
 * makedumpfile writes descriptors in batches behind the pages: those of the
 * last batch of an interrupted dump are zeros.
 */
static enum klpscope_status judge_descriptor(const struct diskdump *d, const struct diskdump_part *p,
					     const unsigned char *raw, struct descriptor *out)
{
	bool big = p->header.big_endian;
	uint32_t flags = (uint32_t)dumpfile_uint(raw + 12, 4, big);

	out->offset = dumpfile_uint(raw, 8, big);
	out->size = dumpfile_uint(raw + 8, 4, big);
	if (!out->offset)
		return KLPSCOPE_TRUNCATED;
	/* libkdumpfile 0.5.1 crashes in LZO when the header does not speak of it; of zlib old ones do not speak. */
	if (flags & DISKDUMP_COMPRESSED & ~DISKDUMP_ZLIB & ~p->header.status)
		return KLPSCOPE_CORRUPT;
	/* Nobody stores a page that compression made longer, and libkdumpfile has room for one page. */
	if (!out->size || out->size > p->header.block_size || out->offset < p->header.descriptors ||
	    out->offset > INT64_MAX || (!(flags & DISKDUMP_COMPRESSED) && out->size != p->header.block_size))
		return d->incomplete ? KLPSCOPE_TRUNCATED : KLPSCOPE_CORRUPT;
	return dumpfile_has(p->file, out->offset, out->size) ? KLPSCOPE_OK : KLPSCOPE_TRUNCATED;
}

static enum klpscope_status read_descriptor(struct diskdump *d, struct diskdump_part *p, uint64_t rank,
					    struct descriptor *out)
{
	unsigned char raw[DESCRIPTOR];
	enum klpscope_status st;

	out->place = p->header.descriptors + rank * DESCRIPTOR;
	st = window_read(p->file, &p->descriptor_window, out->place, raw, sizeof(raw));
	return st ? st : judge_descriptor(d, p, raw, out);
}

/* --- split sets --- */

static bool same_dump(const struct diskdump_header *a, const struct diskdump_header *b)
{
	return a->big_endian == b->big_endian && a->pointer_size == b->pointer_size &&
	       a->version == b->version && a->block_size == b->block_size && a->sub_blocks == b->sub_blocks &&
	       a->bitmap_blocks == b->bitmap_blocks && a->max_pfn == b->max_pfn &&
	       a->phys_base == b->phys_base && a->dump_level == b->dump_level &&
	       !memcmp(a->utsname, b->utsname, sizeof(a->utsname)) &&
	       !memcmp(a->timestamp, b->timestamp, sizeof(a->timestamp)) && a->notes_at == b->notes_at &&
	       a->notes_size == b->notes_size && a->vmcoreinfo_at == b->vmcoreinfo_at &&
	       a->vmcoreinfo_size == b->vmcoreinfo_size;
}

/* The notes hold the registers and the time of the crash. */
static bool same_notes(const struct diskdump_part *a, const struct diskdump_part *b)
{
	unsigned char x[4096], y[4096];

	for (uint64_t done = 0; done < a->header.notes_size; done += sizeof(x)) {
		uint64_t left = a->header.notes_size - done;
		size_t n = left < sizeof(x) ? (size_t)left : sizeof(x);

		if (dumpfile_read(a->file, a->header.notes_at + done, x, n) ||
		    dumpfile_read(b->file, b->header.notes_at + done, y, n) || memcmp(x, y, n))
			return false;
	}
	return true;
}

static int by_frame(const void *a, const void *b)
{
	const struct diskdump_header *x = &((const struct diskdump_part *)a)->header;
	const struct diskdump_header *y = &((const struct diskdump_part *)b)->header;

	if (x->first_pfn != y->first_pfn)
		return x->first_pfn < y->first_pfn ? -1 : 1;
	return x->end_pfn < y->end_pfn ? -1 : x->end_pfn > y->end_pfn;
}

static enum klpscope_status check_pair(const struct diskdump_part *a, const struct diskdump_part *b,
				       const struct failure *why)
{
	if (!same_dump(&a->header, &b->header) || !same_notes(a, b))
		return dumpfile_fail(why, KLPSCOPE_INVALID, "%s and %s are not parts of the same dump",
				     a->file->path, b->file->path);
	if (a->header.end_pfn > b->header.first_pfn && a->header.first_pfn < a->header.end_pfn &&
	    b->header.first_pfn < b->header.end_pfn)
		return dumpfile_fail(why, KLPSCOPE_INVALID, "%s and %s hold the same part of the dump",
				     a->file->path, b->file->path);
	return KLPSCOPE_OK;
}

static enum klpscope_status check_set(struct diskdump *d, const struct failure *why)
{
	enum klpscope_status st;

	for (size_t i = 0; d->count > 1 && i < d->count; i++)
		if (!d->parts[i].header.split)
			return dumpfile_fail(why, KLPSCOPE_INVALID,
					     "%s is a whole dump, not a part of a split one: give it alone",
					     d->parts[i].file->path);
	qsort(d->parts, d->count, sizeof(*d->parts), by_frame);
	for (size_t i = 1; i < d->count; i++) {
		st = check_pair(&d->parts[i - 1], &d->parts[i], why);
		if (st)
			return st;
	}
	return KLPSCOPE_OK;
}

/* Do the parts leave out a page that the dump has? */
static bool part_missing(struct diskdump *d)
{
	struct diskdump_part *p = &d->parts[0];
	uint64_t next = 0;

	if (!p->header.split)
		return false;
	for (size_t i = 0; i < d->count; i++) {
		if (d->parts[i].header.first_pfn > next)
			return true;
		if (d->parts[i].header.end_pfn > next)
			next = d->parts[i].header.end_pfn;
	}
	return next < p->header.max_pfn;
}

/* The pages of a part, counted by its own bits. */
static uint64_t pages_of(struct diskdump_part *p)
{
	uint64_t end = p->header.end_pfn < p->header.bits ? p->header.end_pfn : p->header.bits, rank;
	bool in;

	if (end <= p->header.first_pfn || page_in_dump(p, end - 1, &in, &rank))
		return 0;
	return rank + in;
}

/*
 * The last page of a file is the first to be lost.  All zero pages share one
 * place at the front: only a second place, or a hole, tells something.
 */
static bool part_cut(struct diskdump *d, struct diskdump_part *p)
{
	uint64_t pages = pages_of(p), first = 0;

	if ((p->header.status & DISKDUMP_INCOMPLETE) || p->file->cut)
		return true;
	for (uint64_t i = 0; i < pages && i < LAST_PAGES; i++) {
		uint64_t place = p->header.descriptors + (pages - 1 - i) * DESCRIPTOR;
		unsigned char raw[DESCRIPTOR];
		struct descriptor desc = { 0 };
		enum klpscope_status st = dumpfile_read(p->file, place, raw, sizeof(raw));

		if (!st)
			st = judge_descriptor(d, p, raw, &desc);
		if (st == KLPSCOPE_TRUNCATED)
			return true;
		if (!st && i && desc.offset != first)
			return false;
		first = desc.offset;
	}
	return false;
}

/*
 * Where the data of pages begin: the lowest place of the first pages, if another page follows right behind
 * it, for a single descriptor may be damaged.  0: cannot tell.
 */
static uint64_t data_begin(struct diskdump *d, struct diskdump_part *p, uint64_t pages)
{
	struct descriptor desc[FIRST_PAGES], *low = NULL;
	uint64_t n = 0;

	for (uint64_t i = 0; i < pages && i < FIRST_PAGES; i++) {
		if (read_descriptor(d, p, i, &desc[n]))
			continue;
		if (!low || desc[n].offset < low->offset)
			low = &desc[n];
		n++;
	}
	for (uint64_t i = 0; i < n; i++)
		if (desc[i].offset == low->offset + low->size)
			return low->offset;
	return 0;
}

/* Is there something behind the descriptors that the bitmap tells of, in front of the data? */
static bool another_descriptor(const struct diskdump_part *p, uint64_t at, uint64_t begin)
{
	static const unsigned char nothing[DESCRIPTOR];
	unsigned char raw[DESCRIPTOR];

	return begin - at >= DESCRIPTOR && !dumpfile_read(p->file, at, raw, sizeof(raw)) &&
	       memcmp(raw, nothing, sizeof(raw));
}

/*
 * A bit too many or too few in the bitmap gives each page behind it the data of its neighbour, and nothing else
 * would tell.  All writers put the data right behind the descriptors, or leave zeros between: diskdump rounds up to
 * a block, a part of a split dump has room for the descriptors of all parts, and the first page of makedumpfile and
 * QEMU is the one that all zero pages share.
 */
static enum klpscope_status check_count(struct diskdump *d, struct diskdump_part *p, const struct failure *why)
{
	uint64_t pages = pages_of(p), end = p->header.descriptors + pages * DESCRIPTOR;
	uint64_t begin = data_begin(d, p, pages);

	if (!begin || (begin >= end && !another_descriptor(p, end, begin)))
		return KLPSCOPE_OK;
	return dumpfile_fail(why, KLPSCOPE_CORRUPT,
			     "%s: its bitmap tells of %llu pages, but there is another number of descriptors", p->file->path,
			     (unsigned long long)pages);
}

/* --- libkdumpfile --- */

/*
 * What it reads at opening.  It needs the sizes and the page bitmap; utsname
 * and notes it would only parse, and it trusts them.
 */
static enum klpscope_status mirror_headers(struct diskdump_part *p)
{
	const struct diskdump_header *h = &p->header;
	struct mirror *m = &p->mirror;
	enum klpscope_status st;

	st = mirror_fill(m, 0, 2 * (uint64_t)h->block_size);
	if (!st)
		st = mirror_fill(m, h->page_bitmap, h->descriptors - h->page_bitmap);
	if (!st)
		st = mirror_blank(m, DISKDUMP_UTSNAME, DISKDUMP_UTSNAME_SIZE);
	return st ? st : mirror_blank(m, h->blank, h->blank_size);
}

static enum klpscope_status open_mirror(struct diskdump_part *p, const char *tmpdir,
					const struct failure *why)
{
	uint64_t headers = p->header.descriptors - p->header.page_bitmap;
	enum klpscope_status st;

	st = mirror_open(&p->mirror, p->file, headers, p->file->flattened ? tmpdir : NULL, why);
	if (st)
		return st;
	st = mirror_headers(p);
	return st ? dumpfile_fail(why, st, "%s: cannot rearrange its headers, %llu bytes: %s", p->file->path,
				  (unsigned long long)headers, strerror(errno)) : KLPSCOPE_OK;
}

static kdump_status configure(kdump_ctx_t *kdump)
{
	kdump_status ks = kdump_set_number_attr(kdump, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_TRY);

	if (ks == KDUMP_OK)
		ks = kdump_set_number_attr(kdump, KDUMP_ATTR_ZERO_EXCLUDED, 0);
	if (ks == KDUMP_OK)
		ks = kdump_set_number_attr(kdump, "cache.size", KDUMP_CACHE_PAGES);
	return ks;
}

static enum klpscope_status from_kdump(kdump_status ks)
{
	switch (ks) {
	case KDUMP_OK:
		return KLPSCOPE_OK;
	case KDUMP_ERR_SYSTEM:
		return KLPSCOPE_SYSTEM;
	case KDUMP_ERR_NOTIMPL:
		return KLPSCOPE_UNSUPPORTED;
	default:
		return KLPSCOPE_CORRUPT;
	}
}

/* Did it understand the header as we did? */
static bool agrees(struct diskdump *d)
{
	const struct diskdump_header *h = &d->parts[0].header;
	kdump_num_t pointer, order, block;

	return kdump_get_number_attr(d->kdump, KDUMP_ATTR_PTR_SIZE, &pointer) == KDUMP_OK &&
	       kdump_get_number_attr(d->kdump, KDUMP_ATTR_BYTE_ORDER, &order) == KDUMP_OK &&
	       kdump_get_number_attr(d->kdump, KDUMP_ATTR_PAGE_SIZE, &block) == KDUMP_OK &&
	       pointer == h->pointer_size && (order == KDUMP_BIG_ENDIAN) == h->big_endian &&
	       block == h->block_size;
}

static enum klpscope_status open_kdump(struct diskdump *d, const struct failure *why)
{
	const char *path = d->parts[0].file->path;
	int *fds = calloc(d->count, sizeof(*fds));
	kdump_status ks;

	d->kdump = kdump_new();
	if (!d->kdump || !fds) {
		free(fds);
		return dumpfile_fail(why, KLPSCOPE_NO_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < d->count; i++)
		fds[i] = d->parts[i].mirror.fd;
	ks = configure(d->kdump);
	if (ks == KDUMP_OK)
		ks = kdump_open_fdset(d->kdump, (unsigned int)d->count, fds);
	free(fds);
	if (ks != KDUMP_OK) {
		const char *words = kdump_get_err(d->kdump);

		return dumpfile_fail(why, from_kdump(ks), "%s: %s", path, words ? words : kdump_strerror(ks));
	}
	if (!agrees(d))
		return dumpfile_fail(why, KLPSCOPE_CORRUPT, "%s: the header of the kdump file is ambiguous",
				     path);
	return KLPSCOPE_OK;
}

/* --- opening and reading --- */

static enum klpscope_status open_part(struct diskdump_part *p, const struct failure *why)
{
	enum klpscope_status st;

	if (!diskdump_probe(p->file))
		return dumpfile_fail(why, KLPSCOPE_INVALID,
				     "%s is not a part of a split kdump-compressed dump", p->file->path);
	st = diskdump_read_header(p->file, &p->header, why);
	return st ? st : count_pages(p, why);
}

static enum klpscope_status open_parts(struct diskdump *d, struct dumpfile *files, const char *tmpdir,
				       const struct failure *why)
{
	enum klpscope_status st = KLPSCOPE_OK;

	for (size_t i = 0; i < d->count; i++) {
		d->parts[i].file = &files[i];
		d->parts[i].mirror.fd = -1;
	}
	for (size_t i = 0; !st && i < d->count; i++)
		st = open_part(&d->parts[i], why);
	if (!st)
		st = check_set(d, why);
	for (size_t i = 0; !st && i < d->count; i++)
		st = check_count(d, &d->parts[i], why);
	for (size_t i = 0; !st && i < d->count; i++)
		st = open_mirror(&d->parts[i], tmpdir, why);
	return st ? st : open_kdump(d, why);
}

enum klpscope_status diskdump_open(struct diskdump *d, struct dumpfile *files, size_t count,
				   const char *tmpdir, const struct failure *why)
{
	enum klpscope_status st;

	memset(d, 0, sizeof(*d));
	d->parts = calloc(count, sizeof(*d->parts));
	if (!d->parts)
		return dumpfile_fail(why, KLPSCOPE_NO_MEMORY, "out of memory");
	d->count = count;
	st = open_parts(d, files, tmpdir, why);
	if (st) {
		diskdump_close(d);
		return st;
	}
	d->incomplete = part_missing(d);
	for (size_t i = 0; i < count && !d->incomplete; i++)
		d->incomplete = part_cut(d, &d->parts[i]);
	return KLPSCOPE_OK;
}

static enum klpscope_status find_page(struct diskdump *d, uint64_t pfn, struct diskdump_part **part,
				      struct descriptor *desc)
{
	struct diskdump_part *p = part_of(d, pfn);
	enum klpscope_status st;
	uint64_t rank;
	bool in;

	*part = p;
	/* Every part has the bitmap of the whole. */
	if (!p)
		p = &d->parts[0];
	st = page_in_dump(p, pfn, &in, &rank);
	if (st)
		return st;
	if (!in)
		return not_in_dump(p, pfn);
	if (!*part)
		return KLPSCOPE_TRUNCATED;
	return read_descriptor(d, p, rank, desc);
}

/*
 * kdump_free() of 0.5.1 uses attributes of kdump-compressed files after it has
 * freed them (attr_dict_free, put right in 0.5.2): better kept than crashed.
 */
static void give_back(kdump_ctx_t *ctx)
{
#if KDUMPFILE_VERSION >= KDUMPFILE_MKVER(0, 5, 2)
	kdump_free(ctx);
#else
	(void)ctx;
#endif
}

void diskdump_close(struct diskdump *d)
{
	if (d->kdump)
		give_back(d->kdump);
	for (size_t i = 0; i < d->count; i++) {
		mirror_close(&d->parts[i].mirror);
		free(d->parts[i].rank);
	}
	free(d->parts);
	memset(d, 0, sizeof(*d));
}

/*
 * After a page that it could not unpack, 0.5.1 unpacks another one to address 0.  Of a dump with so many of them
 * nothing more is read.
 */
static void start_over(struct diskdump *d)
{
	if (!d->kdump)
		return;
	give_back(d->kdump);
	d->kdump = NULL;
	if (d->started_over++ < START_OVER_MAX && open_kdump(d, NULL))
		d->kdump = NULL;
}

static enum klpscope_status read_page(struct diskdump *d, uint64_t phys, void *buf, size_t len)
{
	struct diskdump_part *p;
	struct descriptor desc;
	enum klpscope_status st;
	kdump_status ks;

	st = find_page(d, phys / d->parts[0].header.block_size, &p, &desc);
	if (st)
		return st;
	mirror_trim(&p->mirror);
	st = mirror_fill(&p->mirror, desc.place, DESCRIPTOR);
	if (!st)
		st = mirror_fill(&p->mirror, desc.offset, desc.size);
	if (st)
		return st;
	ks = d->kdump ? kdump_read(d->kdump, KDUMP_MACHPHYSADDR, phys, buf, &len) : KDUMP_ERR_CORRUPT;
	if (ks == KDUMP_OK)
		return KLPSCOPE_OK;
	start_over(d);
	st = from_kdump(ks);
	return st == KLPSCOPE_CORRUPT && d->incomplete ? KLPSCOPE_TRUNCATED : st;
}

enum klpscope_status diskdump_read(struct diskdump *d, uint64_t phys, void *buf, size_t len)
{
	uint32_t block = d->parts[0].header.block_size;
	unsigned char *out = buf;

	while (len) {
		size_t n = block - phys % block;
		enum klpscope_status st;

		if (n > len)
			n = len;
		st = read_page(d, phys, out, n);
		if (st)
			return st;
		out += n;
		phys += n;
		len -= n;
	}
	return KLPSCOPE_OK;
}

/* The part that holds `pfn`, or else the next one above it. */
static struct diskdump_part *next_part(struct diskdump *d, uint64_t pfn)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->parts[i].header.end_pfn > pfn &&
		    d->parts[i].header.first_pfn < d->parts[i].header.end_pfn)
			return &d->parts[i];
	return NULL;
}

/* Windows without a page in them are passed over at once: memory may be vast and the dump small. */
bool diskdump_next(struct diskdump *d, uint64_t *pfn)
{
	struct diskdump_part *p;

	while (*pfn < d->parts[0].header.bits && (p = next_part(d, *pfn))) {
		uint64_t window = *pfn / WINDOW_BITS, rank;
		bool in;

		if (p->header.first_pfn > *pfn) {
			*pfn = p->header.first_pfn;
		} else if (p->rank[window + 1] == p->rank[window]) {
			uint64_t next = (window + 1) * WINDOW_BITS;

			*pfn = next < p->header.end_pfn ? next : p->header.end_pfn;
		} else {
			if (!page_in_dump(p, *pfn, &in, &rank) && in)
				return true;
			++*pfn;
		}
	}
	return false;
}

const char *diskdump_compression(const struct diskdump *d)
{
	uint32_t status = d->parts[0].header.status;

	if (status & DISKDUMP_ZLIB)
		return "zlib";
	if (status & DISKDUMP_LZO)
		return "lzo";
	if (status & DISKDUMP_SNAPPY)
		return "snappy";
	return status & DISKDUMP_ZSTD ? "zstd" : NULL;
}
