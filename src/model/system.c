// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kernel this is, by its own words in memory. */
#include <string.h>

#include "model/walk.h"
#include "util/str.h"

static struct text uts(struct walk *w, enum member_id id, const char *name)
{
	struct val ns = w->layout.symbol[S_init_uts_ns];
	struct text s = { NULL, ns.st };
	uint64_t at;

	if (!s.st)
		s.st = w->layout.member[M_uts_namespace_name].st;
	if (!s.st)
		s.st = w->layout.member[id].st;
	if (s.st)
		return s;
	at = walk_at(w, walk_at(w, ns.v, M_uts_namespace_name), id);
	if (id == M_new_utsname_nodename)
		target_secret(w->t, at, w->layout.member[id].size);
	s.st = target_read_string(w->t, at, w->layout.member[id].size, &s.s);
	/* A host may have no name, a kernel has a release. */
	if (!s.st && id == M_new_utsname_release)
		return walk_not_empty(w, s, name, at);
	if (s.st)
		walk_problem(w, name, s.st, at);
	return s;
}

static struct text vmcoreinfo_text(struct walk *w, const char *key)
{
	char clean[4 * LIMIT_NAME + 1];
	const char *raw;
	struct text s = { NULL, target_vmcoreinfo(w->t, key, &raw) };

	if (s.st)
		return s;
	str_sanitize(clean, sizeof(clean), raw, strnlen(raw, LIMIT_NAME));
	s.s = arena_strdup(w->r->arena, clean);
	if (!s.s)
		s.st = KLPSCOPE_NO_MEMORY;
	return s;
}

/* VMCOREINFO has it, too, as it was when the kernel booted; nothing changes it after that. */
static void check_release(struct walk *w, struct system_rec *sys)
{
	struct text booted = vmcoreinfo_text(w, "OSRELEASE");

	if (sys->release.st) {
		sys->release = booted;
		return;
	}
	sys->release_doubtful = !booted.st && *booted.s && strcmp(booted.s, sys->release.s);
	if (!sys->release_doubtful)
		return;
	walk_problem(w, "release, which is not VMCOREINFO's", KLPSCOPE_CORRUPT,
		     walk_at(w, walk_at(w, w->layout.symbol[S_init_uts_ns].v, M_uts_namespace_name),
			     M_new_utsname_release));
	walk_contradiction(w, booted.s, sys->release.s);
}

void system_walk(struct walk *w)
{
	struct system_rec *sys = &w->r->system;

	w->where = "system";
	sys->release = uts(w, M_new_utsname_release, "release");
	sys->version = uts(w, M_new_utsname_version, "version");
	sys->nodename = uts(w, M_new_utsname_nodename, "nodename");
	check_release(w, sys);
	sys->build_id = vmcoreinfo_text(w, "BUILD-ID");
	sys->taints = walk_symbol_value(w, S_tainted_mask, target_pointer_size(w->t), "tainted_mask");
	w->where = NULL;
}
