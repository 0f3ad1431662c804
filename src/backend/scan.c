// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "backend/scan.h"

#define PAGE 4096
/* 16 GB of 4 KB pages, a minute or two for compressed ones. */
#define PAGES_MAX ((uint64_t)1 << 22)
#define PROGRESS_PAGES 4096

#define NOTE_NAME "VMCOREINFO"
#define NOTE_HEAD (12 + 12)	/* lengths and type; the name with its NUL, padded */
#define FIRST_KEY "OSRELEASE="

/* release in struct new_utsname, behind sysname and nodename. */
#define RELEASE_AT 130

/* Where in the page the text begins, or 0 and false. */
static bool looks_like_note(const unsigned char *page, bool big_endian, size_t *at, size_t *size)
{
	*at = 0;
	*size = PAGE;
	if (!memcmp(page, FIRST_KEY, strlen(FIRST_KEY)))
		return true;
	if (dumpfile_uint(page, 4, big_endian) != sizeof(NOTE_NAME) ||
	    memcmp(page + 12, NOTE_NAME, sizeof(NOTE_NAME)) ||
	    memcmp(page + NOTE_HEAD, FIRST_KEY, strlen(FIRST_KEY)))
		return false;
	*at = NOTE_HEAD;
	*size = (size_t)dumpfile_uint(page + 4, 4, big_endian);
	return *size && *size <= VMCOREINFO_MAX;
}

/* The text says where the kernel keeps its name: is it there? */
static bool fits(const struct scan *s, const struct vmcoreinfo *v)
{
	struct xlat_setup setup = s->setup;
	const char *release = vmcoreinfo_get(v, "OSRELEASE");
	uint64_t addr, offset, phys;
	struct xlat *x;
	char name[65];
	bool fit;

	setup.vmcoreinfo = v;
	if (!release || !vmcoreinfo_number(v, "SYMBOL", "init_uts_ns", &addr) ||
	    !vmcoreinfo_number(v, "OFFSET", "uts_namespace.name", &offset) || xlat_new(&x, &setup, NULL))
		return false;
	fit = !xlat_phys(x, addr + offset + RELEASE_AT, &phys) &&
	      !s->setup.read_phys(s->setup.arg, phys, name, sizeof(name)) &&
	      !strncmp(name, release, sizeof(name));
	xlat_free(x);
	return fit;
}

static bool same_line(const struct vmcoreinfo *a, const struct vmcoreinfo *b, const char *key)
{
	const char *x = vmcoreinfo_get(a, key), *y = vmcoreinfo_get(b, key);

	return x && y ? !strcmp(x, y) : x == y;
}

/* The kernel has the text twice: as it is, and as a note. */
static bool same_kernel(const struct vmcoreinfo *a, const struct vmcoreinfo *b)
{
	return same_line(a, b, "OSRELEASE") && same_line(a, b, "BUILD-ID") &&
	       same_line(a, b, "SYMBOL(_stext)") && same_line(a, b, "NUMBER(phys_base)");
}

static bool load(const struct scan *s, uint64_t phys, size_t size, struct vmcoreinfo *v)
{
	char *text = malloc(size + 1);

	if (!text)
		return false;
	/* Perhaps longer than its page: what follows has to be in the dump, too. */
	if (s->setup.read_phys(s->setup.arg, phys, text, size)) {
		free(text);
		return false;
	}
	return !vmcoreinfo_parse(v, text, size);
}

/* Takes what is at `phys` if it is the first of its kind; LIMIT if it is another one. */
static enum klpscope_status consider(const struct scan *s, uint64_t phys, size_t size,
				     struct vmcoreinfo *found)
{
	struct vmcoreinfo v;
	enum klpscope_status st = KLPSCOPE_OK;

	if (!load(s, phys, size, &v))
		return KLPSCOPE_OK;
	if (!fits(s, &v)) {
		vmcoreinfo_free(&v);
		return KLPSCOPE_OK;
	}
	if (!found->text) {
		*found = v;
		return KLPSCOPE_OK;
	}
	if (!same_kernel(found, &v))
		st = KLPSCOPE_LIMIT;
	vmcoreinfo_free(&v);
	return st;
}

enum klpscope_status scan_vmcoreinfo(const struct scan *s, struct vmcoreinfo *found,
				     const struct failure *why)
{
	uint64_t phys = 0, pages = 0;
	enum klpscope_status st = KLPSCOPE_OK;

	memset(found, 0, sizeof(*found));
	for (; !st && pages < PAGES_MAX && s->next(s->setup.arg, &phys); pages++, phys += PAGE) {
		unsigned char head[64];
		size_t at, size;

		if (s->progress.call && pages % PROGRESS_PAGES == PROGRESS_PAGES - 1)
			s->progress.call(s->progress.arg, phys, s->total);
		if (!s->setup.read_phys(s->setup.arg, phys, head, sizeof(head)) &&
		    looks_like_note(head, s->setup.big_endian, &at, &size))
			st = consider(s, phys + at, size, found);
	}
	if (st) {
		vmcoreinfo_free(found);
		return dumpfile_fail(
			why, st, "no VMCOREINFO in the dump, and that of more than one kernel in its memory");
	}
	if (found->text)
		return KLPSCOPE_OK;
	return dumpfile_fail(why, KLPSCOPE_NOT_FOUND, "no VMCOREINFO in the dump, and none in %sits memory",
			     pages == PAGES_MAX ? "the first 16 GB of " : "");
}
