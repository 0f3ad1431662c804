// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/json_build.h"

json *json_callback_symbols(struct build *b, const struct object_rec *o)
{
	(void)b;
	(void)o;
	return NULL;
}

json *json_callbacks_ran(struct build *b, const struct object_rec *o)
{
	(void)b;
	(void)o;
	return NULL;
}
