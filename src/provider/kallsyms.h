/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_PROVIDER_KALLSYMS_H
#define KLPSCOPE_PROVIDER_KALLSYMS_H

#include "target/target.h"

/*
 * vmlinux symbols out of the kallsyms tables in dump memory, found through
 * VMCOREINFO.  Every address encoding is tried and must prove itself
 * on _stext and other symbols that VMCOREINFO knows; a table that fits none
 * is refused.
 */
enum klpscope_status kallsyms_provider_new(struct target *t, struct provider **out) MUST_CHECK;

#endif
