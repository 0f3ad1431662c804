/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names from a dump are untrusted: this is the door that they come in by. */
#ifndef KLPSCOPE_STR_H
#define KLPSCOPE_STR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes `len` bytes of `raw` (stopping at a NUL) to `out` so that any terminal
 * may see them: control bytes, DEL, C1 controls, bidirectional controls, and
 * whatever is not valid UTF-8 become \xNN, a backslash becomes \x5c (so that
 * the escaping can be undone).  Always terminates; truncates to out_size.
 * 4 * len + 1 bytes are always enough.  Returns the length written.
 */
size_t str_sanitize(char *out, size_t out_size, const char *raw, size_t len);

/* May it be shown as it is?  To sanitize twice would double the backslashes of the first time. */
bool str_is_clean(const char *s, size_t len);

#endif
