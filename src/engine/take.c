// SPDX-License-Identifier: GPL-2.0-or-later
/* The structures that callers fill, of whichever release they were built for. */
#include <string.h>

#include "engine/context.h"

/* No structure comes near: what is more is no size, and there is nothing behind it to look at. */
#define SIZE_MOST 4096

/* `least` is what the first release had, `room` what this one has. */
static enum klpscope_status take(struct klpscope *ks, const char *name, size_t least, size_t room, void *to,
				 const void *from)
{
	const unsigned char *bytes = from;
	size_t size;

	if (!from)
		return context_fail(ks, KLPSCOPE_INVALID, "no struct %s", name);
	memcpy(&size, from, sizeof(size));
	if (size < least || size > SIZE_MOST)
		return context_fail(ks, KLPSCOPE_INVALID, "size %zu of a struct %s: it must be sizeof(struct %s)", size, name,
				    name);
	for (size_t i = room; i < size; i++)
		if (bytes[i])
			return context_fail(ks, KLPSCOPE_INVALID, "struct %s: a member is set that klpscope %s does not know",
					    name, klpscope_version());
	memset(to, 0, room);
	memcpy(to, from, size < room ? size : room);
	memcpy(to, &room, sizeof(room));
	return KLPSCOPE_OK;
}

/* `last`: the last member that the structure had in its first release. That one never changes. */
#define TAKE(what, last)										\
	enum klpscope_status context_take_##what(struct klpscope *ks, struct klpscope_##what *to,	\
						 const struct klpscope_##what *from)			\
	{												\
		return take(ks, "klpscope_" #what, offsetof(struct klpscope_##what, last) + sizeof(to->last),	\
			    sizeof(*to), to, from);							\
	}

TAKE(files, progress_arg)
TAKE(target_ops, type_size)
TAKE(host, pointer_size)
TAKE(render, task)
TAKE(capsule, redact)
