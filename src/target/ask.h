/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a host's callbacks are called: some hosts cannot vouch for what they return. */
#ifndef KLPSCOPE_ASK_H
#define KLPSCOPE_ASK_H

#include "klpscope.h"

static inline enum klpscope_status ask_outcome(const struct klpscope_target_ops *ops, uint32_t before,
					       enum klpscope_status returned)
{
	if (!ops->answer)
		return returned;
	if (ops->answer->count == before) {
		ops->answer->lost++;
		return KLPSCOPE_SYSTEM;
	}
	return (enum klpscope_status)ops->answer->status;
}

/* The callback's status, by struct klpscope_answer where the host has one. */
#define ask(from, callback, ...)								\
	({											\
		const struct klpscope_target_ops *ops_ = (from);				\
		uint32_t before_ = ops_->answer ? ops_->answer->count : 0;			\
												\
		ask_outcome(ops_, before_, ops_->callback(ops_->arg, __VA_ARGS__));		\
	})

#endif
