// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the symbols of all klp relocations are now, looked up all at once. */
#include <stdlib.h>
#include <string.h>

#include "model/reloc_judge.h"

static bool is_asked(const struct reloc_symbol *s)
{
	return !s->addr.st && (s->in_vmlinux || s->in_module);
}

/* A symbol need not be of the object that its section is for: it may be one that this depends on. */
static void find_symbols_object(struct walk *w, struct reloc_job *job)
{
	for (unsigned int i = 0; i < job->nr_symbols; i++) {
		struct reloc_symbol *s = &job->symbol[i];

		if (s->addr.st)
			continue;
		s->in_vmlinux = !strcmp(s->object.s, "vmlinux");
		if (!s->in_vmlinux)
			s->in_module = !strcmp(s->object.s, job->rec->object.s) ? job->object :
				       module_named(w, s->object.s);
		if (s->in_vmlinux || s->in_module)
			continue;
		/* klp_object.mod says that it is loaded, the list of modules that it is not. */
		s->addr.st = w->ranges_st ? w->ranges_st : KLPSCOPE_NOT_FOUND;
		if (s->addr.st == KLPSCOPE_NOT_FOUND && !strcmp(s->object.s, job->rec->object.s))
			s->addr.st = KLPSCOPE_CORRUPT;
	}
}

static size_t count_symbols(const struct reloc_module *first)
{
	size_t n = 0;

	for (const struct reloc_module *of = first; of; of = of->next)
		for (const struct reloc_job *job = of->job; job; job = job->next)
			n += job->nr_symbols;
	return n;
}

/* Puts the questions, or (`take`) takes the answers over. */
static size_t each_symbol(struct reloc_job *job, struct object_symbol *os, bool take)
{
	size_t n = 0;

	for (unsigned int i = 0; i < job->nr_symbols; i++) {
		struct reloc_symbol *s = &job->symbol[i];

		if (!is_asked(s))
			continue;
		if (take)
			s->addr = os[n].addr;
		else
			os[n] = (struct object_symbol){ .object = s->in_module, .name = s->name.s, .sympos = s->sympos };
		n++;
	}
	return n;
}

static size_t give_up(struct reloc_job *job)
{
	for (unsigned int i = 0; i < job->nr_symbols; i++)
		if (is_asked(&job->symbol[i]))
			job->symbol[i].addr.st = KLPSCOPE_NO_MEMORY;
	return 0;
}

/* The first that could not be looked for. Those whose names could not be read were told before. */
static void tell_unknown(struct walk *w, struct reloc_job *job)
{
	for (unsigned int i = 0; i < job->nr_symbols; i++) {
		const struct reloc_symbol *s = &job->symbol[i];

		if (job->symbols_st || !s->addr.st || s->addr.st == KLPSCOPE_NOT_FOUND || s->addr.st == KLPSCOPE_UNSUPPORTED)
			continue;
		job->symbols_st = s->addr.st;
		w->where = job->where;
		walk_problem(w, "addresses of symbols", s->addr.st, 0);
		w->where = NULL;
	}
}

void reloc_look_up(struct walk *w, struct reloc_module *first)
{
	size_t n = count_symbols(first), asked = 0;
	struct object_symbol *os = calloc(n ? n : 1, sizeof(*os));

	for (struct reloc_module *of = first; of; of = of->next)
		for (struct reloc_job *job = of->job; job; job = job->next) {
			find_symbols_object(w, job);
			job->asked_at = asked;
			asked += os ? each_symbol(job, os + asked, false) : give_up(job);
		}
	if (asked)
		walk_object_symbols(w, os, asked);
	for (struct reloc_module *of = first; of; of = of->next)
		for (struct reloc_job *job = of->job; job; job = job->next) {
			if (os)
				each_symbol(job, os + job->asked_at, true);
			tell_unknown(w, job);
		}
	free(os);
}
