// SPDX-License-Identifier: GPL-2.0-or-later
/* klpscope [options] VMCORE: the report. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"

#define WIDTH_DEFAULT 80

static const char help[] =
"Usage: klpscope [OPTION]... VMCORE\n"
"       klpscope [OPTION]... --split VMCORE...\n"
"       klpscope check --patch NAME [OPTION]... VMCORE\n"
"       klpscope capsule -o FILE [OPTION]... VMCORE\n"
"\n"
"Says which livepatches (hotfixes) were in effect when the kernel crashed whose\n"
"memory VMCORE is, and whether one was on the crash path. It needs no vmlinux and\n"
"no debuginfo.\n"
"\n"
"What to show:\n"
"  -f, --functions      also every patch with its objects and functions\n"
"  -t, --transition[=PID]\n"
"                       also who had not switched yet, task by task, and what\n"
"                       held it up; with a PID (-tPID), whether that task had\n"
"  -b, --backtrace      also the stack of the task that panicked, and of every\n"
"                       task inside a hotfix, or inside what a hotfix replaces\n"
"  -s, --shadow[=ID]    also shadow variables, by id; with an ID (-sID) each of\n"
"                       that id, with the first bytes of its data\n"
"  -S, --states         also states, if they fit, and which callbacks had run\n"
"  -r, --relocations    also the klp relocations of each livepatch module\n"
"  -c, --integrity      check all that can be checked, and say also what is only\n"
"                       worth knowing\n"
"  -a, --all            everything\n"
"  -j, --json           JSON: always everything, but stacks only with -b or -a\n"
"  -p, --patch PATCH    only this patch (name, or 0x address) below the summary\n"
"\n"
"How to read the dump:\n"
"      --split          the files are the parts of one dump\n"
"      --vmlinux FILE   take symbols and types from this vmlinux, too\n"
"      --force          even if its build id is not that of the dump\n"
"      --tmpdir DIR     rearrange a flattened dump there, not in memory\n"
"\n"
"check: exits with 0 if the patch was in effect, 1 if not, 2 if partly, 3 if the\n"
"dump cannot tell, and says so in a line:\n"
"  -p, --patch PATCH    the patch (name, or 0x address)\n"
"  -q, --quiet          says nothing\n"
"\n"
"capsule: writes a small dump, of only what the report of VMCORE rests on:\n"
"  -o, --output FILE    to this file; - is standard output\n"
"      --format FORMAT  kdump or elf; otherwise whichever is smaller\n"
"      --redact         without names of tasks and of the machine, and without\n"
"                       the data of shadow variables\n"
"      --for-crash      with what crash needs to open it\n"
"      --force          also if the file is there (and as below, with --vmlinux)\n"
"\n"
"  -h, --help           this\n"
"  -V, --version        the version\n"
"\n"
"Exit status: 0 complete, 3 something is unknown, 4 the dump cannot be opened,\n"
"64 wrong usage, 70 internal error. See klpscope(8).\n";

struct options {
	struct cli_dump dump;
	struct klpscope_render how;
	struct cli_wanted wanted;
	bool done;		/* --help and --version have been served */
};

static const struct option long_options[] = {
	{ "functions", no_argument, NULL, 'f' },
	{ "transition", optional_argument, NULL, 't' },
	{ "backtrace", no_argument, NULL, 'b' },
	{ "shadow", optional_argument, NULL, 's' },
	{ "states", no_argument, NULL, 'S' },
	{ "relocations", no_argument, NULL, 'r' },
	{ "integrity", no_argument, NULL, 'c' },
	{ "all", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "patch", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	CLI_DUMP_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

/* --- the terminal --- */

static unsigned int columns_variable(void)
{
	const char *s = getenv("COLUMNS");
	unsigned long n;
	char *end;

	if (!s || *s < '0' || *s > '9')
		return 0;
	errno = 0;
	n = strtoul(s, &end, 10);
	return errno || *end || n > UINT_MAX ? 0 : (unsigned int)n;
}

static unsigned int width_of_stdout(void)
{
	unsigned int width;

	if (!isatty(STDOUT_FILENO))
		return 0;
	width = columns_variable();
	if (!width)
		width = progress_columns(STDOUT_FILENO);
	return width ? width : WIDTH_DEFAULT;
}

static bool colour_on_stdout(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || (no && *no))
		return false;
	return term && *term && strcmp(term, "dumb") != 0;
}

/* --- options --- */

static int print(const char *text)
{
	return cli_output(text, strlen(text)) ? CLI_OK : CLI_INTERNAL;
}

static int print_version(void)
{
	char line[64];

	snprintf(line, sizeof(line), "klpscope %s\n", klpscope_version());
	return print(line);
}

/* `s`: NULL, or the one task that is asked for. */
static int set_transition(struct options *o, const char *s)
{
	unsigned long long pid;
	char *end;

	o->how.sections |= KLPSCOPE_SECTION_TRANSITION;
	o->how.one_task = s != NULL;
	if (!s)
		return CLI_OK;
	errno = 0;
	pid = strtoull(s, &end, 10);
	if (*s < '0' || *s > '9' || *end || errno || pid > UINT32_MAX)
		return cli_usage("not a PID: %s", s);
	o->how.pid = pid;
	return CLI_OK;
}

/* `s`: NULL, or the one id that is asked for: decimal, or hexadecimal with 0x. */
static int set_shadow(struct options *o, const char *s)
{
	bool hex = s && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	char *end;

	o->how.sections |= KLPSCOPE_SECTION_SHADOW;
	o->wanted.one_shadow = s != NULL;
	if (!s)
		return CLI_OK;
	errno = 0;
	o->wanted.shadow_id = strtoull(s, &end, hex ? 16 : 10);
	if (*s < '0' || *s > '9' || *end || errno)
		return cli_usage("not the id of a shadow variable: \"%s\" (what follows -s without a blank is one)", s);
	return CLI_OK;
}

static int set_option(struct options *o, int option)
{
	switch (option) {
	case 'f':
		o->how.sections |= KLPSCOPE_SECTION_FUNCTIONS;
		return CLI_OK;
	case 't':
		return set_transition(o, optarg);
	case 'b':
		o->how.sections |= KLPSCOPE_SECTION_STACKS;
		return CLI_OK;
	case 's':
		return set_shadow(o, optarg);
	case 'S':
		o->how.sections |= KLPSCOPE_SECTION_STATES;
		return CLI_OK;
	case 'r':
		o->how.sections |= KLPSCOPE_SECTION_RELOCATIONS;
		return CLI_OK;
	case 'c':
		o->how.sections |= KLPSCOPE_SECTION_INTEGRITY;
		return CLI_OK;
	case 'a':
		o->how.sections = KLPSCOPE_SECTIONS_ALL;
		return CLI_OK;
	case 'j':
		o->how.format = KLPSCOPE_JSON;
		return CLI_OK;
	case 'p':
		o->how.patch = optarg;
		return CLI_OK;
	case 'h':
		o->done = true;
		return print(help);
	case 'V':
		o->done = true;
		return print_version();
	default:
		return cli_dump_option(&o->dump, option, optarg) ? CLI_OK : cli_try_help();
	}
}

static int parse(struct options *o, int argc, char **argv)
{
	int option, rc;

	while ((option = getopt_long(argc, argv, "ft::bs::Srcajp:hV", long_options, NULL)) != -1) {
		rc = set_option(o, option);
		if (rc || o->done)
			return rc;
	}
	/* As in crash, where it is right. */
	if ((o->how.sections & KLPSCOPE_SECTION_TRANSITION) && !o->how.one_task && argc - optind == 2 &&
	    strspn(argv[optind], "0123456789") == strlen(argv[optind]))
		return cli_usage("a PID follows -t without a blank: -t%s", argv[optind]);
	if ((o->how.sections & KLPSCOPE_SECTION_SHADOW) && !o->wanted.one_shadow && argc - optind == 2 &&
	    strspn(argv[optind], "0123456789abcdefxABCDEFX") == strlen(argv[optind]))
		return cli_usage("an id follows -s without a blank: -s%s", argv[optind]);
	return cli_dump_files(&o->dump, argc - optind, argv + optind);
}

/* --- the report --- */

/* A patch that is not there is a slip of whoever asked, unless it may be where we could not read. */
static int no_such_patch(const struct klpscope *ks, const char *patch)
{
	if (klpscope_complete(ks)) {
		cli_error("no patch and no livepatch module in this dump is called %s", patch);
		return CLI_USAGE;
	}
	cli_error("no patch or livepatch module called %s was seen, but not everything could be read", patch);
	return CLI_UNKNOWN;
}

static int render(struct klpscope *ks, const struct klpscope_render *how)
{
	enum klpscope_status st;
	size_t length;
	char *text;
	bool ok;

	st = klpscope_render(ks, how, &text, &length);
	if (st == KLPSCOPE_NOT_FOUND && how->patch)
		return no_such_patch(ks, how->patch);
	if (st) {
		cli_error("%s", klpscope_error(ks));
		return CLI_INTERNAL;
	}
	ok = cli_output(text, length);
	free(text);
	if (!ok)
		return CLI_INTERNAL;
	return klpscope_complete(ks) ? CLI_OK : CLI_UNKNOWN;
}

int cli_report(int argc, char **argv)
{
	struct options o = { .how = { .size = sizeof(o.how) } };
	struct klpscope *ks;
	int rc = parse(&o, argc, argv);

	if (rc || o.done)
		return rc;
	o.how.width = width_of_stdout();
	o.how.colour = colour_on_stdout();
	o.wanted.sections = o.how.sections;
	rc = cli_collect(&o.dump, &o.wanted, &ks);
	if (!rc)
		rc = render(ks, &o.how);
	klpscope_free(ks);
	return rc;
}

int cli_print_help(void)
{
	return print(help);
}
