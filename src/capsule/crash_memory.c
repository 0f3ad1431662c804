// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory, as crash sees it: mem_section, nodes and their zones, the slab caches' layout. */
#include "capsule/for_crash_priv.h"

#define MAX_SECTION_ROOTS ((uint64_t)1 << 17)	/* all that five levels of page tables can have */
#define MAX_SECTIONS ((uint64_t)16 << 20)	/* bytes of mem_sections: of 128 TiB */

static void take_section_root(struct taker *tk, uint64_t root, uint64_t *room)
{
	if (!root || *room < PAGE)
		return;
	/* One page of them, by itself: SECTIONS_PER_ROOT. */
	tk_take(tk, root & ~(uint64_t)(PAGE - 1), PAGE);
	*room -= PAGE;
}

/* A page of the table of roots, most of which are none. */
static void take_section_roots(struct taker *tk, uint64_t addr, uint64_t len, uint64_t *room)
{
	unsigned int word = target_pointer_size(tk->t);
	unsigned char raw[PAGE];

	if (target_read(tk->t, addr, raw, len))
		return;
	for (uint64_t i = 0; i + word <= len; i += word)
		take_section_root(tk, target_decode(tk->t, raw + i, word), room);
}

/* fatal */
void take_sections(struct taker *tk)
{
	uint64_t roots, length, room = MAX_SECTIONS, end;

	/* VMCOREINFO has the table itself, in whichever way mem_section leads to it. */
	if (target_vmcoreinfo_num(tk->t, "SYMBOL(mem_section)", 16, &roots) ||
	    target_vmcoreinfo_num(tk->t, "LENGTH(mem_section)", 10, &length))
		return;
	end = roots + (length < MAX_SECTION_ROOTS ? length : MAX_SECTION_ROOTS) * target_pointer_size(tk->t);
	for (uint64_t at = roots, n; at < end; at += n) {
		n = rest_of_page(at) < end - at ? rest_of_page(at) : end - at;
		take_section_roots(tk, at, n, &room);
	}
}

static void take_members(struct taker *tk, uint64_t addr, const char *type, const char *const *names, size_t n)
{
	struct member_info m;

	for (size_t i = 0; i < n; i++)
		if (tk_member(tk, type, names[i], &m))
			tk_take(tk, addr + m.offset, m.size);
}

static void take_zone_names(struct taker *tk, uint64_t node)
{
	struct member_info zones, name;
	uint64_t size = tk_type_size(tk, "zone");

	if (!size || !tk_member(tk, "pglist_data", "node_zones", &zones) || !tk_member(tk, "zone", "name", &name))
		return;
	for (uint64_t i = 0; i + size <= zones.size; i += size)
		tk_take_string(tk, tk_pointer(tk, node + zones.offset + i + name.offset));
}

/* Not all of it: with the lists of other nodes that memory is taken from it is 170 KB. fatal */
static void take_node(struct taker *tk, uint64_t node)
{
	static const char *const names[] = { "node_zones", "nr_zones", "node_start_pfn", "node_present_pages",
					     "node_spanned_pages", "node_id", "node_mem_map", "bdata" };

	take_members(tk, node, "pglist_data", names, COUNT(names));
	take_zone_names(tk, node);
}

void take_nodes(struct taker *tk)
{
	uint64_t nodes = tk_symbol(tk, "node_data"), one = tk_symbol(tk, "contig_page_data");
	unsigned int word = target_pointer_size(tk->t);
	uint64_t size = nodes ? tk_symbol_size(tk, nodes) : 0;

	if (one)
		take_node(tk, one);
	for (uint64_t i = 0; i + word <= size; i += word) {
		uint64_t node = tk_pointer(tk, nodes + i);

		if (node)
			take_node(tk, node);
	}
}

/* Only how large its objects are: `kmem -s` is not for capsules. */
void take_slab(struct taker *tk)
{
	static const char *const names[] = { "size", "object_size", "offset", "oo", "flags" };
	uint64_t cache = tk_pointer(tk, tk_symbol(tk, "kmem_cache"));

	if (cache)
		take_members(tk, cache, "kmem_cache", names, COUNT(names));
}
