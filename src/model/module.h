/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_MODULE_H
#define KLPSCOPE_MODULE_H

#include "model/walk.h"

/* One piece of a module's memory. */
struct mod_range {
	uint64_t base, size;
	struct mod_info *mod;
};

/* What is kept of every module: enough to name an address in it. */
struct mod_info {
	uint64_t addr;
	const char *name;
	struct module_rec *rec;		/* of a livepatch module, otherwise NULL */
	struct mod_symbols *symbols;	/* read at first need */
	struct mod_names *names;	/* the same; see modnames.c */
};

/* The module whose memory covers `addr`, or NULL. */
struct mod_info *module_at(struct walk *w, uint64_t addr);

struct module_symbol {
	uint64_t addr, size;
	unsigned int type;		/* ELF STT_* */
	bool local;
	uint64_t name_at;		/* where its name lies in the dump */
};

struct mod_symbols {
	struct module_symbol *symbol;	/* sorted by address */
	unsigned int count;
	enum klpscope_status st;
};

/*
 * The symbols of a module out of its struct module, with those that describe
 * another object's address (SHN_LIVEPATCH, undefined) left out.
 */
const struct mod_symbols *module_symbols(struct walk *w, struct mod_info *m);

/* Where a module's own symbols are: an ELF symbol table, whose entries are Elf64_Sym or Elf32_Sym. */
struct mod_symtab {
	uint64_t symtab, num, strtab;
	unsigned int entry;
};

enum klpscope_status module_symtab(struct walk *w, uint64_t addr, struct mod_symtab *table) MUST_CHECK;

#define SHN_LIVEPATCH 0xff20		/* include/uapi/linux/elf.h */

/* One of its entries, as it lies in memory. */
struct elf_symbol {
	uint32_t name;			/* in its strings */
	uint8_t info;
	uint16_t shndx;
	uint64_t value, size;
};

struct elf_symbol module_decode_symbol(const struct target *t, const unsigned char *p);

/*
 * The pos-th symbol of this name, from 1, as the kernel counts them for livepatches:
 * in the order of the table.  NOT_FOUND only when all of it was searched.
 */
struct val module_symbol_at_position(struct walk *w, struct mod_info *m, const char *name, unsigned int pos);

/* What is kept of the module at a struct module's address, or of this name; NULL when there is none. */
struct mod_info *module_info_at(struct walk *w, uint64_t addr);
struct mod_info *module_named(struct walk *w, const char *name);

/* The livepatch module record at a struct module's address; NULL when there is none. */
struct module_rec *module_rec_at(struct walk *w, uint64_t addr);

/* All that the report says of a livepatch module, from its struct module. */
struct module_rec *module_read(struct walk *w, uint64_t addr);

#endif
