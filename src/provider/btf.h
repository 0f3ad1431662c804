/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_PROVIDER_BTF_H
#define KLPSCOPE_PROVIDER_BTF_H

#include "target/target.h"

/*
 * Types out of the kernel's own BTF, between __start_BTF and __stop_BTF in
 * dump memory (addresses asked of the target's symbols).  Nothing is read
 * before the first question.
 */
enum klpscope_status btf_provider_new(struct target *t, struct provider **out) MUST_CHECK;

/* Types from a raw .BTF blob in host memory (copied), as the unit tests have them. */
enum klpscope_status btf_provider_from_blob(struct target *t, const void *data, size_t size,
					    struct provider **out) MUST_CHECK;

#endif
