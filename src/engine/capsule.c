// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes capsules. Apart from the rest: a host that brings its own memory cannot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capsule/for_crash.h"
#include "capsule/lowcore.h"
#include "capsule/notes.h"
#include "capsule/recorder.h"
#include "engine/context.h"
#include "output/capsule.h"

static void close_recorder(struct recorder *r)
{
	pages_free(r->pages);
	free(r);
}

enum klpscope_status klpscope_record(struct klpscope *ks)
{
	struct recorder *r;

	if (ks->target || ks->recorder)
		return context_fail(ks, KLPSCOPE_INVALID, "to be called once, before a dump is opened");
	r = calloc(1, sizeof(*r));
	if (r)
		r->pages = pages_new();
	if (!r || !r->pages) {
		free(r);
		return context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	}
	ks->recorder = r;
	ks->close_recorder = close_recorder;
	return KLPSCOPE_OK;
}

/* --- what the capsule says of its origin --- */

static void origin_line(FILE *out, const char *key, struct text t)
{
	if (!t.st && t.s)
		fprintf(out, "%s=%s\n", key, t.s);
}

/* Of a capsule made of a capsule: that of the dump that both come from. */
static uint64_t origin_size(const struct klpscope *ks, const struct image *im)
{
	const struct capsule_rec *c = ks->report->system.capsule;

	return c && !c->size.st ? c->size.v : im->facts.file_size;
}

static char *origin(const struct klpscope *ks, const struct image *im, bool for_crash)
{
	const struct system_rec *sys = &ks->report->system;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, CAPSULE_CHECKSUM CAPSULE_NO_CHECKSUM "\n");
	fprintf(out, "generator=klpscope %s\n", klpscope_version());
	origin_line(out, "format", sys->capsule ? sys->capsule->format : sys->format);
	origin_line(out, "build_id", sys->build_id);
	fprintf(out, "size=%llu\n", (unsigned long long)origin_size(ks, im));
	fprintf(out, "redacted=%d\n", im->redact || (sys->capsule && sys->capsule->redacted));
	fprintf(out, "for_crash=%d\n", for_crash);
	fprintf(out, "registers_end=%x\n", im->facts.registers_end);
	if (sys->capsule && sys->capsule->damaged)
		fprintf(out, "damaged=1\n");
	if (im->facts.has_phys_base)
		fprintf(out, "phys_base=%llx\n", (unsigned long long)im->facts.phys_base);
	/* Its path is one of the machine where the capsule was made. */
	if (sys->forced_vmlinux)
		fprintf(out, "forced_vmlinux=%s\n", im->redact ? "[redacted]" : sys->forced_vmlinux);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

/* --- the header's words --- */

static void put_uts(struct image *im, unsigned int i, const char *s)
{
	memset(im->utsname + 65 * i, 0, 65);
	snprintf((char *)im->utsname + 65 * i, 65, "%s", s);
}

static const char *machine_name(const char *architecture)
{
	static const char *const names[][2] = { { "arm64", "aarch64" }, { "ppc64", "ppc64le" }, { "i386", "i686" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i][0], architecture))
			return names[i][1];
	return architecture;
}

/*
 * Whole, as libkdumpfile looks for the word "Linux" in front of the names that a report has, and takes no ELF file
 * for Linux's without it.
 */
static void keep_utsname(struct klpscope *ks)
{
	struct symbol_query ns = { .name = "init_uts_ns" };
	unsigned char whole[DISKDUMP_UTSNAME_SIZE];
	uint64_t offset;

	target_symbols(ks->target, &ns, 1);
	if (ns.st || target_vmcoreinfo_num(ks->target, "OFFSET(uts_namespace.name)", 10, &offset))
		return;
	target_purpose(ks->target, PURPOSE_SYSTEM);
	if (target_read(ks->target, ns.addr + offset, whole, sizeof(whole)))
		return;
	/* nodename, which the report need not have found, and domainname */
	target_secret(ks->target, ns.addr + offset + 1 * 65, 65);
	target_secret(ks->target, ns.addr + offset + 5 * 65, 65);
}

/* QEMU's header has the machine alone. */
static void fill_utsname(struct image *im, const struct system_rec *sys)
{
	if (im->facts.utsname && *im->facts.utsname) {
		memcpy(im->utsname, im->facts.utsname, sizeof(im->utsname));
	} else {
		put_uts(im, 0, "Linux");
		put_uts(im, 1, sys->nodename.st ? "" : sys->nodename.s);
		put_uts(im, 2, sys->release.st ? "" : sys->release.s);
		put_uts(im, 3, sys->version.st ? "" : sys->version.s);
		put_uts(im, 4, machine_name(sys->architecture.s));
	}
	if (!im->redact)
		return;
	put_uts(im, 1, "[redacted]");
	put_uts(im, 5, "[redacted]");	/* domainname */
}

/* --- the kernel's image --- */

/* Known where its two ends lie as far apart in physical memory as in virtual. */
static void find_kernel(struct image *im, struct klpscope *ks)
{
	struct symbol_query q[] = { { .name = "_text" }, { .name = "_end" } };
	uint64_t phys, end;

	target_symbols(ks->target, q, 2);
	if (q[0].st || q[1].st || q[1].addr <= q[0].addr || q[0].addr % CAPSULE_FRAME ||
	    kdumpfile_backend_translate(im->backend, q[0].addr, &phys) ||
	    kdumpfile_backend_translate(im->backend, q[1].addr - 1, &end) || end - phys != q[1].addr - 1 - q[0].addr)
		return;
	im->kernel.virt = q[0].addr;
	im->kernel.phys = phys;
	im->kernel.size = q[1].addr - q[0].addr;
}

/* --- what crash needs --- */

/* Of what it needs the kernel's log tells of everything that happened, hosts and tasks among it. */
static void read_for_crash(const struct image *im, struct klpscope *ks)
{
	struct recorder *r = ks->recorder;
	enum target_purpose before = target_purpose(ks->target, PURPOSE_TOOL);
	uint64_t addr, size;

	capsule_read_for_crash(ks->target);
	target_purpose(ks->target, before);
	if (im->redact && !capsule_log_text(ks->target, &addr, &size))
		recorder_blank(r, addr, size);
}

/* --- writing --- */

static enum klpscope_status write_image(const struct image *im, enum klpscope_capsule_form form, char **data,
					size_t *length)
{
	enum klpscope_status st;
	FILE *out = open_memstream(data, length);

	if (!out)
		return KLPSCOPE_NO_MEMORY;
	st = form == KLPSCOPE_CAPSULE_ELF ? image_write_elf(im, out) : image_write_kdump(im, out);
	if (fclose(out) && !st)
		st = KLPSCOPE_NO_MEMORY;
	if (!st) {
		capsule_sign(*data, *length);
		return KLPSCOPE_OK;
	}
	free(*data);
	*data = NULL;
	*length = 0;
	return st;
}

/* A machine with terabytes has megabytes of bitmaps, however few pages they speak of. */
static enum klpscope_status write_smaller(const struct image *im, enum klpscope_capsule_form *form, char **data,
					  size_t *length)
{
	uint64_t elf = image_elf_size(im);
	enum klpscope_status st;

	*form = image_bitmaps_size(im) < elf ? KLPSCOPE_CAPSULE_KDUMP : KLPSCOPE_CAPSULE_ELF;
	st = write_image(im, *form, data, length);
	if (st || *form == KLPSCOPE_CAPSULE_ELF || *length <= elf)
		return st;
	free(*data);
	*form = KLPSCOPE_CAPSULE_ELF;
	return write_image(im, *form, data, length);
}

/* --- the summary --- */

static uint64_t count_bytes(const struct page_rec *p)
{
	uint64_t n = 0;

	if (p->whole)
		return CAPSULE_FRAME;
	for (size_t i = 0; i < CAPSULE_FRAME / 64; i++)
		n += (unsigned int)__builtin_popcountll(p->byte[i]);
	return n;
}

static char *summary(const struct klpscope *ks, const struct image *im, enum klpscope_capsule_form form,
		     bool for_crash, size_t length)
{
	struct capsule_part part[PURPOSE_TABLES + 1] = { 0 };
	struct capsule_summary s = {
		.size = length,
		.origin_size = origin_size(ks, im),
		.form = form == KLPSCOPE_CAPSULE_ELF ? "ELF" : "kdump-compressed (zlib)",
		.part = part,
		.parts = PURPOSE_TABLES + 1,
		.redact = im->redact,
		.redacted = im->redact || (ks->report->system.capsule && ks->report->system.capsule->redacted),
		.for_crash = for_crash,
	};

	for (unsigned int i = 0; i < NR_PURPOSES; i++)
		part[i].what = target_purpose_name(i);
	part[PURPOSE_TABLES].what = "page tables";
	for (size_t i = 0; i < pages_count(im->pages); i++) {
		const struct page_rec *p = pages_get(im->pages, i);

		s.missing += p->st != KLPSCOPE_OK;
		if (!page_is_in(p))
			continue;
		part[p->purpose].pages++;
		part[p->purpose].bytes += count_bytes(p);
	}
	return capsule_summary_text(&s);
}

/* --- the whole --- */

static enum klpscope_status build(struct klpscope *ks, struct image *im, const struct klpscope_capsule *how,
				  char **data, size_t *length, char **text)
{
	enum klpscope_capsule_form form = how->form;
	char *words = origin(ks, im, how->for_crash);
	enum klpscope_status st = words ? capsule_add_notes(im, words, ks->recorder->answers) : KLPSCOPE_NO_MEMORY;

	free(words);
	if (st)
		return st;
	st = form == KLPSCOPE_CAPSULE_SMALLER ? write_smaller(im, &form, data, length) :
						write_image(im, form, data, length);
	if (st)
		return st;
	*text = summary(ks, im, form, how->for_crash, *length);
	if (*text)
		return KLPSCOPE_OK;
	free(*data);
	*data = NULL;
	*length = 0;
	return KLPSCOPE_NO_MEMORY;
}

static enum klpscope_status may_make(struct klpscope *ks, bool for_crash)
{
	const struct capsule_rec *c = ks->report ? ks->report->system.capsule : NULL;

	if (!ks->collected || !ks->recorder || !ks->recorder->backend)
		return context_fail(ks, KLPSCOPE_INVALID, ks->collected ? "nothing was recorded" : "nothing was collected");
	if (target_pointer_size(ks->target) != 8)
		return context_fail(ks, KLPSCOPE_UNSUPPORTED, "no capsules of 32-bit machines");
	if (for_crash && c && !c->for_crash)
		return context_fail(ks, KLPSCOPE_EXCLUDED, "what crash needs is not in this capsule: make one for crash of the dump");
	return KLPSCOPE_OK;
}

enum klpscope_status klpscope_capsule(struct klpscope *ks, const struct klpscope_capsule *how, char **data,
				      size_t *length, char **text)
{
	struct klpscope_capsule h;
	struct image im = { 0 };
	enum klpscope_status st = context_take_capsule(ks, &h, how);

	*data = *text = NULL;
	*length = 0;
	if (!st && h.form > KLPSCOPE_CAPSULE_ELF)
		st = context_fail(ks, KLPSCOPE_INVALID, "no such form of a capsule");
	if (!st)
		st = may_make(ks, h.for_crash);
	if (st)
		return st;
	im.pages = ks->recorder->pages;
	im.backend = ks->recorder->backend;
	im.redact = h.redact;
	im.big_endian = target_big_endian(ks->target);
	if (h.for_crash)
		read_for_crash(&im, ks);
	find_kernel(&im, ks);
	keep_utsname(ks);
	capsule_add_lowcore(ks->recorder->pages, im.backend);
	target_observe(ks->target, &(struct target_observer){ 0 });
	kdumpfile_backend_unwatch(im.backend);
	ks->recorder->backend = NULL;
	pages_settle(ks->recorder->pages);
	kdumpfile_backend_facts(im.backend, &im.facts);
	im.holes_are_zeros = h.for_crash && im.facts.is_elf && !ks->report->system.capsule;
	fill_utsname(&im, &ks->report->system);
	st = kdumpfile_backend_notes(im.backend, &im.notes, &im.notes_size);
	if (!st)
		st = pages_status(im.pages);
	if (!st)
		st = build(ks, &im, &h, data, length, text);
	free(im.notes);
	return st ? context_fail(ks, st, "the capsule: %s", klpscope_strstatus(st)) : KLPSCOPE_OK;
}
