/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command needs of the crash program around it, without crash's
 * defs.h.  crash leaves a command by longjmp: from error(FATAL), from Ctrl-C,
 * from a read of a page table that the dump lacks.  So between
 * crash_host_hold() and crash_host_release() nothing of crash can take the
 * control away, and what is allocated is freed by a function that crash calls
 * when it does (crash_host_on_leave()).
 */
#ifndef KLPSCOPE_CRASH_HOST_H
#define KLPSCOPE_CRASH_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* --- at load --- */

/* False, and an explanation to the user, when crash is not the one that this was compiled for. */
bool crash_host_fits(void);
void crash_host_register(char *name, void (*run)(int argc, char **argv), char **help);

/* --- while the command runs --- */

/* From here on until release: no message of crash, no longjmp, Ctrl-C waits, excluded pages are errors. */
void crash_host_hold(void);
/* Was Ctrl-C typed meanwhile? */
bool crash_host_interrupted(void);
/* Ends the hold; a Ctrl-C that waited takes effect here and does not return. */
void crash_host_release(void);
/* For whoever is leaving already: ends the hold, when there is one, but for the waiting of Ctrl-C. */
void crash_host_let_go(void);

/* Around what must not be left half done. */
void crash_host_make_interrupt_wait(void);
void crash_host_let_interrupt_in(void);

/*
 * Under the hold: calls what may longjmp, with a landing of our own in place
 * of crash's.  True, and *result is set, when it came back.
 */
bool crash_host_call(long (*call)(void *arg), void *arg, long *result);

/* What crash calls when it takes the control away; NULL: nothing any more. */
void crash_host_on_leave(void (*leave)(void *));

/* --- output: all of it may take the control away --- */
void crash_host_print(const char *text, size_t length);
void crash_host_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The synopsis, or the whole help page, and back to the prompt. */
void crash_host_usage(void) __attribute__((noreturn));
void crash_host_help(void) __attribute__((noreturn));
/* Columns of the terminal that the output goes to, 0 when it goes elsewhere. */
unsigned int crash_host_columns(void);

#endif
