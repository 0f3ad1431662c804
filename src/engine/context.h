/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ways of opening a dump share. */
#ifndef KLPSCOPE_CONTEXT_H
#define KLPSCOPE_CONTEXT_H

#include "klpscope.h"
#include "model/record.h"

struct klpscope {
	void *backend;			/* NULL: a host's */
	void (*close_backend)(void *backend);
	struct recorder *recorder;	/* NULL: nobody wants a capsule */
	void (*close_recorder)(struct recorder *recorder);
	struct target *target;
	struct report *report;
	bool collected;
	const bool *differs;		/* NULL, or whether a host turned out to have another dump open than its file is */
	char error[1024];
};

/* Sets the context's error, sanitized: paths and foreign libraries' words come by this door. Returns st. */
enum klpscope_status context_fail(struct klpscope *ks, enum klpscope_status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Sanitized, from the arena; NOT_FOUND for NULL. */
struct text context_copy_text(struct arena *a, const char *s);

/* An empty report for ks->target. */
enum klpscope_status context_new_report(struct klpscope *ks, const char *path, const char *format,
					const char *architecture, bool big_endian) MUST_CHECK;

/*
 * What the dump says of itself.  Where that cannot be had, `others` may still
 * know: a host, or a vmlinux file; without them the reason is the user's answer.
 */
enum klpscope_status context_add_own_providers(struct klpscope *ks, bool others) MUST_CHECK;

/* The dump is a capsule: what it says of itself comes before all else. Its texts are as in struct capsule. */
enum klpscope_status context_use_capsule(struct klpscope *ks, const char *origin, const char *answers, size_t length,
					bool damaged) MUST_CHECK;

/* --- dump files (open.c) --- */

struct kdumpfile_backend;
enum klpscope_status context_open_files(struct klpscope *ks, const struct klpscope_files *files,
					struct kdumpfile_backend **backend) MUST_CHECK;
/* As the report names them, malloc'ed, or NULL. */
char *context_join_paths(const struct klpscope_files *files);

/*
 * A caller's structure as this release has it (take.c).  An older one is shorter: what it lacks is zero.  A newer one
 * is longer, and INVALID when something is set beyond what is known here.  *to is set only when it is OK.
 */
enum klpscope_status context_take_files(struct klpscope *ks, struct klpscope_files *to,
					const struct klpscope_files *from) MUST_CHECK;
enum klpscope_status context_take_target_ops(struct klpscope *ks, struct klpscope_target_ops *to,
					     const struct klpscope_target_ops *from) MUST_CHECK;
enum klpscope_status context_take_host(struct klpscope *ks, struct klpscope_host *to,
				       const struct klpscope_host *from) MUST_CHECK;
enum klpscope_status context_take_render(struct klpscope *ks, struct klpscope_render *to,
					 const struct klpscope_render *from) MUST_CHECK;
enum klpscope_status context_take_capsule(struct klpscope *ks, struct klpscope_capsule *to,
					  const struct klpscope_capsule *from) MUST_CHECK;

/* Back to an empty context; the error stays. */
void context_close(struct klpscope *ks);

#endif
