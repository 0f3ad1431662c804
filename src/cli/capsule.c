// SPDX-License-Identifier: GPL-2.0-or-later
/* klpscope capsule: what a report rests on, in a file of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/newfile.h"

struct options {
	struct cli_dump dump;
	struct klpscope_capsule how;
	const char *output;
	bool help;
};

#define OPT_FORMAT	300
#define OPT_FOR_CRASH	301
#define OPT_REDACT	302

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "for-crash", no_argument, NULL, OPT_FOR_CRASH },
	{ "redact", no_argument, NULL, OPT_REDACT },
	{ "help", no_argument, NULL, 'h' },
	CLI_DUMP_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

static int set_form(struct options *o, const char *s)
{
	if (!strcmp(s, "kdump"))
		o->how.form = KLPSCOPE_CAPSULE_KDUMP;
	else if (!strcmp(s, "elf"))
		o->how.form = KLPSCOPE_CAPSULE_ELF;
	else
		return cli_usage("capsule: no such format: %s (kdump or elf)", s);
	return CLI_OK;
}

static int set_option(struct options *o, int option)
{
	switch (option) {
	case 'o':
		o->output = optarg;
		return CLI_OK;
	case OPT_FORMAT:
		return set_form(o, optarg);
	case OPT_FOR_CRASH:
		o->how.for_crash = true;
		return CLI_OK;
	case OPT_REDACT:
		o->how.redact = true;
		return CLI_OK;
	case 'h':
		o->help = true;
		return CLI_OK;
	default:
		return cli_dump_option(&o->dump, option, optarg) ? CLI_OK : cli_try_help();
	}
}

static bool to_stdout(const struct options *o)
{
	return !strcmp(o->output, "-");
}

static bool is_file(const char *path, const struct stat *file)
{
	struct stat st;

	return !stat(path, &st) && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

/* What is read must not be what is replaced. */
static int refuse_input(const struct options *o)
{
	struct stat out;

	if (to_stdout(o) ? fstat(STDOUT_FILENO, &out) : stat(o->output, &out))
		return CLI_OK;
	for (size_t i = 0; i < o->dump.count; i++)
		if (is_file(o->dump.paths[i], &out))
			return cli_usage("capsule: %s is the dump itself", to_stdout(o) ? "standard output" : o->output);
	if (o->dump.vmlinux && is_file(o->dump.vmlinux, &out))
		return cli_usage("capsule: %s is the vmlinux", o->output);
	return CLI_OK;
}

static int parse(struct options *o, int argc, char **argv)
{
	int option, rc;
	bool force;

	while ((option = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1) {
		rc = set_option(o, option);
		if (rc || o->help)
			return rc;
	}
	if (!o->output || !*o->output)
		return cli_usage("capsule: where to? Say -o FILE");
	/* Here it also has another meaning. */
	force = o->dump.force;
	o->dump.force = force && o->dump.vmlinux;
	rc = cli_dump_files(&o->dump, argc - optind, argv + optind);
	o->dump.force = force;
	if (!rc)
		rc = refuse_input(o);
	if (rc || to_stdout(o))
		return rc;
	return newfile_refused(o->output, force) ? CLI_USAGE : CLI_OK;
}

static bool write_output(const struct options *o, const char *data, size_t length)
{
	if (!to_stdout(o))
		return newfile_write(o->output, o->dump.force, data, length);
	if (!isatty(STDOUT_FILENO))
		return cli_output(data, length);
	cli_error("standard output is a terminal: a capsule is binary");
	return false;
}

static int make(const struct options *o, struct klpscope *ks)
{
	char *data, *summary;
	enum klpscope_status st;
	size_t length;
	bool ok;

	st = klpscope_capsule(ks, &o->how, &data, &length, &summary);
	if (st) {
		cli_error("%s", klpscope_error(ks));
		return st == KLPSCOPE_NO_MEMORY ? CLI_INTERNAL : CLI_CANNOT_OPEN;
	}
	ok = write_output(o, data, length);
	if (ok && to_stdout(o))
		fprintf(stderr, "%s", summary);
	else if (ok)
		ok = printf("%s: ", o->output) >= 0 && cli_output(summary, strlen(summary));
	free(data);
	free(summary);
	if (!ok)
		return CLI_INTERNAL;
	if (klpscope_complete(ks))
		return CLI_OK;
	cli_error("the report of %s is INCOMPLETE, and so is that of the capsule: it says what is missing",
		  o->dump.paths[0]);
	return CLI_UNKNOWN;
}

int cli_capsule(int argc, char **argv)
{
	struct options o = { .how = { .size = sizeof(o.how) } };
	struct klpscope *ks;
	int rc = parse(&o, argc, argv);

	if (rc)
		return rc;
	if (o.help)
		return cli_print_help();
	rc = cli_collect(&o.dump, &(struct cli_wanted){ .sections = KLPSCOPE_SECTIONS_ALL, .record = true }, &ks);
	if (!rc)
		rc = make(&o, ks);
	klpscope_free(ks);
	return rc;
}
