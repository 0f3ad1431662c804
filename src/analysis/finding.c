// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>

#include "analysis/analysis.h"

#define MESSAGE_MAX 2048

void finding_add(struct report *r, const char *code, enum finding_severity severity, uint64_t address,
		 const char *expected, const char *found, const char *fmt, ...)
{
	struct finding_rec *f = arena_alloc(r->arena, sizeof(*f));
	char message[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (!f)
		return;
	*f = (struct finding_rec){ .code = code, .severity = severity, .address = address, .expected = expected,
				   .found = found, .message = arena_strdup(r->arena, message) };
	if (!f->message)
		return;
	if (!r->findings_tail)
		r->findings_tail = &r->findings;
	*r->findings_tail = f;
	r->findings_tail = &f->next;
}
