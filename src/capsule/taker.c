// SPDX-License-Identifier: GPL-2.0-or-later
/* Taking: reads whose result goes into the capsule and nowhere else, and what leads to the next one. */
#include "capsule/taker.h"

#define MAX_SYMBOL ((uint64_t)128 << 10)	/* one variable */
#define MAX_OBJECT MAX_LOG			/* anything: a size that the dump made up ends here */
#define MAX_STRING 512u

uint64_t rest_of_page(uint64_t addr)
{
	return PAGE - addr % PAGE;
}

/* Page by page: one that the dump lacks does not take the others with it. */
bool tk_take(struct taker *tk, uint64_t addr, uint64_t len)
{
	bool all = true;

	if (addr + len < addr || len > MAX_OBJECT)
		return false;
	while (len) {
		uint64_t n = rest_of_page(addr) < len ? rest_of_page(addr) : len;

		if (target_read(tk->t, addr, tk->page, n))
			all = false;
		addr += n;
		len -= n;
	}
	return all;
}

/* The last byte of each page: mostly padding, or a stack's unused end. */
void tk_touch(struct taker *tk, uint64_t addr, uint64_t len)
{
	if (addr + len < addr)
		return;
	while (len) {
		uint64_t n = rest_of_page(addr) < len ? rest_of_page(addr) : len;

		tk_take(tk, addr + n - 1, 1);
		addr += n;
		len -= n;
	}
}

void tk_take_string(struct taker *tk, uint64_t addr)
{
	const char *unused;

	if (addr && target_read_string(tk->t, addr, MAX_STRING, &unused))
		return;
}

uint64_t tk_symbol(struct taker *tk, const char *name)
{
	uint64_t addr;

	return target_symbol(tk->t, name, &addr) ? 0 : addr;
}

uint64_t tk_type_size(struct taker *tk, const char *type)
{
	uint64_t size;

	return target_type_size(tk->t, type, &size) ? 0 : size;
}

/* Up to the next symbol, which may be a few bytes of padding further. */
uint64_t tk_symbol_size(struct taker *tk, uint64_t addr)
{
	struct symbol_name s;

	if (target_name_address(tk->t, addr, &s) || s.start != addr)
		return 0;
	return s.size < MAX_SYMBOL ? s.size : MAX_SYMBOL;
}

bool tk_member(struct taker *tk, const char *type, const char *name, struct member_info *out)
{
	return !target_member(tk->t, type, name, out);
}

/* 0 as well when it cannot be read: nothing lies there. */
uint64_t tk_pointer(struct taker *tk, uint64_t addr)
{
	uint64_t v;

	return !addr || target_read_ptr(tk->t, addr, &v) ? 0 : v;
}

uint64_t tk_number(struct taker *tk, uint64_t addr, unsigned int size)
{
	uint64_t v;

	return !addr || target_read_uint(tk->t, addr, size, &v) ? 0 : v;
}

/* The pointer in a member; 0: no such member, or not readable. */
uint64_t tk_member_pointer(struct taker *tk, uint64_t addr, const char *type, const char *name)
{
	struct member_info m;

	return addr && tk_member(tk, type, name, &m) ? tk_pointer(tk, addr + m.offset) : 0;
}
