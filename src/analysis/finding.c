// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>

#include "analysis/analysis.h"

void finding_add(struct report *r, const char *code, enum finding_severity severity, uint64_t address,
		 const char *expected, const char *found, const char *fmt, ...)
{
	struct finding_rec *f = arena_alloc(r->arena, sizeof(*f));
	char *message;
	va_list ap;

	va_start(ap, fmt);
	message = arena_vprintf(r->arena, fmt, ap);
	va_end(ap);
	if (!f || !message)
		return;
	*f = (struct finding_rec){ .code = code, .severity = severity, .address = address, .expected = expected,
				   .found = found, .message = message };
	if (!r->findings_tail)
		r->findings_tail = &r->findings;
	*r->findings_tail = f;
	r->findings_tail = &f->next;
}
