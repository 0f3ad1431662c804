// SPDX-License-Identifier: GPL-2.0-or-later
/* A capsule as an ELF core file: a segment for each run of frames. */
#include <elf.h>

#include "capsule/image.h"

#define EHDR	64u
#define PHDR	56u
#define HEADERS_MAX	(PN_XNUM - 1u)
/* Not an address in any kernel of 64 bits: x86_64 and arm64 fault there, s390x maps nothing so high. */
#define NOWHERE		(1ull << 63)

struct run {
	uint64_t frame, n;
};

static bool in_kernel(const struct image *im, uint64_t frame)
{
	uint64_t phys = frame * CAPSULE_FRAME;

	return phys >= im->kernel.phys && phys - im->kernel.phys < im->kernel.size;
}

/* The run of frames that are there from the i-th on; returns the one behind it, or 0 when there is none. */
static size_t next_run(const struct image *im, size_t i, struct run *run)
{
	const struct pages *ps = im->pages;
	size_t count = pages_count(ps);

	while (i < count && !image_has(im, pages_get(ps, i)))
		i++;
	if (i == count)
		return 0;
	*run = (struct run){ pages_get(ps, i)->frame, 1 };
	for (i++; i < count; i++, run->n++) {
		const struct page_rec *p = pages_get(ps, i);

		if (!image_has(im, p) || p->frame != run->frame + run->n || in_kernel(im, p->frame) != in_kernel(im, run->frame))
			break;
	}
	return i;
}

static void count(const struct image *im, uint64_t *runs, uint64_t *frames)
{
	struct run run;

	*runs = *frames = 0;
	for (size_t i = next_run(im, 0, &run); i; i = next_run(im, i, &run)) {
		++*runs;
		*frames += run.n;
	}
}

/* One for the notes, and one for each run. */
static uint64_t count_headers(uint64_t runs)
{
	return 1 + (runs ? runs : 1);
}

static uint64_t headers_size(const struct image *im, uint64_t runs)
{
	uint64_t size = EHDR + count_headers(runs) * PHDR + im->notes_size;

	return (size + CAPSULE_FRAME - 1) & ~(uint64_t)(CAPSULE_FRAME - 1);
}

uint64_t image_elf_size(const struct image *im)
{
	uint64_t runs, frames;

	count(im, &runs, &frames);
	return runs >= HEADERS_MAX ? UINT64_MAX : headers_size(im, runs) + frames * CAPSULE_FRAME;
}

static void write_header(const struct image *im, FILE *out, uint64_t headers)
{
	static const unsigned char rest[EI_NIDENT - EI_OSABI];

	fwrite(ELFMAG, 1, SELFMAG, out);
	putc(ELFCLASS64, out);
	putc(im->big_endian ? ELFDATA2MSB : ELFDATA2LSB, out);
	putc(EV_CURRENT, out);
	fwrite(rest, 1, sizeof(rest), out);
	image_number(im, out, ET_CORE, 2);
	image_number(im, out, im->facts.machine, 2);
	image_number(im, out, EV_CURRENT, 4);
	image_number(im, out, 0, 8);		/* e_entry */
	image_number(im, out, EHDR, 8);		/* e_phoff */
	image_number(im, out, 0, 8);		/* e_shoff */
	image_number(im, out, 0, 4);		/* e_flags */
	image_number(im, out, EHDR, 2);
	image_number(im, out, PHDR, 2);
	image_number(im, out, headers, 2);
	image_number(im, out, 0, 6);		/* no sections */
}

/*
 * Outside of the kernel page tables tell. drgn believes a segment's address before them, so it must be none that a
 * pointer can have: with 0, as QEMU writes it, NULL pointed to a page of the dump, and what stood there was believed.
 * But a kernel that lies where its physical memory does has all memory so (s390x before 6.10), and drgn 0.0.22 knows
 * no page tables of s390x.
 */
static uint64_t virtual_address(const struct image *im, uint64_t phys)
{
	if (in_kernel(im, phys / CAPSULE_FRAME))
		return im->kernel.virt + (phys - im->kernel.phys);
	return im->kernel.size && im->kernel.virt == im->kernel.phys ? phys : NOWHERE | phys;
}

static void write_segment(const struct image *im, FILE *out, uint32_t type, uint64_t offset, uint64_t phys,
			  uint64_t size, uint64_t memory)
{
	image_number(im, out, type, 4);
	image_number(im, out, type == PT_LOAD ? PF_R | PF_W | PF_X : 0, 4);
	image_number(im, out, offset, 8);
	image_number(im, out, type == PT_LOAD ? virtual_address(im, phys) : 0, 8);
	image_number(im, out, phys, 8);
	image_number(im, out, size, 8);
	image_number(im, out, memory, 8);
	/*
	 * crash takes an ELF file for one of kexec by this, or by an offset in the middle of a page, and otherwise
	 * for one of netdump, and then knows no KASLR (8.0.2, 9.0.2: netdump.c, is_netdump()).
	 */
	image_number(im, out, 0, 8);
}

static void write_headers(const struct image *im, FILE *out, uint64_t runs)
{
	uint64_t at = headers_size(im, runs), used = EHDR + count_headers(runs) * PHDR;
	struct run run;

	write_header(im, out, count_headers(runs));
	write_segment(im, out, PT_NOTE, used, 0, im->notes_size, 0);
	/* Nothing could be read: an ELF file without memory would be taken for none of a machine. */
	if (!runs)
		write_segment(im, out, PT_LOAD, at, 0, 0, CAPSULE_FRAME);
	for (size_t i = next_run(im, 0, &run); i; i = next_run(im, i, &run)) {
		uint64_t size = run.n * CAPSULE_FRAME;

		write_segment(im, out, PT_LOAD, at, run.frame * CAPSULE_FRAME, size, size);
		at += size;
	}
	fwrite(im->notes, 1, im->notes_size, out);
	image_zeros(out, headers_size(im, runs) - used - im->notes_size);
}

enum klpscope_status image_write_elf(const struct image *im, FILE *out)
{
	unsigned char frame[CAPSULE_FRAME];
	enum klpscope_status st = KLPSCOPE_OK;
	uint64_t runs, frames;

	count(im, &runs, &frames);
	if (runs >= HEADERS_MAX)
		return KLPSCOPE_LIMIT;
	write_headers(im, out, runs);
	for (size_t i = 0; !st && i < pages_count(im->pages); i++) {
		const struct page_rec *p = pages_get(im->pages, i);

		if (!image_has(im, p))
			continue;
		st = image_fetch(im, p, frame);
		if (!st)
			fwrite(frame, 1, sizeof(frame), out);
	}
	return st ? st : image_written(out, headers_size(im, runs) + frames * CAPSULE_FRAME);
}
