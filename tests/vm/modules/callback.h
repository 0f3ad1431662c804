/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLP_TEST_CALLBACK_H
#define KLP_TEST_CALLBACK_H

#include <linux/livepatch.h>
#include <linux/printk.h>

/* Says which callback of which object runs; that the names differ keeps the compiler from folding functions. */
#define tell_callback(obj)	pr_info("%s %s\n", __func__, (obj)->name ?: "vmlinux")

#endif
