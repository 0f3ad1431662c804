// SPDX-License-Identifier: GPL-2.0-or-later
/* crash> klp: the report, at the prompt. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash_host.h"
#include "crash_memory.h"
#include "crash_target.h"
#include "klpscope.h"

static char *help[] = {
	"klp",
#include "klp_help.h"
	NULL
};

/* What one run has, so that whoever ends it early finds it. */
static struct {
	struct klpscope *ks;
	char *text;
	size_t length;
	char problem[1200];	/* what to say instead of the report */
} run;

static void leave(void *unused)
{
	(void)unused;
	crash_host_make_interrupt_wait();
	crash_host_let_go();
	crash_host_on_leave(NULL);
	klpscope_free(run.ks);
	free(run.text);
	memset(&run, 0, sizeof(run));
	crash_host_let_interrupt_in();
}

/* --- options --- */

struct options {
	struct klpscope_render how;
	const char *patch;
	const char *task;	/* of -t */
	const char *shadow;	/* the id of -s */
	uint64_t shadow_id;
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
	{ NULL, 0, NULL, 0 },
};

/* Does not return when there is nothing to do. */
static void set_option(struct options *o, int option)
{
	switch (option) {
	case 'f':
		o->how.sections |= KLPSCOPE_SECTION_FUNCTIONS;
		break;
	case 't':
		o->how.sections |= KLPSCOPE_SECTION_TRANSITION;
		o->task = optarg;
		break;
	case 'b':
		o->how.sections |= KLPSCOPE_SECTION_STACKS;
		break;
	case 's':
		o->how.sections |= KLPSCOPE_SECTION_SHADOW;
		o->shadow = optarg;
		break;
	case 'S':
		o->how.sections |= KLPSCOPE_SECTION_STATES;
		break;
	case 'r':
		o->how.sections |= KLPSCOPE_SECTION_RELOCATIONS;
		break;
	case 'c':
		o->how.sections |= KLPSCOPE_SECTION_INTEGRITY;
		break;
	case 'a':
		o->how.sections = KLPSCOPE_SECTIONS_ALL;
		break;
	case 'j':
		o->how.format = KLPSCOPE_JSON;
		break;
	case 'p':
		if (!*optarg)
			crash_host_usage();
		o->patch = optarg;
		break;
	case 'h':
		crash_host_help();
	default:
		crash_host_usage();
	}
}

/* What it says of a wrong option it allocates: Ctrl-C must not jump out of that. */
static int next_option(int argc, char **argv)
{
	int option;

	crash_host_make_interrupt_wait();
	option = getopt_long(argc, argv, "ft::bs::Srcajp:h", long_options, NULL);
	crash_host_let_interrupt_in();
	return option;
}

static void parse(struct options *o, int argc, char **argv)
{
	int option;

	while ((option = next_option(argc, argv)) != -1)
		set_option(o, option);
	/* "klp -t 112", as crash's own commands take a pid. */
	if (argv[optind] && (o->how.sections & KLPSCOPE_SECTION_TRANSITION) && !o->task)
		o->task = argv[optind++];
	/* "klp -s 7001"; of "klp -t -s 1 2" the first is the task. */
	if (argv[optind] && (o->how.sections & KLPSCOPE_SECTION_SHADOW) && !o->shadow)
		o->shadow = argv[optind++];
	if (argv[optind])
		crash_host_usage();
}

/* --- the report --- */

static bool failed(const char *words)
{
	snprintf(run.problem, sizeof(run.problem), "%s\n", words);
	return false;
}

/* What was typed, fit for a terminal: it may have come from a file of commands. */
static const char *printable(const char *word)
{
	static char shown[256];
	size_t n = 0;

	for (; *word && n + sizeof("\\x00") <= sizeof(shown); word++)
		if (*word >= ' ' && *word <= '~')
			shown[n++] = *word;
		else
			n += (size_t)sprintf(shown + n, "\\x%02x", (unsigned char)*word);
	shown[n] = 0;
	return shown;
}

/* Decimal, or hexadecimal with 0x; false, with words, when it is none. */
static bool choose_shadow(struct options *o)
{
	bool hex = o->shadow && o->shadow[0] == '0' && (o->shadow[1] == 'x' || o->shadow[1] == 'X');
	char *end;

	if (!o->shadow)
		return true;
	errno = 0;
	o->shadow_id = strtoull(o->shadow, &end, hex ? 16 : 10);
	if (*o->shadow >= '0' && *o->shadow <= '9' && !*end && !errno)
		return true;
	snprintf(run.problem, sizeof(run.problem), "not the id of a shadow variable: %s\n", printable(o->shadow));
	return false;
}

static bool collect(const struct options *o)
{
	struct klpscope_target_ops ops;
	struct klpscope_host host;
	const char *why;

	run.ks = klpscope_new();
	if (!run.ks)
		return failed("out of memory");
	if (!crash_target(&ops, &host, &why))
		return failed(why);
	if (klpscope_attach(run.ks, &ops, &host) || klpscope_request(run.ks, o->how.sections) ||
	    (o->shadow && klpscope_request_shadow(run.ks, o->shadow_id)) || klpscope_collect(run.ks))
		return failed(klpscope_error(run.ks));
	return true;
}

/* The word is no patch's name: is it the address of one, or a symbol at one? */
static enum klpscope_status render_by_address(const struct klpscope_render *options, const char *word)
{
	struct klpscope_render how = *options;
	char address[24], first[24] = "";
	uint64_t addr;

	for (unsigned int n = 0; crash_target_address(word, n, &addr); n++) {
		enum klpscope_status st;
		char *text = NULL;
		size_t length;

		snprintf(address, sizeof(address), "0x%llx", (unsigned long long)addr);
		how.patch = address;
		st = strcmp(address, first) ? klpscope_render(run.ks, &how, &text, &length) : KLPSCOPE_NOT_FOUND;
		if (st && st != KLPSCOPE_NOT_FOUND)
			return st;
		if (st)
			continue;
		if (run.text) {
			free(text);
			snprintf(run.problem, sizeof(run.problem), "several patches have a symbol %s: say klp -p %s or klp -p %s\n",
				 printable(word), first, address);
			return KLPSCOPE_OK;
		}
		run.text = text;
		run.length = length;
		memcpy(first, address, sizeof(first));
	}
	return run.text ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND;
}

/* False, with words, when the word is no task. */
static bool choose_task(struct options *o)
{
	uint64_t value;
	bool by_address;

	if (!o->task)
		return true;
	if (crash_target_task(o->task, &value, &by_address)) {
		o->how.one_task = !by_address;
		*(by_address ? &o->how.task : &o->how.pid) = value;
		return true;
	}
	snprintf(run.problem, sizeof(run.problem), "neither a PID nor the address of a task: %s\n", printable(o->task));
	return false;
}

static void render(struct options *o)
{
	enum klpscope_status st;

	o->how.patch = o->patch;
	st = klpscope_render(run.ks, &o->how, &run.text, &run.length);
	if (st == KLPSCOPE_NOT_FOUND && o->patch)
		st = render_by_address(&o->how, o->patch);
	if (st == KLPSCOPE_NOT_FOUND && o->patch)
		snprintf(run.problem, sizeof(run.problem), klpscope_complete(run.ks) ?
			 "no patch and no livepatch module in this dump is called %s\n" :
			 "no patch or livepatch module called %s was seen, but not everything could be read\n",
			 printable(o->patch));
	else if (st)
		failed(klpscope_error(run.ks));
}

static void cmd_klp(int argc, char **argv)
{
	struct options o = { .how = { .size = sizeof(o.how) } };

	parse(&o, argc, argv);
	o.how.width = crash_host_columns();
	crash_host_on_leave(leave);
	crash_host_hold();
	if (choose_shadow(&o) && collect(&o) && choose_task(&o))
		render(&o);
	crash_host_release();
	if (run.problem[0])
		crash_host_error("%s", run.problem);
	else
		crash_host_print(run.text, run.length);
	leave(NULL);
}

__attribute__((constructor)) static void load(void)
{
	static char name[] = "klp";

	if (crash_host_fits())
		crash_host_register(name, cmd_klp, help);
}

__attribute__((destructor)) static void unload(void)
{
	crash_memory_close();
}
