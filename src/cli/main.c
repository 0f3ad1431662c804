// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/*
 * Started with a standard stream closed, the next file opened would become
 * that stream, and a report could be written into it.  Opened the wrong way
 * round, so that using it still fails and is noticed.
 */
static bool occupy_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "check", cli_check },
		{ "capsule", cli_capsule },
	};
	static char name[] = "klpscope";

	if (!occupy_standard_streams())
		return CLI_INTERNAL;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0) {
			argv[1] = name;
			return commands[i].run(argc - 1, argv + 1);
		}
	if (argc > 0)
		argv[0] = name;
	return cli_report(argc, argv);
}
