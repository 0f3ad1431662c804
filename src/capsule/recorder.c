// SPDX-License-Identifier: GPL-2.0-or-later
#include "capsule/recorder.h"
#include "target/answers.h"

/* No name is longer, whatever size the dump says that it has. */
#define SECRET_MAX 256u

/* A read that failed must fail the same way again, so it must find the same before what is missing. */
static void saw_part(void *arg, uint64_t phys, size_t len, enum klpscope_status st, bool table)
{
	struct recorder *r = arg;

	if (table && !st)
		pages_add(r->pages, phys, len, PURPOSE_TABLES);
	/* Of the tables of names the answers are kept instead. */
	if (!r->target || target_reads_for(r->target) == PURPOSE_NAMES)
		return;
	if (st)
		pages_add_missing(r->pages, phys, st);
	else if (!table)
		pages_add(r->pages, phys, len, target_reads_for(r->target));
}

struct kdumpfile_watch recorder_watch(struct recorder *r)
{
	return (struct kdumpfile_watch){ .arg = r, .part = saw_part };
}

/* Frame by frame, for each may lie elsewhere. `at` counts the bytes before this one. */
typedef void add_fn(struct recorder *r, uint64_t phys, size_t len, uint32_t at, unsigned int purpose);

static void each_frame(struct recorder *r, uint64_t addr, size_t len, unsigned int purpose, add_fn *add)
{
	uint32_t at = 0;

	while (len) {
		size_t room = CAPSULE_FRAME - addr % CAPSULE_FRAME, n = room < len ? room : len;
		uint64_t phys;

		if (!kdumpfile_backend_translate(r->backend, addr, &phys))
			add(r, phys, n, at, purpose);
		addr += n;
		at += (uint32_t)n;
		len -= n;
	}
}

static void add_used(struct recorder *r, uint64_t phys, size_t len, uint32_t at, unsigned int purpose)
{
	(void)at;
	pages_add(r->pages, phys, len, purpose);
}

/* A short name may end before the border that its array crosses, and what stands instead may not. */
static void add_secret(struct recorder *r, uint64_t phys, size_t len, uint32_t at, unsigned int purpose)
{
	unsigned char bytes[SECRET_MAX];

	if (at && !kdumpfile_backend_read_phys(r->backend, phys, bytes, len))
		pages_add(r->pages, phys, len, purpose);
	pages_add_secret(r->pages, phys, len, at);
}

static void used(void *arg, uint64_t addr, size_t len, enum target_purpose purpose)
{
	if (purpose != PURPOSE_NAMES)
		each_frame(arg, addr, len, purpose, add_used);
}

static void secret(void *arg, uint64_t addr, size_t len)
{
	struct recorder *r = arg;

	each_frame(r, addr, len < SECRET_MAX ? len : SECRET_MAX, target_reads_for(r->target), add_secret);
}

static void add_blank(struct recorder *r, uint64_t phys, size_t len, uint32_t at, unsigned int purpose)
{
	(void)at;
	(void)purpose;
	pages_add_secret(r->pages, phys, len, SECRET_NO_WORDS);
}

void recorder_blank(struct recorder *r, uint64_t addr, uint64_t size)
{
	each_frame(r, addr, (size_t)size, 0, add_blank);
}

enum klpscope_status recorder_start(struct recorder *r, struct target *t, struct kdumpfile_backend *backend)
{
	r->backend = backend;
	r->target = t;
	r->answers = answers_new(target_arena(t));
	if (!r->answers)
		return KLPSCOPE_NO_MEMORY;
	target_keep_answers(t, r->answers);
	target_observe(t, &(struct target_observer){ .arg = r, .used = used, .secret = secret });
	return KLPSCOPE_OK;
}
