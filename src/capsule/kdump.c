// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A capsule as a kdump-compressed file, as makedumpfile writes them: header,
 * second header with the notes, a bitmap of memory, one of pages, descriptors,
 * pages.  Layout: IMPLEMENTATION of makedumpfile 1.7.2, version 6 of the header.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "capsule/image.h"

#define VERSION		6
#define SUB_HEADER	104u
#define DESCRIPTOR	24u
/* Of a machine of 16 TB; it is all made in memory. */
#define BITMAPS_MAX	((uint64_t)1 << 30)

struct layout {
	uint32_t block;		/* bytes of a page and of all other parts' unit */
	uint32_t frames;	/* of a page */
	uint64_t max_pfn;
	uint64_t sub_blocks;
	uint64_t bitmap_blocks;	/* of one bitmap */
	uint64_t pages;		/* that are in it */
};

/* The page that the i-th record is in; the records of one page follow each other. */
static uint64_t pfn_of(const struct image *im, const struct layout *l, size_t i)
{
	return pages_get(im->pages, i)->frame / l->frames;
}

/* The first record behind the page of the i-th; *there: does one of its frames exist, *in: is one in the capsule? */
static size_t next_page(const struct image *im, const struct layout *l, size_t i, bool *there, bool *in)
{
	uint64_t pfn = pfn_of(im, l, i);

	*there = *in = false;
	for (; i < pages_count(im->pages) && pfn_of(im, l, i) == pfn; i++) {
		*in |= image_has(im, pages_get(im->pages, i));
		*there |= *in || pages_get(im->pages, i)->st != KLPSCOPE_FAULT;
	}
	return i;
}

static struct layout lay_out(const struct image *im)
{
	struct layout l = { .block = im->facts.page_size, .frames = im->facts.page_size / CAPSULE_FRAME };
	size_t count = pages_count(im->pages), next;
	bool there, in;

	/* A device's memory, which no dump has, lies far above the machine's. */
	for (size_t i = 0; i < count; i = next) {
		next = next_page(im, &l, i, &there, &in);
		l.pages += in;
		if (there)
			l.max_pfn = pfn_of(im, &l, i) + 1;
	}
	l.sub_blocks = (SUB_HEADER + im->notes_size + l.block - 1) / l.block;
	l.bitmap_blocks = (l.max_pfn + 8 * (uint64_t)l.block - 1) / (8 * (uint64_t)l.block);
	if (!l.bitmap_blocks)
		l.bitmap_blocks = 1;
	return l;
}

uint64_t image_bitmaps_size(const struct image *im)
{
	struct layout l = lay_out(im);

	return 2 * l.bitmap_blocks * l.block;
}

/* --- headers --- */

/* Each CPU has saved its registers once. */
static uint32_t count_registers(const struct image *im)
{
	unsigned char size[4];
	size_t len;
	uint32_t n = 0;
	struct klpscope_target_ops ops;

	kdumpfile_backend_ops(im->backend, &ops);
	while (n < UINT16_MAX && !ops.prstatus(ops.arg, n, size, sizeof(size), &len))
		n++;
	return n ? n : 1;
}

static void write_header(const struct image *im, FILE *out, const struct layout *l)
{
	fwrite("KDUMP   ", 1, 8, out);
	image_number(im, out, VERSION, 4);
	fwrite(im->utsname, 1, sizeof(im->utsname), out);
	image_zeros(out, 6 + 16);				/* alignment, timestamp */
	image_number(im, out, DISKDUMP_ZLIB, 4);		/* status */
	image_number(im, out, l->block, 4);
	image_number(im, out, l->sub_blocks, 4);
	image_number(im, out, 2 * l->bitmap_blocks, 4);
	image_number(im, out, l->max_pfn > UINT32_MAX ? UINT32_MAX : l->max_pfn, 4);
	image_zeros(out, 4);					/* total_ram_blocks */
	image_zeros(out, 8);					/* device_blocks, written_blocks */
	image_zeros(out, 4);					/* current_cpu */
	image_number(im, out, count_registers(im), 4);
	image_zeros(out, l->block - 464);
}

/* Where the VMCOREINFO lies in the notes; false: there is none. */
static bool find_vmcoreinfo(const struct image *im, uint64_t *at, uint64_t *size)
{
	for (uint64_t i = 0; i + 12 <= im->notes_size;) {
		const unsigned char *n = im->notes + i;
		uint64_t name = dumpfile_uint(n, 4, im->big_endian), desc = dumpfile_uint(n + 4, 4, im->big_endian);

		*at = i + 12 + ((name + 3) & ~(uint64_t)3);
		*size = desc;
		if (name == sizeof("VMCOREINFO") && !memcmp(n + 12, "VMCOREINFO", sizeof("VMCOREINFO")))
			return true;
		i = *at + ((desc + 3) & ~(uint64_t)3);
	}
	return false;
}

static void write_sub_header(const struct image *im, FILE *out, const struct layout *l)
{
	uint64_t notes = l->block + SUB_HEADER, at = 0, size = 0;

	if (!find_vmcoreinfo(im, &at, &size))
		size = 0;
	image_number(im, out, im->facts.phys_base, 8);
	image_number(im, out, 31, 4);				/* dump_level: nearly all is left out */
	image_number(im, out, 0, 4);				/* not split */
	image_zeros(out, 16);					/* start_pfn, end_pfn */
	image_number(im, out, size ? notes + at : 0, 8);
	image_number(im, out, size, 8);
	image_number(im, out, notes, 8);
	image_number(im, out, im->notes_size, 8);
	image_zeros(out, 16);					/* eraseinfo */
	image_zeros(out, 16);					/* start_pfn_64, end_pfn_64 */
	image_number(im, out, l->max_pfn, 8);
	fwrite(im->notes, 1, im->notes_size, out);
	image_zeros(out, l->sub_blocks * l->block - SUB_HEADER - im->notes_size);
}

/* --- bitmaps --- */

static enum klpscope_status write_bitmap(const struct image *im, FILE *out, const struct layout *l, bool pages)
{
	unsigned char *bits = calloc(l->bitmap_blocks, l->block);
	size_t next;
	bool there, in;

	if (!bits)
		return KLPSCOPE_NO_MEMORY;
	for (size_t i = 0; i < pages_count(im->pages); i = next) {
		uint64_t pfn = pfn_of(im, l, i);

		next = next_page(im, l, i, &there, &in);
		if (pages ? in : there)
			bits[pfn / 8] |= (unsigned char)(1u << pfn % 8);
	}
	fwrite(bits, l->block, l->bitmap_blocks, out);
	free(bits);
	return KLPSCOPE_OK;
}

/* --- pages --- */

struct packing {
	const struct image *im;
	const struct layout *l;
	FILE *descriptors, *data;
	uint64_t at;			/* in the file, of the next page's data */
	unsigned char *page, *packed;	/* a page each, and room for one that does not shrink */
};

static void put_page(struct packing *p)
{
	uLongf size = compressBound(p->l->block);
	bool shrunk = compress2(p->packed, &size, p->page, p->l->block, Z_BEST_COMPRESSION) == Z_OK &&
		      size < p->l->block;

	if (!shrunk)
		size = p->l->block;
	image_number(p->im, p->descriptors, p->at, 8);
	image_number(p->im, p->descriptors, size, 4);
	image_number(p->im, p->descriptors, shrunk ? DISKDUMP_ZLIB : 0, 4);
	image_zeros(p->descriptors, 8);
	fwrite(shrunk ? p->packed : p->page, 1, size, p->data);
	p->at += size;
}

static enum klpscope_status put_pages(struct packing *p)
{
	enum klpscope_status st = KLPSCOPE_OK;
	size_t next;
	bool there, in;

	for (size_t i = 0; !st && i < pages_count(p->im->pages); i = next) {
		next = next_page(p->im, p->l, i, &there, &in);
		if (!in)
			continue;
		memset(p->page, 0, p->l->block);
		for (size_t k = i; !st && k < next; k++) {
			const struct page_rec *rec = pages_get(p->im->pages, k);

			if (image_has(p->im, rec))
				st = image_fetch(p->im, rec,
						 p->page + rec->frame % p->l->frames * CAPSULE_FRAME);
		}
		if (!st)
			put_page(p);
	}
	return st;
}

/* Descriptors come first, and are known last. */
static enum klpscope_status write_pages(const struct image *im, FILE *out, const struct layout *l)
{
	char *descriptors = NULL, *data = NULL;
	size_t descriptors_size = 0, data_size = 0;
	struct packing p = {
		.im = im,
		.l = l,
		.descriptors = open_memstream(&descriptors, &descriptors_size),
		.data = open_memstream(&data, &data_size),
		.at = (1 + l->sub_blocks + 2 * l->bitmap_blocks) * l->block + l->pages * DESCRIPTOR,
		.page = malloc(l->block),
		.packed = malloc(compressBound(l->block)),
	};
	enum klpscope_status st = KLPSCOPE_NO_MEMORY;

	if (p.descriptors && p.data && p.page && p.packed)
		st = put_pages(&p);
	if (p.descriptors && fclose(p.descriptors))
		st = KLPSCOPE_NO_MEMORY;
	if (p.data && fclose(p.data))
		st = KLPSCOPE_NO_MEMORY;
	if (!st) {
		fwrite(descriptors, 1, descriptors_size, out);
		fwrite(data, 1, data_size, out);
		st = image_written(out, p.at);
	}
	free(descriptors);
	free(data);
	free(p.page);
	free(p.packed);
	return st;
}

enum klpscope_status image_write_kdump(const struct image *im, FILE *out)
{
	struct layout l = lay_out(im);
	enum klpscope_status st;

	if (2 * l.bitmap_blocks * l.block > BITMAPS_MAX)
		return KLPSCOPE_LIMIT;
	write_header(im, out, &l);
	write_sub_header(im, out, &l);
	st = write_bitmap(im, out, &l, false);
	if (!st)
		st = write_bitmap(im, out, &l, true);
	return st ? st : write_pages(im, out, &l);
}
