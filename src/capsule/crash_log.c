// SPDX-License-Identifier: GPL-2.0-or-later
/* The log: a ring of descriptors, or, before 5.10, one buffer. */
#include "capsule/for_crash.h"
#include "capsule/for_crash_priv.h"

/* A ring's part: a pointer at `at` of a member of printk_ringbuffer, and the bits of its count. */
static bool ring_part(struct taker *tk, uint64_t prb, const char *ring, const char *type, const char *bits,
		      const char *data, uint64_t each, uint64_t *addr, uint64_t *size)
{
	struct member_info r, b, d;
	uint64_t n;

	if (!tk_member(tk, "printk_ringbuffer", ring, &r) || !tk_member(tk, type, bits, &b) ||
	    !tk_member(tk, type, data, &d))
		return false;
	n = tk_number(tk, prb + r.offset + b.offset, 4);
	*addr = tk_pointer(tk, prb + r.offset + d.offset);
	*size = n && n < 32 ? each << n : 0;
	return *addr && *size && *size <= MAX_LOG;
}

static bool log_ring_text(struct taker *tk, uint64_t prb, uint64_t *addr, uint64_t *size)
{
	return ring_part(tk, prb, "text_data_ring", "prb_data_ring", "size_bits", "data", 1, addr, size);
}

/* Since 5.10; before, one buffer with its length beside it. */
static void take_log_ring(struct taker *tk, uint64_t prb)
{
	uint64_t addr[3], size[3], desc = tk_type_size(tk, "prb_desc"), info = tk_type_size(tk, "printk_info");

	tk_take(tk, prb, tk_type_size(tk, "printk_ringbuffer"));
	if (!log_ring_text(tk, prb, &addr[0], &size[0]) ||
	    !ring_part(tk, prb, "desc_ring", "prb_desc_ring", "count_bits", "descs", desc, &addr[1], &size[1]) ||
	    !ring_part(tk, prb, "desc_ring", "prb_desc_ring", "count_bits", "infos", info, &addr[2], &size[2]) ||
	    size[0] + size[1] + size[2] > MAX_LOG)
		return;
	for (unsigned int i = 0; i < 3; i++)
		tk_take(tk, addr[i], size[i]);
}

static bool log_text(struct taker *tk, uint64_t *addr, uint64_t *size)
{
	uint64_t prb = tk_symbol(tk, "prb");

	if (prb)
		return log_ring_text(tk, tk_pointer(tk, prb), addr, size);
	*addr = tk_pointer(tk, tk_symbol(tk, "log_buf"));
	*size = tk_number(tk, tk_symbol(tk, "log_buf_len"), 4);
	return *addr && *size && *size <= MAX_LOG;
}

void take_log(struct taker *tk)
{
	uint64_t prb = tk_symbol(tk, "prb"), addr, size;

	/* Following the pointer takes it, too. */
	if (prb)
		take_log_ring(tk, tk_pointer(tk, prb));
	else if (log_text(tk, &addr, &size))
		tk_take(tk, addr, size);
}

enum klpscope_status capsule_log_text(struct target *t, uint64_t *addr, uint64_t *size)
{
	struct taker tk = { .t = t };

	return log_text(&tk, addr, size) ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND;
}
