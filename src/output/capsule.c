// SPDX-License-Identifier: GPL-2.0-or-later
/* What a capsule holds, for who is about to give it away. */
#include <inttypes.h>

#include "output/capsule.h"
#include "output/sb.h"

static void line(struct sb *sb, const char *what, uint64_t pages, uint64_t bytes)
{
	sb_add(sb, "  %-40s %8" PRIu64 " %12" PRIu64 "\n", what, pages, bytes);
}

static void parts(struct sb *sb, const struct capsule_summary *s)
{
	uint64_t pages = 0, bytes = 0;

	sb_add(sb, "  %-40s %8s %12s\n", "What is in it", "PAGES", "BYTES");
	for (size_t i = 0; i < s->parts; i++) {
		if (s->part[i].pages)
			line(sb, s->part[i].what, s->part[i].pages, s->part[i].bytes);
		pages += s->part[i].pages;
		bytes += s->part[i].bytes;
	}
	line(sb, "in all", pages, bytes);
	if (s->missing)
		sb_add(sb, "  %-40s %8" PRIu64 "\n", "not in the dump either, and noted so", s->missing);
}

/* What a program had handed to the kernel may lie on its kernel stack. */
static void for_crash(struct sb *sb, bool redact)
{
	sb_add(sb, "For crash: the variables of the kernel that it starts with, and of up to 4096\n"
	       "tasks the task_struct and the kernel stack, with registers of programs. The\n"
	       "kernel's log%s.\n",
	       redact ? " is zeros" : ", with its command line, is in it");
}

static void privacy(struct sb *sb, const struct capsule_summary *s)
{
	sb_add(sb, "Of each page only the bytes that were used are in it, the others are zeros.\n"
	       "No memory of processes is in it, nor their command lines, nor files%s.\n",
	       s->for_crash ? "" : ", nor the\nkernel's log. crash cannot open it (--for-crash)");
	if (s->for_crash)
		for_crash(sb, s->redact);
	if (s->redacted)
		sb_add(sb, "Names of tasks and of the host are blanked, and the data of shadow variables.\n"
		       "What remains: names and addresses of modules, patches and functions, PIDs,\n"
		       "registers of the CPUs, addresses on kernel stacks, the kernel's release and build.\n");
	else
		sb_add(sb, "Names of tasks and of the host are in it, and the first bytes of the data of\n"
		       "shadow variables (--redact blanks them), and the registers of the CPUs.\n");
}

char *capsule_summary_text(const struct capsule_summary *s)
{
	struct sb sb = { 0 };
	size_t length;

	sb_add(&sb, "%" PRIu64 " bytes, %s, of a dump of %" PRIu64 " bytes\n", s->size, s->form, s->origin_size);
	parts(&sb, s);
	privacy(&sb, s);
	return sb_take(&sb, &length);
}
