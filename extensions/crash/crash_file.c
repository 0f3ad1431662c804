// SPDX-License-Identifier: GPL-2.0-or-later
#include "backend/diskdump.h"
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

/*
 * crash keeps these notes, too, and gives them away by CPU, but not all of them
 * (netdump_get_prstatus_percpu(), diskdump_get_prstatus_percpu()).  When all
 * CPUs were online and one did not save its registers, it gives none of any.
 * When one was offline, 8.0.2 gives none of the last CPU of an ELF dump; and if
 * another has none, its pointer in a kdump-compressed one is out of memory that
 * nobody has set.  So they are read here, as the command reads them.
 */
static struct {
	bool is_open;		/* kdump-compressed: nothing else of it is needed */
	struct dumpfile file;
	struct prstatus notes;
} registers;

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
	prstatus_free(&registers.notes);
	if (registers.is_open)
		dumpfile_close(&registers.file);
	registers.is_open = false;
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

/* crash takes the notes of a split set from one of its parts as well: each has all. */
static enum klpscope_status registers_of_kdump(void)
{
	struct diskdump_header header;
	struct progress nobody = { 0 };
	enum klpscope_status status;

	if (!registers.is_open) {
		status = dumpfile_open(&registers.file, pc->dumpfile, &nobody, NULL);
		if (status)
			return status;
		registers.is_open = true;
	}
	if (!diskdump_probe(&registers.file))
		return KLPSCOPE_NOT_FOUND;
	status = diskdump_read_header(&registers.file, &header, NULL);
	if (!status)
		diskdump_prstatus(&registers.file, &header, &registers.notes);
	return status;
}

static enum klpscope_status look_for_registers(void)
{
	if (image.is_elf) {
		elfcore_prstatus(&image.elf, &registers.notes);
		return KLPSCOPE_OK;
	}
	return DISKDUMP_DUMPFILE() ? registers_of_kdump() : KLPSCOPE_NOT_FOUND;
}

enum klpscope_status crash_file_prstatus(unsigned int n, void *buf, size_t size, size_t *len)
{
	enum klpscope_status status = registers.notes.end ? KLPSCOPE_OK : look_for_registers();

	*len = 0;
	return status ? status : prstatus_read(&registers.notes, n, buf, size, len);
}
