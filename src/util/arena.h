/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that lives until the context goes.  Records and strings come from
 * here, so that no error path has anything to free.
 */
#ifndef KLPSCOPE_ARENA_H
#define KLPSCOPE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* `cap`: bytes after which arena_alloc() answers NULL; hostile dumps ask for much. */
struct arena *arena_new(size_t cap);
void arena_free(struct arena *a);

/* Zeroed, aligned for any type; NULL when memory or the cap is exhausted. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc));
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

#endif
