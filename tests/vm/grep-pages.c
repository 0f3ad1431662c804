// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which markers does a dump hold, and how much of them?
 *
 * usage: grep-pages MARKERS [-f FILE]... DUMP...
 *
 * MARKERS has a line "NAME STRING" for each; several DUMPs are the parts of one
 * split set.  Every frame is decompressed by libkdumpfile and searched, and so
 * are the files as they are, for what is in no page, and FILEs.  Any 8 bytes in a
 * row of a string count, so that one of which a part was copied is found as well;
 * those that two strings share are the first one's.
 *
 * Prints "pages N", how many there were, and for each marker
 * "NAME whole N parts N": how often all of it was there, and how many runs of 8 bytes.
 */
#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE	4096u
#define WINDOW	8u
#define MAX_DUMPS 16
#define SLOTS	4096u	/* a power of two, many more than there are windows */

static struct marker {
	char name[32], text[128];
	size_t length;
	unsigned long whole, parts;
} markers[32];
static unsigned int nr_markers;

static struct slot {
	uint64_t window;
	struct marker *of;	/* the first that has it */
	bool first;		/* some marker begins with it */
} table[SLOTS];

static void die(const char *what, const char *why)
{
	fprintf(stderr, "grep-pages: %s: %s\n", what, why);
	exit(2);
}

static struct slot *slot_of(uint64_t window)
{
	size_t i = (window * UINT64_C(0x9e3779b97f4a7c15)) >> 52;

	while (table[i].of && table[i].window != window)
		i = (i + 1) % SLOTS;
	return &table[i];
}

static void read_markers(const char *path)
{
	FILE *f = fopen(path, "r");
	struct marker *m = markers;

	if (!f)
		die(path, "cannot be read");
	for (; nr_markers < 32 && fscanf(f, "%31s %127s", m->name, m->text) == 2; nr_markers++, m++) {
		m->length = strlen(m->text);
		if (m->length < WINDOW)
			die(m->name, "is shorter than 8 bytes");
		for (size_t i = 0; i + WINDOW <= m->length; i++) {
			uint64_t window;
			struct slot *s;

			memcpy(&window, m->text + i, WINDOW);
			s = slot_of(window);
			*s = (struct slot){ window, s->of ? s->of : m, s->first || !i };
		}
	}
	fclose(f);
	if (!nr_markers)
		die(path, "has no markers");
}

static void count_whole(const unsigned char *data, size_t size)
{
	for (struct marker *m = markers; m < markers + nr_markers; m++)
		if (m->length <= size && !memcmp(data, m->text, m->length))
			m->whole++;
}

static void search(const unsigned char *data, size_t size)
{
	for (size_t i = 0; i + WINDOW <= size; i++) {
		uint64_t window;
		struct slot *s;

		memcpy(&window, data + i, WINDOW);
		s = slot_of(window);
		if (!s->of)
			continue;
		s->of->parts++;
		if (s->first)
			count_whole(data + i, size - i);
	}
}

/* A file as it is; a part that two reads share is found, and one that is counted twice does no harm. */
static void search_file(int fd, const char *path)
{
	static unsigned char buf[1 << 20];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		search(buf, (size_t)n);
		if ((size_t)n < sizeof(buf))
			return;
		at += n - 127;
	}
	if (n < 0)
		die(path, "cannot be read");
}

static int open_and_search(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		die(path, "cannot be opened");
	search_file(fd, path);
	return fd;
}

static void search_pages(int *fds, unsigned int count, const char *path)
{
	kdump_ctx_t *ctx = kdump_new();
	unsigned long pages = 0;
	kdump_num_t max = 0;

	if (!ctx || kdump_open_fdset(ctx, count, fds) || kdump_get_number_attr(ctx, "max_pfn", &max))
		die(path, ctx ? kdump_get_err(ctx) : "no memory");
	for (uint64_t pfn = 0; pfn < max; pfn++) {
		unsigned char page[PAGE];
		size_t n = PAGE;
		kdump_status st = kdump_read(ctx, KDUMP_MACHPHYSADDR, pfn * PAGE, page, &n);

		if (st == KDUMP_OK) {
			pages++;
			search(page, PAGE);
		} else if (st != KDUMP_ERR_NODATA) {
			die(path, kdump_get_err(ctx));
		}
	}
	printf("pages %lu\n", pages);
}

int main(int argc, char **argv)
{
	int fds[MAX_DUMPS];
	unsigned int count = 0;

	if (argc > 1)
		read_markers(argv[1]);
	for (argv += 2, argc -= 2; argc > 1 && !strcmp(argv[0], "-f"); argv += 2, argc -= 2)
		close(open_and_search(argv[1]));
	if (argc < 1 || argc > MAX_DUMPS)
		die("usage", "grep-pages MARKERS [-f FILE]... DUMP...");
	for (; argv[count]; count++)
		fds[count] = open_and_search(argv[count]);
	search_pages(fds, count, argv[0]);
	for (unsigned int i = 0; i < nr_markers; i++)
		printf("%s whole %lu parts %lu\n", markers[i].name, markers[i].whole, markers[i].parts);
	return 0;
}
