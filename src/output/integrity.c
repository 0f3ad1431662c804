// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "output/table.h"
#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

static const struct table_column finding_columns[] = {
	{ .title = "SEVERITY" },
	{ .title = "CODE", .gives = 2, .least = 12 },
	{ .title = "MESSAGE", .gives = 1, .least = 30 },
};

static enum tone severity_tone(enum finding_severity s)
{
	return s == FINDING_ERROR ? TONE_ALARM : s == FINDING_WARNING ? TONE_DOUBT : TONE_PLAIN;
}

static void finding_row(struct table *t, struct page *pg, const struct finding_rec *f)
{
	const char *cells[3] = { word_severity(f->severity), f->code, NULL };
	char hex[HEX_SIZE];
	struct sb message = { 0 };

	sb_add(&message, "%s", f->message ? f->message : "");
	if (f->address && !strstr(sb_str(&message), view_hex(f->address, hex)))
		sb_add(&message, " (%s)", hex);
	cells[2] = sb_str(&message);
	table_row(t, cells, 0, severity_tone(f->severity));
	pg->out.sb.failed |= message.failed;
	sb_free(&message);
}

void text_findings(struct page *pg)
{
	struct table *t = table_new(finding_columns, 3);

	for (const struct finding_rec *f = pg->r->findings; f; f = f->next)
		finding_row(t, pg, f);
	if (pg->r->findings)
		text_heading(pg, "Findings");
	table_print(t, &pg->out, 0);
}
