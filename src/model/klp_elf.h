/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel keeps of a livepatch module's ELF file: module.klp_info, and all of its symbols. */
#ifndef KLPSCOPE_KLP_ELF_H
#define KLPSCOPE_KLP_ELF_H

#include "model/module.h"

struct klp_elf {
	const struct module_rec *module;
	const struct mod_range *range;	/* the module's memory */
	unsigned int nr_ranges;
	unsigned char *headers;		/* malloc'ed */
	unsigned int nr_sections;
	uint64_t secstrings;
	struct mod_symtab symbols;	/* core_kallsyms: the index of a relocation counts in it */
	enum klpscope_status symbols_st;
	const char *expected, *found;	/* what is CORRUPT; NULL: the status says it */
};

struct elf_section {
	uint64_t flags, addr, size;
	uint32_t name, info;
};

struct elf_rela {
	uint64_t offset, addend;
	uint32_t symbol, type;
};

/* Reads the headers, at most `limit` of them. NOT_FOUND: there are none, the module is not yet or no longer whole. */
enum klpscope_status klp_elf_open(struct walk *w, const struct module_rec *m, unsigned int limit,
				  struct klp_elf *elf) MUST_CHECK;
void klp_elf_close(struct klp_elf *elf);

/* i < nr_sections */
struct elf_section klp_elf_section(struct walk *w, const struct klp_elf *elf, unsigned int i);
struct text klp_elf_section_name(struct walk *w, const struct klp_elf *elf, const struct elf_section *s);
/* The whole range is memory that the module still has. */
bool klp_elf_keeps(const struct klp_elf *elf, uint64_t addr, uint64_t size);

unsigned int klp_elf_rela_size(struct walk *w);
struct elf_rela klp_elf_rela(struct walk *w, const unsigned char *raw);
/* The name of a symbol that stands for one of another object. CORRUPT: it is no such symbol. */
struct text klp_elf_foreign_symbol(struct walk *w, const struct klp_elf *elf, uint32_t i);

#endif
