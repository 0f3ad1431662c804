/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_TABLE_H
#define KLPSCOPE_TABLE_H

#include "output/out.h"

#define TABLE_COLUMNS_MAX 10
#define TABLE_TURNS 3

struct table_column {
	const char *title;	/* NULL in the first column: no headings at all */
	bool right;		/* numbers */
	unsigned int gives;	/* its turn to give room when the table is too wide: 1 first, 0 last of all */
	unsigned int least;	/* it does not go below this many columns as long as others can give */
	unsigned int goes;	/* its turn to be left out before any other is wrapped; 0: it stays */
};

struct table;

/* `columns` must outlive the table. NULL: no memory, which the others then take for an answer. */
struct table *table_new(const struct table_column *columns, size_t n);
/* Cells are copied; NULL is an empty one. `tone` is that of cell `toned`. */
void table_row(struct table *t, const char *const *cells, size_t toned, enum tone tone);
/* A column that has nothing to say in any row. */
void table_hide(struct table *t, size_t column);
/* Prints and frees. */
void table_print(struct table *t, struct out *o, unsigned int indent);

#endif
