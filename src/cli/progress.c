// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/progress.h"

#define FIRST_AFTER_MS 1000
#define REDRAW_MS 100
#define WIDTH_MAX 79
#define BAR_MIN 10

unsigned int progress_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}

static int64_t ms_since(const struct timespec *then, const struct timespec *now)
{
	return ((int64_t)now->tv_sec - then->tv_sec) * 1000 + (now->tv_nsec - then->tv_nsec) / 1000000;
}

void progress_begin(struct progress *p, const char *what)
{
	unsigned int columns;

	memset(p, 0, sizeof(*p));
	p->what = what;
	p->terminal = isatty(STDERR_FILENO);
	columns = p->terminal ? progress_columns(STDERR_FILENO) : 0;
	/* The last column stays free: writing there wraps some terminals. */
	p->width = columns && columns - 1 < WIDTH_MAX ? columns - 1 : WIDTH_MAX;
	clock_gettime(CLOCK_MONOTONIC, &p->start);
}

static void draw(const struct progress *p, unsigned int percent)
{
	unsigned int text = (unsigned int)strlen(p->what) + strlen(" [] 100%");
	unsigned int bar = p->width > text + BAR_MIN ? p->width - text : 0;

	if (!bar) {
		fprintf(stderr, "\r%3u%%", percent);
	} else {
		fprintf(stderr, "\r%s [", p->what);
		for (unsigned int i = 0; i < bar; i++)
			fputc(i < bar * percent / 100 ? '#' : ' ', stderr);
		fprintf(stderr, "] %3u%%", percent);
	}
	fflush(stderr);
}

static unsigned int percent_of(uint64_t done, uint64_t total)
{
	if (!total)
		return 0;
	return done >= total ? 100 : (unsigned int)((double)done * 100 / (double)total);
}

void progress_update(void *arg, uint64_t done, uint64_t total)
{
	struct progress *p = arg;
	struct timespec now;

	if (!p->terminal)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (ms_since(&p->start, &now) < FIRST_AFTER_MS)
		return;
	if (p->shown && ms_since(&p->drawn, &now) < REDRAW_MS)
		return;
	p->shown = true;
	p->drawn = now;
	draw(p, percent_of(done, total));
}

/* By blanks, which terminals without escape sequences know, too. */
void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r%*s\r", (int)p->width, "");
	p->shown = false;
}
