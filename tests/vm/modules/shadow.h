/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLP_TEST_SHADOW_H
#define KLP_TEST_SHADOW_H

#include <linux/livepatch.h>

#define SHADOW_ID	7001
/* That of ../markers.txt backwards, so that it is in memory only where it is shadow data. */
#define SHADOW_MARKER	"euq8TOX7vXZSupBZwFSnMe2AwBFLQsGfJTCtFNwh"

static int write_marker(void *obj, void *data, void *unused)
{
	size_t n = sizeof(SHADOW_MARKER) - 1;
	char *to = data;

	while (n--)
		*to++ = SHADOW_MARKER[n];
	return 0;
}

/* A shadow variable of any object; it stays. */
static int add_shadow_data(void *obj)
{
	return klp_shadow_alloc(obj, SHADOW_ID, sizeof(SHADOW_MARKER), GFP_KERNEL, write_marker, NULL) ? 0 : -ENOMEM;
}

#endif
