// SPDX-License-Identifier: GPL-2.0-or-later
/* The bar on stderr: only on a terminal, only after a second, and gone at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/progress.h"

/* What stderr, made a terminal of 60 columns or a pipe, has received so far. */
struct screen {
	int reader, stderr_before;
	char seen[4096];
};

static void screen_open(struct screen *s, bool terminal)
{
	struct winsize size = { .ws_row = 24, .ws_col = 60 };
	int ends[2], writer;

	memset(s, 0, sizeof(*s));
	if (terminal) {
		assert_int_equal(openpty(&s->reader, &writer, NULL, NULL, &size), 0);
	} else {
		assert_int_equal(pipe(ends), 0);
		s->reader = ends[0];
		writer = ends[1];
	}
	fcntl(s->reader, F_SETFL, O_NONBLOCK);
	fflush(stderr);
	s->stderr_before = dup(STDERR_FILENO);
	assert_true(dup2(writer, STDERR_FILENO) >= 0);
	close(writer);
}

/* A terminal hands on what it is given piece by piece, in its own time: until it is quiet for a while. */
static const char *screen_read(struct screen *s)
{
	struct pollfd quiet = { .fd = s->reader, .events = POLLIN };
	size_t used = 0;

	while (used + 1 < sizeof(s->seen) && poll(&quiet, 1, 200) == 1) {
		ssize_t n = read(s->reader, s->seen + used, sizeof(s->seen) - 1 - used);

		if (n <= 0)
			break;
		used += (size_t)n;
	}
	s->seen[used] = '\0';
	return s->seen;
}

static void screen_close(struct screen *s)
{
	dup2(s->stderr_before, STDERR_FILENO);
	close(s->stderr_before);
	close(s->reader);
}

static void test_terminal(void **state)
{
	struct progress p;
	struct screen s;
	bool early;

	(void)state;
	screen_open(&s, true);
	progress_begin(&p, "Rearranging");
	progress_update(&p, 10, 100);
	early = *screen_read(&s) != '\0';
	/* As if it had begun two seconds ago. */
	p.start.tv_sec -= 2;
	progress_update(&p, 50, 100);
	progress_update(&p, 51, 100);
	screen_read(&s);
	screen_close(&s);
	assert_false(early);
	assert_non_null(strstr(s.seen, "\rRearranging [###"));
	assert_non_null(strstr(s.seen, " 50%"));
	/* Not drawn again within a tenth of a second. */
	assert_null(strstr(s.seen, " 51%"));
	assert_true(strlen(s.seen) <= 60);
}

static void test_end(void **state)
{
	struct progress p;
	struct screen s;

	(void)state;
	screen_open(&s, true);
	progress_begin(&p, "Rearranging");
	progress_end(&p);
	assert_string_equal(screen_read(&s), "");
	p.start.tv_sec -= 2;
	progress_update(&p, 1, 0);
	screen_read(&s);
	progress_end(&p);
	screen_read(&s);
	screen_close(&s);
	assert_int_equal(s.seen[0], '\r');
	assert_int_equal(strspn(s.seen + 1, " "), 59);
	assert_string_equal(s.seen + 60, "\r");
}

static void test_pipe(void **state)
{
	struct progress p;
	struct screen s;

	(void)state;
	screen_open(&s, false);
	progress_begin(&p, "Rearranging");
	p.start.tv_sec -= 2;
	progress_update(&p, 50, 100);
	progress_end(&p);
	screen_read(&s);
	screen_close(&s);
	assert_string_equal(s.seen, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
