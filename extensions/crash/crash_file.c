// SPDX-License-Identifier: GPL-2.0-or-later
#include "backend/capsule.h"
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

/* What a capsule says of itself; to crash it is a dump like any other, with zeros where it has nothing. */
static struct capsule capsule;

static bool load_capsule(const struct failure *failure)
{
	bool big = image.is_elf && image.elf.big_endian;
	struct diskdump_header header;
	enum klpscope_status status = KLPSCOPE_OK;

	for (size_t i = 0; image.is_elf && !status && i < image.elf.notes.n; i++)
		status = capsule_load(&capsule, &image.file, image.elf.notes.v[i].at, image.elf.notes.v[i].len, big,
				      failure);
	if (registers.is_open) {
		status = diskdump_read_header(&registers.file, &header, failure);
		if (!status)
			status = capsule_load(&capsule, &registers.file, header.notes_at, header.notes_size,
					      header.big_endian, failure);
	}
	return !status && !capsule_check(&capsule, image.is_elf ? &image.file : &registers.file, failure);
}

/* To open a flattened file takes as long as it is large, and a capsule is small. */
static bool is_small(void)
{
	struct stat about;

	return !stat(pc->dumpfile, &about) && about.st_size < (off_t)64 << 20;
}

static bool open_kdump(const struct failure *failure)
{
	struct progress nobody = { 0 };

	if (registers.is_open || !DISKDUMP_DUMPFILE() || !pc->dumpfile || (FLAT_FORMAT() && !is_small()))
		return true;
	if (dumpfile_open(&registers.file, pc->dumpfile, &nobody, failure))
		return false;
	registers.is_open = diskdump_probe(&registers.file);
	if (!registers.is_open)
		dumpfile_close(&registers.file);
	return !registers.is_open || load_capsule(failure);
}

static bool open_file(const struct failure *failure)
{
	struct progress nobody = { 0 };

	if (image.is_elf || !pc->dumpfile || !DUMPFILE() || !(NETDUMP_DUMPFILE() || KDUMP_DUMPFILE()))
		return open_kdump(failure);
	if (dumpfile_open(&image.file, pc->dumpfile, &nobody, failure))
		return false;
	if (!elfcore_probe(&image.file)) {
		dumpfile_close(&image.file);
		return true;
	}
	if (elfcore_open(&image.elf, &image.file, failure)) {
		dumpfile_close(&image.file);
		return false;
	}
	image.is_elf = true;
	return load_capsule(failure);
}

/* A capsule that was refused is refused again: the next command must not take it for a dump. */
bool crash_file_open(const char **why)
{
	static char words[256];
	struct failure failure = { words, sizeof(words) };

	*why = words;
	if (open_file(&failure))
		return true;
	crash_file_close();
	return false;
}

void crash_file_close(void)
{
	prstatus_free(&registers.notes);
	if (registers.is_open)
		dumpfile_close(&registers.file);
	registers.is_open = false;
	capsule_free(&capsule);
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
	if (capsule.present)
		return "capsule, ELF";
	return image.file.flattened ? "flattened ELF" : "ELF";
}

enum klpscope_status crash_file_has(uint64_t phys, size_t len)
{
	enum klpscope_status status = capsule.present ? capsule_has(&capsule, phys, len) : KLPSCOPE_OK;

	return status || !image.is_elf ? status : elfcore_has(&image.elf, phys, len);
}

bool crash_file_is_capsule(void)
{
	return capsule.present;
}

void crash_file_tell(struct klpscope_host *host)
{
	if (!capsule.present)
		return;
	host->origin = capsule.origin;
	host->answers = capsule.answers;
	host->answers_length = capsule.answers_length;
	host->damaged = capsule.damaged;
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
	enum klpscope_status status = KLPSCOPE_OK;

	if (!registers.notes.end) {
		status = look_for_registers();
		prstatus_doubt(&registers.notes, capsule_registers_end(&capsule));
	}

	*len = 0;
	return status ? status : prstatus_read(&registers.notes, n, buf, size, len);
}
