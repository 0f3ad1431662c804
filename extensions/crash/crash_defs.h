/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crash's interface: for crash_host.c and crash_target.c, and for nobody else. */
#ifndef KLPSCOPE_CRASH_DEFS_H
#define KLPSCOPE_CRASH_DEFS_H

#include <stdbool.h>
#include <stddef.h>

#include "defs.h"

#endif
