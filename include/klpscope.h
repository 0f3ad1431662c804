/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klpscope: which livepatches were in effect when this kernel crashed?
 *
 * This is the whole public interface of the engine.  A program (or ctypes)
 * creates a context, gives it a dump by one of the two ways below, collects,
 * and renders:
 *
 *	struct klpscope *ks = klpscope_new();
 *
 *	if (klpscope_open(ks, &files) || klpscope_collect(ks))
 *		fprintf(stderr, "%s\n", klpscope_error(ks));
 *	else if (!klpscope_render(ks, &how, &text, &length))
 *		fwrite(text, 1, length, stdout);
 *	free(text);
 *	klpscope_free(ks);
 *
 * Structures that the caller fills start with their own size, so that they
 * can grow: zero the whole of one, padding and all, and set .size to its
 * sizeof.  An older caller's is shorter: what it lacks is zero.  A newer one's
 * is longer, and INVALID when something is set that the library does not know
 * of.  Functions, members and numbers stay what they are (soname libklpscope.so.0).
 *
 * Addresses are kernel virtual addresses in host byte order.  A context is
 * used by one thread at a time; any number of contexts may exist, they share
 * nothing.
 *
 * All of it since 0.1, except where another is named.
 */
#ifndef KLPSCOPE_H
#define KLPSCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KLPSCOPE_API __attribute__((visibility("default")))
#define KLPSCOPE_MUST_CHECK __attribute__((warn_unused_result))

/*
 * Different answers that stay different up to the report.  "The kernel has no
 * such thing" and "the dump does not hold it" must never be confused.
 */
enum klpscope_status {
	KLPSCOPE_OK = 0,
	KLPSCOPE_NOT_FOUND,	/* the kernel does not have it */
	KLPSCOPE_EXCLUDED,	/* filtered out of the dump (or a hole that reads as zeros) */
	KLPSCOPE_TRUNCATED,	/* should be in the file, but the file ends before it */
	KLPSCOPE_FAULT,		/* not mapped in the crashed kernel */
	KLPSCOPE_CORRUPT,	/* it contradicts itself */
	KLPSCOPE_LIMIT,		/* more than we are ready to walk or store */
	KLPSCOPE_UNSUPPORTED,	/* understood, but not something we can do */
	KLPSCOPE_NO_MEMORY,
	KLPSCOPE_SYSTEM,	/* an operating system call on our side failed */
	KLPSCOPE_INVALID,	/* the caller's mistake */
};

/* A short English phrase for a status; a static string. */
KLPSCOPE_API const char *klpscope_strstatus(enum klpscope_status status);

struct klpscope;

/* A new, empty context; NULL when there is no memory. */
KLPSCOPE_API struct klpscope *klpscope_new(void);

/* Frees the context and all that it handed out except rendered text. */
KLPSCOPE_API void klpscope_free(struct klpscope *ks);

/*
 * What went wrong in the last call that did not return KLPSCOPE_OK: one line,
 * printable, never NULL.  Owned by the context, valid until the next call.
 */
KLPSCOPE_API const char *klpscope_error(const struct klpscope *ks);

/* Way one: dump files. */
struct klpscope_files {
	size_t size;
	const char *const *paths;	/* one dump: a file, or the parts of a split set in any order */
	size_t count;
	const char *vmlinux;		/* NULL, or a vmlinux (or its .debug) of the crashed kernel */
	bool force;			/* use vmlinux even if its build id is not the dump's */
	/*
	 * Flattened files: what is needed of one is rearranged in memory (NULL), or in
	 * an unlinked file in this folder, which must have room for it.
	 */
	const char *tmpdir;
	/*
	 * NULL, or called now and then while the records of a flattened file are
	 * looked through, and while a dump without VMCOREINFO is searched for it.
	 */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *progress_arg;
};

KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_open(struct klpscope *ks, const struct klpscope_files *files);

/*
 * For hosts in a language whose callbacks may end without a word, and with any value: in Python a signal may strike
 * one before its first line.  Each callback stores its status, and then counts.  Since 0.5.
 */
struct klpscope_answer {
	uint32_t count;			/* of callbacks that ended as they should; it may wrap */
	int32_t status;			/* of the last one */
	uint32_t lost;			/* the engine counts those that did not count; they have failed: KLPSCOPE_SYSTEM */
};

/*
 * Way two: a host that already has the dump open (crash, drgn, a test) lends
 * its eyes.  Each callback gets `arg` and returns KLPSCOPE_OK or why not;
 * those that a host cannot offer stay NULL.  Names and layouts are read out of
 * the dump (kallsyms and BTF, through read()), and what it does not tell is
 * asked of the host: so the same dump gives the same report everywhere.
 */
struct klpscope_target_ops {
	size_t size;
	void *arg;

	/* Exactly `len` bytes at kernel virtual address `addr`, as they lie in memory. Required. */
	enum klpscope_status (*read)(void *arg, uint64_t addr, void *buf, size_t len);

	/*
	 * One line of VMCOREINFO by its key, without the key and '=': "SYMBOL(_stext)",
	 * "OSRELEASE".  Store a pointer that stays valid until the next call.
	 */
	enum klpscope_status (*vmcoreinfo)(void *arg, const char *key, const char **value);

	/* Address of a vmlinux symbol. NOT_FOUND only when the host has the whole table. */
	enum klpscope_status (*symbol)(void *arg, const char *name, uint64_t *addr);

	/* Name of the symbol that covers `addr` and the offset into it; pointer valid until the next call. */
	enum klpscope_status (*name_address)(void *arg, uint64_t addr, const char **name, uint64_t *offset);

	/* Byte offset and byte size of a member ("klp_patch", "mod"). */
	enum klpscope_status (*member)(void *arg, const char *type, const char *member,
				       uint64_t *offset, uint64_t *size);

	/* Size in bytes of "klp_patch" (a struct or union tag). */
	enum klpscope_status (*type_size)(void *arg, const char *type, uint64_t *size);

	/*
	 * What the n-th NT_PRSTATUS note of the dump holds (struct elf_prstatus of the crashed
	 * kernel's architecture), as it lies there: *len bytes of it, at most `size`, in buf.
	 * NOT_FOUND: the dump has no more than n of them. Which CPU one belongs to the engine
	 * finds out by itself. Since 0.2.
	 */
	enum klpscope_status (*prstatus)(void *arg, unsigned int n, void *buf, size_t size, size_t *len);

	/* NULL, or where each callback leaves its status: then what it returns is not looked at. Since 0.5. */
	struct klpscope_answer *answer;
};

/*
 * What the host knows of the dump itself; strings are copied, NULL is "unknown".
 * The dump is a capsule when `origin` is not NULL; then read() must fail for bytes that it does not hold.
 */
struct klpscope_host {
	size_t size;
	const char *path;
	const char *format;
	const char *architecture;	/* required: "x86_64", … as report.md names it */
	bool big_endian;
	uint8_t pointer_size;		/* required: 4 or 8 */
	const char *origin;		/* the first note of a capsule; since 0.3 */
	const char *answers;		/* what its third one holds, unpacked; since 0.3 */
	size_t answers_length;
	bool damaged;			/* the capsule's checksum is not that of its file; since 0.3 */
};

KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_attach(struct klpscope *ks, const struct klpscope_target_ops *ops,
				     const struct klpscope_host *host);

/*
 * Way two for a host that has dump files open which klpscope can read as well: it lends memory, names and types.
 * What the files say of themselves is read out of them: format, architecture, VMCOREINFO, registers, what a capsule
 * holds; of `ops` vmcoreinfo and prstatus are not called.  What the files do not hold is not asked of read(), which
 * may have zeros for it, and what read() fails to give is taken from the files, unless it fails with
 * KLPSCOPE_SYSTEM or KLPSCOPE_NO_MEMORY.
 * Where both have a byte and differ, the host's is taken if the dump is known to be the host's (`force`);
 * otherwise it is not, and klpscope_collect() fails.
 */

/* Dump files that are open, for one context at a time; since 0.5. */
struct klpscope_dump;

/*
 * Opens them: of `files` vmlinux is not looked at; force: they are known to be what the host reads, also if it
 * cannot read what would show that.  On failure klpscope_error(ks) says why; otherwise
 * nothing of `ks` is changed, and *dump is to be freed after all contexts that it is attached to.  Since 0.5.
 */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_dump_open(struct klpscope *ks, const struct klpscope_files *files,
					struct klpscope_dump **dump);
KLPSCOPE_API void klpscope_dump_free(struct klpscope_dump *dump);

/* INVALID: the host has another dump open than the files are.  Since 0.5. */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_attach_dump(struct klpscope *ks, const struct klpscope_target_ops *ops,
					  struct klpscope_dump *dump);

/* Parts of the report beyond the first screen. */
#define KLPSCOPE_SECTION_FUNCTIONS	(1u << 0)	/* -f */
#define KLPSCOPE_SECTION_TRANSITION	(1u << 1)	/* -t */
#define KLPSCOPE_SECTION_STACKS		(1u << 2)	/* -b; since 0.2; see klpscope_request() */
#define KLPSCOPE_SECTION_SHADOW		(1u << 3)	/* -s; since 0.4; see klpscope_request_shadow() */
#define KLPSCOPE_SECTION_STATES		(1u << 4)	/* -S; since 0.4 */
#define KLPSCOPE_SECTION_RELOCATIONS	(1u << 5)	/* -r; since 0.4 */
#define KLPSCOPE_SECTION_INTEGRITY	(1u << 6)	/* -c; since 0.4; see klpscope_request() */
#define KLPSCOPE_SECTIONS_ALL		(~0u)		/* -a */

/*
 * What costs more than it is worth to most, to be looked at by klpscope_collect() all the same:
 * KLPSCOPE_SECTION_STACKS, the stacks of all tasks; KLPSCOPE_SECTION_INTEGRITY, whether any task has a
 * patch_state left over where no transition is under way.  Other sections need no request.
 * INVALID: nothing is open, or it was collected already.  Since 0.2.
 */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_request(struct klpscope *ks, unsigned int sections);

/*
 * The same for the shadow variables of one id: each of them, and the first bytes of its data.  They are then in
 * KLPSCOPE_SECTION_SHADOW, and in JSON.  Since 0.4.
 */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_request_shadow(struct klpscope *ks, uint64_t id);

/*
 * Walk and judge.  Damage is not an error here: what could not be read is
 * marked in the report.  Fails only when not even the kernel's symbols can be
 * found.
 */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_collect(struct klpscope *ks);

enum klpscope_format {
	KLPSCOPE_TEXT = 0,
	KLPSCOPE_JSON,
};

struct klpscope_render {
	size_t size;
	enum klpscope_format format;
	unsigned int sections;		/* KLPSCOPE_SECTION_*, for text; JSON has all but stacks, see klpscope_request() */
	const char *patch;		/* NULL, or only this patch: a name or "0x" address */
	unsigned int width;		/* columns for text; 0: as wide as the tables need */
	bool colour;			/* text may use ANSI colours */
	/*
	 * Text, with KLPSCOPE_SECTION_TRANSITION: of the tasks only that with this
	 * PID, whether it had switched or not.  PID 0 is the idle task of each CPU.
	 */
	bool one_task;
	uint64_t pid;
	uint64_t task;			/* the same by the address of its task_struct; 0: not by that */
};

/*
 * Renders the collected report.  *text is malloc'ed, NUL-terminated, and the
 * caller's to free(); *length does not count the NUL.
 * NOT_FOUND: no such patch.
 */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_render(struct klpscope *ks, const struct klpscope_render *how,
				     char **text, size_t *length);

/* False when something in the collected report is unknown. */
KLPSCOPE_API bool klpscope_complete(const struct klpscope *ks);

enum klpscope_in_effect {
	KLPSCOPE_EFFECT_UNKNOWN = 0,
	KLPSCOPE_EFFECT_NO,
	KLPSCOPE_EFFECT_PARTLY,
	KLPSCOPE_EFFECT_YES,
};

/*
 * The verdict on one patch by name or "0x" address; a name that is neither
 * on klp_patches nor a detached module is NO when the whole list and the
 * whole module list could be read, otherwise UNKNOWN.
 */
KLPSCOPE_API enum klpscope_in_effect klpscope_patch_in_effect(const struct klpscope *ks,
							      const char *patch);

/*
 * The same verdict in a line of words with its reason, without a newline:
 * "klp_a: PARTLY: it was being applied; …".  *line is malloc'ed.
 */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_explain(struct klpscope *ks, const char *patch, char **line);

/*
 * A capsule: a dump that holds only the bytes that a report rests on.  Its report is that of the dump; what a
 * report did not ask for is unknown in it, never zero.  Since 0.3.
 */

/*
 * From klpscope_open() on keeps in mind what the report rests on.  To be called before it;
 * then klpscope_request(), klpscope_collect(), and klpscope_capsule(), once.
 */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_record(struct klpscope *ks);

enum klpscope_capsule_form {
	KLPSCOPE_CAPSULE_SMALLER = 0,	/* whichever of the others that is */
	KLPSCOPE_CAPSULE_KDUMP,		/* kdump-compressed (zlib): Debian 12's crash reads it */
	KLPSCOPE_CAPSULE_ELF,		/* … and Debian 12's drgn this */
};

struct klpscope_capsule {
	size_t size;
	enum klpscope_capsule_form form;
	bool for_crash;			/* also what crash needs to start; EXCLUDED of a capsule that has not got that */
	bool redact;			/* "[redacted]" instead of the names of tasks and of the machine, and shadow data */
};

/*
 * Makes the capsule of the dump that was opened.  *data is malloc'ed, *length bytes, and *summary a text of
 * what it holds, a page or less, malloc'ed; both are the caller's to free().
 * LIMIT: it would hold more than 1 GiB of memory.  UNSUPPORTED: not of a 32-bit machine, nor of one whose
 * dump could not be read by its page tables at all.
 */
KLPSCOPE_API KLPSCOPE_MUST_CHECK
enum klpscope_status klpscope_capsule(struct klpscope *ks, const struct klpscope_capsule *how, char **data,
				      size_t *length, char **summary);

/* "0.5", as `klpscope --version` prints it; a static string. */
KLPSCOPE_API const char *klpscope_version(void);

#ifdef __cplusplus
}
#endif

#endif
