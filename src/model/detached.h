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

/* Whether a klp_patch is linked to neighbours on a list. */
enum patch_link patch_link(struct walk *w, uint64_t patch);

#endif
