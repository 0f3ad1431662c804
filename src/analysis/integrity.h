/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the integrity check: what contradicts itself, each thing told once. */
#ifndef KLPSCOPE_INTEGRITY_H
#define KLPSCOPE_INTEGRITY_H

#include "analysis/analysis.h"

/* In the order in which they are called. The first tells nothing: it notes which stacks have a wrong function. */
void integrity_start(struct report *r);
void integrity_transition(struct report *r);
void integrity_modules(struct report *r);
void integrity_ftrace(struct report *r);
void integrity_functions(struct report *r);
void integrity_users(struct report *r);
void integrity_tasks(struct report *r);

/* --- for each other --- */

/* The flags of a transition contradict each other: nothing that follows from them is told. */
bool integrity_transition_broken(const struct report *r);
/* kernel.ftrace_enabled was 0: no klp_ops was called. */
bool integrity_ftrace_off(const struct report *r);
/* The kernel calls this klp_ops; true as well when it is not known. */
bool integrity_registered(const struct report *r, const struct ops_rec *ops);
/* The function that is replaced is not the one that it names. */
bool integrity_wrong_function(const struct func_rec *f);
/* A patch that is off the list but marked enabled: what of it is on stacks comes from that. */
bool integrity_is_lost(const struct report *r, const char *module);

/* --- words --- */

const char *integrity_patch(const struct patch_rec *p);		/* its name, or "of unknown name" */
const char *integrity_object(const struct object_rec *o);
const char *integrity_func(const struct func_rec *f);
const char *integrity_module(const struct module_rec *m);
const char *integrity_hex(struct report *r, uint64_t v);
/* Where the function that is replaced lies: "f+0x4", or its address. */
const char *integrity_symbol(struct report *r, const struct symbol_name *s, uint64_t addr);

/*
 * While klp_mutex is held, or nobody knows whether it is, lists and flags may be half-way: then what contradicts
 * itself is only a fact, and these are the words that say why.
 */
enum finding_severity integrity_severity(const struct report *r);
const char *integrity_excuse(const struct report *r);

#endif
