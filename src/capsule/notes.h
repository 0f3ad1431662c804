/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notes that make a dump a capsule: backend/capsule.h. */
#ifndef KLPSCOPE_CAPSULE_NOTES_H
#define KLPSCOPE_CAPSULE_NOTES_H

#include "capsule/image.h"

/* Adds to im->notes: `origin` as it is, the map of im->pages, and the answers. */
KLPSCOPE_MUST_CHECK
enum klpscope_status capsule_add_notes(struct image *im, const char *origin, const struct answers *answers);

#endif
