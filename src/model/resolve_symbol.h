/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_RESOLVE_SYMBOL_H
#define KLPSCOPE_RESOLVE_SYMBOL_H

#include "model/module.h"

/* A symbol that a livepatch names, and the address that it has now. */
struct object_symbol {
	struct mod_info *object;	/* NULL: vmlinux */
	const char *name;
	unsigned int sympos;		/* 0: the only one of that name; n: the n-th */
	/*
	 * Filled in.  NOT_FOUND: the object has no such symbol.  UNSUPPORTED:
	 * sympos is 0, and it has several.
	 */
	struct val addr;
};

/* Found as klp_find_object_symbol() finds them. Those of vmlinux cost one pass over all its names, however many they are. */
void walk_object_symbols(struct walk *w, struct object_symbol *symbols, size_t n);

/* One; for many, the above. */
struct val walk_object_symbol(struct walk *w, struct mod_info *object, const char *name, unsigned int sympos);

#endif
