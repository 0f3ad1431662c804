/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches a report being made, for a capsule of what it rests on. */
#ifndef KLPSCOPE_RECORDER_H
#define KLPSCOPE_RECORDER_H

#include "backend/kdumpfile.h"
#include "capsule/pages.h"

struct recorder {
	struct pages *pages;
	struct answers *answers;
	struct kdumpfile_backend *backend;
	const struct target *target;	/* NULL: none yet */
};

/* What the backend is to be opened with. */
struct kdumpfile_watch recorder_watch(struct recorder *r);

/* From now on, of all that the target reads out of `backend`. Both must outlive the recording. */
KLPSCOPE_MUST_CHECK
enum klpscope_status recorder_start(struct recorder *r, struct target *t, struct kdumpfile_backend *backend);

/* These bytes become zeros in a capsule that is redacted. */
void recorder_blank(struct recorder *r, uint64_t addr, uint64_t size);

#endif
