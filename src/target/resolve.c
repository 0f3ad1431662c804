// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names and layouts: each provider in order, and then the host.  What the dump
 * says of itself comes first, so that the same dump gives the same report in
 * every front end, and so that a host that was started with another kernel's
 * vmlinux misleads nobody.  "Not found" is said only when a host searched its
 * whole table, or when a provider did and none failed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/target_priv.h"
#include "util/str.h"

void target_add_provider(struct target *t, struct provider *p)
{
	struct provider **tail = &t->providers;

	while (*tail)
		tail = &(*tail)->next;
	p->next = NULL;
	*tail = p;
}

enum klpscope_status target_vmcoreinfo(struct target *t, const char *key, const char **value)
{
	enum klpscope_status st = KLPSCOPE_NOT_FOUND;

	*value = NULL;
	if (t->ops.vmcoreinfo)
		st = t->ops.vmcoreinfo(t->ops.arg, key, value);
	return st ? target_fail(t, st, "VMCOREINFO: %s: %s", key, klpscope_strstatus(st)) : KLPSCOPE_OK;
}

enum klpscope_status target_vmcoreinfo_num(struct target *t, const char *key, int base, uint64_t *value)
{
	const char *s;
	char *end;
	enum klpscope_status st = target_vmcoreinfo(t, key, &s);

	*value = 0;
	if (st)
		return st;
	errno = 0;
	*value = strtoull(s, &end, base);
	if (end == s || (*end && *end != '\n') || errno)
		return target_fail(t, KLPSCOPE_CORRUPT, "VMCOREINFO: %s is not a number", key);
	return KLPSCOPE_OK;
}

/* The first failure is the one to tell: the providers behind it only stepped in. */
static enum klpscope_status worst(enum klpscope_status so_far, enum klpscope_status st)
{
	return so_far && so_far != KLPSCOPE_NOT_FOUND ? so_far : st;
}

/* What became of asking one after the other, and the words of the first who failed. */
struct asking {
	enum klpscope_status st;
	bool asked;
	char words[ERROR_MAX];
};

static void note(struct target *t, struct asking *a, enum klpscope_status st)
{
	if (!a->st || a->st == KLPSCOPE_NOT_FOUND) {
		a->st = st;
		snprintf(a->words, sizeof(a->words), "%s", st != KLPSCOPE_NOT_FOUND ? t->error : klpscope_strstatus(st));
	}
	a->asked = true;
}

/* A host that cannot find it has looked everywhere, whatever the dump itself lacks. */
static void note_host(struct target *t, struct asking *a, enum klpscope_status st)
{
	if (st == KLPSCOPE_NOT_FOUND)
		a->st = KLPSCOPE_OK;
	if (!a->st || a->st == KLPSCOPE_NOT_FOUND)
		target_fail(t, st, "%s", klpscope_strstatus(st));
	note(t, a, st);
}

/* The whole dump was searched: a host would only search again, and gdb's tables take long to say no. */
static bool settled(enum klpscope_status failure, bool asked)
{
	return asked && (!failure || failure == KLPSCOPE_NOT_FOUND);
}

static enum klpscope_status give_up(struct target *t, const struct asking *a, const char *type,
				    const char *member)
{
	enum klpscope_status st = a->asked ? a->st : KLPSCOPE_UNSUPPORTED;

	return target_fail(t, st, "struct %s%s%s: %s", type, *member ? "." : "", member,
			   a->asked ? a->words : "nobody knows types");
}

static void host_symbols(struct target *t, struct symbol_query *q, size_t n, enum klpscope_status *fail,
			 bool asked)
{
	for (size_t i = 0; i < n; i++) {
		/* A host names by name alone: which of several it takes, nobody knows. */
		if (!q[i].st || q[i].sympos || settled(fail[i], asked))
			continue;
		q[i].st = t->ops.symbol(t->ops.arg, q[i].name, &q[i].addr);
		if (q[i].st)
			fail[i] = q[i].st == KLPSCOPE_NOT_FOUND ? q[i].st : worst(fail[i], q[i].st);
	}
}

static void ask_providers(struct target *t, struct symbol_query *q, size_t n, enum klpscope_status *fail,
			  bool *asked)
{
	struct provider *p;

	for (p = t->providers; p; p = p->next) {
		if (!p->symbols)
			continue;
		*asked = true;
		for (size_t i = 0; i < n; i++)
			if (q[i].st)
				q[i].st = KLPSCOPE_NOT_FOUND;
		p->symbols(p, q, n);
		for (size_t i = 0; i < n; i++)
			if (q[i].st && q[i].st != KLPSCOPE_NOT_FOUND)
				fail[i] = worst(fail[i], q[i].st);
	}
}

/* Each question to kallsyms is a pass over all its names: what was found before is not asked again. */
static bool answer_known(const struct target *t, struct symbol_query *q, size_t n)
{
	size_t answered = 0;

	for (size_t i = 0; i < n; i++)
		for (unsigned int k = 0; k < t->nr_known && !q[i].sympos && q[i].st; k++)
			if (!strcmp(t->known[k].name, q[i].name)) {
				q[i].addr = t->known[k].addr;
				q[i].st = KLPSCOPE_OK;
				answered++;
			}
	return answered == n;
}

static void remember(struct target *t, const struct symbol_query *q, size_t n)
{
	for (size_t i = 0; i < n && t->nr_known < KNOWN_MAX; i++) {
		struct known *k = &t->known[t->nr_known];

		if (q[i].st || q[i].sympos)
			continue;
		k->name = arena_strdup(t->arena, q[i].name);
		k->addr = q[i].addr;
		t->nr_known += k->name != NULL;
	}
}

void target_symbols(struct target *t, struct symbol_query *q, size_t n)
{
	enum klpscope_status *fail = calloc(n ? n : 1, sizeof(*fail));
	bool asked = false;

	for (size_t i = 0; i < n; i++) {
		q[i].st = fail ? KLPSCOPE_NOT_FOUND : KLPSCOPE_NO_MEMORY;
		q[i].addr = 0;
	}
	if (!fail || answer_known(t, q, n)) {
		free(fail);
		return;
	}
	ask_providers(t, q, n, fail, &asked);
	if (t->ops.symbol)
		host_symbols(t, q, n, fail, asked);
	for (size_t i = 0; i < n; i++)
		if (q[i].st)
			q[i].st = fail[i] ? fail[i] : asked || (t->ops.symbol && !q[i].sympos) ?
				  KLPSCOPE_NOT_FOUND : KLPSCOPE_UNSUPPORTED;
	free(fail);
	remember(t, q, n);
}

enum klpscope_status target_symbol(struct target *t, const char *name, uint64_t *addr)
{
	struct symbol_query q = { .name = name };

	target_symbols(t, &q, 1);
	*addr = q.addr;
	return q.st ? target_fail(t, q.st, "symbol %s: %s", name, klpscope_strstatus(q.st)) : KLPSCOPE_OK;
}

static enum klpscope_status host_name_address(struct target *t, uint64_t addr, struct symbol_name *out)
{
	char clean[4 * STRING_MAX + 1];
	const char *name;
	uint64_t offset = 0;
	enum klpscope_status st = t->ops.name_address(t->ops.arg, addr, &name, &offset);

	if (st)
		return st;
	str_sanitize(clean, sizeof(clean), name, strnlen(name, STRING_MAX));
	out->name = arena_strdup(t->arena, clean);
	out->start = addr - offset;
	return out->name ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
}

enum klpscope_status target_name_address(struct target *t, uint64_t addr, struct symbol_name *out)
{
	enum klpscope_status st, fail = KLPSCOPE_NOT_FOUND;
	struct provider *p;

	memset(out, 0, sizeof(*out));
	for (p = t->providers; p; p = p->next) {
		if (!p->name_address)
			continue;
		memset(out, 0, sizeof(*out));
		st = p->name_address(p, addr, out);
		if (!st)
			return KLPSCOPE_OK;
		fail = worst(fail, st);
	}
	memset(out, 0, sizeof(*out));
	if (t->ops.name_address) {
		st = host_name_address(t, addr, out);
		if (!st)
			return KLPSCOPE_OK;
		fail = worst(fail, st);
	}
	return target_fail(t, fail, "name of 0x%llx: %s", (unsigned long long)addr, klpscope_strstatus(fail));
}

enum klpscope_status target_member(struct target *t, const char *type, const char *member,
				   struct member_info *out)
{
	struct asking a = { 0 };
	enum klpscope_status st;
	struct provider *p;

	memset(out, 0, sizeof(*out));
	for (p = t->providers; p; p = p->next) {
		if (!p->member)
			continue;
		st = p->member(p, type, member, out);
		if (!st)
			return KLPSCOPE_OK;
		note(t, &a, st);
		/* Nobody else knows better, and gdb would take long to say the same. */
		if (st == KLPSCOPE_UNSUPPORTED && out->bitfield)
			return give_up(t, &a, type, member);
	}
	if (t->ops.member && !settled(a.st, a.asked)) {
		st = t->ops.member(t->ops.arg, type, member, &out->offset, &out->size);
		if (!st)
			return KLPSCOPE_OK;
		note_host(t, &a, st);
	}
	return give_up(t, &a, type, member);
}

enum klpscope_status target_type_size(struct target *t, const char *type, uint64_t *size)
{
	struct asking a = { 0 };
	enum klpscope_status st;
	struct provider *p;

	*size = 0;
	for (p = t->providers; p; p = p->next) {
		if (!p->type_size)
			continue;
		st = p->type_size(p, type, size);
		if (!st)
			return KLPSCOPE_OK;
		note(t, &a, st);
	}
	if (t->ops.type_size && !settled(a.st, a.asked)) {
		st = t->ops.type_size(t->ops.arg, type, size);
		if (!st)
			return KLPSCOPE_OK;
		note_host(t, &a, st);
	}
	return give_up(t, &a, type, "");
}
