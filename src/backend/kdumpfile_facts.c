// SPDX-License-Identifier: GPL-2.0-or-later
/* What a capsule takes over from the dump that it is made of. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kdumpfile_priv.h"

#define PAGE_SIZE_MAX	65536u
/* What can be read of a kdump-compressed file. A hostile dump has the same notes in many segments. */
#define NOTES_MAX	((uint64_t)48 << 20)

static uint32_t page_size(const struct kdumpfile_backend *b)
{
	const char *text = vmcoreinfo_get(&b->vmcoreinfo, "PAGESIZE");
	unsigned long size = text ? strtoul(text, NULL, 10) : 0;

	if (!b->is_elf)
		return b->diskdump.parts[0].header.block_size;
	return size >= CAPSULE_FRAME && size <= PAGE_SIZE_MAX && !(size & (size - 1)) ? (uint32_t)size : CAPSULE_FRAME;
}

/* What VMCOREINFO says comes first here, as it does in xlat.c: in files of QEMU the header's makes no sense. */
void kdumpfile_backend_facts(struct kdumpfile_backend *b, struct kdumpfile_facts *f)
{
	*f = (struct kdumpfile_facts){
		.is_elf = b->is_elf,
		.machine = kdumpfile_backend_machine(b),
		.page_size = page_size(b),
		.utsname = b->is_elf ? NULL : b->diskdump.parts[0].header.utsname,
	};
	f->has_phys_base = kdumpfile_backend_phys_base(b, &f->phys_base);
	vmcoreinfo_number(&b->vmcoreinfo, "NUMBER", "phys_base", &f->phys_base);
	for (size_t i = 0; i < b->count; i++)
		f->file_size += b->files[i].size;
	kdumpfile_backend_look_for_registers(b);
	f->registers_end = b->prstatus.end;
}

/* --- notes --- */

/*
 * Registers that user code leaves its data in (floating point, vectors) stay out, and so does what nobody reads.
 * s390x: the control registers and the prefix, by which page tables and lowcore are found.
 */
static bool belongs(const struct note *n)
{
	if (!strcmp(n->name, "CORE"))
		return n->type == NT_PRSTATUS;
	if (!strcmp(n->name, "LINUX"))
		return n->type == NT_S390_CTRS || n->type == NT_S390_PREFIX;
	return !strcmp(n->name, "VMCOREINFO") || !strcmp(n->name, "QEMU");
}

struct copy {
	FILE *out;
	uint64_t size;
};

static void put_number(struct copy *c, const struct kdumpfile_backend *b, uint32_t v)
{
	bool big = kdumpfile_backend_big_endian(b);

	for (unsigned int i = 0; i < 4; i++)
		putc((int)(v >> 8 * (big ? 3 - i : i) & 0xff), c->out);
	c->size += 4;
}

static void put_padded(struct copy *c, const void *data, size_t size)
{
	static const char zeros[3];
	size_t padding = -size % 4;

	fwrite(data, 1, size, c->out);
	fwrite(zeros, 1, padding, c->out);
	c->size += size + padding;
}

static void put_note(struct copy *c, const struct kdumpfile_backend *b, const char *name, uint32_t type,
		     const void *desc, size_t size)
{
	put_number(c, b, (uint32_t)strlen(name) + 1);
	put_number(c, b, (uint32_t)size);
	put_number(c, b, type);
	put_padded(c, name, strlen(name) + 1);
	put_padded(c, desc, size);
}

static enum klpscope_status copy_note(struct copy *c, const struct kdumpfile_backend *b, const struct note *n)
{
	void *desc = malloc((size_t)n->desc_size + 1);
	enum klpscope_status st = desc ? dumpfile_read(&b->files[0], n->desc_at, desc, (size_t)n->desc_size)
				       : KLPSCOPE_NO_MEMORY;

	if (!st)
		put_note(c, b, n->name, n->type, desc, (size_t)n->desc_size);
	free(desc);
	return st;
}

/* As far as they can be read: the report made do with that, too. */
static enum klpscope_status copy_notes(struct copy *c, const struct kdumpfile_backend *b, uint64_t at, uint64_t size)
{
	struct note_walk w = {
		.file = &b->files[0], .big_endian = kdumpfile_backend_big_endian(b), .at = at, .left = size,
	};
	enum klpscope_status st = KLPSCOPE_OK;
	struct note n;

	while (!st && !note_next(&w, &n))
		if (belongs(&n))
			st = c->size + n.desc_size > NOTES_MAX ? KLPSCOPE_LIMIT : copy_note(c, b, &n);
	return st == KLPSCOPE_NO_MEMORY || st == KLPSCOPE_LIMIT ? st : KLPSCOPE_OK;
}

static bool has_vmcoreinfo_note(const struct kdumpfile_backend *b)
{
	uint64_t at, size;
	const struct diskdump_header *h;

	if (b->is_elf)
		return b->vmcoreinfo_in_notes;
	h = &b->diskdump.parts[0].header;
	return !notes_find(&b->files[0], h->notes_at, h->notes_size, h->big_endian, "VMCOREINFO", &at, &size);
}

static void add_vmcoreinfo(struct copy *c, const struct kdumpfile_backend *b)
{
	char *text = NULL;
	size_t size;
	FILE *lines = open_memstream(&text, &size);

	for (size_t i = 0; lines && i < b->vmcoreinfo.count; i++)
		fprintf(lines, "%s=%s\n", b->vmcoreinfo.lines[i].key, b->vmcoreinfo.lines[i].value);
	if (lines && !fclose(lines))
		put_note(c, b, "VMCOREINFO", 0, text, size);
	free(text);
}

enum klpscope_status kdumpfile_backend_notes(struct kdumpfile_backend *b, unsigned char **notes, size_t *size)
{
	char *text = NULL;
	struct copy c = { .out = open_memstream(&text, size) };
	enum klpscope_status st = c.out ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;

	*notes = NULL;
	for (size_t i = 0; b->is_elf && !st && i < b->elf.notes.n; i++)
		st = copy_notes(&c, b, b->elf.notes.v[i].at, b->elf.notes.v[i].len);
	if (!st && !b->is_elf)
		st = copy_notes(&c, b, b->diskdump.parts[0].header.notes_at, b->diskdump.parts[0].header.notes_size);
	if (!st && b->vmcoreinfo.count && !has_vmcoreinfo_note(b))
		add_vmcoreinfo(&c, b);
	/* Short when there was no memory, and fclose() does not tell. */
	if (c.out && (fclose(c.out) || (!st && *size != c.size)))
		st = KLPSCOPE_NO_MEMORY;
	if (st)
		free(text);
	else
		*notes = (unsigned char *)text;
	return st;
}

/* --- memory --- */

void kdumpfile_backend_unwatch(struct kdumpfile_backend *b)
{
	b->watch.part = NULL;
}

enum klpscope_status kdumpfile_backend_translate(struct kdumpfile_backend *b, uint64_t addr, uint64_t *phys)
{
	return b->xlat ? xlat_phys(b->xlat, addr, phys) : KLPSCOPE_UNSUPPORTED;
}
