// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Way one of the public interface: dump files. Apart from the rest, so that a
 * host that brings its own memory links neither libkdumpfile nor libdw.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/kdumpfile.h"
#include "capsule/recorder.h"
#include "engine/context.h"
#include "provider/vmlinux.h"

/* The file that the user named comes before what the dump says of itself. */
static enum klpscope_status add_vmlinux(struct klpscope *ks, const char *path, bool force)
{
	struct provider *p;
	bool forced;
	enum klpscope_status st = vmlinux_provider_new(ks->target, path, force, &p, &forced);

	if (st)
		return context_fail(ks, st, "%s", target_error(ks->target));
	if (forced)
		ks->report->system.forced_vmlinux = context_copy_text(ks->report->arena, path).s;
	target_add_provider(ks->target, p);
	return KLPSCOPE_OK;
}

char *context_join_paths(const struct klpscope_files *files)
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

static void close_backend(void *backend)
{
	kdumpfile_backend_close(backend);
}

static enum klpscope_status start(struct klpscope *ks, struct kdumpfile_backend *backend,
				  const struct klpscope_files *files)
{
	struct klpscope_target_ops ops = { .size = sizeof(ops) };
	char *path = context_join_paths(files);
	const struct capsule *capsule = kdumpfile_backend_capsule(backend);
	enum klpscope_status st;

	kdumpfile_backend_ops(backend, &ops);
	ks->target = target_new(&ops, kdumpfile_backend_big_endian(backend),
				kdumpfile_backend_pointer_size(backend));
	if (ks->target && kdumpfile_backend_problem(backend)) {
		free(path);
		return context_fail(ks, KLPSCOPE_UNSUPPORTED, "%s: %s", files->paths[0],
			    kdumpfile_backend_problem(backend));
	}
	st = !path || !ks->target ? context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory") :
	     context_new_report(ks, path, kdumpfile_backend_format(backend),
			kdumpfile_backend_architecture(backend), kdumpfile_backend_big_endian(backend));
	free(path);
	if (!st && ks->recorder && recorder_start(ks->recorder, ks->target, backend))
		st = context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	if (!st && capsule)
		st = context_use_capsule(ks, capsule->origin, capsule->answers, capsule->answers_length,
					 capsule->damaged);
	if (!st && files->vmlinux)
		st = add_vmlinux(ks, files->vmlinux, files->force);
	if (!st && files->vmlinux)
		target_has_others(ks->target);
	return st ? st : context_add_own_providers(ks, files->vmlinux || capsule);
}

enum klpscope_status context_open_files(struct klpscope *ks, const struct klpscope_files *files,
					struct kdumpfile_backend **backend)
{
	struct kdumpfile_open open = {
		.paths = files->paths,
		.count = files->count,
		.tmpdir = files->tmpdir,
		.progress = files->progress,
		.progress_arg = files->progress_arg,
	};
	char text[sizeof(ks->error)] = "";
	enum klpscope_status st;

	if (ks->target || !files->count || !files->paths)
		return context_fail(ks, KLPSCOPE_INVALID, ks->target ? "a dump is open already" : "no dump file");
	if (ks->recorder)
		open.watch = recorder_watch(ks->recorder);
	st = kdumpfile_backend_open(&open, backend, text, sizeof(text));
	return st ? context_fail(ks, st, "%s", text) : KLPSCOPE_OK;
}

enum klpscope_status klpscope_open(struct klpscope *ks, const struct klpscope_files *files)
{
	struct klpscope_files f;
	struct kdumpfile_backend *backend;
	enum klpscope_status st = context_take_files(ks, &f, files);

	if (!st)
		st = context_open_files(ks, &f, &backend);
	if (st)
		return st;
	ks->backend = backend;
	ks->close_backend = close_backend;
	st = start(ks, backend, &f);
	if (st)
		context_close(ks);
	return st;
}
