// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backend/mirror.h"

/* What is brought over at once: compressed pages that follow each other share it. */
#define BLOCK ((size_t)16 << 10)

/* Bytes after which it starts anew: it is memory, most of the time. */
#define MIRROR_MAX ((size_t)8 << 20)

/* More than one page can take between two looks at MIRROR_MAX. */
#define BLOCK_MAX ((size_t)1 << 20)

/* File systems without O_TMPFILE: a name for a moment. */
static int open_and_unlink(const char *dir)
{
	char name[PATH_MAX];
	int fd;

	if (snprintf(name, sizeof(name), "%s/klpscope.XXXXXX", dir) >= (int)sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

static int open_in(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	return fd >= 0 ? fd : open_and_unlink(dir);
}

static int open_somewhere(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = memfd_create("klpscope", MFD_CLOEXEC);

	if (fd < 0 && dir && *dir)
		fd = open_in(dir);
	return fd >= 0 ? fd : open_in("/var/tmp");
}

/* It grows to no more than MIRROR_MAX at a time, and to what is brought over at once. */
static enum klpscope_status check_room(const struct mirror *m, uint64_t first, const char *dir,
				       const struct failure *why)
{
	uint64_t need = first + MIRROR_MAX + BLOCK_MAX, room;
	struct statvfs vfs;

	if (need > dumpfile_end(m->file))
		need = dumpfile_end(m->file);
	if (fstatvfs(m->fd, &vfs))
		return KLPSCOPE_OK;
	room = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (room >= need)
		return KLPSCOPE_OK;
	return dumpfile_fail(why, KLPSCOPE_SYSTEM, "%s: %llu bytes of room to rearrange %s, %llu are needed",
			     dir, (unsigned long long)room, m->file->path, (unsigned long long)need);
}

enum klpscope_status mirror_open(struct mirror *m, const struct dumpfile *f, uint64_t first,
				 const char *tmpdir, const struct failure *why)
{
	long page = sysconf(_SC_PAGESIZE);

	memset(m, 0, sizeof(*m));
	m->file = f;
	/* Never part of a page: libkdumpfile without mapping caches whole ones. */
	m->block = page > (long)BLOCK ? (size_t)page : BLOCK;
	m->fd = tmpdir ? open_in(tmpdir) : open_somewhere();
	if (m->fd < 0)
		return dumpfile_fail(why, KLPSCOPE_SYSTEM, "%s: no temporary file: %s",
				     tmpdir ? tmpdir : "/var/tmp", strerror(errno));
	if (ftruncate(m->fd, (off_t)dumpfile_end(f)))
		return dumpfile_fail(why, KLPSCOPE_SYSTEM, "%s: no temporary file of %llu bytes: %s", f->path,
				     (unsigned long long)dumpfile_end(f), strerror(errno));
	m->buf = malloc(m->block);
	if (!m->buf)
		return dumpfile_fail(why, KLPSCOPE_NO_MEMORY, "out of memory");
	return tmpdir ? check_room(m, first, tmpdir, why) : KLPSCOPE_OK;
}

void mirror_close(struct mirror *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
	free(m->buf);
	free(m->filled);
	m->buf = NULL;
	m->filled = NULL;
	m->n = m->room = 0;
}

/* The slot that holds the key, or the free one where it belongs. */
static uint64_t *slot_of(uint64_t *set, size_t room, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (room - 1);

	while (set[i] && set[i] != key)
		i = (i + 1) & (room - 1);
	return &set[i];
}

static bool grow(struct mirror *m)
{
	size_t room = m->room ? 2 * m->room : 1024;
	uint64_t *set = calloc(room, sizeof(*set));

	if (!set)
		return false;
	for (size_t i = 0; i < m->room; i++)
		if (m->filled[i])
			*slot_of(set, room, m->filled[i]) = m->filled[i];
	free(m->filled);
	m->filled = set;
	m->room = room;
	return true;
}

static enum klpscope_status write_all(int fd, const unsigned char *buf, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, buf, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return KLPSCOPE_SYSTEM;
		buf += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return KLPSCOPE_OK;
}

static enum klpscope_status fill_block(struct mirror *m, uint64_t number)
{
	enum klpscope_status st;
	uint64_t *slot;

	if (2 * m->n >= m->room && !grow(m))
		return KLPSCOPE_NO_MEMORY;
	slot = slot_of(m->filled, m->room, number + 1);
	if (*slot)
		return KLPSCOPE_OK;
	st = dumpfile_read_sparse(m->file, number * m->block, m->buf, m->block);
	if (!st)
		st = write_all(m->fd, m->buf, m->block, number * m->block);
	if (st)
		return st;
	*slot = number + 1;
	m->n++;
	return KLPSCOPE_OK;
}

enum klpscope_status mirror_fill(struct mirror *m, uint64_t at, uint64_t len)
{
	enum klpscope_status st = KLPSCOPE_OK;

	if (!len)
		return KLPSCOPE_OK;
	for (uint64_t n = at / m->block; !st && n <= (at + len - 1) / m->block; n++)
		st = fill_block(m, n);
	return st;
}

enum klpscope_status mirror_blank(struct mirror *m, uint64_t at, size_t len)
{
	static const unsigned char zeros[512];
	enum klpscope_status st = mirror_fill(m, at, len);

	while (!st && len) {
		size_t n = len < sizeof(zeros) ? len : sizeof(zeros);

		st = write_all(m->fd, zeros, n, at);
		at += n;
		len -= n;
	}
	return st;
}

void mirror_trim(struct mirror *m)
{
	if (m->n * m->block < MIRROR_MAX)
		return;
	/* What libkdumpfile keeps of it stays true: the dump does not change. */
	if (ftruncate(m->fd, 0) || ftruncate(m->fd, (off_t)dumpfile_end(m->file)))
		return;
	memset(m->filled, 0, m->room * sizeof(*m->filled));
	m->n = 0;
}
