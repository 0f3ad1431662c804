/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What text and JSON must see alike: names, selection by -p, who counts as what. */
#ifndef KLPSCOPE_VIEW_H
#define KLPSCOPE_VIEW_H

#include "model/record.h"

#define HEX_SIZE 24

/* "0x…" in lower case, no leading zeros. Returns buf. */
const char *view_hex(uint64_t addr, char buf[HEX_SIZE]);

/* The module's name, which is the patch's; NULL: not known. */
const char *view_module_name(const struct module_rec *m);

/* The name, otherwise the address, otherwise (nothing is known of it) NULL. */
const char *view_patch_label(const struct patch_rec *p, char buf[HEX_SIZE]);
const char *view_module_label(const struct module_rec *m, char buf[HEX_SIZE]);
/* The patch in transition. */
const char *view_transition_label(const struct transition_rec *t, char buf[HEX_SIZE]);

bool view_is_address(const char *filter);
/* -p: `filter` is NULL (everything), a name, or the address of a klp_patch, "0x…" or all its 16 digits. */
bool view_patch_selected(const struct patch_rec *p, const char *filter);
bool view_detached_selected(const struct detached_rec *d, const char *filter);
/* Of one that is selected: by a name, and memory has another for it, too. */
bool view_name_doubtful(const struct module_rec *m, const char *filter);
/* By the patch that is its own. */
bool view_module_selected(const struct report *r, const struct module_rec *m, const char *filter);
/* Not OK: what is selected may have more klp relocations than those listed. */
enum klpscope_status view_relocs_status(const struct report *r, const char *filter);
bool view_has(const struct report *r, const char *filter);

/* The walk of klp_patches brought no patch home, but we do not know that there is none. */
bool view_patches_unknown(const struct report *r);

/* What is said of the patches need not be all: some verdict is unknown, or some patch may be missing. */
bool view_patches_doubtful(const struct report *r);

/* False: there may be a transition that we do not see. */
bool view_transition_known(const struct report *r);

/* A patch was being removed. */
bool view_reverting(const struct report *r);
/* A transition is under way, and which code a task runs hangs on whether it has switched. */
bool view_task_by_task(const struct report *r);

#endif
