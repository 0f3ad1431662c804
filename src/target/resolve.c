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

#include "target/ask.h"
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
		st = ask(&t->ops, vmcoreinfo, key, value);
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
		q[i].st = ask(&t->ops, symbol, q[i].name, &q[i].addr);
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

static void ask_symbols(struct target *t, struct symbol_query *q, size_t n)
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

/* --- a capsule's answers, and those that are kept for one --- */

static const struct answer *answer_of(const struct target *t, enum answer_kind kind, const char *name,
				      const char *member, uint64_t key)
{
	const struct answer *a = t->answers ? answers_find(t->answers, kind, name, member, key) : NULL;

	/* Those that nobody can know better: what was found, a bit field, and what the kernel does not have. */
	if (a && t->others && a->st && a->st != KLPSCOPE_NOT_FOUND && !a->flag)
		return NULL;
	return a;
}

static void keep(struct target *t, const struct answer *a)
{
	if (t->kept)
		answers_add(t->kept, a);
}

/* Nobody was asked when the capsule was made, so its dump may have known. */
static enum klpscope_status not_in_capsule(const struct target *t, enum klpscope_status st)
{
	return t->answers && st == KLPSCOPE_UNSUPPORTED ? KLPSCOPE_EXCLUDED : st;
}

/* The questions that the capsule has no answer to. */
static void ask_rest(struct target *t, struct symbol_query *q, size_t n)
{
	struct symbol_query *rest = calloc(n ? n : 1, sizeof(*rest));
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		const struct answer *a = answer_of(t, ANSWER_SYMBOL, q[i].name, "", q[i].sympos);

		q[i].addr = a ? a->value : 0;
		q[i].st = a ? a->st : KLPSCOPE_NO_MEMORY;
		if (!a && rest)
			rest[left++] = q[i];
	}
	if (left)
		ask_symbols(t, rest, left);
	for (size_t i = n; left && i-- > 0;)
		if (!answer_of(t, ANSWER_SYMBOL, q[i].name, "", q[i].sympos)) {
			q[i] = rest[--left];
			q[i].st = not_in_capsule(t, q[i].st);
		}
	free(rest);
}

void target_symbols(struct target *t, struct symbol_query *q, size_t n)
{
	enum target_purpose before = target_purpose(t, PURPOSE_NAMES);

	if (t->answers)
		ask_rest(t, q, n);
	else
		ask_symbols(t, q, n);
	target_purpose(t, before);
	for (size_t i = 0; i < n; i++)
		keep(t, &(struct answer){ .kind = ANSWER_SYMBOL, .name = q[i].name, .member = "", .key = q[i].sympos,
					  .st = q[i].st, .value = q[i].addr, .module = "", .text = "" });
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
	const char *name = NULL;
	uint64_t offset = 0;
	enum klpscope_status st = ask(&t->ops, name_address, addr, &name, &offset);

	if (st)
		return st;
	str_sanitize(clean, sizeof(clean), name, strnlen(name, STRING_MAX));
	out->name = arena_strdup(t->arena, clean);
	out->start = addr - offset;
	return out->name ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
}

static enum klpscope_status ask_name(struct target *t, uint64_t addr, struct symbol_name *out)
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
	/* A vmlinux knows nothing of modules, and kallsyms are not in a capsule. */
	return t->answers && fail == KLPSCOPE_NOT_FOUND ? KLPSCOPE_EXCLUDED : fail;
}

static enum klpscope_status name_by_capsule(const struct answer *a, struct symbol_name *out)
{
	*out = (struct symbol_name){ .start = a->value, .size = a->size };
	if (a->st)
		return a->st;
	out->name = a->text;
	out->module = *a->module ? a->module : NULL;
	return KLPSCOPE_OK;
}

enum klpscope_status target_name_address(struct target *t, uint64_t addr, struct symbol_name *out)
{
	const struct answer *a = answer_of(t, ANSWER_ADDRESS, "", "", addr);
	enum target_purpose before = target_purpose(t, PURPOSE_NAMES);
	enum klpscope_status st = a ? name_by_capsule(a, out) : ask_name(t, addr, out);

	target_purpose(t, before);
	keep(t, &(struct answer){ .kind = ANSWER_ADDRESS, .name = "", .member = "", .key = addr, .st = st,
				  .value = out->start, .size = out->size,
				  .module = out->module && !st ? out->module : "", .text = st ? "" : out->name });
	if (st)
		target_fail(t, st, "name of 0x%llx: %s", (unsigned long long)addr, klpscope_strstatus(st));
	return st;
}

static enum klpscope_status ask_member(struct target *t, const char *type, const char *member,
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
		st = ask(&t->ops, member, type, member, &out->offset, &out->size);
		if (!st)
			return KLPSCOPE_OK;
		note_host(t, &a, st);
	}
	return give_up(t, &a, type, member);
}

static enum klpscope_status member_by_capsule(struct target *t, const struct answer *a, struct member_info *out)
{
	*out = (struct member_info){ a->value, a->size, a->flag };
	return a->st ? target_fail(t, a->st, "%s", a->text) : KLPSCOPE_OK;
}

enum klpscope_status target_member(struct target *t, const char *type, const char *member,
				   struct member_info *out)
{
	const struct answer *a = answer_of(t, ANSWER_MEMBER, type, member, 0);
	enum target_purpose before = target_purpose(t, PURPOSE_NAMES);
	enum klpscope_status st = a ? member_by_capsule(t, a, out) : ask_member(t, type, member, out);

	target_purpose(t, before);
	if (!a && !out->bitfield)
		st = not_in_capsule(t, st);
	keep(t, &(struct answer){ .kind = ANSWER_MEMBER, .name = type, .member = member, .st = st,
				  .value = out->offset, .size = out->size, .flag = out->bitfield, .module = "",
				  .text = st ? t->error : "" });
	return st;
}

static enum klpscope_status ask_type_size(struct target *t, const char *type, uint64_t *size)
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
		st = ask(&t->ops, type_size, type, size);
		if (!st)
			return KLPSCOPE_OK;
		note_host(t, &a, st);
	}
	return give_up(t, &a, type, "");
}

static enum klpscope_status type_by_capsule(struct target *t, const struct answer *a, uint64_t *size)
{
	*size = a->size;
	return a->st ? target_fail(t, a->st, "%s", a->text) : KLPSCOPE_OK;
}

enum klpscope_status target_type_size(struct target *t, const char *type, uint64_t *size)
{
	const struct answer *a = answer_of(t, ANSWER_TYPE, type, "", 0);
	enum target_purpose before = target_purpose(t, PURPOSE_NAMES);
	enum klpscope_status st = a ? type_by_capsule(t, a, size) : ask_type_size(t, type, size);

	target_purpose(t, before);
	if (!a)
		st = not_in_capsule(t, st);
	keep(t, &(struct answer){ .kind = ANSWER_TYPE, .name = type, .member = "", .st = st, .size = *size,
				  .module = "", .text = st ? t->error : "" });
	return st;
}
