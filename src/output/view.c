// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "output/view.h"

const char *view_hex(uint64_t addr, char buf[HEX_SIZE])
{
	snprintf(buf, HEX_SIZE, "0x%" PRIx64, addr);
	return buf;
}

const char *view_module_name(const struct module_rec *m)
{
	return m && !m->name.st ? m->name.s : NULL;
}

static const char *label(const char *name, uint64_t addr, char buf[HEX_SIZE])
{
	if (name)
		return name;
	return addr ? view_hex(addr, buf) : NULL;
}

const char *view_patch_label(const struct patch_rec *p, char buf[HEX_SIZE])
{
	return label(view_module_name(p->module), p->addr, buf);
}

const char *view_module_label(const struct module_rec *m, char buf[HEX_SIZE])
{
	return m ? label(view_module_name(m), m->addr, buf) : NULL;
}

const char *view_transition_label(const struct transition_rec *t, char buf[HEX_SIZE])
{
	if (t->of)
		return view_patch_label(t->of, buf);
	return t->patch.st ? NULL : label(NULL, t->patch.v, buf);
}

/* As we print it, or as crash does: all digits, without 0x. */
bool view_is_address(const char *filter)
{
	return !strncasecmp(filter, "0x", 2) || (strlen(filter) == 16 && strspn(filter, "0123456789abcdefABCDEF") == 16);
}

static bool is_address(const char *filter, uint64_t addr)
{
	uint64_t v;
	char *end;

	if (!addr || !view_is_address(filter))
		return false;
	errno = 0;
	v = strtoull(filter, &end, 16);
	return !errno && !*end && v == addr;
}

/* Files and packages of modules have dashes where the kernel has underscores; modprobe takes either. */
static bool same_name(const char *a, const char *b /* the user's */)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return !*a && (!*b || !strcmp(b, ".ko"));
}

/* By either of its names, when there are two: it would be wrong to say that there is none. */
static bool selected(const struct module_rec *m, uint64_t addr, const char *filter)
{
	const char *name = view_module_name(m);

	return !filter || (name && same_name(name, filter)) || is_address(filter, addr) ||
	       (m && m->other_name && same_name(m->other_name, filter));
}

bool view_patch_selected(const struct patch_rec *p, const char *filter)
{
	return selected(p->module, p->addr, filter);
}

bool view_detached_selected(const struct detached_rec *d, const char *filter)
{
	return selected(d->module, d->patch_addr, filter);
}

bool view_name_doubtful(const struct module_rec *m, const char *filter)
{
	return m && m->other_name && !view_is_address(filter);
}

bool view_module_selected(const struct report *r, const struct module_rec *m, const char *filter)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (p->module == m)
			return view_patch_selected(p, filter);
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (d->module == m)
			return view_detached_selected(d, filter);
	return selected(m, 0, filter);
}

enum klpscope_status view_relocs_status(const struct report *r, const char *filter)
{
	bool selected_one = false;

	for (const struct module_rec *m = filter ? r->klp_modules : NULL; m; m = m->next) {
		if (!view_module_selected(r, m, filter))
			continue;
		if (m->relocs_st)
			return m->relocs_st;
		selected_one = true;
	}
	return selected_one ? KLPSCOPE_OK : r->relocs_st;
}

bool view_has(const struct report *r, const char *filter)
{
	const struct detached_rec *d;
	const struct patch_rec *p;

	if (!filter)
		return true;
	for (p = r->patches; p; p = p->next)
		if (view_patch_selected(p, filter))
			return true;
	for (d = r->detached; d; d = d->next)
		if (view_detached_selected(d, filter))
			return true;
	return false;
}

bool view_patches_unknown(const struct report *r)
{
	const struct patch_rec *p;

	if (r->capability == KLP_NOT_BUILT_IN || !r->patches_st)
		return false;
	for (p = r->patches; p; p = p->next)
		if (!p->st)
			return false;
	return true;
}

bool view_patches_doubtful(const struct report *r)
{
	if (r->capability == KLP_NOT_BUILT_IN)
		return false;
	if (r->capability == KLP_UNKNOWN || r->patches_st || r->modules_st || r->unowned || r->transition.st ||
	    analysis_transition_lost(r))
		return true;
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (p->in_effect == KLPSCOPE_EFFECT_UNKNOWN || p->state == PATCH_UNKNOWN)
			return true;
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (d->in_effect == KLPSCOPE_EFFECT_UNKNOWN)
			return true;
	return false;
}

bool view_transition_known(const struct report *r)
{
	return r->capability == KLP_NOT_BUILT_IN || !r->transition.st;
}

bool view_task_by_task(const struct report *r)
{
	return r->transition.under_way && !r->transition.at_edge.v;
}

bool view_reverting(const struct report *r)
{
	return r->transition.direction && !strcmp(r->transition.direction, "unpatched");
}
