// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report of a dump in whose memory something is not as it was.
 *
 *	bend DUMP [PLACE=VALUE]...	the JSON report of everything, after these changes
 *	bend DUMP PLACE?...		what is there, one number a line
 *	bend -sID DUMP ...		the same, and shadow/N are the shadow variables of that id
 *
 * A PLACE is a structure of the report, or of the kernel, and a member:
 *
 *	patch/NAME  object/PATCH/NAME  func/PATCH/OBJECT/NAME  module/NAME  task/PID
 *	off/MODULE	the klp_patch of a module that is off the list
 *	ops/FUNC	the klp_ops of a function, and fops/FUNC its ftrace_ops
 *	entry/FUNC	ftrace's site at the entry of a function
 *	symbol/NAME	a variable
 *	user/FUNC	the ftrace_ops with that callback, of those on patched functions
 *	shadow/N	the N-th shadow variable of the id after -s, from 0
 *	at/TYPE/ADDR	a structure at an address
 *	btf/TYPE/MEMBER	where in BTF the offset of a member's name is
 *
 * .member is added, one after another (.next and .prev of a list head among
 * them), +N bytes or +@TYPE, the size of it, and :N says how many bytes are meant, where that is not
 * the member's size.  Between "[" and "]" stands a place that holds the
 * address of another: at/klp_object/[patch/klp_a.objs].name
 *
 * A VALUE is a number, &PLACE its address, *PLACE what is there, or
 * hex/BYTES.  All of them are taken from memory as it was.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kdumpfile.h"
#include "engine/context.h"

#define MAX_BENDS 64
#define MAX_BYTES 64

struct place {
	uint64_t addr;
	char type[128];			/* "": none */
	unsigned int size;
};

static struct {
	struct klpscope_target_ops real;
	struct bend {
		uint64_t addr;
		unsigned int size;
		unsigned char bytes[MAX_BYTES];
	} bend[MAX_BENDS];
	unsigned int count;		/* in effect */
	unsigned int parsed;
	struct klpscope *clean;		/* the report of memory as it was */
	bool shadows;
	uint64_t shadow_id;
} lens;

static void __attribute__((noreturn)) die(const char *what, const char *where)
{
	fprintf(stderr, "bend: %s: %s\n", where, what);
	exit(2);
}

static enum klpscope_status read_memory(void *arg, uint64_t addr, void *buf, size_t len)
{
	enum klpscope_status st = lens.real.read(lens.real.arg, addr, buf, len);

	(void)arg;
	for (unsigned int i = 0; !st && i < lens.count; i++)
		for (unsigned int k = 0; k < lens.bend[i].size; k++)
			if (lens.bend[i].addr + k - addr < len)
				((unsigned char *)buf)[lens.bend[i].addr + k - addr] = lens.bend[i].bytes[k];
	return st;
}

static enum klpscope_status vmcoreinfo(void *arg, const char *key, const char **value)
{
	(void)arg;
	return lens.real.vmcoreinfo(lens.real.arg, key, value);
}

static enum klpscope_status prstatus(void *arg, unsigned int n, void *buf, size_t size, size_t *len)
{
	(void)arg;
	return lens.real.prstatus(lens.real.arg, n, buf, size, len);
}

static struct klpscope *collected(struct kdumpfile_backend *b, bool shadows)
{
	struct klpscope_target_ops ops = {
		.size = sizeof(ops), .read = read_memory, .vmcoreinfo = vmcoreinfo, .prstatus = prstatus,
	};
	struct klpscope_host host = {
		.size = sizeof(host), .path = "bent", .architecture = kdumpfile_backend_architecture(b),
		.big_endian = kdumpfile_backend_big_endian(b), .pointer_size = (uint8_t)kdumpfile_backend_pointer_size(b),
	};
	const struct capsule *capsule = kdumpfile_backend_capsule(b);
	struct klpscope *ks = klpscope_new();

	if (capsule) {
		host.origin = capsule->origin;
		host.answers = capsule->answers;
		host.answers_length = capsule->answers_length;
	}
	if (klpscope_attach(ks, &ops, &host) || klpscope_request(ks, KLPSCOPE_SECTION_INTEGRITY) ||
	    (shadows && klpscope_request_shadow(ks, lens.shadow_id)) || klpscope_collect(ks))
		die(klpscope_error(ks), "report");
	return ks;
}

/* --- places --- */

static bool same(const char *s, struct text t)
{
	return !t.st && !strcmp(s, t.s);
}

static const struct patch_rec *find_patch(const char *name)
{
	for (const struct patch_rec *p = lens.clean->report->patches; p; p = p->next)
		if (p->module && same(name, p->module->name))
			return p;
	die("no such patch", name);
}

static const struct object_rec *find_object(const char *patch, const char *name)
{
	for (const struct object_rec *o = find_patch(patch)->objects; o; o = o->next)
		if (same(name, o->name))
			return o;
	die("no such object", name);
}

static const struct func_rec *find_func(const char *patch, const char *object, const char *name)
{
	for (const struct func_rec *f = find_object(patch, object)->funcs; f; f = f->next)
		if (same(name, f->name))
			return f;
	die("no such function", name);
}

/* Of whichever patch is on its stack. */
static const struct func_rec *find_patched(const char *name)
{
	for (const struct patch_rec *p = lens.clean->report->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				if (same(name, f->name) && f->ops)
					return f;
	die("is on no function stack", name);
}

static uint64_t find_module(const char *name)
{
	for (const struct module_rec *m = lens.clean->report->klp_modules; m; m = m->next)
		if (same(name, m->name))
			return m->addr;
	die("no such livepatch module", name);
}

static uint64_t find_off(const char *name)
{
	for (const struct detached_rec *d = lens.clean->report->detached; d; d = d->next)
		if (same(name, d->module->name))
			return d->patch_addr;
	die("not off the list", name);
}

static uint64_t find_task(const char *pid)
{
	const struct tasks_rec *tasks = &lens.clean->report->tasks;

	for (unsigned int i = 0; i < tasks->count; i++)
		if (!tasks->task[i].ids_st && tasks->task[i].pid == strtoul(pid, NULL, 0))
			return tasks->task[i].addr;
	die("no such task", pid);
}

static uint64_t find_user(const char *callback)
{
	for (const struct ftrace_user_rec *u = lens.clean->report->ftrace.users; u; u = u->next)
		if (u->callback.name && !strcmp(u->callback.name, callback))
			return u->addr;
	die("not on a patched function", callback);
}

static uint64_t find_shadow(const char *number)
{
	unsigned long n = strtoul(number, NULL, 0);

	for (const struct shadow_id_rec *id = lens.clean->report->shadows.id; id; id = id->next)
		for (const struct shadow_rec *s = id->shadow; s; s = s->next)
			if (!n--)
				return s->addr;
	die("no such shadow variable", number);
}

static uint64_t find_symbol(const char *name)
{
	uint64_t addr;

	if (target_symbol(lens.clean->target, name, &addr))
		die(target_error(lens.clean->target), name);
	return addr;
}

static struct member_info member_of(const char *type, const char *name)
{
	struct member_info info;

	if (target_member(lens.clean->target, type, name, &info))
		die(target_error(lens.clean->target), name);
	return info;
}

static uint64_t size_of(const char *type)
{
	uint64_t size;

	if (target_type_size(lens.clean->target, type, &size))
		die(target_error(lens.clean->target), type);
	return size;
}

/* How much a type of BTF takes behind its first 12 bytes; Documentation/bpf/btf.rst. */
static size_t btf_tail(unsigned int kind, size_t n)
{
	switch (kind) {
	case 1: case 14: case 17:	/* int, var, decl_tag */
		return 4;
	case 3:				/* array */
		return 12;
	case 4: case 5: case 15: case 19:	/* struct, union, datasec, enum64 */
		return 12 * n;
	case 6: case 13:		/* enum, func_proto */
		return 8 * n;
	default:
		return 0;
	}
}

static uint32_t btf_word(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t find_btf_name(const char *type, const char *member)
{
	uint64_t start = find_symbol("__start_BTF"), size = find_symbol("__stop_BTF") - start, at = 0;
	unsigned char *btf = malloc(size);
	const unsigned char *p, *end;
	const char *names;

	if (!btf || target_read(lens.clean->target, start, btf, size))
		die("BTF could not be read", type);
	p = btf + btf_word(btf + 4) + btf_word(btf + 8);
	end = p + btf_word(btf + 12);
	names = (const char *)btf + btf_word(btf + 4) + btf_word(btf + 16);
	while (!at && p + 12 <= end) {
		unsigned int kind = btf_word(p + 4) >> 24 & 31, n = btf_word(p + 4) & 0xffff;

		for (unsigned int i = 0; kind == 4 && !strcmp(names + btf_word(p), type) && i < n; i++)
			if (!strcmp(names + btf_word(p + 12 + 12 * i), member))
				at = start + (uint64_t)(p + 12 + 12 * i - btf);
		p += 12 + btf_tail(kind, n);
	}
	free(btf);
	if (!at)
		die("no such member in BTF", member);
	return at;
}

static struct place place(uint64_t addr, const char *type)
{
	struct place p = { .addr = addr, .size = 8 };

	snprintf(p.type, sizeof(p.type), "%s", type);
	return p;
}

static uint64_t content(const struct place *p)
{
	uint64_t v;

	if (target_read_uint(lens.clean->target, p->addr, p->size == 16 ? 8 : p->size, &v))
		die(target_error(lens.clean->target), "memory");
	return v;
}

static struct place parse(const char **s);

/* A number, or what a place holds. */
static uint64_t parse_address(const char **s)
{
	struct place inner;
	char *end;
	uint64_t v;

	if (**s != '[') {
		v = strtoull(*s, &end, 0);
		*s = end;
		return v;
	}
	(*s)++;
	inner = parse(s);
	if (**s != ']')
		die("no ]", *s);
	(*s)++;
	return content(&inner);
}

/* Up to a character that ends a name; module and object names hold none of them. */
static const char *word(const char **s, char *buf, size_t size)
{
	size_t n = strcspn(*s, "/.+:=?&]");

	if (n >= size)
		die("too long", *s);
	memcpy(buf, *s, n);
	buf[n] = '\0';
	*s += n;
	if (**s == '/')
		(*s)++;
	return buf;
}

static struct place parse_start(const char **s)
{
	char kind[64], a[128], b[128], c[128];

	word(s, kind, sizeof(kind));
	word(s, a, sizeof(a));
	if (!strcmp(kind, "patch"))
		return place(find_patch(a)->addr, "klp_patch");
	if (!strcmp(kind, "off"))
		return place(find_off(a), "klp_patch");
	if (!strcmp(kind, "object"))
		return place(find_object(a, word(s, b, sizeof(b)))->addr, "klp_object");
	if (!strcmp(kind, "func")) {
		word(s, b, sizeof(b));
		return place(find_func(a, b, word(s, c, sizeof(c)))->addr, "klp_func");
	}
	if (!strcmp(kind, "module"))
		return place(find_module(a), "module");
	if (!strcmp(kind, "task"))
		return place(find_task(a), "task_struct");
	if (!strcmp(kind, "user"))
		return place(find_user(a), "ftrace_ops");
	if (!strcmp(kind, "shadow"))
		return place(find_shadow(a), "klp_shadow");
	if (!strcmp(kind, "ops"))
		return place(find_patched(a)->ops->addr, "klp_ops");
	if (!strcmp(kind, "fops"))
		return place(find_patched(a)->ops->addr + member_of("klp_ops", "fops").offset, "ftrace_ops");
	if (!strcmp(kind, "entry"))
		return place(find_patched(a)->entry.ip.v, "");
	if (!strcmp(kind, "symbol"))
		return place(find_symbol(a), "");
	if (!strcmp(kind, "btf")) {
		struct place p = place(find_btf_name(a, word(s, b, sizeof(b))), "");

		p.size = 4;
		return p;
	}
	if (!strcmp(kind, "at"))
		return place(parse_address(s), a);
	die("no such place", kind);
}

static void add_member(struct place *p, const char *name)
{
	struct member_info info;

	if (!strcmp(name, "next") || !strcmp(name, "prev")) {
		p->addr += name[0] == 'p' ? 8 : 0;
		p->size = 8;
		if (!strcmp(p->type, "ftrace_ops"))
			p->addr += member_of("ftrace_ops", "next").offset;
		return;
	}
	info = member_of(p->type, name);
	p->addr += info.offset;
	p->size = (unsigned int)info.size;
	/* That of a member is named by who asks for more. */
	snprintf(p->type, sizeof(p->type), "%s", !strcmp(name, "callbacks") ? "klp_callbacks" : "");
}

static struct place parse(const char **s)
{
	struct place p = parse_start(s);
	char name[64], *end;

	while (**s == '.' || **s == '+' || **s == ':') {
		char what = *(*s)++;

		if (what == '.') {
			add_member(&p, word(s, name, sizeof(name)));
			continue;
		}
		if (what == '+' && **s == '@') {
			(*s)++;
			p.addr += size_of(word(s, name, sizeof(name)));
			continue;
		}
		if (what == '+')
			p.addr += strtoull(*s, &end, 0);
		else
			p.size = (unsigned int)strtoul(*s, &end, 0);
		*s = end;
	}
	return p;
}

/* --- values --- */

static void put_number(struct bend *bend, uint64_t v)
{
	/* A list head is its first pointer. */
	if (bend->size == 16)
		bend->size = 8;
	if (bend->size > 8)
		die("more than a number", "value");
	for (unsigned int i = 0; i < bend->size; i++)
		bend->bytes[i] = (unsigned char)(v >> (8 * (target_big_endian(lens.clean->target) ? bend->size - 1 - i : i)));
}

static void put_bytes(struct bend *bend, const char *hex)
{
	bend->size = 0;
	for (; isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]) && bend->size < MAX_BYTES; hex += 2) {
		char two[3] = { hex[0], hex[1], '\0' };

		bend->bytes[bend->size++] = (unsigned char)strtoul(two, NULL, 16);
	}
}

static void add_bend(const char *arg)
{
	const char *s = arg;
	struct place to = parse(&s), from;
	struct bend bend = { .addr = to.addr, .size = to.size };

	if (*s++ != '=')
		die("no =", arg);
	if (!strncmp(s, "hex/", 4)) {
		put_bytes(&bend, s + 4);
	} else if (*s == '&' || *s == '*') {
		bool address = *s++ == '&';

		from = parse(&s);
		put_number(&bend, address ? from.addr : content(&from));
	} else {
		put_number(&bend, strtoull(s, NULL, 0));
	}
	if (lens.parsed == MAX_BENDS)
		die("too many", arg);
	lens.bend[lens.parsed++] = bend;
}

static void show(const char *arg)
{
	const char *s = arg;
	struct place p = parse(&s);

	printf("0x%llx\n", (unsigned long long)content(&p));
}

static void print_report(struct kdumpfile_backend *b)
{
	struct klpscope_render how = { .size = sizeof(how), .format = KLPSCOPE_JSON };
	struct klpscope *ks;
	size_t length;
	char *text;

	lens.count = lens.parsed;
	ks = collected(b, false);
	if (klpscope_render(ks, &how, &text, &length))
		die(klpscope_error(ks), "report");
	fwrite(text, 1, length, stdout);
	free(text);
	klpscope_free(ks);
}

int main(int argc, char **argv)
{
	const char *path;
	struct kdumpfile_open open = { .paths = &path, .count = 1 };
	struct kdumpfile_backend *b;
	unsigned int shown = 0;
	char error[1024];

	if (argc > 1 && !strncmp(argv[1], "-s", 2)) {
		lens.shadows = true;
		lens.shadow_id = strtoull(argv[1] + 2, NULL, 0);
		argc--;
		argv++;
	}
	path = argc > 1 ? argv[1] : NULL;
	if (argc < 2 || kdumpfile_backend_open(&open, &b, error, sizeof(error)))
		die(argc < 2 ? "usage: bend DUMP [PLACE=VALUE]..., see bend.c" : error, "dump");
	lens.real.size = sizeof(lens.real);
	kdumpfile_backend_ops(b, &lens.real);
	lens.clean = collected(b, lens.shadows);
	for (int i = 2; i < argc; i++) {
		if (argv[i][strlen(argv[i]) - 1] == '?') {
			show(argv[i]);
			shown++;
		} else {
			add_bend(argv[i]);
		}
	}
	if (!shown)
		print_report(b);
	klpscope_free(lens.clean);
	kdumpfile_backend_close(b);
	return 0;
}
