// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "backend/dumpfile.h"
#include "capsule/lowcore.h"

/* struct lowcore and struct os_info of arch/s390/include/asm/, at absolute addresses and packed. */
#define LC_VMCORE_INFO		0xe0c
#define LC_OS_INFO		0xe18
#define OS_INFO_SIZE		4096u
#define OS_INFO_ENTRY		32	/* address and size of VMCOREINFO */
#define OS_INFO_MAGIC		0x4f53494e464f535aull
#define NOTE_HEAD		12u

/* VMCOREINFO_BYTES is a page, its note some more. */
#define LENGTH_MAX		16384u

static bool add(struct pages *ps, struct kdumpfile_backend *b, uint64_t phys, void *to, size_t len)
{
	unsigned char *p = to;

	while (len) {
		size_t room = CAPSULE_FRAME - phys % CAPSULE_FRAME, n = room < len ? room : len;

		if (kdumpfile_backend_read_phys(b, phys, p, n))
			return false;
		pages_add(ps, phys, n, PURPOSE_SYSTEM);
		phys += n;
		p += n;
		len -= n;
	}
	return true;
}

static uint64_t number(const unsigned char *p, unsigned int size)
{
	return dumpfile_uint(p, size, true);
}

/* 0: there is none, or it is not in the dump. */
static uint64_t add_pointer(struct pages *ps, struct kdumpfile_backend *b, uint64_t at)
{
	unsigned char raw[8];

	return add(ps, b, at, raw, sizeof(raw)) ? number(raw, sizeof(raw)) : 0;
}

/* By the kernel's table of such things; its checksum is over all of it. */
static void add_os_info(struct pages *ps, struct kdumpfile_backend *b)
{
	unsigned char info[OS_INFO_SIZE], rest[LENGTH_MAX];
	uint64_t addr = add_pointer(ps, b, LC_OS_INFO), size;

	if (!addr || addr % OS_INFO_SIZE || !add(ps, b, addr, info, sizeof(info)) || number(info, 8) != OS_INFO_MAGIC)
		return;
	addr = number(info + OS_INFO_ENTRY, 8);
	size = number(info + OS_INFO_ENTRY + 8, 8);
	if (addr && size <= sizeof(rest))
		(void)add(ps, b, addr, rest, (size_t)size);
}

/* By the pointer to its note, where there is no such table. */
static void add_note(struct pages *ps, struct kdumpfile_backend *b)
{
	unsigned char head[NOTE_HEAD], rest[LENGTH_MAX];
	uint64_t addr = add_pointer(ps, b, LC_VMCORE_INFO), size;

	if (!addr || !add(ps, b, addr, head, sizeof(head)))
		return;
	size = ((number(head, 4) + 3) & ~3ull) + number(head + 4, 4);
	if (size <= sizeof(rest))
		(void)add(ps, b, addr + NOTE_HEAD, rest, (size_t)size);
}

void capsule_add_lowcore(struct pages *ps, struct kdumpfile_backend *b)
{
	if (strcmp(kdumpfile_backend_architecture(b), "s390x"))
		return;
	add_os_info(ps, b);
	add_note(ps, b);
}
