// SPDX-License-Identifier: GPL-2.0-or-later
/* klpscope check: one patch, one answer, for scripts. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

struct options {
	struct cli_dump dump;
	const char *patch;
	bool quiet, help;
};

static const struct option long_options[] = {
	{ "patch", required_argument, NULL, 'p' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	CLI_DUMP_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

static int set_option(struct options *o, int option)
{
	switch (option) {
	case 'p':
		/* One answer: which of two would it be about? */
		if (o->patch)
			return cli_usage("check: one --patch at a time");
		o->patch = optarg;
		return CLI_OK;
	case 'q':
		o->quiet = true;
		return CLI_OK;
	case 'h':
		o->help = true;
		return CLI_OK;
	default:
		return cli_dump_option(&o->dump, option, optarg) ? CLI_OK : cli_try_help();
	}
}

static int parse(struct options *o, int argc, char **argv)
{
	int option, rc;

	while ((option = getopt_long(argc, argv, "p:qh", long_options, NULL)) != -1) {
		rc = set_option(o, option);
		if (rc || o->help)
			return rc;
	}
	if (!o->patch || !*o->patch)
		return cli_usage("check: which patch? Say --patch NAME");
	return cli_dump_files(&o->dump, argc - optind, argv + optind);
}

static int verdict(const struct klpscope *ks, const char *patch)
{
	switch (klpscope_patch_in_effect(ks, patch)) {
	case KLPSCOPE_EFFECT_YES:
		return CLI_OK;
	case KLPSCOPE_EFFECT_NO:
		return CLI_NO;
	case KLPSCOPE_EFFECT_PARTLY:
		return CLI_PARTLY;
	case KLPSCOPE_EFFECT_UNKNOWN:
		break;
	}
	return CLI_UNKNOWN;
}

static int say(const struct options *o, struct klpscope *ks)
{
	char *line;
	bool said;

	if (o->quiet)
		return verdict(ks, o->patch);
	if (klpscope_explain(ks, o->patch, &line)) {
		cli_error("%s", klpscope_error(ks));
		return CLI_INTERNAL;
	}
	said = printf("%s\n", line) >= 0;
	free(line);
	return cli_output("", 0) && said ? verdict(ks, o->patch) : CLI_INTERNAL;
}

int cli_check(int argc, char **argv)
{
	struct options o = { 0 };
	struct klpscope *ks;
	int rc = parse(&o, argc, argv);

	if (rc)
		return rc;
	if (o.help)
		return cli_print_help();
	rc = cli_collect(&o.dump, &(struct cli_wanted){ 0 }, &ks);
	if (!rc)
		rc = say(&o, ks);
	klpscope_free(ks);
	return rc;
}
