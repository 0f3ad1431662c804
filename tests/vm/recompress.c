// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recompress IN.lzo OUT.snappy
 *
 * Rewrites a kdump-compressed file with LZO pages as one with snappy pages:
 * no makedumpfile of Debian can do snappy, and a reader must be tried on it.
 * All but the pages' compression, their offsets, and the compression bit in
 * the header stays as makedumpfile wrote it.
 *
 * Only whole, filtered or unfiltered, single files of x86_64.  OUT must not
 * exist.  Status: 0 done, 1 not done (OUT is removed), 2 wrong usage.
 *
 * The file is: header (one block), sub-header and notes, two bitmaps (which
 * pages there are, which of them are in the file), one descriptor for each bit
 * of the second, the pages.
 */
#define _FILE_OFFSET_BITS 64
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lzo/lzo1x.h>
#include <snappy-c.h>

#define BLOCK 4096u		/* block and page size of x86_64 */
#define HEADER_VERSION 6	/* the first one with 64-bit page numbers; still current */

#define STATUS_LZO 0x2u
#define STATUS_SNAPPY 0x4u
#define STATUS_INCOMPLETE 0x8u
#define STATUS_COMPRESSED 0x27u	/* zlib, LZO, snappy, zstd */

/* Little-endian, laid out as on x86_64. */
struct header {
	char signature[8];
	uint32_t version;
	char utsname[6][65];	/* the fifth one is the machine */
	char pad[6];
	uint64_t timestamp[2];
	uint32_t status;
	uint32_t block_size;
	uint32_t sub_hdr_size;	/* in blocks */
	uint32_t bitmap_blocks;	/* of both bitmaps */
};

struct sub_header {
	uint64_t phys_base;
	uint32_t dump_level;
	uint32_t split;
	uint64_t start_pfn;
	uint64_t end_pfn;
	uint64_t offset_vmcoreinfo;
	uint64_t size_vmcoreinfo;
	uint64_t offset_note;
	uint64_t size_note;
	uint64_t offset_eraseinfo;
	uint64_t size_eraseinfo;
	uint64_t start_pfn_64;
	uint64_t end_pfn_64;
	uint64_t max_mapnr_64;
};

struct page_desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
};

_Static_assert(offsetof(struct header, status) == 424, "as in makedumpfile's file");
_Static_assert(sizeof(struct sub_header) == 104, "as in makedumpfile's file");
_Static_assert(sizeof(struct page_desc) == 24, "as in makedumpfile's file");

struct job {
	const char *in_name;
	const char *out_name;
	int in;
	FILE *out;
	uint64_t in_size;
	uint64_t head_size;	/* header, sub-header, notes, bitmaps: up to the descriptors */
	uint64_t bitmap_size;	/* of one bitmap */
	uint64_t pages;
	unsigned char *head;
	struct page_desc *desc;
	uint64_t data_start;	/* where the pages' data may begin, in both files */
	uint64_t out_end;	/* where the next page goes */
	/* the one page that all pages of zeros share */
	bool has_zero;
	uint64_t zero_in;
	uint64_t zero_out;
	/* pages by how they are in the new file */
	uint64_t snappy;
	uint64_t raw;
	uint64_t shared;
};

static int fail(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(const char *name, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "recompress: %s: ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

static int read_at(struct job *job, void *to, uint64_t size, uint64_t offset, const char *what)
{
	char *p = to;

	if (offset > job->in_size || size > job->in_size - offset)
		return fail(job->in_name, "%s at %" PRIu64 ": beyond the end of the file", what, offset);
	while (size) {
		ssize_t n = pread(job->in, p, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(job->in_name, "%s at %" PRIu64 ": %s", what, offset, strerror(errno));
		if (n == 0)
			return fail(job->in_name, "%s at %" PRIu64 ": the file got shorter", what, offset);
		p += n;
		offset += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

static int write_out(struct job *job, const void *from, uint64_t size)
{
	if (fwrite(from, 1, size, job->out) != size)
		return fail(job->out_name, "%s", strerror(errno));
	return 0;
}

static int seek_out(struct job *job, uint64_t offset)
{
	if (fseeko(job->out, (off_t)offset, SEEK_SET))
		return fail(job->out_name, "%s", strerror(errno));
	return 0;
}

/* What lies behind the pages, or overlaps them, would be lost. */
static int check_in_head(struct job *job, uint64_t offset, uint64_t size, uint64_t end, const char *what)
{
	if (size && (offset < BLOCK || offset > end || size > end - offset))
		return fail(job->in_name, "the %s is not in the sub-header: not supported", what);
	return 0;
}

static int check_sub_header(struct job *job, uint64_t sub_end)
{
	struct sub_header sub;
	uint64_t max_pfn;

	memcpy(&sub, job->head + BLOCK, sizeof(sub));
	if (sub.split)
		return fail(job->in_name, "one file of a split set: not supported");
	if (check_in_head(job, le64toh(sub.offset_vmcoreinfo), le64toh(sub.size_vmcoreinfo), sub_end,
			  "vmcoreinfo") ||
	    check_in_head(job, le64toh(sub.offset_note), le64toh(sub.size_note), sub_end, "notes") ||
	    check_in_head(job, le64toh(sub.offset_eraseinfo), le64toh(sub.size_eraseinfo), sub_end,
			  "eraseinfo"))
		return -1;
	max_pfn = le64toh(sub.max_mapnr_64);
	if (max_pfn > job->bitmap_size * 8)
		return fail(job->in_name, "the bitmaps are too small for %" PRIu64 " pages", max_pfn);
	return 0;
}

static int check_header(struct job *job, const struct header *h)
{
	uint32_t version = le32toh(h->version), status = le32toh(h->status);

	if (!memcmp(h->signature, "makedump", 8))
		return fail(job->in_name, "is flattened; rearrange it first: makedumpfile -R");
	if (memcmp(h->signature, "KDUMP   ", 8))
		return fail(job->in_name, "is no kdump-compressed file");
	if (be32toh(h->block_size) == BLOCK || memcmp(h->utsname[4], "x86_64", sizeof("x86_64")))
		return fail(job->in_name, "is not of x86_64; only that is supported");
	if (le32toh(h->block_size) != BLOCK)
		return fail(job->in_name, "block size %" PRIu32 ", not %u", le32toh(h->block_size), BLOCK);
	if (version != HEADER_VERSION)
		return fail(job->in_name, "header version %" PRIu32 ", not %d", version, HEADER_VERSION);
	if (status & STATUS_INCOMPLETE)
		return fail(job->in_name, "is incomplete: not supported");
	if ((status & STATUS_COMPRESSED) != STATUS_LZO)
		return fail(job->in_name, "is not compressed with LZO (status %#" PRIx32 ")", status);
	return 0;
}

/* Reads all that comes before the descriptors. */
static int read_head(struct job *job)
{
	struct header h;
	uint64_t sub_blocks, bitmap_blocks;

	if (read_at(job, &h, sizeof(h), 0, "header") || check_header(job, &h))
		return -1;
	sub_blocks = le32toh(h.sub_hdr_size);
	bitmap_blocks = le32toh(h.bitmap_blocks);
	if (!sub_blocks || !bitmap_blocks || bitmap_blocks % 2)
		return fail(job->in_name, "no sub-header, or not two bitmaps");
	job->bitmap_size = bitmap_blocks / 2 * BLOCK;
	job->head_size = (1 + sub_blocks + bitmap_blocks) * BLOCK;
	if (job->head_size > job->in_size)
		return fail(job->in_name, "the bitmaps go beyond the end of the file");
	job->head = malloc(job->head_size);
	if (!job->head)
		return fail(job->in_name, "no memory for the bitmaps");
	if (read_at(job, job->head, job->head_size, 0, "bitmaps") ||
	    check_sub_header(job, (1 + sub_blocks) * BLOCK))
		return -1;
	h.status = htole32((le32toh(h.status) & ~STATUS_LZO) | STATUS_SNAPPY);
	memcpy(job->head + offsetof(struct header, status), &h.status, sizeof(h.status));
	return 0;
}

static int read_descriptors(struct job *job)
{
	const unsigned char *bitmap = job->head + job->head_size - job->bitmap_size;
	uint64_t size;

	for (uint64_t i = 0; i < job->bitmap_size; i++)
		job->pages += (unsigned int)__builtin_popcount(bitmap[i]);
	size = job->pages * sizeof(*job->desc);
	job->data_start = job->out_end = job->head_size + size;
	if (job->data_start > job->in_size)
		return fail(job->in_name, "%" PRIu64 " page descriptors go beyond the end of the file",
			    job->pages);
	job->desc = malloc(size ? size : 1);
	if (!job->desc)
		return fail(job->in_name, "no memory for the page descriptors");
	return read_at(job, job->desc, size, job->head_size, "page descriptors");
}

/* read_page: the page of descriptor number i, decompressed. */
static int read_page(struct job *job, uint64_t i, unsigned char page[BLOCK])
{
	const struct page_desc *d = &job->desc[i];
	uint32_t size = le32toh(d->size), flags = le32toh(d->flags);
	uint64_t offset = le64toh(d->offset);
	unsigned char packed[BLOCK];
	lzo_uint length = BLOCK;

	if ((flags != 0 && flags != STATUS_LZO) || size > BLOCK || !size || (!flags && size != BLOCK))
		return fail(job->in_name, "page %" PRIu64 ": flags %#" PRIx32 " and size %" PRIu32, i, flags,
			    size);
	if (offset < job->data_start)
		return fail(job->in_name, "page %" PRIu64 " is among the headers", i);
	if (!flags)
		return read_at(job, page, BLOCK, offset, "page");
	if (read_at(job, packed, size, offset, "page"))
		return -1;
	if (lzo1x_decompress_safe(packed, size, page, &length, NULL) != LZO_E_OK || length != BLOCK)
		return fail(job->in_name, "page %" PRIu64 " at %" PRIu64 " does not decompress", i, offset);
	return 0;
}

static bool is_zero(const unsigned char page[BLOCK])
{
	return !page[0] && !memcmp(page, page + 1, BLOCK - 1);
}

static int add_page(struct job *job, struct page_desc *d, const void *data, size_t size, uint32_t flags)
{
	d->offset = htole64(job->out_end);
	d->size = htole32((uint32_t)size);
	d->flags = htole32(flags);
	job->out_end += size;
	return write_out(job, data, size);
}

/* packed: room for the longest that snappy makes of a page. */
static int recompress_page(struct job *job, uint64_t i, char *packed, size_t room)
{
	struct page_desc *d = &job->desc[i];
	uint64_t from = le64toh(d->offset);
	bool raw = !d->flags;
	unsigned char page[BLOCK];
	size_t size = room;

	if (read_page(job, i, page))
		return -1;
	if (raw && job->has_zero && from == job->zero_in) {
		d->offset = htole64(job->zero_out);
		job->shared++;
		return 0;
	}
	/* What makedumpfile stored raw for all to share stays raw, though it would shrink. */
	if (raw && !job->has_zero && is_zero(page)) {
		job->has_zero = true;
		job->zero_in = from;
		job->zero_out = job->out_end;
		job->shared++;
		return add_page(job, d, page, BLOCK, 0);
	}
	if (snappy_compress((const char *)page, BLOCK, packed, &size) != SNAPPY_OK)
		return fail(job->out_name, "page %" PRIu64 ": snappy does not compress it", i);
	if (size < BLOCK) {
		job->snappy++;
		return add_page(job, d, packed, size, STATUS_SNAPPY);
	}
	job->raw++;
	return add_page(job, d, page, BLOCK, 0);
}

static int recompress_pages(struct job *job)
{
	size_t room = snappy_max_compressed_length(BLOCK);
	char *packed = malloc(room);
	int err = 0;

	if (!packed)
		return fail(job->out_name, "no memory for a page");
	for (uint64_t i = 0; !err && i < job->pages; i++)
		err = recompress_page(job, i, packed, room);
	free(packed);
	return err;
}

/* The headers go last: a file that was cut off has none. */
static int write_file(struct job *job)
{
	if (seek_out(job, job->data_start) || recompress_pages(job) || seek_out(job, 0) ||
	    write_out(job, job->head, job->head_size) ||
	    write_out(job, job->desc, job->pages * sizeof(*job->desc)))
		return -1;
	return 0;
}

static int open_in(struct job *job)
{
	struct stat st;

	job->in = open(job->in_name, O_RDONLY | O_CLOEXEC);
	if (job->in < 0 || fstat(job->in, &st))
		return fail(job->in_name, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(job->in_name, "is no regular file");
	job->in_size = (uint64_t)st.st_size;
	return 0;
}

/* A dump holds all of a machine's secrets: for the owner alone. */
static int make_out(struct job *job)
{
	int fd = open(job->out_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err;

	if (fd < 0)
		return fail(job->out_name, "%s", strerror(errno));
	job->out = fdopen(fd, "w");
	if (!job->out) {
		err = fail(job->out_name, "%s", strerror(errno));
		close(fd);
	} else {
		err = write_file(job);
		if (fclose(job->out) && !err)
			err = fail(job->out_name, "%s", strerror(errno));
	}
	if (err)
		unlink(job->out_name);
	return err;
}

int main(int argc, char **argv)
{
	struct job job = { .in = -1 };
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: recompress IN.lzo OUT.snappy\n");
		return 2;
	}
	job.in_name = argv[1];
	job.out_name = argv[2];
	if (lzo_init() != LZO_E_OK) {
		fprintf(stderr, "recompress: liblzo2 does not work here\n");
		return 1;
	}
	err = open_in(&job) || read_head(&job) || read_descriptors(&job) || make_out(&job);
	if (job.in >= 0)
		close(job.in);
	free(job.head);
	free(job.desc);
	if (!err && printf("%" PRIu64 " pages: %" PRIu64 " snappy, %" PRIu64 " raw, %" PRIu64 " shared zero\n",
			   job.pages, job.snappy, job.raw, job.shared) < 0)
		err = 1;
	return err ? 1 : 0;
}
