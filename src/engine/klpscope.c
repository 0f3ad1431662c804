// SPDX-License-Identifier: GPL-2.0-or-later
/* The public interface: puts the layers together, and nothing else. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "engine/context.h"
#include "model/model.h"
#include "output/json.h"
#include "output/text.h"
#include "output/view.h"
#include "provider/btf.h"
#include "provider/kallsyms.h"
#include "util/str.h"

const char *klpscope_version(void)
{
	return KLPSCOPE_VERSION;
}

struct klpscope *klpscope_new(void)
{
	return calloc(1, sizeof(struct klpscope));
}

void context_close(struct klpscope *ks)
{
	target_free(ks->target);
	if (ks->close_backend)
		ks->close_backend(ks->backend);
	ks->close_backend = NULL;
	if (ks->close_recorder)
		ks->close_recorder(ks->recorder);
	ks->close_recorder = NULL;
	ks->recorder = NULL;
	ks->target = NULL;
	ks->backend = NULL;
	ks->differs = NULL;
	ks->report = NULL;
	ks->collected = false;
}

void klpscope_free(struct klpscope *ks)
{
	if (!ks)
		return;
	context_close(ks);
	free(ks);
}

const char *klpscope_error(const struct klpscope *ks)
{
	return ks->error;
}

enum klpscope_status context_fail(struct klpscope *ks, enum klpscope_status st, const char *fmt, ...)
{
	char raw[sizeof(ks->error)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	str_sanitize(ks->error, sizeof(ks->error), raw, sizeof(raw));
	return st;
}

struct text context_copy_text(struct arena *a, const char *s)
{
	struct text out = { NULL, KLPSCOPE_NOT_FOUND };
	size_t len, room;
	char *clean;

	if (!s)
		return out;
	len = strlen(s);
	room = 4 * len + 1;
	clean = arena_alloc(a, room);
	out.st = clean ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
	if (clean)
		str_sanitize(clean, room, s, len);
	out.s = clean;
	return out;
}

enum klpscope_status context_new_report(struct klpscope *ks, const char *path, const char *format,
					const char *architecture, bool big_endian)
{
	struct arena *a = target_arena(ks->target);

	ks->report = arena_alloc(a, sizeof(*ks->report));
	if (!ks->report)
		return context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	ks->report->arena = a;
	ks->report->system.path = context_copy_text(a, path);
	ks->report->system.format = context_copy_text(a, format);
	ks->report->system.architecture = context_copy_text(a, architecture);
	ks->report->system.big_endian = big_endian;
	ks->report->recording = ks->recorder != NULL;
	return KLPSCOPE_OK;
}

/* The commonest reasons have a remedy, and the user should not have to guess it. */
static enum klpscope_status no_symbols(struct klpscope *ks, enum klpscope_status st)
{
	const char *why = target_error(ks->target), *format = ks->report->system.format.s;
	const char *path = ks->report->system.path.st ? "the dump" : ks->report->system.path.s;

	if (st != KLPSCOPE_TRUNCATED)
		return context_fail(ks, st, "%s: %s", path, why);
	if (format && !strncmp(format, "split", 5))
		return context_fail(ks, st, "%s: not all parts of a split dump: the kernel's symbols are in another "
			    "(give all of them with --split): %s", path, why);
	return context_fail(ks, st, "%s: cut off before the kernel's symbols (with --vmlinux FILE what is left can be read): "
		    "%s", path, why);
}

enum klpscope_status context_add_own_providers(struct klpscope *ks, bool others)
{
	enum target_purpose before = target_purpose(ks->target, PURPOSE_NAMES);
	struct provider *p;
	enum klpscope_status st = kallsyms_provider_new(ks->target, &p);

	target_purpose(ks->target, before);

	if (!st)
		target_add_provider(ks->target, p);
	else if (!others)
		return no_symbols(ks, st);
	st = btf_provider_new(ks->target, &p);
	if (st)
		return context_fail(ks, st, "%s", target_error(ks->target));
	target_add_provider(ks->target, p);
	return KLPSCOPE_OK;
}

enum klpscope_status klpscope_attach(struct klpscope *ks, const struct klpscope_target_ops *ops,
				     const struct klpscope_host *host)
{
	struct klpscope_target_ops o;
	struct klpscope_host h;
	enum klpscope_status st = context_take_target_ops(ks, &o, ops);

	if (!st)
		st = context_take_host(ks, &h, host);
	if (st)
		return st;
	if (ks->target)
		return context_fail(ks, KLPSCOPE_INVALID, "a dump is open already");
	if (!o.read || !h.architecture || (h.pointer_size != 4 && h.pointer_size != 8))
		return context_fail(ks, KLPSCOPE_INVALID, "read(), architecture and pointer_size are required");
	ks->target = target_new(&o, h.big_endian, h.pointer_size);
	if (!ks->target)
		return context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	st = context_new_report(ks, h.path, h.format, h.architecture, h.big_endian);
	if (!st && h.origin)
		st = context_use_capsule(ks, h.origin, h.answers ? h.answers : "", h.answers_length, h.damaged);
	if (!st)
		st = context_add_own_providers(ks, o.symbol != NULL || h.origin);
	if (st)
		context_close(ks);
	return st;
}

enum klpscope_status klpscope_request(struct klpscope *ks, unsigned int sections)
{
	if (!ks->report || ks->collected)
		return context_fail(ks, KLPSCOPE_INVALID, ks->report ? "collected already" : "no dump is open");
	ks->report->want_stacks = sections & KLPSCOPE_SECTION_STACKS;
	ks->report->want_integrity = sections & KLPSCOPE_SECTION_INTEGRITY;
	return KLPSCOPE_OK;
}

enum klpscope_status klpscope_request_shadow(struct klpscope *ks, uint64_t id)
{
	if (!ks->report || ks->collected)
		return context_fail(ks, KLPSCOPE_INVALID, ks->report ? "collected already" : "no dump is open");
	ks->report->want_shadow = true;
	ks->report->shadow_id = id;
	return KLPSCOPE_OK;
}

enum klpscope_status klpscope_collect(struct klpscope *ks)
{
	enum klpscope_status st;

	if (!ks->report || ks->collected)
		return context_fail(ks, KLPSCOPE_INVALID, ks->report ? "collected already" : "no dump is open");
	st = model_collect(ks->target, ks->report);
	if (ks->differs && *ks->differs)
		return context_fail(ks, KLPSCOPE_INVALID, "%s: another dump than the one that is open",
				    ks->report->system.path.st ? "the file" : ks->report->system.path.s);
	if (!st)
		st = analysis_run(ks->report);
	ks->collected = !st;
	return st ? context_fail(ks, st, "%s", target_error(ks->target)) : KLPSCOPE_OK;
}

enum klpscope_status klpscope_render(struct klpscope *ks, const struct klpscope_render *how, char **text,
				     size_t *length)
{
	struct klpscope_render h;
	enum klpscope_status st = context_take_render(ks, &h, how);

	*text = NULL;
	*length = 0;
	if (st)
		return st;
	if (!ks->collected || h.format > KLPSCOPE_JSON)
		return context_fail(ks, KLPSCOPE_INVALID, ks->collected ? "no such format" : "nothing was collected");
	st = h.format == KLPSCOPE_JSON ? json_render(ks->report, h.patch, text, length) :
					 text_render(ks->report, &h, text, length);
	if (st == KLPSCOPE_NOT_FOUND)
		return context_fail(ks, st, "no patch %s in this dump", h.patch);
	return st ? context_fail(ks, st, "%s", klpscope_strstatus(st)) : KLPSCOPE_OK;
}

bool klpscope_complete(const struct klpscope *ks)
{
	return ks->collected && ks->report->complete;
}

static bool has_one_name(const struct module_rec *m)
{
	return view_module_name(m) && !m->other_name;
}

/*
 * Every patch and every livepatch module is known by one name (and address,
 * when that is what is asked for), and nothing else patches functions here.
 */
static bool all_known(const struct report *r, bool by_address)
{
	if (r->capability == KLP_UNKNOWN || r->patches_st || r->modules_st || r->unowned || r->other_hotfix ||
	    r->transition.st || analysis_transition_lost(r))
		return false;
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (!has_one_name(p->module))
			return false;
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (!has_one_name(d->module) || (by_address && !d->patch_addr))
			return false;
	return true;
}

enum klpscope_in_effect klpscope_patch_in_effect(const struct klpscope *ks, const char *patch)
{
	const struct report *r = ks->report;

	if (!ks->collected || !patch || (r->system.capsule && r->system.capsule->damaged))
		return KLPSCOPE_EFFECT_UNKNOWN;
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (view_patch_selected(p, patch))
			return view_name_doubtful(p->module, patch) ? KLPSCOPE_EFFECT_UNKNOWN : p->in_effect;
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (view_detached_selected(d, patch))
			return view_name_doubtful(d->module, patch) ? KLPSCOPE_EFFECT_UNKNOWN : d->in_effect;
	return all_known(r, view_is_address(patch)) ? KLPSCOPE_EFFECT_NO : KLPSCOPE_EFFECT_UNKNOWN;
}

enum klpscope_status klpscope_explain(struct klpscope *ks, const char *patch, char **line)
{
	struct text name;
	enum klpscope_status st;

	*line = NULL;
	if (!ks->collected || !patch)
		return context_fail(ks, KLPSCOPE_INVALID, "nothing was collected");
	name = context_copy_text(ks->report->arena, patch);
	if (name.st)
		return context_fail(ks, name.st, "out of memory");
	st = text_explain(ks->report, patch, name.s, klpscope_patch_in_effect(ks, patch), line);
	return st ? context_fail(ks, st, "%s", klpscope_strstatus(st)) : KLPSCOPE_OK;
}
