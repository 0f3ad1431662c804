/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Livepatch relocations as they are collected, looked up and judged, section by section. For relocs.c only. */
#ifndef KLPSCOPE_RELOC_JUDGE_H
#define KLPSCOPE_RELOC_JUDGE_H

#include "model/klp_elf.h"
#include "model/reloc_sites.h"
#include "model/resolve_symbol.h"

struct reloc_module {
	struct reloc_module *next;
	struct module_rec *module;
	struct klp_elf elf;
	struct reloc_sites sites;
	struct reloc_job *job;
};

struct reloc_symbol {
	uint32_t index;			/* in the module's table */
	struct text object, name;
	unsigned int sympos;
	bool in_vmlinux;
	struct mod_info *in_module;	/* NULL: it is in none that is loaded */
	struct val addr;		/* now; NOT_FOUND: there is none */
};

/* Whether the kernel keeps the relocations as the object comes and goes. */
enum reloc_kept {
	RELOC_MAYBE = 0,
	RELOC_KEPT,
	RELOC_LEFT,			/* not those of a patch that is not listed any more, and of an object that it does not have */
};

struct reloc_job {
	struct reloc_job *next;
	struct reloc_section_rec *rec;
	const char *where;		/* for problems */
	struct reloc_module *of;
	struct elf_section target;	/* that is relocated */
	bool is_vmlinux;
	struct mod_info *object;	/* NULL: vmlinux, or it is not loaded */
	enum reloc_kept kept;
	unsigned char *raw;		/* malloc'ed: the relocations as they lie in the module */
	unsigned int count;
	struct reloc_symbol *symbol;	/* malloc'ed: by index; none when the object is not loaded */
	unsigned int nr_symbols;
	size_t asked_at;
	enum klpscope_status symbols_st; /* not OK: some could not be read; said */
	bool said_place;		/* one that could not be read */
	unsigned int *describe;		/* how many mismatches more may be described */
};

/* Fills in what each symbol's address is; reloc_lookup.c. */
void reloc_look_up(struct walk *w, struct reloc_module *first);
/* Counts into job->rec what became of each; describes mismatches, of all jobs as many as *describe says. */
void reloc_judge(struct walk *w, struct reloc_job *job, unsigned int *describe);

#endif
