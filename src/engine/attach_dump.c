// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Way two for a host that reads files we can read as well.  Of the dump it tells memory, names and types; the rest
 * is taken from the files, and so is whether they hold a byte at all: drgn and crash read what makedumpfile filtered
 * out of an ELF dump as zeros, and zeros are an empty list, a patch that is not enabled.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/kdumpfile.h"
#include "engine/context.h"
#include "target/ask.h"

struct klpscope_dump {
	struct kdumpfile_backend *backend;
	char *path;
	bool known;		/* to be the host's, whatever that can read */
};

struct beside {
	struct klpscope_target_ops host, file;
	unsigned char *scratch;
	size_t room;
	bool strict;		/* another dump of the same boot would not have been noticed yet */
	bool differs;
};

/* The host has to end what it does: nothing else is worth an answer. */
static bool is_final(enum klpscope_status st)
{
	return st == KLPSCOPE_SYSTEM || st == KLPSCOPE_NO_MEMORY;
}

static unsigned char *scratch(struct beside *b, size_t len)
{
	unsigned char *grown;

	if (len <= b->room)
		return b->scratch;
	grown = realloc(b->scratch, len);
	if (!grown)
		return NULL;
	b->scratch = grown;
	b->room = len;
	return grown;
}

/*
 * Why the file does not hold it is more than any host tells; and where the host cannot translate an address, the
 * page tables in the file can.
 */
static enum klpscope_status read_both(void *arg, uint64_t addr, void *buf, size_t len)
{
	struct beside *b = arg;
	unsigned char *own = scratch(b, len);
	enum klpscope_status st;

	if (!own)
		return KLPSCOPE_NO_MEMORY;
	st = b->file.read(b->file.arg, addr, own, len);
	if (st)
		return st;
	st = ask(&b->host, read, addr, buf, len);
	if (st && !is_final(st)) {
		memcpy(buf, own, len);
		st = KLPSCOPE_OK;
	}
	if (!st && b->strict && memcmp(buf, own, len)) {
		b->differs = true;
		st = KLPSCOPE_INVALID;
	}
	return st;
}

static enum klpscope_status file_vmcoreinfo(void *arg, const char *key, const char **value)
{
	struct beside *b = arg;

	return b->file.vmcoreinfo(b->file.arg, key, value);
}

static enum klpscope_status file_prstatus(void *arg, unsigned int n, void *buf, size_t size, size_t *len)
{
	struct beside *b = arg;

	return b->file.prstatus(b->file.arg, n, buf, size, len);
}

static enum klpscope_status host_symbol(void *arg, const char *name, uint64_t *addr)
{
	struct beside *b = arg;

	return ask(&b->host, symbol, name, addr);
}

static enum klpscope_status host_name_address(void *arg, uint64_t addr, const char **name, uint64_t *offset)
{
	struct beside *b = arg;

	return ask(&b->host, name_address, addr, name, offset);
}

static enum klpscope_status host_member(void *arg, const char *type, const char *member, uint64_t *offset,
					uint64_t *size)
{
	struct beside *b = arg;

	return ask(&b->host, member, type, member, offset, size);
}

static enum klpscope_status host_type_size(void *arg, const char *type, uint64_t *size)
{
	struct beside *b = arg;

	return ask(&b->host, type_size, type, size);
}

static struct klpscope_target_ops ops_of(struct beside *b)
{
	return (struct klpscope_target_ops){
		.size = sizeof(b->host),
		.arg = b,
		.read = read_both,
		.vmcoreinfo = file_vmcoreinfo,
		.prstatus = file_prstatus,
		.symbol = b->host.symbol ? host_symbol : NULL,
		.name_address = b->host.name_address ? host_name_address : NULL,
		.member = b->host.member ? host_member : NULL,
		.type_size = b->host.type_size ? host_type_size : NULL,
	};
}

static void close_beside(void *arg)
{
	struct beside *b = arg;

	free(b->scratch);
	free(b);
}

/* One that both could read, and read as the same. */
static enum klpscope_status compare(struct klpscope *ks, struct beside *b, const char *path, const char *landmark,
				    bool *same)
{
	unsigned char there[256], here[sizeof(there)];
	enum klpscope_status st;
	const char *value;
	uint64_t addr;

	if (b->file.vmcoreinfo(b->file.arg, landmark, &value))
		return KLPSCOPE_OK;
	addr = strtoull(value, NULL, 16);
	if (b->file.read(b->file.arg, addr, here, sizeof(here)))
		return KLPSCOPE_OK;
	st = ask(&b->host, read, addr, there, sizeof(there));
	if (is_final(st))
		return context_fail(ks, st, "the host could not read: %s", klpscope_strstatus(st));
	if (!st && memcmp(here, there, sizeof(here)))
		return context_fail(ks, KLPSCOPE_INVALID, "%s: another dump than the one that is open", path);
	*same |= !st;
	return KLPSCOPE_OK;
}

/*
 * A path may lead to another file by now, and a host that cannot read at an address may have another dump, in which
 * the kernel lay elsewhere.  The root of the page tables differs from boot to boot, the names from machine to
 * machine; a capsule may have but a few bytes of either, so there are others.
 */
static enum klpscope_status check_same(struct klpscope *ks, struct beside *b, const struct klpscope_dump *dump)
{
	static const char *const landmarks[] = {
		"SYMBOL(swapper_pg_dir)", "SYMBOL(init_uts_ns)", "SYMBOL(_stext)", "SYMBOL(kallsyms_token_index)",
	};
	bool same = dump->known;
	enum klpscope_status st = KLPSCOPE_OK;

	for (size_t i = 0; !st && i < sizeof(landmarks) / sizeof(*landmarks); i++)
		st = compare(ks, b, dump->path, landmarks[i], &same);
	if (!st && !same)
		st = context_fail(ks, KLPSCOPE_INVALID, "%s: nothing shows that it is the dump that is open",
				  dump->path);
	return st;
}

static enum klpscope_status attach(struct klpscope *ks, struct beside *b, const struct klpscope_dump *dump)
{
	const struct capsule *capsule = kdumpfile_backend_capsule(dump->backend);
	const struct klpscope_target_ops ops = ops_of(b);
	struct klpscope_host host = {
		.size = sizeof(host),
		.path = dump->path,
		.format = kdumpfile_backend_format(dump->backend),
		.architecture = kdumpfile_backend_architecture(dump->backend),
		.big_endian = kdumpfile_backend_big_endian(dump->backend),
		.pointer_size = (uint8_t)kdumpfile_backend_pointer_size(dump->backend),
	};
	enum klpscope_status st = check_same(ks, b, dump);

	if (st)
		return st;
	if (capsule) {
		host.origin = capsule->origin;
		host.answers = capsule->answers;
		host.answers_length = capsule->answers_length;
		host.damaged = capsule->damaged;
	}
	return klpscope_attach(ks, &ops, &host);
}

enum klpscope_status klpscope_attach_dump(struct klpscope *ks, const struct klpscope_target_ops *ops,
					  struct klpscope_dump *dump)
{
	struct klpscope_target_ops host;
	struct beside *b;
	enum klpscope_status st = context_take_target_ops(ks, &host, ops);

	if (st)
		return st;
	if (ks->target || ks->recorder)
		return context_fail(ks, KLPSCOPE_INVALID, ks->target ? "a dump is open already" :
				    "a capsule is made of dump files: klpscope_open()");
	b = calloc(1, sizeof(*b));
	if (!b)
		return context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	b->host = host;
	kdumpfile_backend_ops(dump->backend, &b->file);
	b->strict = !dump->known;
	st = b->host.read ? attach(ks, b, dump) : context_fail(ks, KLPSCOPE_INVALID, "read() is required");
	if (st) {
		close_beside(b);
		return st;
	}
	/* A klpscope_attach() that fails closes what the context has, so it gets this only now. */
	ks->backend = b;
	ks->close_backend = close_beside;
	ks->differs = &b->differs;
	return KLPSCOPE_OK;
}

/* --- the files --- */

void klpscope_dump_free(struct klpscope_dump *dump)
{
	if (!dump)
		return;
	kdumpfile_backend_close(dump->backend);
	free(dump->path);
	free(dump);
}

enum klpscope_status klpscope_dump_open(struct klpscope *ks, const struct klpscope_files *files,
					struct klpscope_dump **out)
{
	struct klpscope_dump *dump;
	struct klpscope_files f;
	enum klpscope_status st = context_take_files(ks, &f, files);

	*out = NULL;
	if (st)
		return st;
	dump = calloc(1, sizeof(*dump));
	if (!dump)
		return context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	dump->known = f.force;
	st = context_open_files(ks, &f, &dump->backend);
	if (!st && kdumpfile_backend_problem(dump->backend))
		st = context_fail(ks, KLPSCOPE_UNSUPPORTED, "%s: %s", f.paths[0],
				  kdumpfile_backend_problem(dump->backend));
	if (!st) {
		dump->path = context_join_paths(&f);
		st = dump->path ? KLPSCOPE_OK : context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
	}
	if (st)
		klpscope_dump_free(dump);
	else
		*out = dump;
	return st;
}
