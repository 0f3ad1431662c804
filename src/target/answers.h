/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was asked about names and layouts, and what came out.  A capsule has
 * these instead of kallsyms and BTF, which would make most of it: megabytes to
 * answer some two hundred questions.
 */
#ifndef KLPSCOPE_ANSWERS_H
#define KLPSCOPE_ANSWERS_H

#include "target/target.h"

enum answer_kind {
	ANSWER_SYMBOL = 's',	/* name, key: sympos; value: the address */
	ANSWER_MEMBER = 'm',	/* name, member; value: offset, size, flag: a bit field */
	ANSWER_TYPE = 't',	/* name; size */
	ANSWER_ADDRESS = 'a',	/* key: the address; value: where it starts, size, text: its name, module */
};

struct answer {
	enum answer_kind kind;
	const char *name, *member;	/* "" where the kind has none; the same for module and text */
	uint64_t key;
	enum klpscope_status st;
	uint64_t value, size;
	bool flag;
	const char *module;
	const char *text;		/* not OK: the words of the failure */
	struct answer *child[2];	/* lower, higher */
	unsigned int level;
	struct answer *after;		/* in the order of addition */
};

struct answers;

/* NULL when there is no memory. Everything in it lives as long as the arena. */
struct answers *answers_new(struct arena *a);

const struct answer *answers_find(const struct answers *as, enum answer_kind kind, const char *name,
				  const char *member, uint64_t key);

/* Copies `what`, and sanitizes its texts where they are not; the first answer to a question stays. False when there is no memory. */
bool answers_add(struct answers *as, const struct answer *what);

/* A line each, malloc'ed and *length bytes long; NULL when there is no memory. */
char *answers_write(const struct answers *as, size_t *length);

/*
 * Adds what answers_write() wrote, from any source: text of no sense is CORRUPT,
 * and so is what is not sanitized.  `text` is `length` bytes.
 */
enum klpscope_status answers_parse(struct answers *as, const char *text, size_t length) MUST_CHECK;

#endif
