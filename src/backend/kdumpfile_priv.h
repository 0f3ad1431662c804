/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For kdumpfile.c and kdumpfile_facts.c only. */
#ifndef KLPSCOPE_KDUMPFILE_PRIV_H
#define KLPSCOPE_KDUMPFILE_PRIV_H

#include "backend/diskdump.h"
#include "backend/elfcore.h"
#include "backend/kdumpfile.h"
#include "backend/xlat.h"

struct kdumpfile_backend {
	struct dumpfile *files;
	size_t count;
	bool is_elf;
	struct elfcore elf;
	struct diskdump diskdump;
	struct capsule capsule;
	struct vmcoreinfo vmcoreinfo;
	bool vmcoreinfo_in_notes;	/* or in the header; otherwise it was looked for */
	struct prstatus prstatus;	/* from the first question on */
	struct xlat *xlat;
	struct kdumpfile_watch watch;
	const char *architecture;
	char format[96];
	char problem[160];
};

#define X86_64_TEXT	0xffffffff80000000u

/* Of x86_64, by what the file itself says; VMCOREINFO, where it tells, knows better. */
bool kdumpfile_backend_phys_base(const struct kdumpfile_backend *b, uint64_t *v);

uint16_t kdumpfile_backend_machine(const struct kdumpfile_backend *b);
void kdumpfile_backend_look_for_registers(struct kdumpfile_backend *b);

#endif
