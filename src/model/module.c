// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loaded modules.  Of each we keep where its memory is, of livepatch modules
 * all that the report shows.
 */
#include <stdlib.h>
#include <string.h>

#include "model/list.h"
#include "model/module.h"

#define MEM_TYPES 7			/* MOD_MEM_NUM_TYPES, 6.4+ */
#define MODULE_REF_BASE 1		/* kernel/module/main.c: the module's own reference */
#define NOTE_GNU_BUILD_ID 3
#define BUILD_ID_MAX 64
#define LIMIT_NOTES 64

static void add_range(struct walk *w, struct mod_info *m, struct val base, struct val size)
{
	enum klpscope_status st = base.st ? base.st : size.st;
	struct mod_range *grown;

	if (st && st != KLPSCOPE_NOT_FOUND && !w->ranges_st)
		w->ranges_st = st;
	if (st || !base.v || !size.v)
		return;
	if (!(w->nr_ranges & (w->nr_ranges - 1))) {
		grown = arena_alloc(w->r->arena, (w->nr_ranges ? 2 * w->nr_ranges : 1) * sizeof(*grown));
		if (!grown) {
			w->ranges_st = KLPSCOPE_NO_MEMORY;
			return;
		}
		if (w->nr_ranges)
			memcpy(grown, w->ranges, w->nr_ranges * sizeof(*grown));
		w->ranges = grown;
	}
	w->ranges[w->nr_ranges++] = (struct mod_range){ base.v, size.v, m };
}

/* The n-th struct module_memory of module.mem. */
static void memory_piece(struct walk *w, uint64_t addr, unsigned int n, struct val *base, struct val *size)
{
	uint64_t at = walk_at(w, addr, M_module_mem) + n * w->layout.type_size[T_module_memory].v;

	*base = walk_peek(w, at, M_module_memory_base);
	*size = walk_peek(w, at, M_module_memory_size);
}

static unsigned int memory_pieces(struct walk *w)
{
	uint64_t piece = w->layout.type_size[T_module_memory].v;
	uint64_t n;

	if (!walk_has(w, M_module_mem) || w->layout.type_size[T_module_memory].st || !piece)
		return 0;
	n = w->layout.member[M_module_mem].size / piece;
	return n && n < 64 ? (unsigned int)n : MEM_TYPES;
}

static void layout_piece(struct walk *w, uint64_t addr, enum member_id which, struct val *base, struct val *size)
{
	*base = walk_peek(w, walk_at(w, addr, which), M_module_layout_base);
	*size = walk_peek(w, walk_at(w, addr, which), M_module_layout_size);
}

static void add_ranges(struct walk *w, uint64_t addr, struct mod_info *m)
{
	unsigned int pieces = memory_pieces(w);
	struct val base, size;

	for (unsigned int i = 0; i < pieces; i++) {
		memory_piece(w, addr, i, &base, &size);
		add_range(w, m, base, size);
	}
	if (pieces)
		return;
	if (walk_has(w, M_module_core_layout)) {
		layout_piece(w, addr, M_module_core_layout, &base, &size);
		add_range(w, m, base, size);
		layout_piece(w, addr, M_module_init_layout, &base, &size);
		add_range(w, m, base, size);
		return;
	}
	add_range(w, m, walk_peek(w, addr, M_module_module_core), walk_peek(w, addr, M_module_core_size));
	add_range(w, m, walk_peek(w, addr, M_module_module_init), walk_peek(w, addr, M_module_init_size));
}

static struct val add(struct val a, struct val b)
{
	return (struct val){ a.v + b.v, a.st ? a.st : b.st };
}

/* Base and size as /proc/modules shows them: all pieces, at the base of the first. */
static void read_extent(struct walk *w, uint64_t addr, struct module_rec *rec)
{
	unsigned int pieces = memory_pieces(w);
	struct val base, size;

	if (pieces) {
		memory_piece(w, addr, 0, &rec->base, &rec->size);
		for (unsigned int i = 1; i < pieces; i++) {
			memory_piece(w, addr, i, &base, &size);
			rec->size = add(rec->size, size);
		}
	} else if (walk_has(w, M_module_core_layout)) {
		layout_piece(w, addr, M_module_core_layout, &rec->base, &rec->size);
		layout_piece(w, addr, M_module_init_layout, &base, &size);
		rec->size = add(rec->size, size);
	} else {
		rec->base = walk_peek(w, addr, M_module_module_core);
		rec->size = add(walk_peek(w, addr, M_module_core_size), walk_peek(w, addr, M_module_init_size));
	}
	if (rec->base.st || rec->size.st)
		walk_problem(w, "base and size", rec->base.st ? rec->base.st : rec->size.st, addr);
}

static struct text hex(struct walk *w, const unsigned char *raw, size_t len)
{
	char *s = arena_alloc(w->r->arena, 2 * len + 1);

	if (!s)
		return (struct text){ NULL, KLPSCOPE_NO_MEMORY };
	for (size_t i = 0; i < len; i++) {
		s[2 * i] = "0123456789abcdef"[raw[i] >> 4];
		s[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
	}
	return (struct text){ s, KLPSCOPE_OK };
}

/* A build id in an ELF note section at `at`; NOT_FOUND when it holds other notes. */
static struct text note_build_id(struct walk *w, uint64_t at, uint64_t size)
{
	struct text id = { NULL, KLPSCOPE_NOT_FOUND };
	unsigned char head[16], raw[BUILD_ID_MAX];
	uint32_t namesz, descsz, type;

	if (size < sizeof(head))
		return id;
	id.st = target_read(w->t, at, head, sizeof(head));
	if (id.st)
		return id;
	namesz = (uint32_t)target_decode(w->t, head, 4);
	descsz = (uint32_t)target_decode(w->t, head + 4, 4);
	type = (uint32_t)target_decode(w->t, head + 8, 4);
	if (namesz != 4 || type != NOTE_GNU_BUILD_ID || memcmp(head + 12, "GNU", 4) || !descsz ||
	    descsz > BUILD_ID_MAX) {
		id.st = KLPSCOPE_NOT_FOUND;
		return id;
	}
	id.st = target_read(w->t, at + 16, raw, descsz);
	return id.st ? id : hex(w, raw, descsz);
}

/* The n-th of the attributes by which sysfs shows the notes: their count came first, or they are pointed to, up to a NULL. */
static struct val notes_attr(struct walk *w, uint64_t notes, unsigned int n)
{
	unsigned int size = target_pointer_size(w->t);
	struct val attr;

	if (walk_has(w, M_module_notes_attrs_notes)) {
		attr = walk_peek(w, notes, M_module_notes_attrs_notes);
		if (!attr.st && w->layout.type_size[T_bin_attribute].st)
			attr.st = w->layout.type_size[T_bin_attribute].st;
		else if (!attr.st && n >= attr.v)
			attr.st = KLPSCOPE_NOT_FOUND;
		attr.v = walk_at(w, notes, M_module_notes_attrs_attrs) + n * w->layout.type_size[T_bin_attribute].v;
		return attr;
	}
	if (!walk_has(w, M_module_notes_attrs_grp))
		return (struct val){ 0, w->layout.member[M_module_notes_attrs_grp].st };
	attr = walk_peek(w, walk_at(w, notes, M_module_notes_attrs_grp), M_attribute_group_bin_attrs);
	if (!attr.st && attr.v)
		attr.st = target_read_ptr(w->t, attr.v + (uint64_t)n * size, &attr.v);
	if (!attr.st && !attr.v)
		attr.st = KLPSCOPE_NOT_FOUND;
	return attr;
}

/* On kernels of any configuration. */
static struct text read_build_id(struct walk *w, uint64_t addr)
{
	struct text id = { NULL, KLPSCOPE_NOT_FOUND };
	struct val notes = walk_peek(w, addr, M_module_notes_attrs);
	struct val attr, at, size;

	if (notes.st || !notes.v) {
		id.st = notes.st ? notes.st : KLPSCOPE_NOT_FOUND;
		return id;
	}
	for (unsigned int i = 0; i < LIMIT_NOTES; i++) {
		attr = notes_attr(w, notes.v, i);
		if (attr.st) {
			id.st = attr.st;
			return id;
		}
		at = walk_peek(w, attr.v, M_bin_attribute_private);
		size = walk_peek(w, attr.v, M_bin_attribute_size);
		if (at.st || size.st)
			return (struct text){ NULL, at.st ? at.st : size.st };
		id = note_build_id(w, at.v, size.v);
		if (id.st != KLPSCOPE_NOT_FOUND)
			return id;
	}
	return id;
}

static struct val read_refcount(struct walk *w, uint64_t addr)
{
	struct val v = walk_field(w, addr, M_module_refcnt);

	if (!v.st && v.v < MODULE_REF_BASE)
		v.st = KLPSCOPE_CORRUPT;
	if (!v.st)
		v.v -= MODULE_REF_BASE;
	return v;
}

static struct text read_name(struct walk *w, uint64_t addr)
{
	return walk_not_empty(w, walk_char_array(w, addr, M_module_name), "name", walk_at(w, addr, M_module_name));
}

struct module_rec *module_read(struct walk *w, uint64_t addr)
{
	struct module_rec *rec = arena_alloc(w->r->arena, sizeof(*rec));
	const char *outside = w->where;

	if (!rec)
		return NULL;
	rec->addr = addr;
	rec->name = read_name(w, addr);
	w->where = arena_printf(w->r->arena, "module %s", rec->name.st ? "?" : rec->name.s);
	read_extent(w, addr, rec);
	rec->version = walk_string(w, addr, M_module_version);
	rec->srcversion = walk_string(w, addr, M_module_srcversion);
	rec->build_id = read_build_id(w, addr);
	if (rec->build_id.st && rec->build_id.st != KLPSCOPE_NOT_FOUND)
		walk_problem(w, "build id", rec->build_id.st, addr);
	rec->taints = walk_field(w, addr, M_module_taints);
	rec->refcount = read_refcount(w, addr);
	rec->klp = walk_field(w, addr, M_module_klp);
	rec->state = walk_field(w, addr, M_module_state);
	w->where = outside;
	return rec;
}

struct module_rec *module_rec_at(struct walk *w, uint64_t addr)
{
	struct module_rec *m;

	for (m = w->r->klp_modules; m; m = m->next)
		if (m->addr == addr)
			return m;
	return NULL;
}

struct mod_info *module_at(struct walk *w, uint64_t addr)
{
	for (unsigned int i = 0; i < w->nr_ranges; i++)
		if (addr - w->ranges[i].base < w->ranges[i].size)
			return w->ranges[i].mod;
	return NULL;
}

struct mod_info *module_info_at(struct walk *w, uint64_t addr)
{
	for (unsigned int i = 0; i < w->nr_ranges; i++)
		if (w->ranges[i].mod->addr == addr)
			return w->ranges[i].mod;
	return NULL;
}

struct mod_info *module_named(struct walk *w, const char *name)
{
	for (unsigned int i = 0; i < w->nr_ranges; i++)
		if (w->ranges[i].mod->name && !strcmp(w->ranges[i].mod->name, name))
			return w->ranges[i].mod;
	return NULL;
}

/* Modules of hotfix technologies that keep their patches where we do not look. */
static bool other_hotfix(const char *name)
{
	static const char *const prefix[] = { "ksplice", "kgraft", "kcare", "kpatch_" };

	if (!strcmp(name, "kpatch") || !strcmp(name, "kmodlve_kcare"))
		return true;
	for (unsigned int i = 0; i < sizeof(prefix) / sizeof(*prefix); i++)
		if (!strncmp(name, prefix[i], strlen(prefix[i])))
			return true;
	return false;
}

static void note_other_hotfix(struct walk *w, const char *name)
{
	const char **names = arena_alloc(w->r->arena, (LIMIT_OTHER_HOTFIX + 1) * sizeof(*names));
	unsigned int n = 0;

	if (!names)
		return;
	for (const char *const *old = w->r->other_hotfix; old && *old && n + 1 < LIMIT_OTHER_HOTFIX; old++)
		names[n++] = *old;
	names[n] = name;
	w->r->other_hotfix = names;
}

static void module_visit(struct walk *w, uint64_t addr, struct module_rec ***tail)
{
	struct mod_info *m = arena_alloc(w->r->arena, sizeof(*m));
	struct val klp = walk_peek(w, addr, M_module_klp);
	struct text name;

	if (!m)
		return;
	/* Without module.klp a livepatch module is known only by its patch: patches_walk() adds it. */
	if (klp.st == KLPSCOPE_OK ? klp.v != 0 : klp.st != KLPSCOPE_NOT_FOUND)
		m->rec = module_read(w, addr);
	if (m->rec) {
		**tail = m->rec;
		*tail = &m->rec->next;
	}
	name = m->rec ? m->rec->name : read_name(w, addr);
	m->addr = addr;
	m->name = name.st ? NULL : name.s;
	add_ranges(w, addr, m);
	if (!m->rec && m->name && other_hotfix(m->name))
		note_other_hotfix(w, m->name);
}

void modules_walk(struct walk *w)
{
	struct val head = w->layout.symbol[S_modules];
	struct module_rec **tail = &w->r->klp_modules;
	struct node_list list;

	w->where = "module list";
	w->r->modules_st = head.st ? head.st : w->layout.member[M_module_list].st;
	/* A kernel without modules has none of another technology either. */
	if (head.st == KLPSCOPE_NOT_FOUND && w->r->capability == KLP_NOT_BUILT_IN)
		w->r->modules_st = KLPSCOPE_OK;
	else if (w->r->modules_st && w->r->capability == KLP_NOT_BUILT_IN)
		walk_problem(w, "other hotfix technologies", w->r->modules_st, 0);
	if (head.st || w->r->modules_st) {
		w->ranges_st = head.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : head.st ? head.st : w->r->modules_st;
		return;
	}
	list = list_collect(w->t, head.v, LIMIT_MODULES);
	w->r->modules_st = w->ranges_st = list.st;
	if (list.st)
		walk_list_problem(w, "node", &list);
	/* Before 4.7 nothing tells a livepatch module from another, unless a listed patch is its own. */
	if (!list.st && w->r->capability == KLP_CAPABLE && w->layout.member[M_module_klp].st == KLPSCOPE_NOT_FOUND) {
		w->r->modules_st = KLPSCOPE_UNSUPPORTED;
		walk_problem(w, "which of them are livepatches", KLPSCOPE_UNSUPPORTED, 0);
	}
	for (unsigned int i = 0; i < list.count; i++) {
		w->where = "module list";
		module_visit(w, list.node[i] - w->layout.member[M_module_list].offset, &tail);
	}
	w->where = NULL;
}
