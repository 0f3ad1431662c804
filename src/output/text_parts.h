/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the text report, in the order in which it is read; for text.c only. */
#ifndef KLPSCOPE_TEXT_PARTS_H
#define KLPSCOPE_TEXT_PARTS_H

#include "model/record.h"
#include "output/out.h"
#include "output/owners.h"
#include "output/table.h"

struct page {
	struct out out;
	const struct report *r;
	const struct klpscope_render *how;
	struct owners owners;
	unsigned int missing;	/* items said to be missing so far */
};

/* A name as text shows it: there is always something to see. NULL: not known. */
const char *text_name(const char *name);

/* answers.c: the first screen, in words. */
void text_answers(struct page *pg);

/* sentences.c: a verdict in words, starting with the report's word for it. */
void sentence_patch(struct page *pg, struct sb *sb, const struct patch_rec *p);
void sentence_detached(struct page *pg, struct sb *sb, const struct detached_rec *d);
void sentence_func(struct page *pg, struct sb *sb, const struct patch_rec *p, const struct object_rec *obj,
		   const struct func_rec *f);
/* "1 function", "2 functions" */
void sentence_count(struct sb *sb, unsigned int n, const char *thing);
/* "unknown (page excluded from the dump)" */
void sentence_unknown(struct sb *sb, enum klpscope_status st);

/* tasks.c: how many had not switched, in a sentence; and the transition task by task (-t). */
void sentence_pending(const struct report *r, struct sb *sb);
void text_transition(struct page *pg);

/* path.c: whether a hotfix was on the crash path; the tone of the answer. */
enum tone sentence_crash_path(const struct report *r, struct sb *sb);

/* "had switched", in the direction of the transition. */
void sentence_switched(const struct report *r, struct sb *sb, enum task_runs runs);

/* stacks.c: the stacks frame by frame (-b); "comm (pid)"; and why a stack cannot be relied on. */
void text_stacks(struct page *pg);
void sentence_task(struct sb *sb, const struct task_rec *task);
void sentence_doubt(struct sb *sb, const struct stack_rec *stack);

/* functions.c: one patch with its objects and functions, one module that is not on the list (-f). */
void text_functions(struct page *pg, const struct patch_rec *p);
void text_detached(struct page *pg, const struct detached_rec *d);

/* shadow.c (-s), states.c (-S), relocs.c (-r), integrity.c (-c, and without it those that matter). */
void text_shadows(struct page *pg);
void text_states(struct page *pg);
void text_relocations(struct page *pg);
void text_findings(struct page *pg);

/* Prints and frees; the first `lead` bytes in the tone. */
void text_para(struct page *pg, unsigned int indent, unsigned int hang, enum tone tone, size_t lead,
	       struct sb *sb);
/* A label and what it is, in lines that align with the others of the same table. Frees the value. */
struct table *text_fields(void);
void text_field(struct page *pg, struct table *t, const char *label, struct sb *value);
void text_heading(struct page *pg, const char *text);
enum tone text_tone(enum klpscope_in_effect e);

#endif
