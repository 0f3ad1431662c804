// SPDX-License-Identifier: GPL-2.0-or-later
/* The public interface: puts the layers together, and nothing else. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "backend/kdumpfile.h"
#include "klpscope.h"
#include "model/model.h"
#include "output/json.h"
#include "output/text.h"
#include "output/view.h"
#include "provider/btf.h"
#include "provider/kallsyms.h"
#include "provider/vmlinux.h"
#include "util/str.h"

struct klpscope {
	struct kdumpfile_backend *backend;
	struct target *target;
	struct report *report;
	bool collected;
	char error[1024];
};

const char *klpscope_version(void)
{
	return KLPSCOPE_VERSION;
}

struct klpscope *klpscope_new(void)
{
	return calloc(1, sizeof(struct klpscope));
}

static void close_dump(struct klpscope *ks)
{
	target_free(ks->target);
	kdumpfile_backend_close(ks->backend);
	ks->target = NULL;
	ks->backend = NULL;
	ks->report = NULL;
	ks->collected = false;
}

void klpscope_free(struct klpscope *ks)
{
	if (!ks)
		return;
	close_dump(ks);
	free(ks);
}

const char *klpscope_error(const struct klpscope *ks)
{
	return ks->error;
}

/* Paths and foreign libraries' words come in by the same door as names of the dump. */
static enum klpscope_status fail(struct klpscope *ks, enum klpscope_status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static enum klpscope_status fail(struct klpscope *ks, enum klpscope_status st, const char *fmt, ...)
{
	char raw[sizeof(ks->error)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	str_sanitize(ks->error, sizeof(ks->error), raw, sizeof(raw));
	return st;
}

static struct text copy_text(struct arena *a, const char *s)
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

static enum klpscope_status new_report(struct klpscope *ks, const char *path, const char *format,
				       const char *architecture, bool big_endian)
{
	struct arena *a = target_arena(ks->target);

	ks->report = arena_alloc(a, sizeof(*ks->report));
	if (!ks->report)
		return fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	ks->report->arena = a;
	ks->report->system.path = copy_text(a, path);
	ks->report->system.format = copy_text(a, format);
	ks->report->system.architecture = copy_text(a, architecture);
	ks->report->system.big_endian = big_endian;
	return KLPSCOPE_OK;
}

/* The file that the user named comes before what the dump says of itself. */
static enum klpscope_status add_vmlinux(struct klpscope *ks, const char *path, bool force)
{
	struct provider *p;
	bool forced;
	enum klpscope_status st = vmlinux_provider_new(ks->target, path, force, &p, &forced);

	if (st)
		return fail(ks, st, "%s", target_error(ks->target));
	if (forced)
		ks->report->system.forced_vmlinux = copy_text(ks->report->arena, path).s;
	target_add_provider(ks->target, p);
	return KLPSCOPE_OK;
}

/* The commonest reasons have a remedy, and the user should not have to guess it. */
static enum klpscope_status no_symbols(struct klpscope *ks, enum klpscope_status st)
{
	const char *why = target_error(ks->target), *format = ks->report->system.format.s;
	const char *path = ks->report->system.path.st ? "the dump" : ks->report->system.path.s;

	if (st != KLPSCOPE_TRUNCATED)
		return fail(ks, st, "%s: %s", path, why);
	if (format && !strncmp(format, "split", 5))
		return fail(ks, st, "%s: not all parts of a split dump: the kernel's symbols are in another "
			    "(give all of them with --split): %s", path, why);
	return fail(ks, st, "%s: cut off before the kernel's symbols (with --vmlinux FILE what is left can be read): "
		    "%s", path, why);
}

/*
 * What the dump says of itself.  Where that cannot be had, a host or a vmlinux
 * file may still know; with neither the reason is the user's answer.
 */
static enum klpscope_status add_own_providers(struct klpscope *ks, bool others)
{
	struct provider *p;
	enum klpscope_status st = kallsyms_provider_new(ks->target, &p);

	if (!st)
		target_add_provider(ks->target, p);
	else if (!others)
		return no_symbols(ks, st);
	st = btf_provider_new(ks->target, &p);
	if (st)
		return fail(ks, st, "%s", target_error(ks->target));
	target_add_provider(ks->target, p);
	return KLPSCOPE_OK;
}

static char *join_paths(const struct klpscope_files *files)
{
	size_t room = 1;
	char *joined;

	for (size_t i = 0; i < files->count; i++)
		room += strlen(files->paths[i]) + 1;
	joined = calloc(1, room);
	for (size_t i = 0; joined && i < files->count; i++) {
		if (i)
			strcat(joined, ",");
		strcat(joined, files->paths[i]);
	}
	return joined;
}

static enum klpscope_status start(struct klpscope *ks, const struct klpscope_files *files)
{
	struct klpscope_target_ops ops = { .size = sizeof(ops) };
	char *path = join_paths(files);
	enum klpscope_status st;

	kdumpfile_backend_ops(ks->backend, &ops);
	ks->target = target_new(&ops, kdumpfile_backend_big_endian(ks->backend),
				kdumpfile_backend_pointer_size(ks->backend));
	if (ks->target && kdumpfile_backend_problem(ks->backend)) {
		free(path);
		return fail(ks, KLPSCOPE_UNSUPPORTED, "%s: %s", files->paths[0],
			    kdumpfile_backend_problem(ks->backend));
	}
	st = !path || !ks->target ? fail(ks, KLPSCOPE_NO_MEMORY, "out of memory") :
	     new_report(ks, path, kdumpfile_backend_format(ks->backend),
			kdumpfile_backend_architecture(ks->backend), kdumpfile_backend_big_endian(ks->backend));
	free(path);
	if (!st && files->vmlinux)
		st = add_vmlinux(ks, files->vmlinux, files->force);
	return st ? st : add_own_providers(ks, files->vmlinux != NULL);
}

enum klpscope_status klpscope_open(struct klpscope *ks, const struct klpscope_files *files)
{
	struct klpscope_files f = { 0 };
	struct kdumpfile_open open = { 0 };
	char text[sizeof(ks->error)] = "";
	enum klpscope_status st;

	memcpy(&f, files, files->size < sizeof(f) ? files->size : sizeof(f));
	if (ks->target || !f.count || !f.paths)
		return fail(ks, KLPSCOPE_INVALID, ks->target ? "a dump is open already" : "no dump file");
	open.paths = f.paths;
	open.count = f.count;
	open.tmpdir = f.tmpdir;
	open.progress = f.progress;
	open.progress_arg = f.progress_arg;
	st = kdumpfile_backend_open(&open, &ks->backend, text, sizeof(text));
	if (st)
		return fail(ks, st, "%s", text);
	st = start(ks, &f);
	if (st)
		close_dump(ks);
	return st;
}

enum klpscope_status klpscope_attach(struct klpscope *ks, const struct klpscope_target_ops *ops,
				     const struct klpscope_host *host)
{
	struct klpscope_host h = { 0 };
	enum klpscope_status st;

	memcpy(&h, host, host->size < sizeof(h) ? host->size : sizeof(h));
	if (ks->target)
		return fail(ks, KLPSCOPE_INVALID, "a dump is open already");
	if (!ops->read || !h.architecture || (h.pointer_size != 4 && h.pointer_size != 8))
		return fail(ks, KLPSCOPE_INVALID, "read(), architecture and pointer_size are required");
	ks->target = target_new(ops, h.big_endian, h.pointer_size);
	if (!ks->target)
		return fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	st = new_report(ks, h.path, h.format, h.architecture, h.big_endian);
	if (!st)
		st = add_own_providers(ks, ops->symbol != NULL);
	if (st)
		close_dump(ks);
	return st;
}

enum klpscope_status klpscope_collect(struct klpscope *ks)
{
	enum klpscope_status st;

	if (!ks->report || ks->collected)
		return fail(ks, KLPSCOPE_INVALID, ks->report ? "collected already" : "no dump is open");
	st = model_collect(ks->target, ks->report);
	if (!st)
		st = analysis_run(ks->report);
	ks->collected = !st;
	return st ? fail(ks, st, "%s", target_error(ks->target)) : KLPSCOPE_OK;
}

enum klpscope_status klpscope_render(struct klpscope *ks, const struct klpscope_render *how, char **text,
				     size_t *length)
{
	struct klpscope_render h = { 0 };
	enum klpscope_status st;

	memcpy(&h, how, how->size < sizeof(h) ? how->size : sizeof(h));
	if (!ks->collected)
		return fail(ks, KLPSCOPE_INVALID, "nothing was collected");
	st = h.format == KLPSCOPE_JSON ? json_render(ks->report, h.patch, text, length) :
					 text_render(ks->report, &h, text, length);
	if (st == KLPSCOPE_NOT_FOUND)
		return fail(ks, st, "no patch %s in this dump", h.patch);
	return st ? fail(ks, st, "%s", klpscope_strstatus(st)) : KLPSCOPE_OK;
}

bool klpscope_complete(const struct klpscope *ks)
{
	return ks->collected && ks->report->complete;
}

/*
 * Every patch and every livepatch module is known by name (and address, when
 * that is what is asked for), and nothing else patches functions here.
 */
static bool all_known(const struct report *r, bool by_address)
{
	if (r->capability == KLP_UNKNOWN || r->patches_st || r->modules_st || r->unowned || r->other_hotfix ||
	    r->transition.st || analysis_transition_lost(r))
		return false;
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (!view_module_name(p->module))
			return false;
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (!view_module_name(d->module) || (by_address && !d->patch_addr))
			return false;
	return true;
}

enum klpscope_in_effect klpscope_patch_in_effect(const struct klpscope *ks, const char *patch)
{
	const struct report *r = ks->report;

	if (!ks->collected || !patch)
		return KLPSCOPE_EFFECT_UNKNOWN;
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (view_patch_selected(p, patch))
			return p->in_effect;
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (view_detached_selected(d, patch))
			return d->in_effect;
	return all_known(r, !strncmp(patch, "0x", 2)) ? KLPSCOPE_EFFECT_NO : KLPSCOPE_EFFECT_UNKNOWN;
}

enum klpscope_status klpscope_explain(struct klpscope *ks, const char *patch, char **line)
{
	struct text name;
	enum klpscope_status st;

	*line = NULL;
	if (!ks->collected || !patch)
		return fail(ks, KLPSCOPE_INVALID, "nothing was collected");
	name = copy_text(ks->report->arena, patch);
	if (name.st)
		return fail(ks, name.st, "out of memory");
	st = text_explain(ks->report, patch, name.s, klpscope_patch_in_effect(ks, patch), line);
	return st ? fail(ks, st, "%s", klpscope_strstatus(st)) : KLPSCOPE_OK;
}
