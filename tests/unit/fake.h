/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fake target described as text, so that a unit test shows the kernel
 * memory that it is about:
 *
 *	endian big			# or little, which is the default
 *	pointer 4			# or 8, which is the default
 *	vmcoreinfo OSRELEASE 6.1.0
 *	vmcoreinfo SYMBOL(_stext) @text
 *	symbol klp_patches @patches	# the host's own symbol(); a third word: its size
 *	symbol klp_ops excluded		# a status instead of an address: the lookup fails so
 *	member klp_patch mod 0 8	# the host's own member(): type, member, offset, size
 *	member klp_patch objs fault	# a status here as well
 *	type klp_patch 400		# the host's own type_size()
 *	prstatus @regs 336		# the next NT_PRSTATUS note: what lies there, and its length
 *	prstatus truncated		# a status instead
 *	no symbols			# no symbol() and name_address(), even with lines above
 *	no types			# no member() and type_size()
 *	at 0xffff888000001000		# from here on
 *	@patches: ptr @klp_a+8 @klp_a+8	# a label, pointers in the dump's size and byte order
 *	u8 1 2				# u8, u16, u32, u64
 *	str "name\x1b[31m"		# \xNN \n \t \" \\ and the NUL at the end
 *	zero 64
 *	align 8				# zeros up to the next multiple
 *	hole @klp_a 8 excluded		# or truncated or fault: whatever lies there
 *
 * Wherever a number is wanted, so is a sum of numbers and labels ("@a+8",
 * "@b-@a"), and labels may be defined further down (except for `at`, `zero`,
 * `align`, and the length of a hole or of a note).  "#" at the start of a word begins a
 * comment.  A line that cannot be understood fails the test with its number.
 *
 * The value of `vmcoreinfo` is the rest of the line; "@label" becomes bare hex.
 *
 * symbol() exists when the text has a `symbol` line, member() when it has a
 * `member` or `type` line; otherwise the engine's own providers must step in.
 * prstatus() exists when it has a `prstatus` line.  The bytes of a note are
 * described as memory, best where the kernel has none; holes count.
 *
 * Memory that was never described is not mapped (FAULT).  But the target
 * reads whole pages: bytes that were not described, in a page of which some
 * byte was, are zero.
 */
#ifndef KLPSCOPE_TESTS_FAKE_H
#define KLPSCOPE_TESTS_FAKE_H

#include "target/target.h"

struct fake;

struct fake *fake_parse(const char *text);

/* Frees the targets as well. */
void fake_free(struct fake *f);

/* A new target each time, that sees later changes only where it has not yet read. */
struct target *fake_target(struct fake *f);

/* For klpscope_attach(). Valid until fake_free(). */
const struct klpscope_target_ops *fake_ops(struct fake *f);
const struct klpscope_host *fake_host(struct fake *f);

void fake_write(struct fake *f, uint64_t addr, const void *bytes, size_t len);
/* One number of `size` bytes in the fake's byte order. */
void fake_write_uint(struct fake *f, uint64_t addr, uint64_t value, unsigned int size);
void fake_hole(struct fake *f, uint64_t addr, uint64_t len, enum klpscope_status status);
/* Replaces what the key had; NULL removes it. */
void fake_vmcoreinfo(struct fake *f, const char *key, const char *value);

uint64_t fake_label(struct fake *f, const char *name);

/* How often the backend was asked to read, and for how many bytes. */
uint64_t fake_reads(const struct fake *f);
uint64_t fake_bytes(const struct fake *f);

#endif
