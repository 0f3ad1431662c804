// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "backend/elfcore.h"

/* makedumpfile's mark on a dump that it had no room for. */
#define INCOMPLETE_FLAG 0x1

/* The lower end of x86_64's kernel text mapping, wherever KASLR puts the text in it. */
#define X86_64_TEXT	0xffffffff80000000u

struct field {
	uint8_t at32, at64;
	uint8_t size32, size64;
};

#define FIELD(type, name) { offsetof(Elf32_##type, name), offsetof(Elf64_##type, name), \
			    sizeof(((Elf32_##type *)0)->name), sizeof(((Elf64_##type *)0)->name) }

static const struct field E_TYPE = FIELD(Ehdr, e_type);
static const struct field E_MACHINE = FIELD(Ehdr, e_machine);
static const struct field E_PHOFF = FIELD(Ehdr, e_phoff);
static const struct field E_SHOFF = FIELD(Ehdr, e_shoff);
static const struct field E_FLAGS = FIELD(Ehdr, e_flags);
static const struct field E_PHENTSIZE = FIELD(Ehdr, e_phentsize);
static const struct field E_PHNUM = FIELD(Ehdr, e_phnum);
static const struct field P_TYPE = FIELD(Phdr, p_type);
static const struct field P_OFFSET = FIELD(Phdr, p_offset);
static const struct field P_VADDR = FIELD(Phdr, p_vaddr);
static const struct field P_PADDR = FIELD(Phdr, p_paddr);
static const struct field P_FILESZ = FIELD(Phdr, p_filesz);
static const struct field P_MEMSZ = FIELD(Phdr, p_memsz);
static const struct field SH_INFO = FIELD(Shdr, sh_info);

static uint64_t get(const struct elfcore *c, const unsigned char *raw, struct field f)
{
	return c->pointer_size == 4 ? dumpfile_uint(raw + f.at32, f.size32, c->big_endian)
				    : dumpfile_uint(raw + f.at64, f.size64, c->big_endian);
}

bool elfcore_probe(const struct dumpfile *f)
{
	char magic[SELFMAG];

	return !dumpfile_read(f, 0, magic, sizeof(magic)) && !memcmp(magic, ELFMAG, SELFMAG);
}

static enum klpscope_status damaged(const struct elfcore *c, const char *what, const struct failure *why)
{
	return dumpfile_fail(why, KLPSCOPE_CORRUPT, "%s: the ELF header is damaged: %s", c->file->path, what);
}

static enum klpscope_status read_ident(struct elfcore *c, unsigned char *raw, const struct failure *why)
{
	enum klpscope_status st = dumpfile_read(c->file, 0, raw, EI_NIDENT);

	if (st)
		return dumpfile_unread(c->file, st, "ELF header", why);
	if (raw[EI_CLASS] != ELFCLASS32 && raw[EI_CLASS] != ELFCLASS64)
		return damaged(c, "class", why);
	if (raw[EI_DATA] != ELFDATA2LSB && raw[EI_DATA] != ELFDATA2MSB)
		return damaged(c, "byte order", why);
	c->pointer_size = raw[EI_CLASS] == ELFCLASS32 ? 4 : 8;
	c->big_endian = raw[EI_DATA] == ELFDATA2MSB;
	st = dumpfile_read(c->file, 0, raw, c->pointer_size == 4 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr));
	return st ? dumpfile_unread(c->file, st, "ELF header", why) : KLPSCOPE_OK;
}

/* With 65535 program headers and more, the first section header knows how many. */
static enum klpscope_status count_headers(const struct elfcore *c, const unsigned char *ehdr, uint64_t *count,
					  const struct failure *why)
{
	unsigned char raw[sizeof(Elf64_Shdr)];
	size_t size = c->pointer_size == 4 ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);
	enum klpscope_status st;

	*count = get(c, ehdr, E_PHNUM);
	if (*count != PN_XNUM)
		return KLPSCOPE_OK;
	st = dumpfile_read(c->file, get(c, ehdr, E_SHOFF), raw, size);
	if (st)
		return dumpfile_unread(c->file, st, "section header", why);
	*count = get(c, raw, SH_INFO);
	return KLPSCOPE_OK;
}

static enum klpscope_status add_load(struct elfcore *c, const unsigned char *raw)
{
	uint64_t phys = get(c, raw, P_PADDR), virt = get(c, raw, P_VADDR);
	uint64_t filesz = get(c, raw, P_FILESZ), memsz = get(c, raw, P_MEMSZ);
	enum klpscope_status st;

	/* An address that the writer did not know. */
	if (phys == (c->pointer_size == 4 ? UINT32_MAX : UINT64_MAX))
		return KLPSCOPE_OK;
	if (c->machine == EM_X86_64 && virt >= X86_64_TEXT && !c->has_text_base) {
		c->has_text_base = true;
		c->text_base = phys - virt;
	}
	st = extents_add(&c->memory, phys, memsz > filesz ? memsz : filesz, phys);
	return st ? st : extents_add(&c->data, phys, filesz, get(c, raw, P_OFFSET));
}

static enum klpscope_status add_header(struct elfcore *c, const unsigned char *raw)
{
	uint64_t offset = get(c, raw, P_OFFSET);

	switch (get(c, raw, P_TYPE)) {
	case PT_LOAD:
		return add_load(c, raw);
	case PT_NOTE:
		return extents_add(&c->notes, offset, get(c, raw, P_FILESZ), offset);
	case PT_NULL:
		/* Room that makedumpfile reserved and did not come to fill. */
		c->headers_cut = true;
		return KLPSCOPE_OK;
	default:
		return KLPSCOPE_OK;
	}
}

static enum klpscope_status read_headers(struct elfcore *c, uint64_t at, uint64_t count,
					 const struct failure *why)
{
	size_t size = c->pointer_size == 4 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
	unsigned char raw[sizeof(Elf64_Phdr)];
	enum klpscope_status st = KLPSCOPE_OK;

	for (uint64_t i = 0; !st && i < count; i++) {
		st = dumpfile_read(c->file, at + i * size, raw, size);
		if (st == KLPSCOPE_TRUNCATED) {
			c->headers_cut = true;
			return KLPSCOPE_OK;
		}
		if (st)
			return dumpfile_unread(c->file, st, "program headers", why);
		st = add_header(c, raw);
	}
	return st ? dumpfile_fail(why, st, "%s: the program headers are damaged: %s", c->file->path,
				  klpscope_strstatus(st)) : KLPSCOPE_OK;
}

static bool data_cut(const struct elfcore *c)
{
	for (size_t i = 0; i < c->data.n; i++)
		if (!dumpfile_has(c->file, c->data.v[i].pos, c->data.v[i].len))
			return true;
	return false;
}

/* Addresses of a process have nothing physical about them. */
static bool only_zero_addresses(const struct elfcore *c)
{
	for (size_t i = 0; i < c->memory.n; i++)
		if (c->memory.v[i].at)
			return false;
	return c->memory.n > 1;
}

static enum klpscope_status settle(struct elfcore *c, const struct failure *why)
{
	enum klpscope_status st;

	if (!c->memory.n && c->headers_cut)
		return dumpfile_fail(why, KLPSCOPE_TRUNCATED,
				     "%s: the file ends before its program headers were written",
				     c->file->path);
	if (!c->memory.n || only_zero_addresses(c))
		return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED,
				     "%s: no physical memory in this ELF file: the core dump of a process?",
				     c->file->path);
	c->incomplete |= c->headers_cut || c->file->cut || data_cut(c);
	st = extents_settle(&c->data);
	if (!st)
		st = extents_settle(&c->memory);
	return st ? dumpfile_fail(why, st, "%s: %s", c->file->path, klpscope_strstatus(st)) : KLPSCOPE_OK;
}

static enum klpscope_status read_elf(struct elfcore *c, const struct failure *why)
{
	unsigned char raw[sizeof(Elf64_Ehdr)];
	enum klpscope_status st;
	uint64_t count;

	st = read_ident(c, raw, why);
	if (st)
		return st;
	if (get(c, raw, E_TYPE) != ET_CORE)
		return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED, "%s: an ELF file, but not a dump",
				     c->file->path);
	if (get(c, raw, E_PHENTSIZE) != (c->pointer_size == 4 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr)))
		return damaged(c, "size of a program header", why);
	c->machine = (uint16_t)get(c, raw, E_MACHINE);
	c->incomplete = get(c, raw, E_FLAGS) & INCOMPLETE_FLAG;
	st = count_headers(c, raw, &count, why);
	if (!st)
		st = read_headers(c, get(c, raw, E_PHOFF), count, why);
	return st ? st : settle(c, why);
}

enum klpscope_status elfcore_open(struct elfcore *c, const struct dumpfile *f, const struct failure *why)
{
	enum klpscope_status st;

	memset(c, 0, sizeof(*c));
	c->file = f;
	st = read_elf(c, why);
	if (st)
		elfcore_close(c);
	return st;
}

void elfcore_close(struct elfcore *c)
{
	extents_free(&c->data);
	extents_free(&c->memory);
	extents_free(&c->notes);
}

/* Where in the file the bytes from `phys` on lie, and how many of them, `len` at most, in one piece. */
static enum klpscope_status locate(const struct elfcore *c, uint64_t phys, size_t len, uint64_t *pos, size_t *n)
{
	const struct extent *e = extents_find(&c->data, phys);
	uint64_t room;

	if (!e || e->at > phys) {
		if (extents_cover(&c->memory, phys, 1))
			return KLPSCOPE_EXCLUDED;
		return c->headers_cut ? KLPSCOPE_TRUNCATED : KLPSCOPE_FAULT;
	}
	room = e->at + e->len - phys;
	*n = room < len ? (size_t)room : len;
	*pos = e->pos + (phys - e->at);
	return KLPSCOPE_OK;
}

enum klpscope_status elfcore_read(const struct elfcore *c, uint64_t phys, void *buf, size_t len)
{
	unsigned char *out = buf;

	while (len) {
		uint64_t pos;
		size_t n;
		enum klpscope_status st = locate(c, phys, len, &pos, &n);

		if (!st)
			st = dumpfile_read(c->file, pos, out, n);
		if (st)
			return st;
		out += n;
		phys += n;
		len -= n;
	}
	return KLPSCOPE_OK;
}

enum klpscope_status elfcore_has(const struct elfcore *c, uint64_t phys, size_t len)
{
	while (len) {
		uint64_t pos;
		size_t n;
		enum klpscope_status st = locate(c, phys, len, &pos, &n);

		if (st)
			return st;
		if (!dumpfile_has(c->file, pos, n))
			return KLPSCOPE_TRUNCATED;
		phys += n;
		len -= n;
	}
	return KLPSCOPE_OK;
}

void elfcore_prstatus(const struct elfcore *c, struct prstatus *p)
{
	prstatus_begin(p, c->file, c->big_endian);
	for (size_t i = 0; i < c->notes.n; i++)
		prstatus_add(p, c->notes.v[i].at, c->notes.v[i].len);
	if (c->headers_cut)
		prstatus_doubt(p, KLPSCOPE_TRUNCATED);
}
