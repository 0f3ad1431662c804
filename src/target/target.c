// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory and errors of the target; names and layouts are in resolve.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/ask.h"
#include "target/target_priv.h"
#include "util/str.h"

/* A dump's records must fit here; a hostile one asks for more and gets LIMIT. */
#define ARENA_CAP ((size_t)256 << 20)

struct target *target_new(const struct klpscope_target_ops *ops, bool big_endian, unsigned int pointer_size)
{
	struct target *t = calloc(1, sizeof(*t));
	size_t size = ops->size < sizeof(t->ops) ? ops->size : sizeof(t->ops);

	if (!t)
		return NULL;
	t->arena = arena_new(ARENA_CAP);
	if (!t->arena) {
		free(t);
		return NULL;
	}
	memcpy(&t->ops, ops, size);
	t->big_endian = big_endian;
	t->pointer_size = pointer_size;
	return t;
}

void target_free(struct target *t)
{
	struct provider *p, *next;

	if (!t)
		return;
	for (p = t->providers; p; p = next) {
		next = p->next;
		if (p->destroy)
			p->destroy(p);
	}
	arena_free(t->arena);
	free(t);
}

bool target_big_endian(const struct target *t)
{
	return t->big_endian;
}

unsigned int target_pointer_size(const struct target *t)
{
	return t->pointer_size;
}

struct arena *target_arena(struct target *t)
{
	return t->arena;
}

uint64_t target_pages_read(const struct target *t)
{
	return t->pages_read;
}

/* --- who watches --- */

void target_observe(struct target *t, const struct target_observer *observer)
{
	t->observer = *observer;
}

enum target_purpose target_purpose(struct target *t, enum target_purpose purpose)
{
	enum target_purpose before = t->purpose;

	t->purpose = purpose;
	return before;
}

enum target_purpose target_reads_for(const struct target *t)
{
	return t->purpose;
}

const char *target_purpose_name(enum target_purpose purpose)
{
	static const char *const names[NR_PURPOSES] = {
		[PURPOSE_SYSTEM] = "the kernel's name and taints",
		[PURPOSE_NAMES] = "kallsyms and types",
		[PURPOSE_MODULES] = "modules",
		[PURPOSE_PATCHES] = "patches, functions and their entries",
		[PURPOSE_TASKS] = "tasks, CPUs and stacks",
		[PURPOSE_SHADOW] = "shadow variables",
		[PURPOSE_TOOL] = "what crash needs to start",
	};

	return names[purpose];
}

void target_secret(struct target *t, uint64_t addr, size_t len)
{
	if (t->observer.secret && len)
		t->observer.secret(t->observer.arg, addr, len);
}

void target_set_capsule(struct target *t, struct answers *answers)
{
	t->exact = true;
	t->answers = answers;
}

void target_has_others(struct target *t)
{
	t->others = true;
}

void target_keep_answers(struct target *t, struct answers *answers)
{
	t->kept = answers;
}

/* --- errors --- */

const char *target_error(const struct target *t)
{
	return t->error;
}

enum klpscope_status target_fail(struct target *t, enum klpscope_status st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
	return st;
}

enum klpscope_status target_prepend(struct target *t, enum klpscope_status st, const char *fmt, ...)
{
	char old[ERROR_MAX];
	va_list ap;
	int n;

	memcpy(old, t->error, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(t->error))
		snprintf(t->error + n, sizeof(t->error) - (size_t)n, ": %.*s", (int)sizeof(old) - n - 3, old);
	return st;
}

static enum klpscope_status read_failed(struct target *t, enum klpscope_status st, uint64_t addr)
{
	return target_fail(t, st, "0x%llx: %s", (unsigned long long)addr, klpscope_strstatus(st));
}

/* The page at `base` in the cache; a failure is cached as well as a success. */
static struct page *page_get(struct target *t, uint64_t base)
{
	struct page *pg = &t->cache[(base / CACHE_PAGE) % CACHE_SLOTS];

	if (!pg->valid || pg->base != base) {
		pg->valid = true;
		pg->base = base;
		t->pages_read++;
		pg->st = ask(&t->ops, read, base, pg->data, CACHE_PAGE);
	}
	return pg;
}

/* Within one page. */
static enum klpscope_status read_part(struct target *t, uint64_t addr, void *buf, size_t len)
{
	uint64_t base = addr & ~(uint64_t)(CACHE_PAGE - 1);
	struct page *pg;

	if (t->exact) {
		t->pages_read++;
		return ask(&t->ops, read, addr, buf, len);
	}
	pg = page_get(t, base);
	if (!pg->st)
		memcpy(buf, pg->data + (addr - base), len);
	return pg->st;
}

/* *done: what could be read before the part that failed. */
static enum klpscope_status read_parts(struct target *t, uint64_t addr, void *buf, size_t len, size_t *done)
{
	unsigned char *out = buf;

	*done = 0;
	if (len && addr + (len - 1) < addr)
		return read_failed(t, KLPSCOPE_FAULT, addr);
	while (len) {
		size_t room = CACHE_PAGE - addr % CACHE_PAGE, n = room < len ? room : len;
		enum klpscope_status st = read_part(t, addr, out, n);

		if (st)
			return read_failed(t, st, addr);
		out += n;
		addr += n;
		len -= n;
		*done += n;
	}
	return KLPSCOPE_OK;
}

static void used(struct target *t, uint64_t addr, size_t len)
{
	if (t->observer.used && len)
		t->observer.used(t->observer.arg, addr, len, t->purpose);
}

enum klpscope_status target_read(struct target *t, uint64_t addr, void *buf, size_t len)
{
	size_t done;
	enum klpscope_status st = read_parts(t, addr, buf, len, &done);

	/* To fail at the same address again takes the pages before it. */
	used(t, addr, done);
	return st;
}

enum klpscope_status target_read_bulk(struct target *t, uint64_t addr, void *buf, size_t len)
{
	enum klpscope_status st;

	if (len && addr + (len - 1) < addr)
		return read_failed(t, KLPSCOPE_FAULT, addr);
	t->pages_read += (len + CACHE_PAGE - 1) / CACHE_PAGE;
	st = ask(&t->ops, read, addr, buf, len);
	if (st)
		return read_failed(t, st, addr);
	used(t, addr, len);
	return KLPSCOPE_OK;
}

uint64_t target_decode(const struct target *t, const void *p, unsigned int size)
{
	const unsigned char *b = p;
	uint64_t v = 0;

	for (unsigned int i = 0; i < size; i++)
		v = v << 8 | b[t->big_endian ? i : size - 1 - i];
	return v;
}

enum klpscope_status target_read_uint(struct target *t, uint64_t addr, unsigned int size, uint64_t *out)
{
	unsigned char raw[8];
	enum klpscope_status st;

	*out = 0;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return target_fail(t, KLPSCOPE_UNSUPPORTED, "0x%llx: a number of %u bytes",
				   (unsigned long long)addr, size);
	st = target_read(t, addr, raw, size);
	if (st)
		return st;
	*out = target_decode(t, raw, size);
	return KLPSCOPE_OK;
}

enum klpscope_status target_read_ptr(struct target *t, uint64_t addr, uint64_t *out)
{
	return target_read_uint(t, addr, t->pointer_size, out);
}

/* *len: of the string, without its NUL; max + 1 when none came; of what could be read when that failed. */
static enum klpscope_status read_string(struct target *t, uint64_t addr, size_t max, char *raw, size_t *len)
{
	*len = 0;
	while (*len <= max) {
		/* Never a page further than the string goes: the next one may be gone. */
		size_t n = t->exact ? 1 : CACHE_PAGE - ((addr + *len) % CACHE_PAGE);
		enum klpscope_status st;
		size_t done;
		char *nul;

		if (n > max + 1 - *len)
			n = max + 1 - *len;
		st = read_parts(t, addr + *len, raw + *len, n, &done);
		if (st)
			return st;
		nul = memchr(raw + *len, '\0', n);
		if (nul) {
			*len = (size_t)(nul - raw);
			return KLPSCOPE_OK;
		}
		*len += n;
	}
	return KLPSCOPE_OK;
}

enum klpscope_status target_read_string(struct target *t, uint64_t addr, size_t max, const char **out)
{
	char raw[STRING_MAX + 1];
	char clean[4 * STRING_MAX + 1];
	enum klpscope_status st;
	size_t len;

	*out = NULL;
	if (max > STRING_MAX)
		max = STRING_MAX;
	st = read_string(t, addr, max, raw, &len);
	used(t, addr, len <= max && !st ? len + 1 : len);
	if (st)
		return st;
	if (len > max)
		return target_fail(t, KLPSCOPE_CORRUPT, "0x%llx: a string longer than %zu bytes",
				   (unsigned long long)addr, max);
	str_sanitize(clean, sizeof(clean), raw, len);
	*out = arena_strdup(t->arena, clean);
	return *out ? KLPSCOPE_OK : target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
}

static enum klpscope_status no_prstatus(struct target *t, enum klpscope_status st, unsigned int n)
{
	if (st == KLPSCOPE_NOT_FOUND)
		return target_fail(t, st, "no NT_PRSTATUS note %u in the dump", n);
	return target_fail(t, st, "NT_PRSTATUS note %u: %s", n, klpscope_strstatus(st));
}

enum klpscope_status target_prstatus(struct target *t, unsigned int n, void *buf, size_t size, size_t *len)
{
	enum klpscope_status st = KLPSCOPE_NOT_FOUND;

	*len = 0;
	if (t->ops.prstatus)
		st = ask(&t->ops, prstatus, n, buf, size, len);
	if (!st && *len > size)
		st = KLPSCOPE_INVALID;
	if (!st)
		return KLPSCOPE_OK;
	*len = 0;
	return no_prstatus(t, st, n);
}
