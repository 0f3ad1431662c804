// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/dumpfile.h"

/* The stream of a flattened file: a head of one block, then records, all of it big-endian. */
#define FLAT_SIGNATURE	"makedumpfile\0\0\0"
#define FLAT_HEAD	4096
#define RECORD_HEAD	16
#define RECORD_END	UINT64_MAX
#define OFFSET_MAX	((uint64_t)INT64_MAX)

/* The caller hears of the progress about once in so many bytes. */
#define PROGRESS_STEP	((uint64_t)64 << 20)

enum klpscope_status dumpfile_fail(const struct failure *f, enum klpscope_status st, const char *fmt, ...)
{
	va_list ap;

	if (!f || !f->text || !f->size)
		return st;
	va_start(ap, fmt);
	vsnprintf(f->text, f->size, fmt, ap);
	va_end(ap);
	return st;
}

enum klpscope_status dumpfile_unread(const struct dumpfile *f, enum klpscope_status st, const char *what,
				     const struct failure *why)
{
	if (st == KLPSCOPE_TRUNCATED)
		return dumpfile_fail(why, st, "%s: the file ends within its %s", f->path, what);
	return dumpfile_fail(why, st, "%s: cannot read its %s: %s", f->path, what, strerror(errno));
}

uint64_t dumpfile_uint(const void *p, unsigned int size, bool big_endian)
{
	const unsigned char *b = p;
	uint64_t v = 0;

	for (unsigned int i = 0; i < size; i++)
		v = v << 8 | b[big_endian ? i : size - 1 - i];
	return v;
}

static enum klpscope_status read_file(const struct dumpfile *f, uint64_t at, void *buf, size_t len)
{
	unsigned char *out = buf;

	if (at > f->size || len > f->size - at)
		return KLPSCOPE_TRUNCATED;
	while (len) {
		ssize_t n = pread(f->fd, out, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return KLPSCOPE_SYSTEM;
		if (!n)
			return KLPSCOPE_TRUNCATED;
		out += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return KLPSCOPE_OK;
}

enum klpscope_status dumpfile_read(const struct dumpfile *f, uint64_t at, void *buf, size_t len)
{
	unsigned char *out = buf;

	if (!f->flattened)
		return read_file(f, at, buf, len);
	while (len) {
		const struct extent *e = extents_find(&f->map, at);
		enum klpscope_status st;
		uint64_t n;

		if (!e || e->at > at)
			return KLPSCOPE_TRUNCATED;
		n = e->at + e->len - at;
		if (n > len)
			n = len;
		st = read_file(f, e->pos + (at - e->at), out, (size_t)n);
		if (st)
			return st;
		out += n;
		at += n;
		len -= (size_t)n;
	}
	return KLPSCOPE_OK;
}

/* How much from `at` on is there, or else how much is not; never 0, at most `len`. */
static size_t stretch(const struct dumpfile *f, uint64_t at, size_t len, bool *there)
{
	const struct extent *e;
	uint64_t n;

	if (!f->flattened) {
		*there = at < f->size;
		n = *there ? f->size - at : len;
	} else {
		e = extents_find(&f->map, at);
		*there = e && e->at <= at;
		n = *there ? e->at + e->len - at : e ? e->at - at : len;
	}
	return n < len ? (size_t)n : len;
}

enum klpscope_status dumpfile_read_sparse(const struct dumpfile *f, uint64_t at, void *buf, size_t len)
{
	unsigned char *out = buf;

	while (len) {
		enum klpscope_status st = KLPSCOPE_OK;
		bool there;
		size_t n = stretch(f, at, len, &there);

		if (there)
			st = dumpfile_read(f, at, out, n);
		else
			memset(out, 0, n);
		if (st)
			return st;
		out += n;
		at += n;
		len -= n;
	}
	return KLPSCOPE_OK;
}

bool dumpfile_has(const struct dumpfile *f, uint64_t at, uint64_t len)
{
	if (f->flattened)
		return extents_cover(&f->map, at, len);
	return at <= f->size && len <= f->size - at;
}

uint64_t dumpfile_end(const struct dumpfile *f)
{
	const struct extent *last = f->map.n ? &f->map.v[f->map.n - 1] : NULL;

	if (!f->flattened)
		return f->size;
	return last ? last->at + last->len : 0;
}

/* Many records are small: one read brings the heads of several. */
struct window {
	uint64_t at;
	size_t len;
	unsigned char data[4096];
};

static enum klpscope_status record_head(const struct dumpfile *f, struct window *w, uint64_t pos,
					const unsigned char **head)
{
	enum klpscope_status st;

	if (pos < w->at || pos + RECORD_HEAD > w->at + w->len) {
		uint64_t left = f->size - pos;

		w->at = pos;
		w->len = left < sizeof(w->data) ? (size_t)left : sizeof(w->data);
		st = read_file(f, pos, w->data, w->len);
		if (st)
			return st;
	}
	*head = w->data + (pos - w->at);
	return KLPSCOPE_OK;
}

static enum klpscope_status bad_record(const struct dumpfile *f, uint64_t pos, const char *what,
				       const struct failure *why)
{
	return dumpfile_fail(why, KLPSCOPE_CORRUPT,
			     "%s: the record of the flattened dump at byte %llu has %s", f->path,
			     (unsigned long long)pos, what);
}

/*
 * Takes the record at *pos and moves *pos behind it; *end when there is none.
 * A head of zeros is no record but room that was reserved and never written.
 */
static enum klpscope_status take_record(struct dumpfile *f, struct window *w, uint64_t *pos, bool *end,
					const struct failure *why)
{
	const unsigned char *head;
	uint64_t offset, size, left;
	enum klpscope_status st;

	*end = true;
	f->cut = true;
	if (f->size - *pos < RECORD_HEAD)
		return KLPSCOPE_OK;
	st = record_head(f, w, *pos, &head);
	if (st)
		return dumpfile_unread(f, st, "records", why);
	offset = dumpfile_uint(head, 8, true);
	size = dumpfile_uint(head + 8, 8, true);
	if (!offset && !size)
		return KLPSCOPE_OK;
	if (offset == RECORD_END) {
		f->cut = false;
		return KLPSCOPE_OK;
	}
	if (offset > OFFSET_MAX || size > OFFSET_MAX - offset)
		return bad_record(f, *pos, "an impossible offset or size", why);
	if (!size)
		return bad_record(f, *pos, "no data", why);
	left = f->size - *pos - RECORD_HEAD;
	*end = size >= left;
	st = extents_add(&f->map, offset, size < left ? size : left, *pos + RECORD_HEAD);
	*pos += RECORD_HEAD + (size < left ? size : left);
	return st ? dumpfile_fail(why, st, "%s: too many records: %s", f->path, klpscope_strstatus(st))
		  : KLPSCOPE_OK;
}

static enum klpscope_status index_records(struct dumpfile *f, const struct progress *progress,
					  const struct failure *why)
{
	struct window w = { 0 };
	uint64_t pos = FLAT_HEAD, told = 0;
	bool end = f->size < FLAT_HEAD;
	enum klpscope_status st;

	f->cut = end;
	while (!end) {
		st = take_record(f, &w, &pos, &end, why);
		if (st)
			return st;
		if (progress && progress->call && pos - told >= PROGRESS_STEP) {
			progress->call(progress->arg, pos, f->size);
			told = pos;
		}
	}
	st = extents_settle(&f->map);
	return st ? dumpfile_fail(why, st, "%s: too many records: %s", f->path, klpscope_strstatus(st))
		  : KLPSCOPE_OK;
}

static enum klpscope_status probe_flattened(struct dumpfile *f, const struct progress *progress,
					    const struct failure *why)
{
	unsigned char head[32];
	uint64_t type, version;
	enum klpscope_status st;

	if (f->size < sizeof(head))
		return KLPSCOPE_OK;
	st = read_file(f, 0, head, sizeof(head));
	if (st)
		return dumpfile_unread(f, st, "beginning", why);
	if (memcmp(head, FLAT_SIGNATURE, 16))
		return KLPSCOPE_OK;
	type = dumpfile_uint(head + 16, 8, true);
	version = dumpfile_uint(head + 24, 8, true);
	if (type != 1 || version != 1)
		return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED,
				     "%s: a flattened dump of type %llu, version %llu", f->path,
				     (unsigned long long)type, (unsigned long long)version);
	f->flattened = true;
	return index_records(f, progress, why);
}

static enum klpscope_status find_size(struct dumpfile *f, const struct failure *why)
{
	struct stat st;
	off_t end;

	if (fstat(f->fd, &st))
		return dumpfile_fail(why, KLPSCOPE_SYSTEM, "%s: %s", f->path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return dumpfile_fail(why, KLPSCOPE_INVALID, "%s: %s", f->path, S_ISDIR(st.st_mode) ?
				     "is a directory" : "is a pipe or a device; save it to a file first");
	end = S_ISBLK(st.st_mode) ? lseek(f->fd, 0, SEEK_END) : st.st_size;
	if (end < 0)
		return dumpfile_fail(why, KLPSCOPE_SYSTEM, "%s: %s", f->path, strerror(errno));
	f->size = (uint64_t)end;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return KLPSCOPE_OK;
}

enum klpscope_status dumpfile_open(struct dumpfile *f, const char *path, const struct progress *progress,
				   const struct failure *why)
{
	enum klpscope_status st;

	memset(f, 0, sizeof(*f));
	f->path = path;
	/* O_NONBLOCK: a pipe without a writer is refused below instead of waited for. */
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0)
		return dumpfile_fail(why, KLPSCOPE_SYSTEM, "%s: %s", path, strerror(errno));
	st = find_size(f, why);
	if (!st)
		st = probe_flattened(f, progress, why);
	if (st)
		dumpfile_close(f);
	return st;
}

void dumpfile_close(struct dumpfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	extents_free(&f->map);
}
