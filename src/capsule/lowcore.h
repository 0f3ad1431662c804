/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libkdumpfile, and with it drgn, wants of a dump of s390x before it opens it: VMCOREINFO, by way of the lowcore,
 * whatever the dump's notes have.
 */
#ifndef KLPSCOPE_LOWCORE_H
#define KLPSCOPE_LOWCORE_H

#include "backend/kdumpfile.h"
#include "capsule/pages.h"

/* Best effort: what the dump lacks, others do not find in the dump either. */
void capsule_add_lowcore(struct pages *ps, struct kdumpfile_backend *b);

#endif
