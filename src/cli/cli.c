// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/progress.h"

/* --- messages --- */

static void __attribute__((format(printf, 1, 0))) error(const char *fmt, va_list ap)
{
	fflush(stdout);
	fputs("klpscope: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void cli_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error(fmt, ap);
	va_end(ap);
}

int cli_try_help(void)
{
	fputs("Try 'klpscope --help'.\n", stderr);
	return CLI_USAGE;
}

int cli_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error(fmt, ap);
	va_end(ap);
	return cli_try_help();
}

bool cli_output(const char *text, size_t length)
{
	bool lost = fwrite(text, 1, length, stdout) != length;

	lost |= fflush(stdout) != 0;
	if (!lost && fclose(stdout) == 0)
		return true;
	cli_error("standard output: %s", strerror(errno));
	return false;
}

/* --- the dump --- */

bool cli_dump_option(struct cli_dump *d, int option, const char *arg)
{
	switch (option) {
	case CLI_OPT_VMLINUX:
		d->vmlinux = arg;
		return true;
	case CLI_OPT_FORCE:
		d->force = true;
		return true;
	case CLI_OPT_TMPDIR:
		d->tmpdir = arg;
		return true;
	case CLI_OPT_SPLIT:
		d->split = true;
		return true;
	default:
		return false;
	}
}

int cli_dump_files(struct cli_dump *d, int argc, char **argv)
{
	if (d->force && !d->vmlinux)
		return cli_usage("--force goes with --vmlinux");
	if (argc < 1)
		return cli_usage("no dump given");
	if (argc > 1 && !d->split)
		return cli_usage("several files: say --split if they are the parts of one dump, "
				 "otherwise one dump at a time");
	d->paths = (const char *const *)argv;
	d->count = (size_t)argc;
	return CLI_OK;
}

static int failed(struct klpscope *ks, enum klpscope_status st)
{
	cli_error("%s", klpscope_error(ks));
	return st == KLPSCOPE_NO_MEMORY ? CLI_INTERNAL : CLI_CANNOT_OPEN;
}

static enum klpscope_status open_dump(struct klpscope *ks, const struct cli_dump *d)
{
	struct progress progress;
	struct klpscope_files files = {
		.size = sizeof(files),
		.paths = d->paths,
		.count = d->count,
		.vmlinux = d->vmlinux,
		.force = d->force,
		.tmpdir = d->tmpdir,
		.progress = progress_update,
		.progress_arg = &progress,
	};
	enum klpscope_status st;

	progress_begin(&progress, "Rearranging the flattened dump");
	st = klpscope_open(ks, &files);
	progress_end(&progress);
	return st;
}

int cli_collect(const struct cli_dump *d, const struct cli_wanted *w, struct klpscope **ks)
{
	enum klpscope_status st;

	*ks = klpscope_new();
	if (!*ks) {
		cli_error("out of memory");
		return CLI_INTERNAL;
	}
	st = w->record ? klpscope_record(*ks) : KLPSCOPE_OK;
	if (!st)
		st = open_dump(*ks, d);
	if (!st)
		st = klpscope_request(*ks, w->sections);
	if (!st && w->one_shadow)
		st = klpscope_request_shadow(*ks, w->shadow_id);
	if (!st)
		st = klpscope_collect(*ks);
	return st ? failed(*ks, st) : CLI_OK;
}
