// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A place against what belongs there.  That it is there proves that it was
 * applied, whatever else is unknown; that something else is there is a mismatch
 * only when the kernel must have written it and nobody may have changed it.
 */
#include <string.h>

#include "arch/reloc.h"
#include "model/reloc_judge.h"

#define LIMIT_NAMESAKES 64

struct place {
	uint64_t addr;
	struct reloc_form form;
	uint64_t number;		/* what is there */
	uint64_t addend;
	const struct reloc_symbol *symbol;	/* NULL: the object is not loaded */
};

static void unknown(struct reloc_job *job, const char *why)
{
	job->rec->unknown++;
	if (!job->rec->why)
		job->rec->why = why;
}

static bool is_live(struct val state)
{
	return !state.st && state.v == MODULE_LIVE;
}

/* Why it need not be written yet, or any more. NULL: it must be. */
static const char *why_not_settled(struct walk *w, const struct reloc_job *job)
{
	if (!is_live(job->rec->module->state))
		return "its module was being loaded or unloaded, or may have been";
	if (job->kept == RELOC_MAYBE)
		return "whether its patch is still on klp_patches is not known";
	if (job->object && !is_live(walk_peek(w, job->object->addr, M_module_state)))
		return "the object was being loaded or unloaded, or may have been";
	return NULL;
}

static uint64_t leads_to(const struct place *p)
{
	return p->number ? reloc_decode(&p->form, p->addr, p->number) - p->addend : 0;
}

/*
 * A module that came after the patch had its symbols of init sections, too, when
 * they were counted: another of the same name may have been the one.
 */
static bool is_namesake(struct walk *w, const struct place *p)
{
	const struct reloc_symbol *s = p->symbol;
	struct val other = { 0, KLPSCOPE_OK };

	for (unsigned int i = 1; s->in_module && !other.st && i <= LIMIT_NAMESAKES; i++) {
		other = module_symbol_at_position(w, s->in_module, s->name.s, i);
		if (!other.st && reloc_encode(&p->form, p->addr, other.v + p->addend) == p->number)
			return true;
	}
	return false;
}

static void mismatch(struct walk *w, struct reloc_job *job, const struct place *p)
{
	struct reloc_mismatch_rec *m, **tail = &job->rec->mismatched;

	if (++job->rec->nr_mismatched > LIMIT_RELOC_MISMATCHES || !*job->describe)
		return;
	m = arena_alloc(w->r->arena, sizeof(*m));
	if (!m)
		return;
	--*job->describe;
	m->address = p->addr;
	m->symbol = p->symbol->name;
	m->expected = p->symbol->addr;
	m->found = leads_to(p);
	if (m->found)
		(void)walk_name_address(w, m->found, &m->found_symbol);
	while (*tail)
		tail = &(*tail)->next;
	*tail = m;
}

/* The kernel does not look after it any more: what is there is what was there when it did. */
static void left_alone(struct reloc_job *job, const struct place *p)
{
	if (p->number)
		job->rec->stale++;
	else
		job->rec->cleared++;
}

#define SHF_EXECINSTR 4u

/*
 * An optimized kprobe puts a jmp of 5 bytes over instructions: over part of a
 * number in one, or over all of one behind an opcode of a byte, when that was
 * no call or jmp itself, which are never optimized.  While it is put there or
 * taken away an int3 stands for its first byte (text_poke_bp()).
 */
static bool is_under_probe(struct walk *w, const struct reloc_job *job, const struct place *p)
{
	unsigned char before[4];
	size_t n = p->form.relative ? sizeof(before) - 1 : sizeof(before);

	if (!(job->target.flags & SHF_EXECINSTR))
		return false;
	return target_read(w->t, p->addr - sizeof(before), before, sizeof(before)) ||
	       memchr(before, X86_JMP, n) || memchr(before, X86_INT3, n);
}

/* Once a module is loaded its table has no symbols of init sections any more; a livepatch keeps all. */
static bool may_be_init_symbol(const struct place *p)
{
	const struct mod_info *m = p->symbol->in_module;

	return p->number && p->symbol->addr.st == KLPSCOPE_NOT_FOUND && m &&
	       !(m->rec && !m->rec->klp.st && m->rec->klp.v);
}

static void judge_difference(struct walk *w, struct reloc_job *job, const struct place *p)
{
	const char *why = why_not_settled(w, job);

	if (why)
		unknown(job, why);
	else if (job->kept == RELOC_LEFT)
		left_alone(job, p);
	else if (reloc_site_rewritten(w, &job->of->elf, &job->of->sites, job->rec->section.s, p->addr, p->form.size))
		unknown(job, "the kernel itself rewrites such places");
	else if (is_under_probe(w, job, p))
		unknown(job, "a probe may have been put over it");
	else if (is_namesake(w, p))
		unknown(job, "it leads to another symbol of that name, which may have been the one when it was written");
	else if (may_be_init_symbol(p))
		unknown(job, "its object has no such symbol, or it was one of init sections, which are freed");
	else
		mismatch(w, job, p);
}

static void judge_loaded(struct walk *w, struct reloc_job *job, const struct place *p)
{
	struct val addr = p->symbol->addr;

	if (addr.st == KLPSCOPE_UNSUPPORTED)
		unknown(job, "several symbols have its name, or nobody knows their order");
	else if (addr.st && addr.st != KLPSCOPE_NOT_FOUND)
		unknown(job, "its symbol could not be looked up");
	else if (!addr.st && reloc_encode(&p->form, p->addr, addr.v + p->addend) == p->number)
		job->rec->applied++;
	else
		judge_difference(w, job, p);
}

static void unreadable(struct walk *w, struct reloc_job *job, uint64_t addr, enum klpscope_status st)
{
	/* The first tells where; how many there are is counted. */
	if (!job->said_place)
		walk_problem(w, "place", st, addr);
	job->said_place = true;
	unknown(job, klpscope_strstatus(st));
}

/* Nothing to write, and so nothing to see. */
static void nothing_there(struct reloc_job *job)
{
	if (job->rec->loaded.v)
		job->rec->applied++;
	else
		job->rec->cleared++;
}

static const struct reloc_symbol *symbol_of(const struct reloc_job *job, uint32_t index)
{
	unsigned int low = 0, high = job->nr_symbols;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (job->symbol[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low < job->nr_symbols ? &job->symbol[low] : NULL;
}

static void judge(struct walk *w, struct reloc_job *job, const struct elf_rela *rela)
{
	struct place p = { .addr = job->target.addr + rela->offset, .addend = rela->addend };
	enum klpscope_status st;

	if (!x86_reloc_form(rela->type, &p.form)) {
		unknown(job, "it is of a type that the kernel does not apply");
		return;
	}
	if (rela->offset > job->target.size || p.form.size > job->target.size - rela->offset) {
		unreadable(w, job, p.addr, KLPSCOPE_CORRUPT);
		return;
	}
	if (!klp_elf_keeps(&job->of->elf, p.addr, p.form.size)) {
		unknown(job, w->ranges_st ? "where the module's memory is, is not known" :
					    "its memory was freed once the module was loaded");
		return;
	}
	if (job->rec->loaded.st) {
		unknown(job, "whether the object is loaded is not known");
		return;
	}
	if (!p.form.size) {
		nothing_there(job);
		return;
	}
	st = target_read_uint(w->t, p.addr, p.form.size, &p.number);
	if (st) {
		unreadable(w, job, p.addr, st);
		return;
	}
	if (!job->rec->loaded.v) {
		left_alone(job, &p);
		return;
	}
	p.symbol = symbol_of(job, rela->symbol);
	judge_loaded(w, job, &p);
}

void reloc_judge(struct walk *w, struct reloc_job *job, unsigned int *describe)
{
	unsigned int size = klp_elf_rela_size(w);

	w->where = job->where;
	job->describe = describe;
	for (unsigned int i = 0; i < job->count; i++) {
		struct elf_rela rela = klp_elf_rela(w, job->raw + (size_t)i * size);

		judge(w, job, &rela);
	}
	w->where = NULL;
}
