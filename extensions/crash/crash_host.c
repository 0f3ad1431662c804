// SPDX-License-Identifier: GPL-2.0-or-later
/* The crash program around the command: its signals, its longjmps, its output. */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "crash_defs.h"
#include "crash_host.h"

#define COLUMNS_DEFAULT 80

/* --- at load --- */

/*
 * crash has no version of its interface: a structure that grew moves every
 * member behind.  Its ELF symbols say how large the variables really are.
 */
static size_t size_in_crash(void *variable)
{
	void *symbol = NULL;
	Dl_info info;

	if (!dladdr1(variable, &info, &symbol, RTLD_DL_SYMENT) || !symbol || info.dli_saddr != variable)
		return 0;
	return ((ElfW(Sym) *)symbol)->st_size;
}

static bool same_size(const char *name, void *variable, size_t expected)
{
	size_t found = size_in_crash(variable);

	if (found == expected)
		return true;
	if (found)
		crash_host_error("this klp.so was built for another crash: struct %s has %zu bytes here and had %zu "
				 "there; build it again with the defs.h of this crash\n", name, found, expected);
	else
		crash_host_error("this crash does not tell the size of struct %s, so klp.so cannot know whether it was "
				 "built for it\n", name);
	return false;
}

bool crash_host_fits(void)
{
	return same_size("program_context", pc, sizeof(*pc)) && same_size("machdep_table", machdep, sizeof(*machdep)) &&
	       same_size("task_table", tt, sizeof(*tt)) && same_size("vm_table", vt, sizeof(*vt)) &&
	       same_size("symbol_table_data", st, sizeof(*st));
}

static void (*run_command)(int argc, char **argv);

static void command(void)
{
	run_command(argcnt, args);
}

void crash_host_register(char *name, void (*run)(int argc, char **argv), char **help)
{
	static struct command_table_entry table[2];

	run_command = run;
	/* MINIMAL: it needs no more than memory, and brings what else it needs. */
	table[0] = (struct command_table_entry){ name, command, help, MINIMAL };
	register_extension(table);
}

/* --- Ctrl-C --- */

static struct {
	bool waits;
	sigset_t before;
} interrupt;

void crash_host_make_interrupt_wait(void)
{
	sigset_t set;

	if (interrupt.waits)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &interrupt.before);
	interrupt.waits = true;
}

void crash_host_let_interrupt_in(void)
{
	if (!interrupt.waits)
		return;
	interrupt.waits = false;
	sigprocmask(SIG_SETMASK, &interrupt.before, NULL);
}

/* --- the hold --- */

static struct {
	bool on;
	FILE *fp, *error_fp, *stdpipe;
	ulong redirect;
	char pipe_command;
	bool zero_excluded, sadump_zero_excluded;
} hold;

void crash_host_hold(void)
{
	crash_host_make_interrupt_wait();
	/* A read that fails is said in the report: crash's own words would be in front of it. */
	hold.fp = fp;
	hold.error_fp = pc->error_fp;
	hold.stdpipe = pc->stdpipe;
	fp = pc->nullfp;
	pc->error_fp = pc->nullfp;
	pc->stdpipe = NULL;
	/*
	 * For a command with a pipe, gdb_interface() would throw a waiting
	 * Ctrl-C away, and call restart(), which ends the command, once the
	 * reader is gone (8.0.2 and 9.0.2: gdb_interface.c, cmdline.c).
	 */
	hold.redirect = pc->redirect;
	hold.pipe_command = pc->pipe_command[0];
	pc->redirect = 0;
	pc->pipe_command[0] = '\0';
	/* "crash --zero_excluded" reads zeros for pages that nobody knows: a report would deny what it cannot see. */
	hold.zero_excluded = *diskdump_flags & ZERO_EXCLUDED;
	*diskdump_flags &= ~ZERO_EXCLUDED;
	hold.sadump_zero_excluded = SADUMP_DUMPFILE() && sadump_is_zero_excluded();
	if (hold.sadump_zero_excluded)
		sadump_unset_zero_excluded();
	hold.on = true;
}

static void restore(void)
{
	fp = hold.fp;
	pc->error_fp = hold.error_fp;
	pc->stdpipe = hold.stdpipe;
	pc->redirect = hold.redirect;
	pc->pipe_command[0] = hold.pipe_command;
	if (hold.zero_excluded)
		*diskdump_flags |= ZERO_EXCLUDED;
	if (hold.sadump_zero_excluded)
		sadump_set_zero_excluded();
	hold.on = false;
}

bool crash_host_interrupted(void)
{
	sigset_t pending;

	return hold.on && !sigpending(&pending) && sigismember(&pending, SIGINT) == 1;
}

bool crash_host_call(long (*call)(void *arg), void *arg, long *result)
{
	void (*leave)(void *) = pc->cmd_cleanup;
	unsigned long long foreach = pc->flags & IN_FOREACH;
	jmp_buf crash_landing;
	bool back = false;

	memcpy(&crash_landing, &pc->main_loop_env, sizeof(crash_landing));
	/* restart() calls it before it jumps, to us: the engine still needs what it would free. */
	pc->cmd_cleanup = NULL;
	/* "klp < file" runs as foreach does, and then a fatal error lands elsewhere. */
	pc->flags &= ~IN_FOREACH;
	if (!setjmp(pc->main_loop_env)) {
		*result = call(arg);
		back = true;
	}
	memcpy(&pc->main_loop_env, &crash_landing, sizeof(crash_landing));
	pc->cmd_cleanup = leave;
	pc->flags |= foreach;
	return back;
}

void crash_host_release(void)
{
	restore();
	crash_host_let_interrupt_in();
}

/* crash is on its way to the prompt, and has closed where the output went. */
void crash_host_let_go(void)
{
	if (!hold.on)
		return;
	hold.fp = stdout;
	hold.stdpipe = NULL;
	restore();
}

void crash_host_on_leave(void (*leave)(void *))
{
	pc->cmd_cleanup = leave;
	pc->cmd_cleanup_arg = NULL;
}

/* --- output --- */

/*
 * Whole lines, and a Ctrl-C only between them: a longjmp out of stdio writes its
 * buffer twice.  It may come while a pager has no room.
 */
void crash_host_print(const char *text, size_t length)
{
	struct pollfd room = { .fd = fileno(fp), .events = POLLOUT };

	while (length) {
		size_t n = length < PIPE_BUF ? length : PIPE_BUF;
		const char *end = n < length ? memrchr(text, '\n', n) : NULL;

		if (end)
			n = (size_t)(end - text) + 1;
		poll(&room, 1, -1);
		crash_host_make_interrupt_wait();
		fwrite(text, 1, n, fp);
		fflush(fp);
		crash_host_let_interrupt_in();
		text += n;
		length -= n;
	}
}

void crash_host_error(const char *fmt, ...)
{
	char line[BUFSIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	error(INFO, "%s", line);
}

void crash_host_usage(void)
{
	cmd_usage(pc->curcmd, SYNOPSIS);
	RESTART();
}

void crash_host_help(void)
{
	cmd_usage(pc->curcmd, COMPLETE_HELP);
	RESTART();
}

unsigned int crash_host_columns(void)
{
	struct winsize size;

	if ((pc->redirect & (REDIRECT_TO_PIPE | REDIRECT_TO_FILE)) || !isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return COLUMNS_DEFAULT;
	return size.ws_col;
}
