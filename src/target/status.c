// SPDX-License-Identifier: GPL-2.0-or-later
#include "klpscope.h"

const char *klpscope_strstatus(enum klpscope_status status)
{
	switch (status) {
	case KLPSCOPE_OK:
		return "ok";
	case KLPSCOPE_NOT_FOUND:
		return "not in this kernel";
	case KLPSCOPE_EXCLUDED:
		return "page excluded from the dump";
	case KLPSCOPE_TRUNCATED:
		return "not in the dump's files (truncated, or a part is missing)";
	case KLPSCOPE_FAULT:
		return "not mapped";
	case KLPSCOPE_CORRUPT:
		return "corrupt";
	case KLPSCOPE_LIMIT:
		return "over the limit";
	case KLPSCOPE_UNSUPPORTED:
		return "not supported";
	case KLPSCOPE_NO_MEMORY:
		return "out of memory";
	case KLPSCOPE_SYSTEM:
		return "system call failed";
	case KLPSCOPE_INVALID:
		return "invalid";
	}
	return "unknown status";
}
