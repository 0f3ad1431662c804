/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLP_TEST_TARGET_H
#define KLP_TEST_TARGET_H

/*
 * Two functions of klp_test_target have the same name; these reach them.
 */
int klp_target_first(void);
int klp_target_second(void);

/* Not patched by anybody; the new klp_target_descend calls it. */
int klp_target_bottom(int *where);

#endif
