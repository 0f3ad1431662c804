/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_DETACHED_H
#define KLPSCOPE_DETACHED_H

#include "model/walk.h"

enum patch_link { PATCH_LINK_UNKNOWN = 0, PATCH_LINKED, PATCH_UNLINKED };

/*
 * The klp_patch of a livepatch module, found in the module's own memory:
 * a variable of that type, or a pointer to one, whose .mod is the module.
 * NOT_FOUND: there is none among its symbols.  Otherwise .v is where it would
 * be, though it cannot be read.
 */
struct val patch_in_module(struct walk *w, const struct module_rec *m);

/* Some listed patch is known to be that module's. */
bool patch_is_listed(const struct report *r, const struct module_rec *m);

/*
 * A listed patch whose .mod could not be read belongs to the module in which
 * it lies: true when the one at `addr` was such, and is m's now.
 */
bool patch_adopt(struct report *r, uint64_t addr, struct module_rec *m);

/* Whether a klp_patch is linked to neighbours on a list. */
enum patch_link patch_link(struct walk *w, uint64_t patch);

#endif
