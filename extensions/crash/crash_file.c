// SPDX-License-Identifier: GPL-2.0-or-later
#include "backend/elfcore.h"
#include "crash_defs.h"
#include "crash_file.h"

/*
 * crash reads the holes of an ELF dump (p_filesz < p_memsz), which makedumpfile
 * leaves for the pages that it filters out, as zeros: an empty list, a patch
 * that is not enabled.  So the program headers are looked at here.
 */
static struct {
	bool is_elf;		/* and open */
	struct dumpfile file;
	struct elfcore elf;
} image;

bool crash_file_open(const char **why)
{
	static char words[256];
	struct failure failure = { words, sizeof(words) };
	struct progress nobody = { 0 };

	if (image.is_elf || !pc->dumpfile || !DUMPFILE() || !(NETDUMP_DUMPFILE() || KDUMP_DUMPFILE()))
		return true;
	*why = words;
	if (dumpfile_open(&image.file, pc->dumpfile, &nobody, &failure))
		return false;
	if (!elfcore_probe(&image.file)) {
		dumpfile_close(&image.file);
		return true;
	}
	if (elfcore_open(&image.elf, &image.file, &failure)) {
		dumpfile_close(&image.file);
		return false;
	}
	image.is_elf = true;
	return true;
}

void crash_file_close(void)
{
	if (!image.is_elf)
		return;
	elfcore_close(&image.elf);
	dumpfile_close(&image.file);
	image.is_elf = false;
}

const char *crash_file_format(void)
{
	if (!image.is_elf)
		return NULL;
	return image.file.flattened ? "flattened ELF" : "ELF";
}

enum klpscope_status crash_file_has(uint64_t phys, size_t len)
{
	return image.is_elf ? elfcore_has(&image.elf, phys, len) : KLPSCOPE_OK;
}
