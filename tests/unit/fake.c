// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"

#define PAGE 4096
#define BUCKETS 1024
#define NAME_MAX_LEN 256

struct fpage {
	struct fpage *next;
	uint64_t base;
	unsigned char data[PAGE];
};

struct hole {
	struct hole *next;
	uint64_t addr, len;
	enum klpscope_status st;
};

/* Symbols, members, types, labels and VMCOREINFO lines: a name, numbers, perhaps a text. */
struct entry {
	struct entry *next;
	char *name;
	char *member;
	uint64_t a, b;
	enum klpscope_status st;
	bool defined;		/* a label of this pass */
};

struct fake {
	struct klpscope_target_ops ops;
	struct klpscope_host host;
	struct fpage *pages[BUCKETS];
	struct hole *holes;
	struct entry *symbols, *members, *types, *labels, *info, *notes;
	struct target **targets;
	size_t nr_targets;
	bool no_symbols, no_types;
	uint64_t cursor;
	uint64_t reads, bytes;
	/* parsing */
	unsigned int line;
	bool final;		/* the second pass, when every label is known */
};

static void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		abort();
	return p;
}

static char *xstrdup(const char *s)
{
	char *p = strdup(s);

	if (!p)
		abort();
	return p;
}

#define bad(f, ...)                                                  \
	do {                                                         \
		print_error("fake target, line %u: ", (f)->line);    \
		fail_msg(__VA_ARGS__);                               \
		abort();                                             \
	} while (0)

/* --- memory --- */

static struct fpage *page_find(const struct fake *f, uint64_t base)
{
	struct fpage *p = f->pages[base / PAGE % BUCKETS];

	while (p && p->base != base)
		p = p->next;
	return p;
}

static struct fpage *page_make(struct fake *f, uint64_t base)
{
	struct fpage **bucket = &f->pages[base / PAGE % BUCKETS];
	struct fpage *p = page_find(f, base);

	if (p)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->base = base;
	p->next = *bucket;
	*bucket = p;
	return p;
}

void fake_write(struct fake *f, uint64_t addr, const void *bytes, size_t len)
{
	const unsigned char *in = bytes;

	while (len) {
		size_t off = addr % PAGE;
		size_t n = PAGE - off < len ? PAGE - off : len;

		memcpy(page_make(f, addr - off)->data + off, in, n);
		addr += n;
		in += n;
		len -= n;
	}
}

void fake_write_uint(struct fake *f, uint64_t addr, uint64_t value, unsigned int size)
{
	unsigned char raw[8];

	for (unsigned int i = 0; i < size; i++)
		raw[f->host.big_endian ? size - 1 - i : i] = (unsigned char)(value >> (8 * i));
	fake_write(f, addr, raw, size);
}

void fake_hole(struct fake *f, uint64_t addr, uint64_t len, enum klpscope_status status)
{
	struct hole *h = xcalloc(1, sizeof(*h));

	h->addr = addr;
	h->len = len;
	h->st = status;
	h->next = f->holes;
	f->holes = h;
}

static enum klpscope_status in_hole(const struct fake *f, uint64_t addr, size_t len)
{
	for (const struct hole *h = f->holes; h; h = h->next)
		if (h->len && addr <= h->addr + (h->len - 1) && h->addr <= addr + (len - 1))
			return h->st;
	return KLPSCOPE_OK;
}

static enum klpscope_status read_memory(const struct fake *f, uint64_t addr, void *buf, size_t len)
{
	unsigned char *out = buf;

	while (len) {
		size_t off = addr % PAGE;
		size_t n = PAGE - off < len ? PAGE - off : len;
		const struct fpage *p = page_find(f, addr - off);
		enum klpscope_status st = in_hole(f, addr, n);

		if (st)
			return st;
		if (!p)
			return KLPSCOPE_FAULT;
		memcpy(out, p->data + off, n);
		addr += n;
		out += n;
		len -= n;
	}
	return KLPSCOPE_OK;
}

static enum klpscope_status op_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	struct fake *f = arg;

	f->reads++;
	f->bytes += len;
	return read_memory(f, addr, buf, len);
}

static enum klpscope_status op_prstatus(void *arg, unsigned int n, void *buf, size_t size, size_t *len)
{
	const struct fake *f = arg;
	const struct entry *e = f->notes;

	while (e && n--)
		e = e->next;
	if (!e || e->st)
		return e ? e->st : KLPSCOPE_NOT_FOUND;
	*len = e->b < size ? (size_t)e->b : size;
	return read_memory(f, e->a, buf, *len);
}

/* --- names and layouts --- */

static struct entry *entry_find(struct entry *e, const char *name, const char *member)
{
	while (e && (strcmp(e->name, name) || (member && strcmp(e->member, member))))
		e = e->next;
	return e;
}

static struct entry *entry_add(struct entry **list, const char *name)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->name = xstrdup(name);
	while (*list)
		list = &(*list)->next;
	*list = e;
	return e;
}

static void entries_free(struct entry **list)
{
	while (*list) {
		struct entry *e = *list;

		*list = e->next;
		free(e->name);
		free(e->member);
		free(e);
	}
}

static enum klpscope_status op_vmcoreinfo(void *arg, const char *key, const char **value)
{
	struct fake *f = arg;
	struct entry *e = entry_find(f->info, key, NULL);

	if (!e)
		return KLPSCOPE_NOT_FOUND;
	*value = e->member;
	return e->st;
}

static enum klpscope_status op_symbol(void *arg, const char *name, uint64_t *addr)
{
	struct fake *f = arg;
	struct entry *e = entry_find(f->symbols, name, NULL);

	if (!e)
		return KLPSCOPE_NOT_FOUND;
	*addr = e->a;
	return e->st;
}

/* The symbol below `addr` and nearest to it, when it is not known to end before. */
static enum klpscope_status op_name_address(void *arg, uint64_t addr, const char **name, uint64_t *offset)
{
	struct fake *f = arg;
	struct entry *best = NULL;

	for (struct entry *e = f->symbols; e; e = e->next)
		if (!e->st && e->a <= addr && (!best || e->a > best->a))
			best = e;
	if (!best || addr - best->a >= (best->b ? best->b : PAGE))
		return KLPSCOPE_NOT_FOUND;
	*name = best->name;
	*offset = addr - best->a;
	return KLPSCOPE_OK;
}

static enum klpscope_status op_member(void *arg, const char *type, const char *member, uint64_t *offset,
				      uint64_t *size)
{
	struct fake *f = arg;
	struct entry *e = entry_find(f->members, type, member);

	if (!e)
		return KLPSCOPE_NOT_FOUND;
	*offset = e->a;
	*size = e->b;
	return e->st;
}

static enum klpscope_status op_type_size(void *arg, const char *type, uint64_t *size)
{
	struct fake *f = arg;
	struct entry *e = entry_find(f->types, type, NULL);

	if (!e)
		return KLPSCOPE_NOT_FOUND;
	*size = e->a;
	return e->st;
}

void fake_vmcoreinfo(struct fake *f, const char *key, const char *value)
{
	struct entry *e = entry_find(f->info, key, NULL);

	if (!e)
		e = entry_add(&f->info, key);
	free(e->member);
	e->member = xstrdup(value ? value : "");
	e->st = value ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND;
}

uint64_t fake_label(struct fake *f, const char *name)
{
	struct entry *e = entry_find(f->labels, name, NULL);

	if (!e)
		fail_msg("fake target: no label @%s", name);
	return e ? e->a : 0;
}

/* --- the text --- */

static bool label_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static void skip_space(const char **s)
{
	while (**s == ' ' || **s == '\t')
		(*s)++;
}

static bool at_end(const char **s)
{
	skip_space(s);
	return !**s || **s == '\n' || **s == '#';
}

/* The next word without moving, or "" at the end of the line. */
static size_t word_length(const char *s)
{
	size_t n = 0;

	while (s[n] && !isspace((unsigned char)s[n]))
		n++;
	return n;
}

static void take_word(struct fake *f, const char **s, char *out)
{
	size_t n;

	if (at_end(s))
		bad(f, "a word is missing");
	n = word_length(*s);
	if (n >= NAME_MAX_LEN)
		bad(f, "a word is too long");
	memcpy(out, *s, n);
	out[n] = '\0';
	*s += n;
}

static size_t take_label(struct fake *f, const char *s, char *out)
{
	size_t n = 0;

	while (n < NAME_MAX_LEN - 1 && label_char(s[n])) {
		out[n] = s[n];
		n++;
	}
	out[n] = '\0';
	if (!n)
		bad(f, "a label without a name");
	return n;
}

static uint64_t term(struct fake *f, const char **s, bool now)
{
	char name[NAME_MAX_LEN];
	struct entry *e;
	uint64_t v;
	char *end;

	if (**s != '@') {
		if (!isdigit((unsigned char)**s))
			bad(f, "not a number: %.20s", *s);
		v = strtoull(*s, &end, 0);
		*s = end;
		return v;
	}
	*s += 1 + take_label(f, *s + 1, name);
	e = entry_find(f->labels, name, NULL);
	if ((f->final && !e) || (now && !(e && e->defined)))
		bad(f, "@%s is not defined%s", name, now ? " above" : "");
	return e ? e->a : 0;
}

/* `now`: the value decides where things lie, so it cannot wait for the second pass. */
static uint64_t number(struct fake *f, const char **s, bool now)
{
	bool minus;
	uint64_t v;

	if (at_end(s))
		bad(f, "a number is missing");
	minus = **s == '-';
	*s += minus;
	v = term(f, s, now);
	if (minus)
		v = -v;
	while (**s == '+' || **s == '-') {
		minus = *(*s)++ == '-';
		v += minus ? -term(f, s, now) : term(f, s, now);
	}
	if (**s && !isspace((unsigned char)**s))
		bad(f, "unexpected: %.20s", *s);
	return v;
}

static bool status_word(const char **s, enum klpscope_status *st)
{
	static const struct {
		const char *word;
		enum klpscope_status st;
	} words[] = {
		{ "excluded", KLPSCOPE_EXCLUDED },   { "truncated", KLPSCOPE_TRUNCATED },
		{ "fault", KLPSCOPE_FAULT },	     { "corrupt", KLPSCOPE_CORRUPT },
		{ "unsupported", KLPSCOPE_UNSUPPORTED },
	};
	size_t n;

	skip_space(s);
	n = word_length(*s);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].word) != n || strncmp(words[i].word, *s, n))
			continue;
		*st = words[i].st;
		*s += n;
		return true;
	}
	return false;
}

static void emit(struct fake *f, const void *bytes, size_t len)
{
	if (f->final)
		fake_write(f, f->cursor, bytes, len);
	f->cursor += len;
}

static void emit_zeros(struct fake *f, uint64_t n)
{
	if (n > 64u << 20)
		bad(f, "too many zeros");
	while (n--)
		emit(f, "", 1);
}

static void do_numbers(struct fake *f, const char **s, unsigned int size)
{
	if (at_end(s))
		bad(f, "a number is missing");
	while (!at_end(s)) {
		uint64_t v = number(f, s, false);
		int64_t sign = (int64_t)v >> (size * 8 - 1);

		if (f->final && size < 8 && v >> (size * 8) && sign != -1)
			bad(f, "0x%llx does not fit in %u bytes", (unsigned long long)v, size);
		if (f->final)
			fake_write_uint(f, f->cursor, v, size);
		f->cursor += size;
	}
}

static char escape(struct fake *f, const char **s)
{
	unsigned int v;

	switch (*(*s)++) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '"':
		return '"';
	case '\\':
		return '\\';
	case 'x':
		if (!isxdigit((unsigned char)(*s)[0]) || !isxdigit((unsigned char)(*s)[1]) ||
		    sscanf(*s, "%2x", &v) != 1)
			bad(f, "\\x wants two hex digits");
		*s += 2;
		return (char)v;
	}
	bad(f, "unknown escape");
}

static void do_str(struct fake *f, const char **s)
{
	if (at_end(s) || *(*s)++ != '"')
		bad(f, "a string in quotes is missing");
	while (**s != '"') {
		char c = *(*s)++;

		if (!c || c == '\n')
			bad(f, "the string does not end");
		if (c == '\\')
			c = escape(f, s);
		emit(f, &c, 1);
	}
	(*s)++;
	emit(f, "", 1);
}

static void do_hole(struct fake *f, const char **s)
{
	uint64_t addr = number(f, s, false);
	uint64_t len = number(f, s, true);
	enum klpscope_status st;

	if (!status_word(s, &st))
		bad(f, "excluded, truncated or fault is missing");
	if (f->final)
		fake_hole(f, addr, len, st);
}

static void do_vmcoreinfo(struct fake *f, const char **s)
{
	char key[NAME_MAX_LEN], value[1024];
	size_t n = 0;

	take_word(f, s, key);
	skip_space(s);
	if (**s == '@') {
		snprintf(value, sizeof(value), "%llx", (unsigned long long)number(f, s, false));
	} else {
		while (n < sizeof(value) - 1 && (*s)[n] && (*s)[n] != '\n') {
			value[n] = (*s)[n];
			n++;
		}
		*s += n;
		value[n] = '\0';
	}
	if (f->final)
		fake_vmcoreinfo(f, key, value);
}

static void do_symbol(struct fake *f, const char **s)
{
	char name[NAME_MAX_LEN];
	struct entry e = { 0 }, *new;

	take_word(f, s, name);
	if (!status_word(s, &e.st)) {
		e.a = number(f, s, false);
		if (!at_end(s))
			e.b = number(f, s, false);
	}
	if (!f->final)
		return;
	new = entry_add(&f->symbols, name);
	new->a = e.a;
	new->b = e.b;
	new->st = e.st;
}

static void do_layout(struct fake *f, const char **s, struct entry **list, bool member)
{
	char name[NAME_MAX_LEN], member_name[NAME_MAX_LEN];
	struct entry e = { 0 }, *new;

	take_word(f, s, name);
	if (member)
		take_word(f, s, member_name);
	if (!status_word(s, &e.st)) {
		e.a = number(f, s, false);
		if (member)
			e.b = number(f, s, false);
	}
	if (!f->final)
		return;
	new = entry_add(list, name);
	new->member = member ? xstrdup(member_name) : NULL;
	new->a = e.a;
	new->b = e.b;
	new->st = e.st;
}

static void do_prstatus(struct fake *f, const char **s)
{
	struct entry e = { 0 }, *new;

	if (!status_word(s, &e.st)) {
		e.a = number(f, s, false);
		e.b = number(f, s, true);
	}
	if (!f->final)
		return;
	new = entry_add(&f->notes, "");
	new->a = e.a;
	new->b = e.b;
	new->st = e.st;
}

static void do_no(struct fake *f, const char **s)
{
	char what[NAME_MAX_LEN];

	take_word(f, s, what);
	if (!strcmp(what, "symbols"))
		f->no_symbols = true;
	else if (!strcmp(what, "types"))
		f->no_types = true;
	else
		bad(f, "no what? %s", what);
}

static void do_endian(struct fake *f, const char **s)
{
	char what[NAME_MAX_LEN];

	take_word(f, s, what);
	if (strcmp(what, "big") && strcmp(what, "little"))
		bad(f, "big or little?");
	f->host.big_endian = !strcmp(what, "big");
}

static void do_pointer(struct fake *f, const char **s)
{
	uint64_t size = number(f, s, true);

	if (size != 4 && size != 8)
		bad(f, "4 or 8?");
	f->host.pointer_size = (uint8_t)size;
}

static void do_align(struct fake *f, const char **s)
{
	uint64_t n = number(f, s, true);

	if (!n)
		bad(f, "align 0");
	emit_zeros(f, (n - f->cursor % n) % n);
}

static void directive(struct fake *f, const char *word, const char **s)
{
	if (!strcmp(word, "at"))
		f->cursor = number(f, s, true);
	else if (!strcmp(word, "ptr"))
		do_numbers(f, s, f->host.pointer_size);
	else if (!strcmp(word, "u8"))
		do_numbers(f, s, 1);
	else if (!strcmp(word, "u16"))
		do_numbers(f, s, 2);
	else if (!strcmp(word, "u32"))
		do_numbers(f, s, 4);
	else if (!strcmp(word, "u64"))
		do_numbers(f, s, 8);
	else if (!strcmp(word, "str"))
		do_str(f, s);
	else if (!strcmp(word, "zero"))
		emit_zeros(f, number(f, s, true));
	else if (!strcmp(word, "align"))
		do_align(f, s);
	else if (!strcmp(word, "hole"))
		do_hole(f, s);
	else if (!strcmp(word, "vmcoreinfo"))
		do_vmcoreinfo(f, s);
	else if (!strcmp(word, "symbol"))
		do_symbol(f, s);
	else if (!strcmp(word, "member"))
		do_layout(f, s, &f->members, true);
	else if (!strcmp(word, "type"))
		do_layout(f, s, &f->types, false);
	else if (!strcmp(word, "prstatus"))
		do_prstatus(f, s);
	else if (!strcmp(word, "no"))
		do_no(f, s);
	else if (!strcmp(word, "endian"))
		do_endian(f, s);
	else if (!strcmp(word, "pointer"))
		do_pointer(f, s);
	else
		bad(f, "unknown word: %s", word);
}

static void define_label(struct fake *f, const char **s)
{
	char name[NAME_MAX_LEN];
	struct entry *e;

	*s += 1 + take_label(f, *s + 1, name);
	if (*(*s)++ != ':')
		bad(f, "@%s: the colon is missing", name);
	e = entry_find(f->labels, name, NULL);
	if (e && e->defined)
		bad(f, "@%s is defined twice", name);
	if (!e)
		e = entry_add(&f->labels, name);
	e->a = f->cursor;
	e->defined = true;
}

static void parse_line(struct fake *f, const char *s)
{
	char word[NAME_MAX_LEN];

	while (!at_end(&s) && *s == '@')
		define_label(f, &s);
	if (at_end(&s))
		return;
	take_word(f, &s, word);
	directive(f, word, &s);
	if (!at_end(&s))
		bad(f, "unexpected: %.40s", s);
}

static void pass(struct fake *f, const char *text)
{
	f->line = 0;
	f->cursor = 0;
	for (struct entry *e = f->labels; e; e = e->next)
		e->defined = false;
	while (*text) {
		f->line++;
		parse_line(f, text);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

static void fill_ops(struct fake *f)
{
	bool symbols = f->symbols && !f->no_symbols;
	bool types = (f->members || f->types) && !f->no_types;

	f->ops.size = sizeof(f->ops);
	f->ops.arg = f;
	f->ops.read = op_read;
	f->ops.vmcoreinfo = op_vmcoreinfo;
	f->ops.symbol = symbols ? op_symbol : NULL;
	f->ops.name_address = symbols ? op_name_address : NULL;
	f->ops.member = types ? op_member : NULL;
	f->ops.type_size = types ? op_type_size : NULL;
	f->ops.prstatus = f->notes ? op_prstatus : NULL;
}

struct fake *fake_parse(const char *text)
{
	struct fake *f = xcalloc(1, sizeof(*f));

	f->host.size = sizeof(f->host);
	f->host.path = "fake";
	f->host.format = "fake";
	f->host.architecture = "x86_64";
	f->host.pointer_size = 8;
	pass(f, text);
	f->final = true;
	pass(f, text);
	fill_ops(f);
	return f;
}

struct target *fake_target(struct fake *f)
{
	struct target *t = target_new(&f->ops, f->host.big_endian, f->host.pointer_size);

	assert_non_null(t);
	f->targets = realloc(f->targets, (f->nr_targets + 1) * sizeof(struct target *));
	assert_non_null(f->targets);
	f->targets[f->nr_targets++] = t;
	return t;
}

const struct klpscope_target_ops *fake_ops(struct fake *f)
{
	return &f->ops;
}

const struct klpscope_host *fake_host(struct fake *f)
{
	return &f->host;
}

uint64_t fake_reads(const struct fake *f)
{
	return f->reads;
}

uint64_t fake_bytes(const struct fake *f)
{
	return f->bytes;
}

static void free_memory(struct fake *f)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (f->pages[i]) {
			struct fpage *p = f->pages[i];

			f->pages[i] = p->next;
			free(p);
		}
	}
	while (f->holes) {
		struct hole *h = f->holes;

		f->holes = h->next;
		free(h);
	}
}

void fake_free(struct fake *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->nr_targets; i++)
		target_free(f->targets[i]);
	free(f->targets);
	free_memory(f);
	entries_free(&f->symbols);
	entries_free(&f->members);
	entries_free(&f->types);
	entries_free(&f->labels);
	entries_free(&f->info);
	entries_free(&f->notes);
	free(f);
}
