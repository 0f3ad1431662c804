/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_PROVIDER_ELFSYM_H
#define KLPSCOPE_PROVIDER_ELFSYM_H

#include <libelf.h>

#include "target/target.h"

/*
 * The symbol table of a vmlinux, in the order that kallsyms would have it, so
 * that positions and the choice among aliases are the kernel's.
 */
struct elfsym;

/* NOT_FOUND: the file has no symbol table. `elf` must outlive it. */
enum klpscope_status elfsym_new(struct target *t, Elf *elf, struct elfsym **out) MUST_CHECK;
void elfsym_free(struct elfsym *s);

/* Where it is now: until elfsym_place(), as linked. False when there is none. */
bool elfsym_find(const struct elfsym *s, const char *name, uint64_t *addr);

/* Moves to where KASLR put the kernel, and sorts; to be called once before the questions. */
void elfsym_place(struct elfsym *s, uint64_t offset);

void elfsym_symbols(struct elfsym *s, struct symbol_query *q, size_t n);
enum klpscope_status elfsym_name_address(struct elfsym *s, uint64_t addr, struct symbol_name *out) MUST_CHECK;

#endif
