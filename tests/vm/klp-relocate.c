// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp-relocate: makes livepatch relocations in a module.
 *
 * usage: klp-relocate MODULE.ko
 *
 * What klp-convert and kpatch-build do, for test modules: an undefined symbol
 * KLPREL_OBJECT__NAME__SYMPOS becomes .klp.sym.OBJECT.NAME,SYMPOS, and the
 * relocations of a section SECTION that want it go to a section
 * .klp.rela.OBJECT.SECTION, which the kernel applies when it has the object
 * (Documentation/livepatch/module-elf-format.rst). The file is changed in
 * place; one without such symbols stays as it is. Prints each new section and
 * how many relocations are in it.
 *
 * To be run after strip, which takes SHF_INFO_LINK from such sections.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX			"KLPREL_"
#define SEPARATOR		"__"
#define SHF_RELA_LIVEPATCH	0x00100000
#define SHN_LIVEPATCH		0xff20

/* object is NULL where the symbol is an ordinary one. */
struct symbol {
	char *object;
	char *new_name;
};

static Elf *elf;
static struct symbol *symbols;
static size_t symbol_count;
static size_t symtab_index;
static size_t strings_index;

static void die(const char *what)
{
	errx(1, "%s: %s", what, elf_errmsg(-1));
}

static void *checked(void *p)
{
	if (!p)
		err(1, "no memory");
	return p;
}

static Elf_Scn *section(size_t i, GElf_Shdr *header)
{
	Elf_Scn *scn = elf_getscn(elf, i);

	if (!scn || !gelf_getshdr(scn, header))
		die("section");
	return scn;
}

static Elf_Data *contents(Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL);

	if (!data)
		die("contents of a section");
	return data;
}

/* Returns the offset of the string in that section. */
static size_t add_string(size_t section_index, const char *string)
{
	GElf_Shdr header;
	Elf_Data *data = contents(section(section_index, &header));
	size_t at = data->d_size, size = strlen(string) + 1;
	char *buffer = checked(malloc(at + size));

	memcpy(buffer, data->d_buf, at);
	memcpy(buffer + at, string, size);
	data->d_buf = buffer;
	data->d_size = at + size;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return at;
}

static void read_name(struct symbol *symbol, const char *name)
{
	char *object, *rest, *sympos;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return;
	object = checked(strdup(name + strlen(PREFIX)));
	rest = strstr(object, SEPARATOR);
	if (!rest)
		errx(1, "%s: no name", name);
	*rest = '\0';
	rest += strlen(SEPARATOR);
	/* The last one: there may be more in the name. */
	for (sympos = NULL; strstr(sympos ? sympos : rest, SEPARATOR);)
		sympos = strstr(sympos ? sympos : rest, SEPARATOR) + strlen(SEPARATOR);
	if (!sympos)
		errx(1, "%s: no symbol position", name);
	sympos[-(int)strlen(SEPARATOR)] = '\0';
	symbol->object = object;
	if (asprintf(&symbol->new_name, ".klp.sym.%s.%s,%s", object, rest, sympos) < 0)
		err(1, "no memory");
}

/* Whether there are any. */
static int read_symbols(size_t sections)
{
	GElf_Shdr header;
	Elf_Data *data;
	int found = 0;
	size_t i;

	for (i = 1; i < sections; i++) {
		section(i, &header);
		if (header.sh_type == SHT_SYMTAB)
			symtab_index = i;
	}
	if (!symtab_index)
		errx(1, "no symbols");
	data = contents(section(symtab_index, &header));
	strings_index = header.sh_link;
	symbol_count = header.sh_size / header.sh_entsize;
	symbols = checked(calloc(symbol_count, sizeof(*symbols)));
	for (i = 1; i < symbol_count; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			die("symbol");
		name = elf_strptr(elf, strings_index, sym.st_name);
		if (!name || sym.st_shndx != SHN_UNDEF)
			continue;
		read_name(&symbols[i], name);
		found |= symbols[i].object != NULL;
	}
	return found;
}

/* Only when all names have been read: the strings move. */
static void rename_symbols(void)
{
	GElf_Shdr header;
	Elf_Data *data = contents(section(symtab_index, &header));
	size_t i;

	for (i = 1; i < symbol_count; i++) {
		GElf_Sym sym;

		if (!symbols[i].object)
			continue;
		if (!gelf_getsym(data, (int)i, &sym))
			die("symbol");
		sym.st_name = (GElf_Word)add_string(strings_index, symbols[i].new_name);
		sym.st_info = GELF_ST_INFO(STB_GLOBAL, GELF_ST_TYPE(sym.st_info));
		sym.st_shndx = SHN_LIVEPATCH;
		if (!gelf_update_sym(data, (int)i, &sym))
			die("renaming a symbol");
	}
}

/* The object that a relocation is for, or NULL. */
static const char *wants(const GElf_Rela *rela)
{
	size_t symbol = GELF_R_SYM(rela->r_info);

	return symbol < symbol_count ? symbols[symbol].object : NULL;
}

static void add_section(const char *object, size_t target, const GElf_Rela *relas, size_t count)
{
	GElf_Shdr header, target_header;
	size_t names_index, i;
	Elf_Data *data;
	Elf_Scn *scn;
	char *name;

	if (elf_getshdrstrndx(elf, &names_index))
		die("names of sections");
	section(target, &target_header);
	if (asprintf(&name, ".klp.rela.%s.%s", object, elf_strptr(elf, names_index, target_header.sh_name)) < 0)
		err(1, "no memory");
	scn = elf_newscn(elf);
	if (!scn || !gelf_getshdr(scn, &header))
		die("new section");
	data = elf_newdata(scn);
	if (!data)
		die("new section");
	data->d_align = 8;
	data->d_type = ELF_T_RELA;
	data->d_size = count * sizeof(Elf64_Rela);
	data->d_buf = checked(calloc(count, sizeof(Elf64_Rela)));
	for (i = 0; i < count; i++) {
		if (!gelf_update_rela(data, (int)i, (GElf_Rela *)&relas[i]))
			die("relocation");
	}
	header.sh_name = (GElf_Word)add_string(names_index, name);
	header.sh_type = SHT_RELA;
	header.sh_flags = SHF_ALLOC | SHF_INFO_LINK | SHF_RELA_LIVEPATCH;
	header.sh_link = (GElf_Word)symtab_index;
	header.sh_info = (GElf_Word)target;
	header.sh_addralign = 8;
	header.sh_entsize = sizeof(Elf64_Rela);
	if (!gelf_update_shdr(scn, &header))
		die("new section");
	printf("%s %zu\n", name, count);
	free(name);
}

/* Moves what an object wants out of a relocation section. */
static void split_section(Elf_Data *data, size_t target, const char *object)
{
	size_t count = data->d_size / sizeof(Elf64_Rela), moved = 0, kept = 0, i;
	GElf_Rela *relas = checked(calloc(count, sizeof(*relas)));

	for (i = 0; i < count; i++) {
		const char *wanted;
		GElf_Rela rela;

		if (!gelf_getrela(data, (int)i, &rela))
			die("relocation");
		wanted = wants(&rela);
		if (wanted && strcmp(wanted, object) == 0)
			relas[moved++] = rela;
		else if (!gelf_update_rela(data, (int)kept++, &rela))
			die("relocation");
	}
	if (moved) {
		data->d_size = kept * sizeof(Elf64_Rela);
		elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
		add_section(object, target, relas, moved);
	}
	free(relas);
}

int main(int argc, char **argv)
{
	size_t sections, i, j;
	GElf_Shdr header;
	int fd;

	if (argc != 2)
		errx(2, "usage: klp-relocate MODULE.ko");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_RDWR, NULL);
	if (!elf || gelf_getclass(elf) != ELFCLASS64 || elf_getshdrnum(elf, &sections))
		die(argv[1]);
	if (!read_symbols(sections))
		return 0;

	rename_symbols();
	for (i = 1; i < sections; i++) {
		GElf_Shdr target;
		Elf_Scn *scn = section(i, &header);

		if (header.sh_type != SHT_RELA || header.sh_link != symtab_index)
			continue;
		/* Not those of debugging information. */
		section(header.sh_info, &target);
		if (!(target.sh_flags & SHF_ALLOC))
			continue;
		/* An object comes as often as it has symbols; the first time all goes. */
		for (j = 1; j < symbol_count; j++) {
			if (symbols[j].object)
				split_section(contents(scn), header.sh_info, symbols[j].object);
		}
	}
	if (elf_update(elf, ELF_C_WRITE) < 0)
		die(argv[1]);
	elf_end(elf);
	return close(fd) ? 1 : 0;
}
