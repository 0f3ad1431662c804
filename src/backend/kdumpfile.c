// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/kdumpfile_priv.h"
#include "backend/scan.h"

#define STEP CAPSULE_FRAME
#define FILES_MAX 1024

/* --- architectures --- */

struct architecture {
	uint16_t machine;	/* ELF's number */
	const char *uname;	/* how the machine member of utsname begins; QEMU writes S390X */
	const char *xlat;	/* libaddrxlat's name */
	const char *name;	/* the report's */
};

static const struct architecture architectures[] = {
	{ EM_X86_64, "x86_64", "x86_64", "x86_64" },
	{ EM_S390, "s390", "s390x", "s390x" },
	{ EM_PPC64, "ppc64", "ppc64", "ppc64" },
	{ EM_AARCH64, "aarch64", "aarch64", "arm64" },
	{ EM_RISCV, "riscv64", "riscv64", "riscv64" },
	{ 258, "loongarch64", "loongarch64", "loongarch64" },
	{ EM_386, "i", "ia32", "i386" },
	{ EM_ARM, "arm", "arm", "arm" },
	{ EM_PPC, "ppc", "ppc", "ppc" },
};

uint16_t kdumpfile_backend_machine(const struct kdumpfile_backend *b)
{
	for (size_t i = 0; i < sizeof(architectures) / sizeof(*architectures); i++)
		if (!strcmp(architectures[i].name, b->architecture))
			return architectures[i].machine;
	return EM_NONE;
}

static const struct architecture *find_architecture(const struct kdumpfile_backend *b)
{
	char machine[66] = "";

	if (!b->is_elf)
		memcpy(machine, b->diskdump.parts[0].header.utsname + 4 * 65, 65);
	for (size_t i = 0; i < sizeof(architectures) / sizeof(*architectures); i++) {
		const struct architecture *a = &architectures[i];

		if (b->is_elf ? a->machine == b->elf.machine : !strncasecmp(machine, a->uname, strlen(a->uname)))
			return a;
	}
	return NULL;
}

/* --- physical memory --- */

static enum klpscope_status read_phys(void *arg, uint64_t phys, void *buf, size_t len)
{
	struct kdumpfile_backend *b = arg;
	enum klpscope_status st = b->capsule.present ? capsule_has(&b->capsule, phys, len) : KLPSCOPE_OK;

	if (st)
		return st;
	return b->is_elf ? elfcore_read(&b->elf, phys, buf, len)
			 : diskdump_read(&b->diskdump, phys, buf, len);
}

enum klpscope_status kdumpfile_backend_read_phys(struct kdumpfile_backend *b, uint64_t phys, void *buf, size_t len)
{
	return read_phys(b, phys, buf, len);
}

static enum klpscope_status read_table(void *arg, uint64_t phys, void *buf, size_t len)
{
	struct kdumpfile_backend *b = arg;
	enum klpscope_status st = read_phys(b, phys, buf, len);

	if (b->watch.part)
		b->watch.part(b->watch.arg, phys, len, st, true);
	return st;
}

/* --- VMCOREINFO --- */

static enum klpscope_status find_in(struct kdumpfile_backend *b, uint64_t at, uint64_t size,
				    uint64_t *text_at, uint64_t *text_size)
{
	return notes_find(&b->files[0], at, size, kdumpfile_backend_big_endian(b), "VMCOREINFO", text_at,
			  text_size);
}

static bool find_vmcoreinfo(struct kdumpfile_backend *b, uint64_t *at, uint64_t *size)
{
	const struct diskdump_header *h;

	if (b->is_elf) {
		for (size_t i = 0; i < b->elf.notes.n; i++)
			if (!find_in(b, b->elf.notes.v[i].at, b->elf.notes.v[i].len, at, size))
				return true;
		return false;
	}
	/* Parts are sorted, files are not: any part has the notes. */
	h = &b->diskdump.parts[0].header;
	if (!find_in(b, h->notes_at, h->notes_size, at, size))
		return true;
	*at = h->vmcoreinfo_at;
	*size = h->vmcoreinfo_size;
	return *size != 0;
}

static enum klpscope_status load_vmcoreinfo(struct kdumpfile_backend *b)
{
	uint64_t at, size;
	enum klpscope_status st;
	char *text;

	if (!find_vmcoreinfo(b, &at, &size) || size > VMCOREINFO_MAX)
		return KLPSCOPE_NOT_FOUND;
	text = malloc((size_t)size + 1);
	if (!text)
		return KLPSCOPE_NO_MEMORY;
	st = dumpfile_read(&b->files[0], at, text, (size_t)size);
	if (st) {
		free(text);
		return st;
	}
	return vmcoreinfo_parse(&b->vmcoreinfo, text, (size_t)size);
}

/* --- translation --- */

bool kdumpfile_backend_phys_base(const struct kdumpfile_backend *b, uint64_t *v)
{
	char *text;

	if (b->capsule.present) {
		text = capsule_value(b->capsule.origin, "phys_base");
		if (!text)
			return false;
		*v = strtoull(text, NULL, 16);
		free(text);
		return true;
	}
	if (b->is_elf) {
		*v = b->elf.text_base + X86_64_TEXT;
		return b->elf.has_text_base;
	}
	/* makedumpfile finds it out; QEMU without VMCOREINFO writes 0. */
	*v = b->diskdump.parts[0].header.phys_base;
	return true;
}

static struct xlat_setup setup_of(struct kdumpfile_backend *b, const struct architecture *a)
{
	struct xlat_setup s = {
		.architecture = a->xlat,
		.big_endian = kdumpfile_backend_big_endian(b),
		.vmcoreinfo = &b->vmcoreinfo,
		.read_phys = read_table,
		.arg = b,
	};

	s.has_phys_base = kdumpfile_backend_phys_base(b, &s.phys_base);
	return s;
}

static bool next_page(void *arg, uint64_t *phys)
{
	struct kdumpfile_backend *b = arg;
	uint64_t block, pfn;

	if (b->is_elf) {
		const struct extent *e = extents_find(&b->elf.data, *phys);

		if (e && e->at > *phys)
			*phys = (e->at + STEP - 1) & ~(uint64_t)(STEP - 1);
		return e != NULL;
	}
	block = b->diskdump.parts[0].header.block_size;
	pfn = *phys / block;
	if (!diskdump_next(&b->diskdump, &pfn))
		return false;
	if (pfn * block > *phys)
		*phys = pfn * block;
	return true;
}

static uint64_t memory_end(const struct kdumpfile_backend *b)
{
	const struct extents *m = &b->elf.memory;

	if (b->is_elf)
		return m->n ? m->v[m->n - 1].at + m->v[m->n - 1].len : 0;
	return b->diskdump.parts[0].header.bits * b->diskdump.parts[0].header.block_size;
}

/* The dump says nothing of itself: perhaps the memory in it does. */
static enum klpscope_status search_memory(struct kdumpfile_backend *b, const struct xlat_setup *setup,
					  const struct progress *progress, const struct failure *problem)
{
	struct scan scan = {
		.next = next_page,
		.setup = *setup,
		.progress = *progress,
		.total = memory_end(b),
	};

	/* What is searched is not what a report rests on. */
	scan.setup.read_phys = read_phys;
	return scan_vmcoreinfo(&scan, &b->vmcoreinfo, problem);
}

static enum klpscope_status prepare(struct kdumpfile_backend *b, const struct kdumpfile_open *how,
				    const struct failure *why)
{
	const struct progress progress = { how->progress, how->progress_arg };
	const struct architecture *a = find_architecture(b);
	struct failure problem = { b->problem, sizeof(b->problem) };
	struct xlat_setup setup;
	enum klpscope_status st;

	if (!a)
		return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED, "%s: a dump of an unknown kind of machine",
				     b->files[0].path);
	b->architecture = a->name;
	st = load_vmcoreinfo(b);
	b->vmcoreinfo_in_notes = !st;
	if (st == KLPSCOPE_NO_MEMORY)
		return dumpfile_fail(why, st, "out of memory");
	setup = setup_of(b, a);
	if (st)
		st = search_memory(b, &setup, &progress, &problem);
	if (!st)
		st = xlat_new(&b->xlat, &setup, &problem);
	return st == KLPSCOPE_NO_MEMORY ? dumpfile_fail(why, st, "out of memory") : KLPSCOPE_OK;
}

/* --- opening --- */

static void name_format(struct kdumpfile_backend *b)
{
	const char *how = b->is_elf ? NULL : diskdump_compression(&b->diskdump);
	bool split = !b->is_elf && b->diskdump.parts[0].header.split;
	char *at = b->format;
	size_t room = sizeof(b->format);
	int n;

	n = snprintf(at, room, "%s%s%s%s", b->capsule.present ? "capsule, " : "", split ? "split " : "", b->files[0].flattened ? "flattened " : "",
		     b->is_elf ? "ELF" : how ? "kdump-compressed" : "kdump (uncompressed)");
	at += n;
	room -= (size_t)n;
	if (how) {
		n = snprintf(at, room, " (%s)", how);
		at += n;
		room -= (size_t)n;
	}
	if (split) {
		n = snprintf(at, room, ", %zu file%s", b->count, b->count == 1 ? "" : "s");
		at += n;
		room -= (size_t)n;
	}
	if (kdumpfile_backend_incomplete(b))
		snprintf(at, room, ", incomplete");
}

/* Files that people take for dumps, and what to do with them. */
static enum klpscope_status unknown_format(const struct dumpfile *f, const struct failure *why)
{
	static const struct {
		const char *magic;
		size_t size;
		const char *words;
	} known[] = {
		{ "\x1f\x8b", 2, "compressed by gzip: unpack it first" },
		{ "\xfd" "7zXZ", 5, "compressed by xz: unpack it first" },
		{ "\x28\xb5\x2f\xfd", 4, "compressed by zstd: unpack it first" },
		{ "BZh", 3, "compressed by bzip2: unpack it first" },
		{ "DISKDUMP", 8, "a diskdump file, which is older than livepatches" },
		{ "QEVM", 4, "a saved virtual machine: dump it with dump-guest-memory instead" },
		{ "LibvirtQ", 8, "a saved virtual machine: dump it with virsh dump --memory-only instead" },
		{ "PAGEDU64", 8, "a dump of Windows" },
	};
	char head[8] = "";
	size_t n = f->size < sizeof(head) ? (size_t)f->size : sizeof(head);

	if (!f->size)
		return dumpfile_fail(why, KLPSCOPE_TRUNCATED, "%s: an empty file", f->path);
	if (dumpfile_read(f, 0, head, n))
		return dumpfile_fail(why, KLPSCOPE_TRUNCATED, "%s: the beginning of the dump is missing",
				     f->path);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (n >= known[i].size && !memcmp(head, known[i].magic, known[i].size))
			return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED, "%s: %s", f->path, known[i].words);
	return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED, "%s: neither a kdump-compressed nor an ELF dump",
			     f->path);
}

static enum klpscope_status open_format(struct kdumpfile_backend *b, const char *tmpdir,
					const struct failure *why)
{
	b->is_elf = elfcore_probe(&b->files[0]);
	if (b->is_elf && b->count > 1)
		return dumpfile_fail(why, KLPSCOPE_INVALID, "%s is a whole ELF dump: give it alone",
				     b->files[0].path);
	if (b->is_elf)
		return elfcore_open(&b->elf, &b->files[0], why);
	if (!diskdump_probe(&b->files[0]))
		return unknown_format(&b->files[0], why);
	return diskdump_open(&b->diskdump, b->files, b->count, tmpdir, why);
}

static enum klpscope_status open_files(struct kdumpfile_backend *b, const struct kdumpfile_open *how,
				       const struct failure *why)
{
	struct progress progress = { how->progress, how->progress_arg };

	for (size_t i = 0; i < how->count; i++) {
		struct dumpfile *f = &b->files[i];
		enum klpscope_status st = dumpfile_open(f, how->paths[i], &progress, why);

		if (st)
			return st;
		b->count++;
		for (size_t k = 0; k < i; k++)
			if (b->files[k].dev == f->dev && b->files[k].ino == f->ino)
				return dumpfile_fail(why, KLPSCOPE_INVALID, "%s and %s are the same file",
						     b->files[k].path, f->path);
	}
	return KLPSCOPE_OK;
}

static enum klpscope_status load_capsule(struct kdumpfile_backend *b, const struct failure *why)
{
	bool big = kdumpfile_backend_big_endian(b);
	enum klpscope_status st = KLPSCOPE_OK;

	for (size_t i = 0; b->is_elf && !st && i < b->elf.notes.n; i++)
		st = capsule_load(&b->capsule, &b->files[0], b->elf.notes.v[i].at, b->elf.notes.v[i].len, big, why);
	if (!b->is_elf)
		st = capsule_load(&b->capsule, &b->files[0], b->diskdump.parts[0].header.notes_at,
				  b->diskdump.parts[0].header.notes_size, big, why);
	return st ? st : capsule_check(&b->capsule, &b->files[0], why);
}

static enum klpscope_status open_backend(struct kdumpfile_backend *b, const struct kdumpfile_open *how,
					 const struct failure *why)
{
	enum klpscope_status st;

	b->watch = how->watch;
	b->files = calloc(how->count, sizeof(*b->files));
	if (!b->files)
		return dumpfile_fail(why, KLPSCOPE_NO_MEMORY, "out of memory");
	st = open_files(b, how, why);
	if (!st)
		st = open_format(b, how->tmpdir, why);
	if (!st)
		st = load_capsule(b, why);
	if (!st)
		st = prepare(b, how, why);
	if (!st)
		name_format(b);
	return st;
}

enum klpscope_status kdumpfile_backend_open(const struct kdumpfile_open *how, struct kdumpfile_backend **out,
					    char *err, size_t err_size)
{
	const struct failure why = { err, err_size };
	struct kdumpfile_backend *b;
	enum klpscope_status st;

	*out = NULL;
	if (!how->count || how->count > FILES_MAX)
		return dumpfile_fail(&why, KLPSCOPE_INVALID, "%zu files given", how->count);
	b = calloc(1, sizeof(*b));
	if (!b)
		return dumpfile_fail(&why, KLPSCOPE_NO_MEMORY, "out of memory");
	st = open_backend(b, how, &why);
	if (st) {
		kdumpfile_backend_close(b);
		return st;
	}
	*out = b;
	return KLPSCOPE_OK;
}

void kdumpfile_backend_close(struct kdumpfile_backend *b)
{
	if (!b)
		return;
	xlat_free(b->xlat);
	vmcoreinfo_free(&b->vmcoreinfo);
	prstatus_free(&b->prstatus);
	capsule_free(&b->capsule);
	elfcore_close(&b->elf);
	diskdump_close(&b->diskdump);
	for (size_t i = 0; i < b->count; i++)
		dumpfile_close(&b->files[i]);
	free(b->files);
	free(b);
}

/* --- the target's callbacks --- */

/* Physically adjacent pages, read at once. */
struct run {
	uint64_t phys;
	size_t len;
	unsigned char *to;
};

static enum klpscope_status flush(struct kdumpfile_backend *b, struct run *run)
{
	enum klpscope_status st = run->len ? read_phys(b, run->phys, run->to, run->len) : KLPSCOPE_OK;

	run->to += run->len;
	run->len = 0;
	/* The kernel had it mapped, to something that no dump holds. */
	return st == KLPSCOPE_FAULT && xlat_walks(b->xlat) ? KLPSCOPE_EXCLUDED : st;
}

static enum klpscope_status read_runs(struct kdumpfile_backend *b, uint64_t addr, void *buf, size_t len)
{
	struct run run = { .to = buf };

	while (len) {
		size_t n = STEP - addr % STEP;
		enum klpscope_status st;
		uint64_t phys;

		if (n > len)
			n = len;
		st = xlat_phys(b->xlat, addr, &phys);
		if (st)
			return st;
		if (run.len && phys != run.phys + run.len) {
			st = flush(b, &run);
			if (st)
				return st;
		}
		if (!run.len)
			run.phys = phys;
		run.len += n;
		addr += n;
		len -= n;
	}
	return flush(b, &run);
}

/* Which part made a read fail, and which before it did not; they need not be neighbours. */
static void tell_failure(struct kdumpfile_backend *b, uint64_t addr, size_t len)
{
	unsigned char frame[STEP];
	enum klpscope_status st = KLPSCOPE_OK;

	while (len && !st) {
		size_t room = STEP - addr % STEP, n = room < len ? room : len;
		uint64_t phys;

		if (xlat_phys(b->xlat, addr, &phys))
			return;
		st = read_phys(b, phys, frame, n);
		b->watch.part(b->watch.arg, phys, n, st, false);
		addr += n;
		len -= n;
	}
}

static enum klpscope_status backend_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	struct kdumpfile_backend *b = arg;
	enum klpscope_status st;

	if (!b->xlat)
		return KLPSCOPE_UNSUPPORTED;
	if (len && addr + (len - 1) < addr)
		return KLPSCOPE_FAULT;
	st = read_runs(b, addr, buf, len);
	if (st && b->watch.part)
		tell_failure(b, addr, len);
	return st;
}

static enum klpscope_status backend_vmcoreinfo(void *arg, const char *key, const char **value)
{
	const struct kdumpfile_backend *b = arg;

	*value = vmcoreinfo_get(&b->vmcoreinfo, key);
	return *value ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND;
}

void kdumpfile_backend_look_for_registers(struct kdumpfile_backend *b)
{
	if (b->prstatus.end)
		return;
	if (b->is_elf)
		elfcore_prstatus(&b->elf, &b->prstatus);
	else
		diskdump_prstatus(&b->files[0], &b->diskdump.parts[0].header, &b->prstatus);
	prstatus_doubt(&b->prstatus, capsule_registers_end(&b->capsule));
}

static enum klpscope_status backend_prstatus(void *arg, unsigned int n, void *buf, size_t size, size_t *len)
{
	struct kdumpfile_backend *b = arg;

	kdumpfile_backend_look_for_registers(b);
	return prstatus_read(&b->prstatus, n, buf, size, len);
}

void kdumpfile_backend_ops(struct kdumpfile_backend *b, struct klpscope_target_ops *ops)
{
	memset(ops, 0, sizeof(*ops));
	ops->size = sizeof(*ops);
	ops->arg = b;
	ops->read = backend_read;
	ops->vmcoreinfo = backend_vmcoreinfo;
	ops->prstatus = backend_prstatus;
}

/* --- what it is --- */

const char *kdumpfile_backend_problem(const struct kdumpfile_backend *b)
{
	return b->xlat ? NULL : b->problem;
}

const struct capsule *kdumpfile_backend_capsule(const struct kdumpfile_backend *b)
{
	return b->capsule.present ? &b->capsule : NULL;
}

const char *kdumpfile_backend_format(const struct kdumpfile_backend *b)
{
	return b->format;
}

const char *kdumpfile_backend_architecture(const struct kdumpfile_backend *b)
{
	return b->architecture;
}

bool kdumpfile_backend_big_endian(const struct kdumpfile_backend *b)
{
	return b->is_elf ? b->elf.big_endian : b->diskdump.parts[0].header.big_endian;
}

unsigned int kdumpfile_backend_pointer_size(const struct kdumpfile_backend *b)
{
	return b->is_elf ? b->elf.pointer_size : b->diskdump.parts[0].header.pointer_size;
}

bool kdumpfile_backend_incomplete(const struct kdumpfile_backend *b)
{
	return b->is_elf ? b->elf.incomplete : b->diskdump.incomplete;
}
