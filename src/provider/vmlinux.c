// SPDX-License-Identifier: GPL-2.0-or-later
/* A vmlinux file: whether it is the dump's, where KASLR put it, and what in it answers. */
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "provider/btf_types.h"
#include "provider/dwarf_types.h"
#include "provider/elfsym.h"
#include "provider/vmlinux.h"
#include "util/str.h"

#define BUILD_ID_MAX 64
#define BANNER "Linux version "
#define BANNER_MAX 512

struct vmlinux {
	struct provider p;
	struct target *t;
	int fd;
	Elf *elf;
	struct elfsym *syms;		/* NULL: the file has none */
	Elf_Data *btf_data;		/* NULL: it has none with bytes in it */
	bool types_tried;
	struct btf_types *btf;
	struct dwarf_types *dwarf;
	enum klpscope_status types_st;
	const char *why;		/* text for types_st */
};

static struct vmlinux *of(struct provider *p)
{
	return (struct vmlinux *)p;
}

/* --- the file --- */

static Elf_Scn *section(Elf *elf, const char *name, GElf_Shdr *sh)
{
	Elf_Scn *scn = NULL;
	const char *s;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, sh))
			continue;
		s = elf_strptr(elf, names, sh->sh_name);
		if (s && !strcmp(s, name))
			return scn;
	}
	return NULL;
}

/* A separate .debug file has the section, too, but no bytes of it. */
static Elf_Data *section_bytes(Elf *elf, const char *name)
{
	GElf_Shdr sh;
	Elf_Scn *scn = section(elf, name, &sh);
	Elf_Data *data;

	if (!scn || sh.sh_type == SHT_NOBITS)
		return NULL;
	data = elf_rawdata(scn, NULL);
	return data && data->d_buf && data->d_size ? data : NULL;
}

/* What else people have under that name. */
static const char *what_is_it(int fd)
{
	unsigned char head[0x206] = { 0 };
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n == (ssize_t)sizeof(head) && !memcmp(head + 0x202, "HdrS", 4))
		return "a compressed kernel image (vmlinuz); the uncompressed ELF file is needed";
	if (n > 6 && (!memcmp(head, "\x1f\x8b", 2) || !memcmp(head, "\xfd" "7zXZ", 5) ||
		      !memcmp(head, "\x28\xb5\x2f\xfd", 4) || !memcmp(head, "BZh", 3)))
		return "compressed; the uncompressed ELF file is needed";
	return "not an ELF file";
}

static enum klpscope_status open_elf(struct vmlinux *v, const char *path)
{
	v->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (v->fd < 0)
		return target_fail(v->t, KLPSCOPE_SYSTEM, "%s", strerror(errno));
	if (elf_version(EV_CURRENT) == EV_NONE)
		return target_fail(v->t, KLPSCOPE_UNSUPPORTED, "libelf is too old");
	v->elf = elf_begin(v->fd, ELF_C_READ_MMAP, NULL);
	if (!v->elf)
		return target_fail(v->t, KLPSCOPE_INVALID, "%s", elf_errmsg(-1));
	if (elf_kind(v->elf) != ELF_K_ELF)
		return target_fail(v->t, KLPSCOPE_INVALID, "%s", what_is_it(v->fd));
	return KLPSCOPE_OK;
}

static enum klpscope_status check_kind(struct vmlinux *v)
{
	unsigned int bits = target_pointer_size(v->t) * 8;
	bool big = target_big_endian(v->t);
	GElf_Ehdr eh;

	if (!gelf_getehdr(v->elf, &eh))
		return target_fail(v->t, KLPSCOPE_INVALID, "%s", elf_errmsg(-1));
	if (eh.e_type == ET_CORE)
		return target_fail(v->t, KLPSCOPE_INVALID, "a dump, not a vmlinux");
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return target_fail(v->t, KLPSCOPE_INVALID, "not a linked kernel (a module?)");
	if (eh.e_ident[EI_CLASS] != (bits == 64 ? ELFCLASS64 : ELFCLASS32) ||
	    eh.e_ident[EI_DATA] != (big ? ELFDATA2MSB : ELFDATA2LSB))
		return target_fail(v->t, KLPSCOPE_INVALID,
				   "for another machine: the dump is %u-bit %s-endian", bits,
				   big ? "big" : "little");
	return KLPSCOPE_OK;
}

/* --- is it the dump's? --- */

static bool build_id(Elf *elf, char *hex)
{
	const void *id;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &id);

	if (n <= 0 || n > BUILD_ID_MAX)
		return false;
	for (ssize_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", ((const unsigned char *)id)[i]);
	return true;
}

static enum klpscope_status check_build_id(struct vmlinux *v, const char *of_dump)
{
	char of_file[2 * BUILD_ID_MAX + 1], clean[4 * BUILD_ID_MAX + 1];
	size_t len = strcspn(of_dump, " \t\r\n");

	str_sanitize(clean, sizeof(clean), of_dump, len);
	if (!build_id(v->elf, of_file))
		return target_fail(v->t, KLPSCOPE_INVALID, "it has no build id, the dump's kernel has %s; "
				   "--force uses it anyway", clean);
	if (strlen(of_file) == len && !strncasecmp(of_file, of_dump, len))
		return KLPSCOPE_OK;
	return target_fail(v->t, KLPSCOPE_INVALID,
			   "not the dump's kernel: its build id is %s, the dump's %s; "
			   "--force uses it anyway",
			   of_file, clean);
}

/* The bytes at a linked address, as far as the file has them. */
static const char *bytes_at(Elf *elf, uint64_t addr, size_t *len)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		Elf_Data *data;
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC) || sh.sh_type == SHT_NOBITS ||
		    addr < sh.sh_addr || addr - sh.sh_addr >= sh.sh_size)
			continue;
		data = elf_rawdata(scn, NULL);
		if (!data || !data->d_buf || addr - sh.sh_addr >= data->d_size)
			return NULL;
		*len = data->d_size - (addr - sh.sh_addr);
		return (const char *)data->d_buf + (addr - sh.sh_addr);
	}
	return NULL;
}

/* "Linux version 6.1.0 …" against OSRELEASE, for kernels before BUILD-ID. */
static enum klpscope_status check_banner(struct vmlinux *v)
{
	const char *release, *banner = NULL;
	char clean[BANNER_MAX];
	uint64_t addr;
	size_t len = 0, n;

	if (v->syms && elfsym_find(v->syms, "linux_banner", &addr))
		banner = bytes_at(v->elf, addr, &len);
	if (target_vmcoreinfo(v->t, "OSRELEASE", &release) || !banner || len <= strlen(BANNER) ||
	    memcmp(banner, BANNER, strlen(BANNER)))
		return target_fail(v->t, KLPSCOPE_INVALID,
				   "nothing shows that it is the dump's kernel: no build id in the dump, "
				   "and no release to compare; --force uses it anyway");
	banner += strlen(BANNER);
	len -= strlen(BANNER);
	n = strcspn(release, " \t\r\n");
	if (n && n < len && !memcmp(banner, release, n) && banner[n] == ' ')
		return KLPSCOPE_OK;
	for (n = 0; n < len && n < sizeof(clean) / 4 && banner[n] > ' '; n++)
		;
	str_sanitize(clean, sizeof(clean), banner, n);
	return target_fail(v->t, KLPSCOPE_INVALID, "not the dump's kernel: it is %s; --force uses it anyway",
			   clean);
}


/*
 * Where _stext came to lie is the best witness; KERNELOFFSET means different
 * things on different architectures.
 */
static void place(struct vmlinux *v)
{
	uint64_t linked, placed, offset = 0;

	if (!v->syms)
		return;
	if (!target_vmcoreinfo_num(v->t, "SYMBOL(_stext)", 16, &placed) &&
	    elfsym_find(v->syms, "_stext", &linked))
		offset = placed - linked;
	else if (target_vmcoreinfo_num(v->t, "KERNELOFFSET", 16, &offset))
		offset = 0;
	elfsym_place(v->syms, offset);
}

/* --- types --- */

static enum klpscope_status open_types(struct vmlinux *v)
{
	enum klpscope_status st;

	if (v->btf_data &&
	    !btf_types_copy(v->t, v->btf_data->d_buf, v->btf_data->d_size, &v->btf))
		return KLPSCOPE_OK;
	st = dwarf_types_new(v->t, v->elf, &v->dwarf);
	/* There is something that we cannot read: that is not "no such type". */
	return st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_UNSUPPORTED : st;
}

/* Opens at the first question; a failure is remembered and told each time. */
static enum klpscope_status types_ready(struct vmlinux *v)
{
	if (!v->types_tried) {
		v->types_tried = true;
		v->types_st = open_types(v);
		if (v->types_st)
			v->why = arena_strdup(target_arena(v->t), target_error(v->t));
	}
	if (v->types_st)
		return target_fail(v->t, v->types_st, "vmlinux: %s", v->why ? v->why : "no types");
	return KLPSCOPE_OK;
}

static enum klpscope_status vmlinux_member(struct provider *p, const char *type, const char *member,
					   struct member_info *out)
{
	struct vmlinux *v = of(p);
	enum klpscope_status st = types_ready(v);

	if (st)
		return st;
	return v->btf ? btf_types_member(v->btf, type, member, out)
		      : dwarf_types_member(v->dwarf, type, member, out);
}

static enum klpscope_status vmlinux_type_size(struct provider *p, const char *type, uint64_t *size)
{
	struct vmlinux *v = of(p);
	enum klpscope_status st = types_ready(v);

	if (st)
		return st;
	return v->btf ? btf_types_size(v->btf, type, size) : dwarf_types_size(v->dwarf, type, size);
}

/* --- the provider --- */

static void vmlinux_symbols(struct provider *p, struct symbol_query *q, size_t n)
{
	elfsym_symbols(of(p)->syms, q, n);
}

static enum klpscope_status vmlinux_name_address(struct provider *p, uint64_t addr, struct symbol_name *out)
{
	return elfsym_name_address(of(p)->syms, addr, out);
}

static void vmlinux_destroy(struct provider *p)
{
	struct vmlinux *v = of(p);

	btf_types_free(v->btf);
	dwarf_types_free(v->dwarf);
	elfsym_free(v->syms);
	elf_end(v->elf);
	if (v->fd >= 0)
		close(v->fd);
	free(v);
}

/* Symbols, types, or neither: then say where they may be. */
static enum klpscope_status offer(struct vmlinux *v)
{
	GElf_Shdr sh;
	bool types =
		v->btf_data || section(v->elf, ".debug_info", &sh) || section(v->elf, ".zdebug_info", &sh);
	char clean[256];
	const char *link;
	GElf_Word crc;

	if (v->syms) {
		v->p.symbols = vmlinux_symbols;
		v->p.name_address = vmlinux_name_address;
	}
	if (types) {
		v->p.member = vmlinux_member;
		v->p.type_size = vmlinux_type_size;
	}
	if (v->syms || types)
		return KLPSCOPE_OK;
	link = dwelf_elf_gnu_debuglink(v->elf, &crc);
	if (!link)
		return target_fail(v->t, KLPSCOPE_INVALID, "stripped: neither symbols nor types");
	str_sanitize(clean, sizeof(clean), link, strlen(link));
	return target_fail(v->t, KLPSCOPE_INVALID, "stripped: neither symbols nor types; they are in %s",
			   clean);
}

/* A refusal that --force overrules. */
static enum klpscope_status unless_forced(enum klpscope_status st, bool force, bool *forced)
{
	if (st != KLPSCOPE_INVALID || !force)
		return st;
	*forced = true;
	return KLPSCOPE_OK;
}

static enum klpscope_status load(struct vmlinux *v, const char *path, bool force, bool *forced)
{
	const char *id_of_dump;
	bool has_id = !target_vmcoreinfo(v->t, "BUILD-ID", &id_of_dump) && *id_of_dump;
	enum klpscope_status st = open_elf(v, path);

	if (!st)
		st = check_kind(v);
	/* First of all: what else is wrong with another kernel's file is of no interest. */
	if (!st && has_id)
		st = unless_forced(check_build_id(v, id_of_dump), force, forced);
	if (st)
		return st;
	st = elfsym_new(v->t, v->elf, &v->syms);
	if (st && st != KLPSCOPE_NOT_FOUND)
		return st;
	v->btf_data = section_bytes(v->elf, ".BTF");
	st = offer(v);
	if (!st && !has_id)
		st = unless_forced(check_banner(v), force, forced);
	if (!st)
		place(v);
	return st;
}

enum klpscope_status vmlinux_provider_new(struct target *t, const char *path, bool force,
					  struct provider **out, bool *forced)
{
	struct vmlinux *v = calloc(1, sizeof(*v));
	enum klpscope_status st;
	char clean[1024];

	*out = NULL;
	*forced = false;
	if (!v)
		return target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
	v->t = t;
	v->fd = -1;
	v->p.name = "vmlinux";
	v->p.destroy = vmlinux_destroy;
	st = load(v, path, force, forced);
	if (st) {
		str_sanitize(clean, sizeof(clean), path, strlen(path));
		vmlinux_destroy(&v->p);
		return target_prepend(t, st, "%s", clean);
	}
	*out = &v->p;
	return KLPSCOPE_OK;
}
