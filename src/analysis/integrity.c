// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/integrity.h"

const char *integrity_module(const struct module_rec *m)
{
	return m && !m->name.st ? m->name.s : "of unknown name";
}

const char *integrity_patch(const struct patch_rec *p)
{
	return integrity_module(p->module);
}

const char *integrity_object(const struct object_rec *o)
{
	return o->name.st ? "?" : o->name.s;
}

const char *integrity_func(const struct func_rec *f)
{
	return f->name.st ? "?" : f->name.s;
}

const char *integrity_hex(struct report *r, uint64_t v)
{
	return arena_printf(r->arena, "0x%llx", (unsigned long long)v);
}

const char *integrity_symbol(struct report *r, const struct symbol_name *s, uint64_t addr)
{
	if (!s->name)
		return integrity_hex(r, addr);
	if (addr == s->start)
		return arena_printf(r->arena, "0x%llx (%s)", (unsigned long long)addr, s->name);
	return arena_printf(r->arena, "0x%llx (%s+0x%llx)", (unsigned long long)addr, s->name,
			    (unsigned long long)(addr - s->start));
}

/* Before 4.12 there is no klp_patch.enabled either, but the mutex is as old as livepatches. */
enum finding_severity integrity_severity(const struct report *r)
{
	return r->transition.changing.st || r->transition.changing.v ? FINDING_INFO : FINDING_ERROR;
}

const char *integrity_excuse(const struct report *r)
{
	if (r->transition.changing.st)
		return " (whether klp_mutex was held is not known: a change may have been under way)";
	return r->transition.changing.v ? " (klp_mutex was held: a change was under way)" : "";
}

void analysis_integrity(struct report *r)
{
	integrity_start(r);
	integrity_transition(r);
	integrity_modules(r);
	integrity_ftrace(r);
	integrity_functions(r);
	integrity_users(r);
	integrity_tasks(r);
}
