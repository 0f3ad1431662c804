// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The livepatch relocations of each livepatch module: where its code and data
 * refer to what another object does not export (Documentation/livepatch/
 * module-elf-format.rst).  Those to vmlinux are written when the module is
 * loaded (before 5.8: when its patch is enabled), those to a module when that
 * is there, and since 6.3 they are cleared when it goes.
 *
 * First all are collected, then the symbols are looked up, all at once, then
 * each place is compared with what belongs there.
 */
#include <stdlib.h>
#include <string.h>

#include "model/detached.h"
#include "model/reloc_judge.h"

#define SHF_RELA_LIVEPATCH 0x00100000u	/* include/uapi/linux/elf.h */
#define SHF_WRITE 1u
#define SECTION_PREFIX ".klp.rela."
#define SYMBOL_PREFIX ".klp.sym."

struct collection {
	struct walk *w;
	struct reloc_module *module;	/* newest first */
	struct reloc_section_rec **tail;
	unsigned int nr_sections;
	unsigned int headers, relocs, symbols, sites;	/* how many more may be read */
	unsigned int mismatches;	/* … and described */
};

static void lose(struct collection *c, struct module_rec *m, enum klpscope_status st)
{
	if (!m->relocs_st)
		m->relocs_st = st;
	if (!c->w->r->relocs_st)
		c->w->r->relocs_st = st;
}

static struct text part(struct walk *w, const char *from, size_t length)
{
	struct text t = { arena_strndup(w->r->arena, from, length), KLPSCOPE_OK };

	if (!t.s)
		t.st = KLPSCOPE_NO_MEMORY;
	return t;
}

/* ".klp.rela.OBJECT.SECTION" */
static void split_section_name(struct walk *w, struct text name, struct reloc_section_rec *rec)
{
	const char *object, *dot;

	rec->object = rec->section = (struct text){ NULL, name.st };
	if (name.st)
		return;
	object = name.s + strlen(SECTION_PREFIX);
	dot = strncmp(name.s, SECTION_PREFIX, strlen(SECTION_PREFIX)) ? NULL : strchr(object, '.');
	if (!dot || dot == object) {
		rec->object.st = rec->section.st = KLPSCOPE_CORRUPT;
		return;
	}
	rec->object = part(w, object, (size_t)(dot - object));
	rec->section = part(w, dot + 1, strlen(dot + 1));
}

/* ".klp.sym.OBJECT.NAME,POSITION" */
static enum klpscope_status split_symbol_name(struct walk *w, const char *name, struct reloc_symbol *s)
{
	const char *object = name + strlen(SYMBOL_PREFIX), *dot, *comma;
	unsigned long position;
	char *end;

	if (strncmp(name, SYMBOL_PREFIX, strlen(SYMBOL_PREFIX)))
		return KLPSCOPE_CORRUPT;
	dot = strchr(object, '.');
	comma = dot ? strchr(dot + 1, ',') : NULL;
	if (!comma || dot == object || comma == dot + 1 || comma[1] < '0' || comma[1] > '9')
		return KLPSCOPE_CORRUPT;
	position = strtoul(comma + 1, &end, 10);
	if (*end || position > UINT32_MAX)
		return KLPSCOPE_CORRUPT;
	s->sympos = (unsigned int)position;
	s->object = part(w, object, (size_t)(dot - object));
	s->name = part(w, dot + 1, (size_t)(comma - dot - 1));
	return s->object.st ? s->object.st : s->name.st;
}

/* --- what the sections say --- */

static const struct patch_rec *patch_of(const struct report *r, const struct module_rec *m)
{
	const struct patch_rec *p = r->patches;

	while (p && p->module != m)
		p = p->next;
	return p;
}

static const struct object_rec *object_named(const struct patch_rec *p, const char *name)
{
	const struct object_rec *o = p ? p->objects : NULL;

	while (o && (o->st || o->name.st || strcmp(o->name.s, name)))
		o = o->next;
	return o;
}

/* The kernel writes and clears when it sets klp_object.mod; of patches that it has given up only the list of modules tells. */
static void find_object(struct walk *w, struct reloc_job *job)
{
	struct reloc_section_rec *rec = job->rec;
	const struct patch_rec *p = patch_of(w->r, rec->module);
	const struct object_rec *o;

	rec->loaded = (struct val){ 1, rec->object.st };
	if (rec->object.st)
		return;
	job->is_vmlinux = !strcmp(rec->object.s, "vmlinux");
	if (job->is_vmlinux) {
		job->kept = RELOC_KEPT;
		return;
	}
	o = object_named(p, rec->object.s);
	job->kept = o ? RELOC_KEPT : !p && w->r->patches_st ? RELOC_MAYBE : p && p->objects_st ? RELOC_MAYBE :
		    RELOC_LEFT;
	job->object = o && !o->mod.st ? module_info_at(w, o->mod.v) : module_named(w, rec->object.s);
	if (o)
		rec->loaded = o->loaded;
	else
		rec->loaded = (struct val){ job->object != NULL, job->object ? KLPSCOPE_OK : w->ranges_st };
}

/* Writable only so that it can be relocated. */
static bool is_constant(const char *section)
{
	return !strncmp(section, ".data.rel.ro", 12);
}

/* What is relocated: sh_info names it. */
static enum klpscope_status find_target(struct walk *w, struct reloc_job *job, const struct elf_section *rela)
{
	if (rela->info >= job->of->elf.nr_sections || !rela->info)
		return KLPSCOPE_CORRUPT;
	job->target = klp_elf_section(w, &job->of->elf, rela->info);
	job->rec->writable = job->target.flags & SHF_WRITE && !job->rec->section.st &&
			     !is_constant(job->rec->section.s);
	return KLPSCOPE_OK;
}

static bool on_known_architecture(struct walk *w)
{
	const struct text *arch = &w->r->system.architecture;

	return !arch->st && !strcmp(arch->s, "x86_64") && target_pointer_size(w->t) == 8 &&
	       !target_big_endian(w->t);
}

static enum klpscope_status read_relas(struct collection *c, struct reloc_job *job, const struct elf_section *rela)
{
	struct walk *w = c->w;
	size_t size = klp_elf_rela_size(w);

	if (job->rec->total.v > c->relocs)
		return KLPSCOPE_LIMIT;
	/* A section that the module does not keep has the address of memory that is gone. */
	if (!klp_elf_keeps(&job->of->elf, rela->addr, job->rec->total.v * size))
		return w->ranges_st ? w->ranges_st : KLPSCOPE_CORRUPT;
	c->relocs -= (unsigned int)job->rec->total.v;
	size *= job->rec->total.v;
	job->raw = malloc(size ? size : 1);
	if (!job->raw)
		return KLPSCOPE_NO_MEMORY;
	job->count = (unsigned int)job->rec->total.v;
	return target_read(w->t, rela->addr, job->raw, size);
}

/* --- their symbols --- */

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static unsigned int one_each(uint32_t *index, unsigned int count)
{
	unsigned int n = 0;

	qsort(index, count, sizeof(*index), by_number);
	for (unsigned int i = 0; i < count; i++)
		if (!n || index[n - 1] != index[i])
			index[n++] = index[i];
	return n;
}

/* Only now is it known how much memory they need. */
static enum klpscope_status take_symbols(struct collection *c, struct reloc_job *job, const uint32_t *index,
					 unsigned int n)
{
	if (n > c->symbols)
		return KLPSCOPE_LIMIT;
	job->symbol = calloc(n ? n : 1, sizeof(*job->symbol));
	if (!job->symbol)
		return KLPSCOPE_NO_MEMORY;
	for (unsigned int i = 0; i < n; i++)
		job->symbol[i].index = index[i];
	job->nr_symbols = n;
	c->symbols -= n;
	return KLPSCOPE_OK;
}

static enum klpscope_status list_symbols(struct collection *c, struct reloc_job *job)
{
	unsigned int size = klp_elf_rela_size(c->w);
	uint32_t *index = malloc((job->count ? job->count : 1) * sizeof(*index));
	enum klpscope_status st = index ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
	unsigned int n;

	if (!st) {
		for (unsigned int i = 0; i < job->count; i++)
			index[i] = klp_elf_rela(c->w, job->raw + (size_t)i * size).symbol;
		n = one_each(index, job->count);
		st = take_symbols(c, job, index, n);
	}
	free(index);
	return st;
}

static void name_symbols(struct collection *c, struct reloc_job *job)
{
	for (unsigned int i = 0; i < job->nr_symbols; i++) {
		struct reloc_symbol *s = &job->symbol[i];
		struct text name = klp_elf_foreign_symbol(c->w, &job->of->elf, s->index);

		s->addr.st = name.st ? name.st : split_symbol_name(c->w, name.s, s);
		/* One line for all: they fail together, page by page. */
		if (s->addr.st && !job->symbols_st) {
			job->symbols_st = s->addr.st;
			if (s->addr.st != KLPSCOPE_UNSUPPORTED)
				walk_problem(c->w, "symbols", s->addr.st, job->of->elf.module->addr);
		}
	}
}

/* --- collect --- */

static void drop_job(struct reloc_job *job)
{
	free(job->raw);
	free(job->symbol);
	free(job);
}

static enum klpscope_status fill_job(struct collection *c, struct reloc_job *job, const struct elf_section *rela)
{
	enum klpscope_status st = job->rec->object.st;

	if (!st && !on_known_architecture(c->w))
		return KLPSCOPE_UNSUPPORTED;
	if (!st)
		st = find_target(c->w, job, rela);
	if (!st)
		st = read_relas(c, job, rela);
	/* Without the object nobody asks which symbols it would have. */
	if (!st && (job->rec->loaded.st || job->rec->loaded.v)) {
		st = list_symbols(c, job);
		if (!st)
			name_symbols(c, job);
	}
	return st;
}

static void add_section(struct collection *c, struct reloc_module *of, const struct elf_section *rela)
{
	struct walk *w = c->w;
	struct reloc_section_rec *rec = arena_alloc(w->r->arena, sizeof(*rec));
	struct reloc_job *job = calloc(1, sizeof(*job));
	const char *outside = w->where;

	if (!rec || !job) {
		free(job);
		lose(c, of->module, KLPSCOPE_NO_MEMORY);
		return;
	}
	*c->tail = rec;
	c->tail = &rec->next;
	c->nr_sections++;
	rec->module = of->elf.module;
	rec->total.v = rela->size / klp_elf_rela_size(w);
	job->rec = rec;
	job->of = of;
	split_section_name(w, klp_elf_section_name(w, &of->elf, rela), rec);
	w->where = job->where = arena_printf(w->r->arena, "%s: klp relocations of %s to %s", outside,
					     rec->section.st ? "?" : rec->section.s,
					     rec->object.st ? "?" : rec->object.s);
	find_object(w, job);
	rec->st = fill_job(c, job, rela);
	if (rec->st == KLPSCOPE_LIMIT || rec->st == KLPSCOPE_CORRUPT)
		rec->total.st = rec->st;
	if (rec->st && rec->st != KLPSCOPE_UNSUPPORTED)
		walk_problem(w, "section", rec->st, rela->addr);
	w->where = outside;
	if (rec->st) {
		drop_job(job);
		return;
	}
	job->next = of->job;
	of->job = job;
}

static void sections_of(struct collection *c, struct reloc_module *of)
{
	for (unsigned int i = 1; i < of->elf.nr_sections; i++) {
		struct elf_section s = klp_elf_section(c->w, &of->elf, i);

		if (s.flags & SHF_RELA_LIVEPATCH)
			add_section(c, of, &s);
	}
}

/* It is called a livepatch, and is none: that is a finding of its own. */
static bool has_no_patch(const struct walk *w, const struct module_rec *m)
{
	for (const struct detached_rec *d = w->r->detached; d; d = d->next)
		if (d->module == m)
			return d->patch_st == KLPSCOPE_NOT_FOUND;
	return false;
}

/*
 * kernel/module/main.c, load_module(): the ELF file is copied last, before the
 * module's init, which enables the patch; a module that is freed has none any more.
 */
static bool may_lack_headers(const struct walk *w, const struct module_rec *m)
{
	return !patch_of(w->r, m) && (m->state.st || m->state.v != MODULE_LIVE);
}

static void no_headers(struct collection *c, struct module_rec *m, struct klp_elf *elf, enum klpscope_status st)
{
	if (st == KLPSCOPE_NOT_FOUND && may_lack_headers(c->w, m)) {
		st = KLPSCOPE_UNSUPPORTED;
	} else if (st == KLPSCOPE_NOT_FOUND) {
		st = KLPSCOPE_CORRUPT;
		elf->expected = "a copy of its ELF header";
		elf->found = "NULL";
	}
	lose(c, m, st);
	if (st == KLPSCOPE_UNSUPPORTED || (st == KLPSCOPE_CORRUPT && has_no_patch(c->w, m)))
		return;
	walk_problem(c->w, "klp_info", st, m->addr);
	if (st == KLPSCOPE_CORRUPT && elf->expected)
		walk_contradiction(c->w, elf->expected, elf->found);
}

static void collect_module(struct collection *c, struct module_rec *m)
{
	struct reloc_module *of = calloc(1, sizeof(*of));
	struct klp_elf none = { 0 };
	enum klpscope_status st = of ? klp_elf_open(c->w, m, c->headers, &of->elf) : KLPSCOPE_NO_MEMORY;

	if (st) {
		no_headers(c, m, of ? &of->elf : &none, st);
		free(of);
		return;
	}
	c->headers -= of->elf.nr_sections;
	of->module = m;
	of->sites.left = &c->sites;
	of->next = c->module;
	c->module = of;
	sections_of(c, of);
}

static void collect(struct collection *c)
{
	struct walk *w = c->w;

	for (struct module_rec *m = w->r->klp_modules; m; m = m->next) {
		/* Whether it is one at all is not known, which was said. */
		if (m->klp.st && m->klp.st != KLPSCOPE_NOT_FOUND) {
			lose(c, m, m->klp.st);
			continue;
		}
		w->where = arena_printf(w->r->arena, "module %s", m->name.st ? "?" : m->name.s);
		collect_module(c, m);
		w->where = NULL;
	}
}

/* --- in order --- */

/* In the file each function's sections are together; a reader wants those of an object. */
struct ordered {
	struct reloc_section_rec *rec;
	unsigned int module, place;
};

static int by_object(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;
	const char *one = x->rec->object.st ? "" : x->rec->object.s, *two = y->rec->object.st ? "" : y->rec->object.s;
	bool kernel = !strcmp(one, "vmlinux");
	int order = strcmp(one, two);

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	if (order && (kernel || !strcmp(two, "vmlinux")))
		return kernel ? -1 : 1;
	return order ? order : x->place < y->place ? -1 : 1;
}

static void put_in_order(struct collection *c)
{
	struct ordered *all = calloc(c->nr_sections ? c->nr_sections : 1, sizeof(*all));
	struct reloc_section_rec **tail = &c->w->r->relocs;
	unsigned int n = 0, module = 0;

	/* Unordered is as true. */
	if (!all)
		return;
	for (struct reloc_section_rec *s = *tail; s; s = s->next) {
		module += n && all[n - 1].rec->module != s->module;
		all[n] = (struct ordered){ s, module, n };
		n++;
	}
	if (n)
		qsort(all, n, sizeof(*all), by_object);
	for (unsigned int i = 0; i < n; i++) {
		*tail = all[i].rec;
		tail = &all[i].rec->next;
	}
	*tail = NULL;
	free(all);
}

/* --- and all together --- */

static void finish(struct collection *c)
{
	struct reloc_module *of = c->module;

	while (of) {
		struct reloc_module *next = of->next;

		while (of->job) {
			struct reloc_job *job = of->job;

			of->job = job->next;
			reloc_judge(c->w, job, &c->mismatches);
			drop_job(job);
		}
		klp_elf_close(&of->elf);
		reloc_sites_free(&of->sites);
		free(of);
		of = next;
	}
}

void relocs_walk(struct walk *w)
{
	struct collection c = {
		.w = w, .tail = &w->r->relocs, .headers = LIMIT_RELOC_HEADERS, .relocs = LIMIT_RELOCS,
		.symbols = LIMIT_RELOC_SYMBOLS, .sites = LIMIT_RELOC_SITES, .mismatches = LIMIT_RELOC_DESCRIBED,
	};

	w->r->relocs_st = w->r->modules_st;
	if (!w->r->klp_modules)
		return;
	if (!walk_has(w, M_module_klp_info)) {
		enum klpscope_status st = w->layout.member[M_module_klp_info].st;

		/* 4.0 to 4.6: klp_object.relocs, which are not looked at. */
		for (struct module_rec *m = w->r->klp_modules; m; m = m->next)
			lose(&c, m, st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_UNSUPPORTED : st);
		return;
	}
	collect(&c);
	reloc_look_up(w, c.module);
	finish(&c);
	put_in_order(&c);
}
