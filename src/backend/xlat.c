// SPDX-License-Identifier: GPL-2.0-or-later
#include <libkdumpfile/addrxlat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/xlat.h"

/* Any table entry lies within one of these, whatever the page size. */
#define TABLE_PAGE 4096
/* libaddrxlat holds on to four at a time. */
#define TABLE_PAGES 32

#define X86_64_TEXT	0xffffffff80000000u

struct table_page {
	uint64_t phys;
	uint64_t used;		/* when; 0: never */
	unsigned int refs;
	_Alignas(8) unsigned char data[TABLE_PAGE];
};

struct xlat {
	struct xlat_setup setup;
	addrxlat_ctx_t *ctx;
	addrxlat_sys_t *sys;
	bool walks;
	enum klpscope_status missing;	/* why the last page table could not be read */
	uint64_t clock;
	struct table_page pages[TABLE_PAGES];
};

/* --- what libaddrxlat asks of us --- */

static void put_page(const addrxlat_buffer_t *buf)
{
	struct table_page *page = buf->priv;

	page->refs--;
}

/* The page if it is here, otherwise the one to give up for it. */
static struct table_page *choose_page(struct xlat *x, uint64_t phys)
{
	struct table_page *oldest = NULL;

	for (size_t i = 0; i < TABLE_PAGES; i++) {
		struct table_page *page = &x->pages[i];

		if (page->used && page->phys == phys)
			return page;
		if (!page->refs && (!oldest || page->used < oldest->used))
			oldest = page;
	}
	return oldest;
}

static addrxlat_status get_page(const addrxlat_cb_t *cb, addrxlat_buffer_t *buf)
{
	struct xlat *x = cb->priv;
	uint64_t phys = buf->addr.addr & ~(uint64_t)(TABLE_PAGE - 1);
	struct table_page *page = choose_page(x, phys);

	if (!page)
		return ADDRXLAT_ERR_NOMEM;
	if (!page->used || page->phys != phys) {
		page->used = 0;
		x->missing = x->setup.read_phys(x->setup.arg, phys, page->data, TABLE_PAGE);
		if (x->missing)
			return ADDRXLAT_ERR_NODATA;
	}
	page->phys = phys;
	page->used = ++x->clock;
	page->refs++;
	buf->addr.addr = phys;
	buf->ptr = page->data;
	buf->size = TABLE_PAGE;
	buf->byte_order = x->setup.big_endian ? ADDRXLAT_BIG_ENDIAN : ADDRXLAT_LITTLE_ENDIAN;
	buf->put_page = put_page;
	buf->priv = page;
	return ADDRXLAT_OK;
}

static unsigned long read_caps(const addrxlat_cb_t *cb)
{
	(void)cb;
	return ADDRXLAT_CAPS(ADDRXLAT_MACHPHYSADDR) | ADDRXLAT_CAPS(ADDRXLAT_KPHYSADDR);
}

static addrxlat_status lookup(const addrxlat_cb_t *cb, const char *kind, const char *name,
			      addrxlat_addr_t *val)
{
	const struct xlat *x = cb->priv;
	uint64_t v;

	if (!vmcoreinfo_number(x->setup.vmcoreinfo, kind, name, &v))
		return addrxlat_ctx_err(x->ctx, ADDRXLAT_ERR_NODATA, "no %s(%s)", kind, name);
	*val = v;
	return ADDRXLAT_OK;
}

static addrxlat_status sym_value(const addrxlat_cb_t *cb, const char *name, addrxlat_addr_t *val)
{
	return lookup(cb, "SYMBOL", name, val);
}

static addrxlat_status sym_sizeof(const addrxlat_cb_t *cb, const char *name, addrxlat_addr_t *val)
{
	return lookup(cb, "SIZE", name, val);
}

static addrxlat_status sym_offsetof(const addrxlat_cb_t *cb, const char *obj, const char *elem,
				    addrxlat_addr_t *val)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", obj, elem);
	return lookup(cb, "OFFSET", name, val);
}

static addrxlat_status num_value(const addrxlat_cb_t *cb, const char *name, addrxlat_addr_t *val)
{
	return lookup(cb, "NUMBER", name, val);
}

/* The page table of the task that ran is not the kernel's own. */
static addrxlat_status reg_value(const addrxlat_cb_t *cb, const char *name, addrxlat_addr_t *val)
{
	const struct xlat *x = cb->priv;

	(void)val;
	return addrxlat_ctx_err(x->ctx, ADDRXLAT_ERR_NODATA, "no register %s", name);
}

/* All of them: the default ones take our private pointer for one of theirs. */
static bool set_callbacks(struct xlat *x)
{
	addrxlat_cb_t *cb = addrxlat_ctx_add_cb(x->ctx);

	if (!cb)
		return false;
	cb->priv = x;
	cb->get_page = get_page;
	cb->read_caps = read_caps;
	cb->reg_value = reg_value;
	cb->sym_value = sym_value;
	cb->sym_sizeof = sym_sizeof;
	cb->sym_offsetof = sym_offsetof;
	cb->num_value = num_value;
	return true;
}

/* --- x86_64 --- */

/* Its own root in the kernel's image, by the names that it has had. */
static bool x86_64_root(const struct vmcoreinfo *v, uint64_t *root)
{
	return vmcoreinfo_number(v, "SYMBOL", "init_top_pgt", root) ||
	       vmcoreinfo_number(v, "SYMBOL", "swapper_pg_dir", root) ||
	       vmcoreinfo_number(v, "SYMBOL", "init_level4_pgt", root);
}

static bool x86_64_set_map(struct xlat *x, unsigned int bits)
{
	addrxlat_range_t half = { .endoff = ((uint64_t)1 << (bits - 1)) - 1, .meth = ADDRXLAT_SYS_METH_PGT };
	addrxlat_map_t *map = addrxlat_map_new();

	if (!map)
		return false;
	if (addrxlat_map_set(map, 0, &half) != ADDRXLAT_OK ||
	    addrxlat_map_set(map, ~half.endoff, &half) != ADDRXLAT_OK) {
		addrxlat_map_decref(map);
		return false;
	}
	addrxlat_sys_set_map(x->sys, ADDRXLAT_SYS_MAP_KV_PHYS, map);
	addrxlat_map_decref(map);
	return true;
}

/*
 * libaddrxlat's own setup looks for linear ranges by walking all page tables:
 * that takes long for a big machine and for ever where a damaged table points
 * at itself.  The root is all that a walk needs.
 */
static enum klpscope_status x86_64_setup(struct xlat *x, const struct failure *why)
{
	const struct vmcoreinfo *v = x->setup.vmcoreinfo;
	uint64_t root, phys_base = x->setup.phys_base, l5 = 0, mask = 0;
	addrxlat_meth_t meth = {
		.kind = ADDRXLAT_PGT,
		.target_as = ADDRXLAT_MACHPHYSADDR,
		.param.pgt.pf = {
			.pte_format = ADDRXLAT_PTE_X86_64,
			.nfields = 5,
			.fieldsz = { 12, 9, 9, 9, 9, 9 },
		},
	};

	if (!x86_64_root(v, &root))
		return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED,
				     "VMCOREINFO does not say where the page tables are");
	if (!vmcoreinfo_number(v, "NUMBER", "phys_base", &phys_base) && !x->setup.has_phys_base)
		return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED,
				     "VMCOREINFO does not say where the kernel was loaded");
	vmcoreinfo_number(v, "NUMBER", "pgtable_l5_enabled", &l5);
	vmcoreinfo_number(v, "NUMBER", "sme_mask", &mask);
	meth.param.pgt.root.as = ADDRXLAT_MACHPHYSADDR;
	meth.param.pgt.root.addr = (root - X86_64_TEXT + phys_base) & ~(uint64_t)(TABLE_PAGE - 1);
	meth.param.pgt.pte_mask = mask;
	meth.param.pgt.pf.nfields = l5 ? 6 : 5;
	addrxlat_sys_set_meth(x->sys, ADDRXLAT_SYS_METH_PGT, &meth);
	x->walks = true;
	return x86_64_set_map(x, l5 ? 57 : 48) ? KLPSCOPE_OK
					       : dumpfile_fail(why, KLPSCOPE_NO_MEMORY, "out of memory");
}

/* --- the others --- */

static unsigned long version_code(const struct vmcoreinfo *v)
{
	const char *release = vmcoreinfo_get(v, "OSRELEASE");
	unsigned int a = 0, b = 0, c = 0;

	if (!release || sscanf(release, "%u.%u.%u", &a, &b, &c) < 2 || a > 255 || b > 255)
		return 0;
	return ADDRXLAT_VER_LINUX(a, b, c < 255 ? c : 255);
}

static enum klpscope_status generic_setup(struct xlat *x, const struct failure *why)
{
	unsigned long version = version_code(x->setup.vmcoreinfo);
	addrxlat_opt_t opts[4];
	unsigned int n = 0;
	const char *page_size = vmcoreinfo_get(x->setup.vmcoreinfo, "PAGESIZE");
	unsigned long page = page_size ? strtoul(page_size, NULL, 10) : 0;
	addrxlat_status as;

	addrxlat_opt_arch(&opts[n++], x->setup.architecture);
	addrxlat_opt_os_type(&opts[n++], "linux");
	if (version)
		addrxlat_opt_version_code(&opts[n++], version);
	if (page && !(page & (page - 1)))
		addrxlat_opt_page_shift(&opts[n++], (unsigned long)__builtin_ctzl(page));
	as = addrxlat_sys_os_init(x->sys, x->ctx, n, opts);
	if (as != ADDRXLAT_OK) {
		const char *words = addrxlat_ctx_get_err(x->ctx);

		return dumpfile_fail(why, x->missing ? x->missing : KLPSCOPE_UNSUPPORTED,
				     "address translation: %s", words ? words : addrxlat_strerror(as));
	}
	return KLPSCOPE_OK;
}

/* --- the interface --- */

enum klpscope_status xlat_new(struct xlat **out, const struct xlat_setup *setup, const struct failure *why)
{
	struct xlat *x = calloc(1, sizeof(*x));
	enum klpscope_status st;

	*out = NULL;
	if (!x)
		return dumpfile_fail(why, KLPSCOPE_NO_MEMORY, "out of memory");
	x->setup = *setup;
	x->ctx = addrxlat_ctx_new();
	x->sys = addrxlat_sys_new();
	if (!x->ctx || !x->sys || !set_callbacks(x))
		st = dumpfile_fail(why, KLPSCOPE_NO_MEMORY, "out of memory");
	else if (!strcmp(setup->architecture, "x86_64"))
		st = x86_64_setup(x, why);
	else
		st = generic_setup(x, why);
	if (st) {
		xlat_free(x);
		return st;
	}
	*out = x;
	return KLPSCOPE_OK;
}

void xlat_free(struct xlat *x)
{
	if (!x)
		return;
	/* The context first: it gives back the pages that it still holds. */
	if (x->ctx)
		addrxlat_ctx_decref(x->ctx);
	if (x->sys)
		addrxlat_sys_decref(x->sys);
	free(x);
}

bool xlat_walks(const struct xlat *x)
{
	return x->walks;
}

enum klpscope_status xlat_phys(struct xlat *x, uint64_t virt, uint64_t *phys)
{
	addrxlat_fulladdr_t address = { .addr = virt, .as = ADDRXLAT_KVADDR };
	addrxlat_status as;

	*phys = 0;
	x->missing = KLPSCOPE_OK;
	as = addrxlat_fulladdr_conv(&address, ADDRXLAT_MACHPHYSADDR, x->ctx, x->sys);
	if (as == ADDRXLAT_OK) {
		*phys = address.addr;
		return KLPSCOPE_OK;
	}
	/*
	 * Before its status: it tries other ways after a page table that is not there, and
	 * says NOMETH.  A table outside of all memory: the entry that led there cannot be right.
	 */
	if (x->missing)
		return x->missing == KLPSCOPE_FAULT ? KLPSCOPE_CORRUPT : x->missing;
	switch (as) {
	case ADDRXLAT_ERR_NOTPRESENT:
	case ADDRXLAT_ERR_NOMETH:
	case ADDRXLAT_ERR_INVALID:
		return KLPSCOPE_FAULT;
	case ADDRXLAT_ERR_NOMEM:
		return KLPSCOPE_NO_MEMORY;
	default:
		return KLPSCOPE_UNSUPPORTED;
	}
}
