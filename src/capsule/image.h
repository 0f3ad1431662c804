/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written of a capsule, in either of its forms. */
#ifndef KLPSCOPE_IMAGE_H
#define KLPSCOPE_IMAGE_H

#include <stdio.h>

#include "backend/diskdump.h"
#include "backend/kdumpfile.h"
#include "capsule/pages.h"

struct image {
	const struct pages *pages;
	struct kdumpfile_backend *backend;
	bool redact;
	/*
	 * For crash, which reads the holes of an ELF dump as zeros, and ends when it finds nothing: pages that an
	 * ELF dump has left out are zeros to it here, too. klpscope asks the map first.
	 */
	bool holes_are_zeros;
	bool big_endian;
	struct kdumpfile_facts facts;
	/*
	 * Where the kernel's image lies; size 0: not known, or not in one piece. drgn 0.0.22 reads the root of
	 * the page tables by its virtual address, so somebody must tell it by other means where that is.
	 */
	struct {
		uint64_t virt, phys, size;
	} kernel;
	unsigned char utsname[DISKDUMP_UTSNAME_SIZE];
	unsigned char *notes;
	size_t notes_size;
};

/* Is it in the file? */
bool image_has(const struct image *im, const struct page_rec *p);

/* The frame's bytes that belong into the capsule, and zeros around them. The page is one that is in. */
KLPSCOPE_MUST_CHECK
enum klpscope_status image_fetch(const struct image *im, const struct page_rec *p, unsigned char *frame);

/* Which bytes of that are real, also those that a secret was overwritten with. */
void image_real_bytes(const struct image *im, const struct page_rec *p, uint64_t real[CAPSULE_FRAME / 64]);

/* A number in the dump's byte order. */
void image_number(const struct image *im, FILE *out, uint64_t v, unsigned int size);
void image_zeros(FILE *out, uint64_t n);
/* NO_MEMORY unless all `size` bytes of the image were written: a stream in memory says so nowhere else. */
KLPSCOPE_MUST_CHECK
enum klpscope_status image_written(FILE *out, uint64_t size);

/* Of an ELF capsule, without making it. */
uint64_t image_elf_size(const struct image *im);
/* Of what a kdump-compressed one has besides pages: two bits for each frame of the machine. */
uint64_t image_bitmaps_size(const struct image *im);

KLPSCOPE_MUST_CHECK
enum klpscope_status image_write_elf(const struct image *im, FILE *out);
KLPSCOPE_MUST_CHECK
enum klpscope_status image_write_kdump(const struct image *im, FILE *out);

#endif
