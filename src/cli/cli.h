/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: knows include/klpscope.h and nothing else of the engine. */
#ifndef KLPSCOPE_CLI_H
#define KLPSCOPE_CLI_H

#include <getopt.h>

#include "klpscope.h"

/* A contract, see klpscope(8). */
enum cli_exit {
	CLI_OK = 0,
	CLI_NO = 1,		/* check: not in effect */
	CLI_PARTLY = 2,		/* check: partly */
	CLI_UNKNOWN = 3,	/* something is unknown */
	CLI_CANNOT_OPEN = 4,
	CLI_USAGE = 64,
	CLI_INTERNAL = 70,
};

/* What all subcommands need to open a dump. */
struct cli_dump {
	const char *vmlinux, *tmpdir;
	bool force, split;
	const char *const *paths;
	size_t count;
};

#define CLI_OPT_VMLINUX	256
#define CLI_OPT_FORCE	257
#define CLI_OPT_TMPDIR	258
#define CLI_OPT_SPLIT	259

#define CLI_DUMP_OPTIONS \
	{ "vmlinux", required_argument, NULL, CLI_OPT_VMLINUX }, \
	{ "force", no_argument, NULL, CLI_OPT_FORCE }, \
	{ "tmpdir", required_argument, NULL, CLI_OPT_TMPDIR }, \
	{ "split", no_argument, NULL, CLI_OPT_SPLIT }

/* The subcommands; argv[0] is what getopt puts in front of its complaints. */
int cli_report(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_capsule(int argc, char **argv);

/* To stdout, for all; CLI_OK or CLI_INTERNAL. */
int cli_print_help(void);

/* One of CLI_DUMP_OPTIONS? */
bool cli_dump_option(struct cli_dump *d, int option, const char *arg);
/* The files are what getopt left. CLI_OK or CLI_USAGE, which has been explained. */
int cli_dump_files(struct cli_dump *d, int argc, char **argv);

/* What is to be looked at. */
struct cli_wanted {
	unsigned int sections;
	bool record;			/* for a capsule */
	bool one_shadow;		/* the shadow variables of this id */
	uint64_t shadow_id;
};

/* Opens and collects. CLI_OK, or what to exit with, which has been explained; free *ks in any case. */
int cli_collect(const struct cli_dump *d, const struct cli_wanted *w, struct klpscope **ks);

/* "klpscope: …" on stderr. */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same and where to find help; returns CLI_USAGE. */
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* After getopt has complained by itself. */
int cli_try_help(void);

/* Writes all of it to stdout and closes that; false, and an explanation, if any of it was lost. */
bool cli_output(const char *text, size_t length);

#endif
