/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reports of fixture.c are made of. */
#ifndef KLPSCOPE_TEST_FIXTURE_PARTS_H
#define KLPSCOPE_TEST_FIXTURE_PARTS_H

#include "fixture.h"

#define EXCLUDED KLPSCOPE_EXCLUDED

void *need(void *p);
struct val num(uint64_t v);
struct val lost(void);
struct text str(const char *s);
struct text lost_text(void);
struct text absent_text(void);
struct stack_rec *stack_new(struct arena *a);
struct frame_rec *frame_add(struct stack_rec *stack, const char *name);
struct frame_rec *frame_in(struct stack_rec *stack, const struct patch_rec *p, const struct func_rec *func,
			   enum code_kind kind);
void frames_of_syscall(struct stack_rec *stack);
struct stack_rec *panic_stack(struct arena *a, struct report *r);
struct report *report_new(struct arena *a);
struct module_rec *module_new(struct arena *a, const char *name, uint64_t addr);
struct patch_rec *patch_add(struct arena *a, struct report *r, const char *name,
			    enum patch_state state, enum klpscope_in_effect effect);
struct object_rec *object_add(struct arena *a, struct patch_rec *p, const char *name, bool loaded);
struct func_rec *func_add(struct arena *a, struct patch_rec *p, struct object_rec *obj,
			  const char *name);
void stack_up(struct arena *a, struct func_rec *newer, struct func_rec *older);
void set_verdict(struct func_rec *f, enum klpscope_in_effect e, enum effect_reason reason);
void take_off_stack(struct func_rec *f);
struct func_rec *absent_func(struct arena *a, struct patch_rec *p, struct object_rec *obj,
			     const char *name);
struct detached_rec *detached_add(struct arena *a, struct report *r, const char *name,
				  const char *reason);
void fixture_finding(struct arena *a, struct report *r, enum finding_severity severity, const char *code,
		     uint64_t addr, const char *message);

#endif
