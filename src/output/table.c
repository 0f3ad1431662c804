// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables by libsmartcols, which is told everything: it must not look at the
 * terminal or the locale, and how it shrinks and cuts columns differs from
 * version to version.  So widths are worked out here, a cell that is too wide
 * continues in rows of its own, and libsmartcols lines up what fits already.
 */
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/table.h"

#define SEPARATOR "  "
#define LEAST_OF_ALL 4

struct row {
	char *cells[TABLE_COLUMNS_MAX];
	size_t toned;
	enum tone tone;
};

struct table {
	const struct table_column *columns;
	size_t n;
	bool hidden[TABLE_COLUMNS_MAX];
	size_t width[TABLE_COLUMNS_MAX];
	struct row *rows;
	size_t nr_rows;
	bool failed;
};

struct table *table_new(const struct table_column *columns, size_t n)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t) {
		t->columns = columns;
		t->n = n;
	}
	return t;
}

static void table_free(struct table *t)
{
	for (size_t i = 0; i < t->nr_rows; i++)
		for (size_t c = 0; c < t->n; c++)
			free(t->rows[i].cells[c]);
	free(t->rows);
	free(t);
}

static struct row *add_row(struct table *t)
{
	/* Full at each power of two: shadow variables of an id are as many as 65,536 rows. */
	if (!(t->nr_rows & (t->nr_rows - 1))) {
		struct row *rows = realloc(t->rows, (t->nr_rows ? 2 * t->nr_rows : 1) * sizeof(*rows));

		if (!rows)
			return NULL;
		t->rows = rows;
	}
	memset(&t->rows[t->nr_rows], 0, sizeof(*t->rows));
	return &t->rows[t->nr_rows++];
}

void table_row(struct table *t, const char *const *cells, size_t toned, enum tone tone)
{
	struct row *row = t ? add_row(t) : NULL;

	if (!row) {
		if (t)
			t->failed = true;
		return;
	}
	row->toned = toned;
	row->tone = tone;
	for (size_t c = 0; c < t->n; c++) {
		row->cells[c] = out_ascii(cells[c] ? cells[c] : "");
		if (!row->cells[c])
			t->failed = true;
	}
}

void table_hide(struct table *t, size_t column)
{
	if (t)
		t->hidden[column] = true;
}

/* --- widths --- */

static bool has_headings(const struct table *t)
{
	return t->columns[0].title != NULL;
}

static size_t natural_width(const struct table *t, size_t c)
{
	size_t width = has_headings(t) ? strlen(t->columns[c].title) : 1;

	for (size_t i = 0; i < t->nr_rows; i++) {
		size_t len = strlen(t->rows[i].cells[c]);

		if (len > width)
			width = len;
	}
	return width;
}

static size_t total_width(const struct table *t)
{
	size_t total = 0;

	for (size_t c = 0; c < t->n; c++)
		if (!t->hidden[c])
			total += t->width[c] + (total ? strlen(SEPARATOR) : 0);
	return total;
}

static bool can_shrink(const struct table *t, size_t c, unsigned int turn)
{
	if (t->hidden[c])
		return false;
	if (!turn)
		return t->width[c] > LEAST_OF_ALL;
	return t->columns[c].gives == turn && t->width[c] > t->columns[c].least;
}

/* The widest of those whose turn it is loses one column; turn 0: of all. */
static bool shrink(struct table *t, unsigned int turn)
{
	size_t widest = t->n;

	for (size_t c = 0; c < t->n; c++)
		if (can_shrink(t, c, turn) && (widest == t->n || t->width[c] > t->width[widest]))
			widest = c;
	if (widest == t->n)
		return false;
	t->width[widest]--;
	return true;
}

/* Better no address at all than a broken name: -f has both. */
static void leave_out(struct table *t, unsigned int turn)
{
	for (size_t c = 0; c < t->n; c++)
		if (t->columns[c].goes == turn)
			t->hidden[c] = true;
}

static void set_widths(struct table *t, size_t limit)
{
	for (size_t c = 0; c < t->n; c++)
		t->width[c] = natural_width(t, c);
	if (!limit)
		return;
	for (unsigned int turn = 1; turn <= TABLE_TURNS && total_width(t) > limit; turn++)
		leave_out(t, turn);
	for (unsigned int turn = 1; turn <= TABLE_TURNS; turn++)
		while (total_width(t) > limit && shrink(t, turn))
			;
	while (total_width(t) > limit && shrink(t, 0))
		;
}

/* --- printing --- */

/* Columns have no names: some versions count them in even when they are not printed. */
static struct libscols_column *add_column(struct table *t, struct libscols_table *tb, size_t c)
{
	return scols_table_new_column(tb, "", 0, t->columns[c].right ? SCOLS_FL_RIGHT : 0);
}

/*
 * The next piece of each cell as a line; at[] says where the pieces start.
 * False: nothing left.
 */
static bool add_line(struct table *t, struct libscols_table *tb, const struct row *row, size_t *at)
{
	struct libscols_line *line = NULL;
	size_t column = 0;

	for (size_t c = 0; c < t->n; c++) {
		const char *s = row->cells[c] + at[c];
		size_t next, len;
		char *piece;

		if (t->hidden[c])
			continue;
		column++;
		if (!*s)
			continue;
		if (!line)
			line = scols_table_new_line(tb, NULL);
		len = out_break(s, t->width[c], &next);
		at[c] += next;
		piece = strndup(s, len);
		if (!line || !piece || scols_line_refer_data(line, column - 1, piece)) {
			free(piece);
			t->failed = true;
			return false;
		}
		if (row->tone != TONE_PLAIN && c == row->toned &&
		    scols_cell_set_color(scols_line_get_cell(line, column - 1), out_sequence(row->tone)))
			t->failed = true;
	}
	return line != NULL;
}

static void add_lines(struct table *t, struct libscols_table *tb, const struct row *row)
{
	size_t at[TABLE_COLUMNS_MAX] = { 0 };

	while (add_line(t, tb, row, at))
		;
}

/* Headings are rows like the others, so that they wrap like the others. */
static void add_headings(struct table *t, struct libscols_table *tb)
{
	struct row head = { .tone = TONE_PLAIN };

	for (size_t c = 0; c < t->n; c++) {
		head.cells[c] = strdup(t->columns[c].title);
		t->failed |= !head.cells[c];
	}
	if (!t->failed)
		add_lines(t, tb, &head);
	for (size_t c = 0; c < t->n; c++)
		free(head.cells[c]);
}

static void fill(struct table *t, struct libscols_table *tb, bool colour)
{
	scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER);
	scols_table_enable_noheadings(tb, 1);
	scols_table_enable_noencoding(tb, 1);
	scols_table_enable_ascii(tb, 1);
	scols_table_enable_minout(tb, 1);
	scols_table_enable_colors(tb, colour);
	if (scols_table_set_column_separator(tb, SEPARATOR))
		t->failed = true;
	for (size_t c = 0; c < t->n; c++)
		if (!t->hidden[c] && !add_column(t, tb, c))
			t->failed = true;
	if (has_headings(t) && !t->failed)
		add_headings(t, tb);
	for (size_t i = 0; i < t->nr_rows && !t->failed; i++)
		add_lines(t, tb, &t->rows[i]);
}

static void put_indented(struct out *o, const char *s, unsigned int indent)
{
	while (*s) {
		size_t len = strcspn(s, "\n");

		while (len && s[len - 1] == ' ')
			len--;
		sb_fill(&o->sb, ' ', len ? indent : 0);
		sb_put(&o->sb, s, len);
		sb_put(&o->sb, "\n", 1);
		s += strcspn(s, "\n");
		s += *s == '\n';
	}
}

/* Into a stream of our own: libsmartcols does not ask its own whether all arrived. */
static char *to_string(struct libscols_table *tb)
{
	char *s = NULL;
	size_t len;
	FILE *f = open_memstream(&s, &len);
	bool lost;

	if (!f)
		return NULL;
	scols_table_set_stream(tb, f);
	lost = scols_print_table(tb) != 0;
	lost |= ferror(f) != 0;
	lost |= fclose(f) != 0;
	if (!lost)
		return s;
	free(s);
	return NULL;
}

static void print(struct table *t, struct out *o, unsigned int indent)
{
	struct libscols_table *tb = scols_new_table();
	char *s = NULL;

	if (!tb) {
		t->failed = true;
		return;
	}
	set_widths(t, !o->width ? 0 : indent < o->width ? o->width - indent : 1);
	fill(t, tb, o->colour);
	if (!t->failed)
		s = to_string(tb);
	if (s)
		put_indented(o, s, indent);
	else
		t->failed = true;
	free(s);
	scols_unref_table(tb);
}

void table_print(struct table *t, struct out *o, unsigned int indent)
{
	if (!t) {
		o->sb.failed = true;
		return;
	}
	if (t->nr_rows && !t->failed)
		print(t, o, indent);
	o->sb.failed |= t->failed;
	table_free(t);
}
