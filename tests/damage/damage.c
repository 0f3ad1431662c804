// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of a report when the dump is damaged?
 *
 *	damage pages DUMP [STEP]	each page that the report of DUMP touches is made
 *					unreadable in turn (of the big tables every STEP-th)
 *	damage words DUMP COUNT SEED	COUNT times a number in one of those pages is
 *					overwritten with something nasty
 *	damage cases DUMP		of a dump with two patches and more: klp_patches bent into
 *					a loop, a wild pointer in it, a name with escape codes
 *	damage compare WHOLE DAMAGED	two JSON reports of one crash, by the rules of `pages`
 *	damage cost DUMP		what a report of the whole DUMP reads, for bench/run
 *	damage -b pages|words|cost ...	the same of a report that looks at every stack
 *
 * pages: the report may know less, never something else.  Every value is as
 * in the whole report, or it is unknown, and then the report says so.
 * words: nobody can demand the truth of a dump that lies; what is demanded is
 * an end, a valid report, and nothing unprintable in it.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/kdumpfile.h"
#include "klpscope.h"

#define PAGE 4096u
#define MAX_PAGES 16384u
#define LONGEST 120u		/* seconds that a report may take before it counts as one that never ends */
#define TABLE_READ (4 * PAGE)	/* a single read of more is one of kallsyms or BTF */

struct page {
	uint64_t addr;
	bool table;
};

static struct {
	struct klpscope_target_ops real;
	struct page *page;		/* touched, when recording */
	unsigned int pages;
	bool recording;
	unsigned long reads, pages_read;	/* again and again, if need be */
	unsigned int sections;		/* to be collected: KLPSCOPE_SECTION_... */
	/* one page that cannot be read */
	uint64_t hidden;
	enum klpscope_status why;	/* OK: none is hidden */
	/* one number that is not what it was */
	uint64_t bent_addr;
	uint64_t bent_value;
} lens;

static unsigned int failures;

static void fail(const char *where, const char *what)
{
	printf("FAIL: %s: %s\n", where, what);
	failures++;
}

static void record(uint64_t addr, size_t len)
{
	for (uint64_t a = addr & ~(uint64_t)(PAGE - 1); a < addr + len; a += PAGE) {
		unsigned int i = 0;

		while (i < lens.pages && lens.page[i].addr != a)
			i++;
		if (i == lens.pages && lens.pages < MAX_PAGES)
			lens.page[lens.pages++] = (struct page){ a, len > TABLE_READ };
	}
}

static enum klpscope_status read_memory(void *arg, uint64_t addr, void *buf, size_t len)
{
	enum klpscope_status st;

	(void)arg;
	lens.reads++;
	lens.pages_read += (addr % PAGE + len + PAGE - 1) / PAGE;
	if (lens.recording)
		record(addr, len);
	if (lens.why && addr < lens.hidden + PAGE && addr + len > lens.hidden)
		return lens.why;
	st = lens.real.read(lens.real.arg, addr, buf, len);
	for (unsigned int i = 0; !st && lens.bent_addr && i < 8; i++)
		if (lens.bent_addr + i - addr < len)
			((unsigned char *)buf)[lens.bent_addr + i - addr] = (unsigned char)(lens.bent_value >> (8 * i));
	return st;
}

static enum klpscope_status vmcoreinfo(void *arg, const char *key, const char **value)
{
	(void)arg;
	return lens.real.vmcoreinfo(lens.real.arg, key, value);
}

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

/* Tasks go by their PIDs. */
static const char *name_of(struct json_object *o)
{
	struct json_object *name = o ? get(o, "name") : NULL;

	if (o && !name)
		name = get(o, "pid");
	return name ? json_object_get_string(name) : NULL;
}

/* What `klpscope check` said of each patch of the whole report, and must not contradict. */
static struct {
	char name[64];
	enum klpscope_in_effect verdict;
} asked[32];
static unsigned int nr_asked;

static void remember(struct klpscope *ks, struct json_object *list)
{
	for (size_t i = 0; list && i < json_object_array_length(list) && nr_asked < 32; i++) {
		const char *name = name_of(json_object_array_get_idx(list, i));

		snprintf(asked[nr_asked].name, sizeof(asked[0].name), "%s", name);
		asked[nr_asked++].verdict = klpscope_patch_in_effect(ks, name);
	}
}

static void ask_for(struct klpscope *ks, const char *json)
{
	if (lens.recording) {
		struct json_object *o = json_tokener_parse(json);

		remember(ks, get(o, "patches"));
		remember(ks, get(o, "detached_modules"));
		json_object_put(o);
	}
	for (unsigned int i = 0; lens.why && i < nr_asked; i++) {
		enum klpscope_in_effect e = klpscope_patch_in_effect(ks, asked[i].name);

		if (e != asked[i].verdict && e != KLPSCOPE_EFFECT_UNKNOWN)
			fail(asked[i].name, "`check` answers otherwise");
	}
	if (lens.why && klpscope_patch_in_effect(ks, "no_such_patch") == KLPSCOPE_EFFECT_YES)
		fail("no_such_patch", "is in effect");
}

/* The report as JSON text, malloc'ed, or NULL with the reason in `error`. */
static char *report(struct kdumpfile_backend *b, char *error, size_t error_size)
{
	struct klpscope_target_ops ops = { .size = sizeof(ops), .read = read_memory, .vmcoreinfo = vmcoreinfo };
	struct klpscope_host host = {
		.size = sizeof(host), .path = "damaged", .architecture = kdumpfile_backend_architecture(b),
		.big_endian = kdumpfile_backend_big_endian(b), .pointer_size = (uint8_t)kdumpfile_backend_pointer_size(b),
	};
	const struct capsule *capsule = kdumpfile_backend_capsule(b);
	struct klpscope_render how = { .size = sizeof(how), .format = KLPSCOPE_JSON };
	struct klpscope_render screen = { .size = sizeof(screen), .sections = KLPSCOPE_SECTIONS_ALL, .width = 80 };
	struct klpscope *ks = klpscope_new();
	char *text = NULL, *words = NULL;
	size_t length, n;

	if (capsule) {
		host.origin = capsule->origin;
		host.answers = capsule->answers;
		host.answers_length = capsule->answers_length;
	}
	*error = '\0';
	alarm(LONGEST);
	if (klpscope_attach(ks, &ops, &host) || klpscope_request(ks, lens.sections) || klpscope_collect(ks) || klpscope_render(ks, &how, &text, &length) ||
	    klpscope_render(ks, &screen, &words, &n))
		snprintf(error, error_size, "%s", klpscope_error(ks));
	if (words)
		ask_for(ks, text);
	for (size_t i = 0; words && i < n; i++)
		if ((words[i] < ' ' && words[i] != '\n') || words[i] == 0x7f)
			fail("text", "a control byte");
	free(words);
	klpscope_free(ks);
	return text;
}

static bool is_unknown(struct json_object *v)
{
	return !v || (json_object_is_type(v, json_type_string) && (!strcmp(json_object_get_string(v), "unknown") ||
								  !strcmp(json_object_get_string(v), "unreadable")));
}

static void compare(const char *where, struct json_object *whole, struct json_object *damaged);

static void compare_objects(const char *where, struct json_object *whole, struct json_object *damaged)
{
	json_object_object_foreach(whole, key, value) {
		char path[1024];

		snprintf(path, sizeof(path), "%s.%s", where, key);
		compare(path, value, get(damaged, key));
	}
}

static struct json_object *twin_of(struct json_object *wanted, struct json_object *array, size_t i)
{
	size_t n = json_object_array_length(array);

	/* Functions of one name differ by their order, which a gap may have shifted. */
	if (i < n && json_object_array_get_idx(array, i) && name_of(wanted) &&
	    name_of(json_object_array_get_idx(array, i)) &&
	    !strcmp(name_of(json_object_array_get_idx(array, i)), name_of(wanted)))
		return json_object_array_get_idx(array, i);
	for (size_t k = 0; k < n; k++) {
		struct json_object *o = json_object_array_get_idx(array, k);

		if (name_of(o) && name_of(wanted) && !strcmp(name_of(o), name_of(wanted)))
			return o;
	}
	return NULL;
}

/* Of a thing that is in the damaged report only by a placeholder there is nothing to compare. */
static void compare_arrays(const char *where, struct json_object *whole, struct json_object *damaged)
{
	size_t named = 0, addressed, n = json_object_array_length(damaged);

	for (size_t i = 0; i < json_object_array_length(whole); i++) {
		struct json_object *o = json_object_array_get_idx(whole, i), *twin = twin_of(o, damaged, i);
		char path[1024];

		snprintf(path, sizeof(path), "%s[%s]", where, name_of(o) ? name_of(o) : "?");
		if (twin)
			compare(path, o, twin);
	}
	/* A module of which not even its kind can be read may be a livepatch: it has no reason then. */
	for (size_t i = 0; i < n; i++)
		named += name_of(json_object_array_get_idx(damaged, i)) != NULL &&
			 !(strstr(where, "detached") && !get(json_object_array_get_idx(damaged, i), "reason"));
	if (named > json_object_array_length(whole))
		fail(where, "has more than there are");
	addressed = 0;
	for (size_t i = 0; i < n; i++)
		addressed += get(json_object_array_get_idx(damaged, i), "address") != NULL;
	if (strstr(where, "patches") && addressed > json_object_array_length(whole))
		fail(where, "has one twice");
	/* One without a name stands for any number that is missing. */
	for (size_t i = 0; i < n && n < json_object_array_length(whole); i++)
		if (!name_of(json_object_array_get_idx(damaged, i)))
			return;
	if (n < json_object_array_length(whole))
		fail(where, "has fewer, and nothing stands for those that are missing");
}

static bool is_reliable(struct json_object *frame)
{
	return json_object_get_boolean(get(frame, "reliable"));
}

/* Up to where it was lost a stack is the same; from there on nothing is called reliable. */
static void compare_stacks(const char *where, struct json_object *whole, struct json_object *damaged)
{
	size_t n = json_object_array_length(damaged), i;

	for (i = 0; i < n && is_reliable(json_object_array_get_idx(damaged, i)); i++) {
		struct json_object *frame = json_object_array_get_idx(damaged, i), *twin = json_object_array_get_idx(whole, i);
		char path[1024];

		if (!twin || !get(frame, "address")) {
			fail(where, twin ? "a frame without an address" : "has more frames than there are");
			return;
		}
		snprintf(path, sizeof(path), "%s[%zu]", where, i);
		compare(path, twin, frame);
	}
	for (; i < n; i++)
		if (is_reliable(json_object_array_get_idx(damaged, i)))
			fail(where, "is reliable behind a frame that is not");
}

static bool ends_with(const char *s, const char *end)
{
	return strlen(s) >= strlen(end) && !strcmp(s + strlen(s) - strlen(end), end);
}

static void compare(const char *where, struct json_object *whole, struct json_object *damaged)
{
	char what[1200];

	if (is_unknown(damaged))
		return;
	if (json_object_is_type(whole, json_type_object) && json_object_is_type(damaged, json_type_object)) {
		compare_objects(where, whole, damaged);
		return;
	}
	if (json_object_is_type(whole, json_type_array) && json_object_is_type(damaged, json_type_array)) {
		if (ends_with(where, ".stack")) {
			compare_stacks(where, whole, damaged);
			return;
		}
		compare_arrays(where, whole, damaged);
		return;
	}
	/* Read in part, a transition is an object of which some is unknown. */
	if (!whole && json_object_is_type(damaged, json_type_object) && !get(damaged, "patch") &&
	    !get(damaged, "target"))
		return;
	if (json_object_equal(whole, damaged))
		return;
	/* A patch whose name cannot be read goes by its address. */
	if (strstr(where, "transition.patch") && !strncmp(json_object_get_string(damaged), "0x", 2))
		return;
	snprintf(what, sizeof(what), "was %s, is %s", whole ? json_object_to_json_string(whole) : "null",
		 json_object_to_json_string(damaged));
	fail(where, what);
}

static int64_t number(struct json_object *o, const char *key)
{
	return json_object_get_int64(get(o, key));
}

static bool same_section(struct json_object *a, struct json_object *b)
{
	return json_object_equal(get(a, "module"), get(b, "module")) && json_object_equal(get(a, "object"), get(b, "object")) &&
	       json_object_equal(get(a, "section"), get(b, "section"));
}

static struct json_object *section_of(struct json_object *whole, struct json_object *damaged)
{
	for (size_t i = 0; i < json_object_array_length(whole); i++)
		if (same_section(json_object_array_get_idx(whole, i), damaged))
			return json_object_array_get_idx(whole, i);
	return NULL;
}

/* What could be read of a section is counted as what it is, all else as unknown. */
static void compare_sections(const char *where, struct json_object *whole, struct json_object *damaged)
{
	static const char *const kinds[] = { "applied", "cleared", "stale", "mismatched_total" };
	bool all = true;

	compare(where, get(whole, "total"), get(damaged, "total"));
	compare(where, get(whole, "loaded"), get(damaged, "loaded"));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!get(damaged, kinds[i]))
			continue;
		if (number(damaged, kinds[i]) > number(whole, kinds[i]))
			fail(where, kinds[i]);
		all &= number(damaged, kinds[i]) == number(whole, kinds[i]);
	}
	if (!all && !number(damaged, "unknown"))
		fail(where, "fewer than there are, and none is unknown");
}

static void compare_relocations(const char *where, struct json_object *whole, struct json_object *damaged)
{
	bool gap = false;
	size_t n = damaged ? json_object_array_length(damaged) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(damaged, i), *twin;

		gap |= !get(o, "module") || !get(o, "object") || !get(o, "section");
		if (!get(o, "module") || !get(o, "object") || !get(o, "section"))
			continue;
		twin = section_of(whole, o);
		if (twin)
			compare_sections(where, twin, o);
		else
			fail(where, "a section that there is not");
	}
	if (damaged && !gap && n != json_object_array_length(whole))
		fail(where, "has fewer, and nothing stands for those that are missing");
}

static bool holds(struct json_object *array, const char *name)
{
	for (size_t i = 0; array && i < json_object_array_length(array); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(array, i)), name))
			return true;
	return false;
}

/* A patch whose state alone is unknown stands on the list of its verdict, too. */
static bool has_unknown_verdict(struct json_object *summary)
{
	struct json_object *unknown = get(summary, "unknown");

	for (size_t i = 0; i < json_object_array_length(unknown); i++) {
		struct json_object *name = json_object_array_get_idx(unknown, i);
		const char *s = name ? json_object_get_string(name) : "";

		if (!holds(get(summary, "in_effect"), s) && !holds(get(summary, "not_in_effect"), s))
			return true;
	}
	return false;
}

/* Innermost first: what is known of it is how it begins, and that nothing is on it must be known. */
static void compare_paths(const char *where, struct json_object *whole, struct json_object *damaged)
{
	size_t n, of = whole ? json_object_array_length(whole) : 0;

	if (!damaged)
		return;
	n = json_object_array_length(damaged);
	if (!whole || n > of || (!n && of))
		fail(where, "has another crash path");
	for (size_t i = 0; i < n && i < of; i++)
		compare(where, json_object_array_get_idx(whole, i), json_object_array_get_idx(damaged, i));
}

/* No list of names may say of a patch what the whole report does not. */
static void compare_summaries(const char *where, struct json_object *whole, struct json_object *damaged)
{
	static const char *const lists[] = { "in_effect", "applying", "reverting", "not_in_effect" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct json_object *list = get(damaged, lists[i]);

		if (is_unknown(list))
			continue;
		for (size_t k = 0; k < json_object_array_length(list); k++) {
			const char *name = json_object_get_string(json_object_array_get_idx(list, k));

			/* An address stands for a name that cannot be read. */
			if (strncmp(name, "0x", 2) && !holds(get(whole, lists[i]), name) &&
			    !(!i && (holds(get(whole, "applying"), name) || holds(get(whole, "reverting"), name))))
				fail(where, lists[i]);
			if (!strncmp(name, "0x", 2) && !strcmp(lists[i], "not_in_effect") &&
			    !json_object_array_length(get(whole, lists[i])))
				fail(where, "a patch without a name is said not to be in effect");
		}
	}
	compare_paths(where, get(whole, "crash_path"), get(damaged, "crash_path"));
	compare_paths(where, get(whole, "crash_path_originals"), get(damaged, "crash_path_originals"));
	compare(where, get(whole, "kernel_identity"), get(damaged, "kernel_identity"));
	if (get(damaged, "kernel_identity") && has_unknown_verdict(damaged))
		fail(where, "names what ran while the verdict on some patch is unknown");
	if (strcmp(json_object_get_string(get(whole, "livepatch")), json_object_get_string(get(damaged, "livepatch"))) &&
	    strcmp(json_object_get_string(get(damaged, "livepatch")), "unknown"))
		fail(where, "livepatch");
}

/* What was seen may be less, never more. */
static void compare_seen(const char *where, struct json_object *whole, struct json_object *damaged)
{
	if (get(damaged, "seen") && json_object_get_int64(get(damaged, "seen")) > json_object_get_int64(get(whole, "seen")))
		fail(where, "saw more than there are");
}

/* A patch whose name cannot be read goes by its address; null stands for patches whose states are not known. */
static void compare_states(const char *where, struct json_object *whole, struct json_object *damaged)
{
	size_t known = 0, n = damaged ? json_object_array_length(damaged) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(damaged, i));

		if (name && strncmp(name, "0x", 2) && !holds(whole, name))
			fail(where, "a patch that has no such state");
		known += name != NULL;
	}
	if (damaged && known < json_object_array_length(whole) && known == n)
		fail(where, "fewer patches, and nothing stands for the others");
}

static struct json_object *same_id(struct json_object *ids, struct json_object *id)
{
	for (size_t i = 0; i < json_object_array_length(ids); i++)
		if (json_object_equal(get(json_object_array_get_idx(ids, i), "id"), get(id, "id")))
			return json_object_array_get_idx(ids, i);
	return NULL;
}

static void compare_shadows(const char *where, struct json_object *whole, struct json_object *damaged)
{
	struct json_object *all = get(whole, "ids"), *ids = get(damaged, "ids");
	size_t known = 0, n = json_object_array_length(ids);

	compare(where, get(whole, "total"), get(damaged, "total"));
	compare(where, get(whole, "bytes"), get(damaged, "bytes"));
	compare_seen(where, whole, damaged);
	for (size_t i = 0; i < n; i++) {
		struct json_object *id = json_object_array_get_idx(ids, i), *twin = same_id(all, id);

		if (!get(id, "id"))
			continue;
		known++;
		if (!twin) {
			fail(where, "an id that there is not");
			continue;
		}
		compare(where, get(twin, "count"), get(id, "count"));
		compare(where, get(twin, "bytes"), get(id, "bytes"));
		compare_seen(where, twin, id);
		compare_states(where, get(twin, "state_of"), get(id, "state_of"));
	}
	if (known < json_object_array_length(all) && known == n)
		fail(where, "fewer ids, and nothing stands for the others");
}

static void compare_reports(const char *where, struct json_object *whole, const char *whole_text, const char *text)
{
	struct json_object *damaged = json_tokener_parse(text);
	static const char *const parts[] = { "dump", "patches", "detached_modules", "transition", "tasks" };

	if (!damaged) {
		fail(where, "not JSON");
		return;
	}
	compare_summaries(where, get(whole, "summary"), get(damaged, "summary"));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s: %s", where, parts[i]);
		compare(path, get(whole, parts[i]), get(damaged, parts[i]));
	}
	compare_relocations(where, get(whole, "relocations"), get(damaged, "relocations"));
	compare_shadows(where, get(whole, "shadow_variables"), get(damaged, "shadow_variables"));
	if (strcmp(text, whole_text)) {
		if (json_object_get_boolean(get(get(damaged, "summary"), "complete")))
			fail(where, "differs, and calls itself complete");
		if (!json_object_array_length(get(damaged, "findings")))
			fail(where, "differs, and has no finding that says why");
	}
	json_object_put(damaged);
}

static void hide_pages(struct kdumpfile_backend *b, const char *whole_text, unsigned int step)
{
	static const enum klpscope_status why[] = { KLPSCOPE_EXCLUDED, KLPSCOPE_TRUNCATED, KLPSCOPE_FAULT,
						     KLPSCOPE_CORRUPT };
	struct json_object *whole = json_tokener_parse(whole_text);
	unsigned int changed = 0, refused = 0, tried = 0, tables = 0;
	char error[1024], where[64];

	for (unsigned int i = 0; i < lens.pages; i++) {
		char *text;

		if (lens.page[i].table && tables++ % step)
			continue;
		lens.hidden = lens.page[i].addr;
		lens.why = why[tried++ % (sizeof(why) / sizeof(*why))];
		snprintf(where, sizeof(where), "page 0x%llx %s", (unsigned long long)lens.hidden,
			 klpscope_strstatus(lens.why));
		text = report(b, error, sizeof(error));
		if (text) {
			changed += strcmp(text, whole_text) != 0;
			compare_reports(where, whole, whole_text, text);
		} else {
			refused++;
			if (!*error)
				fail(where, "refused without a reason");
		}
		free(text);
	}
	lens.why = KLPSCOPE_OK;
	json_object_put(whole);
	printf("%u pages touched, %u hidden in turn: %u reports with something unknown, %u refusals, %u wrong\n",
	       lens.pages, tried, changed, refused, failures);
	/* A test that hides nothing proves nothing. */
	if (!changed)
		fail("pages", "nothing that was hidden made a difference");
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* The first word of a page from `addr` on that points into the kernel; `addr`, if there is none. */
static uint64_t next_pointer(uint64_t addr)
{
	uint64_t word;

	for (uint64_t at = addr; at < (addr | (PAGE - 1)); at += sizeof(word))
		if (!lens.real.read(lens.real.arg, at, &word, sizeof(word)) && word >> 47 == 0x1ffff)
			return at;
	return addr;
}

static void bend_words(struct kdumpfile_backend *b, const char *whole_text, unsigned long count, uint64_t seed)
{
	unsigned int changed = 0, refused = 0;
	char error[1024];

	for (unsigned long i = 0; i < count; i++) {
		/* Most of them in what is not a table: there are fewer of those pages, and more in them. */
		struct page *pg;
		uint64_t value = next_random(&seed);
		char *text;

		do
			pg = &lens.page[next_random(&seed) % lens.pages];
		while (pg->table && i % 2);
		lens.bent_addr = pg->addr + next_random(&seed) % (PAGE - 8);
		switch (next_random(&seed) % 3) {
		case 0: lens.bent_addr &= ~7ull; break;
		case 1: lens.bent_addr = next_pointer(lens.bent_addr & ~7ull); break;
		default: break;
		}
		switch (next_random(&seed) % 6) {
		case 0: value = 0; break;
		case 1: value = ~0ull; break;
		case 2: value = lens.page[value % lens.pages].addr + (value >> 32) % PAGE; break;
		case 3: value = lens.bent_addr; break;
		case 4: value &= 0xffff; break;
		default: break;
		}
		lens.bent_value = value;
		text = report(b, error, sizeof(error));
		if (text) {
			struct json_object *o = json_tokener_parse(text);

			changed += strcmp(text, whole_text) != 0;
			if (!o)
				fail("words", "not JSON");
			json_object_put(o);
		} else {
			refused++;
			if (!*error)
				fail("words", "refused without a reason");
		}
		free(text);
	}
	printf("%lu numbers bent: %u other reports, %u refusals, %u wrong\n", count, changed, refused, failures);
}

static uint64_t address_of(struct json_object *o, const char *key)
{
	return strtoull(json_object_get_string(get(o, key)), NULL, 0);
}

static void bend(uint64_t addr, uint64_t value)
{
	lens.bent_addr = addr;
	lens.bent_value = value;
}

/* One report with that bend, by the rules of `pages`; it must make a difference. */
static char *bent_report(struct kdumpfile_backend *b, const char *where, struct json_object *whole,
			 const char *whole_text)
{
	char error[1024], *text = report(b, error, sizeof(error));

	bend(0, 0);
	if (!text)
		fail(where, error);
	else if (!strcmp(text, whole_text))
		fail(where, "makes no difference");
	else if (whole)
		compare_reports(where, whole, whole_text, text);
	printf("%s: done\n", where);
	return text;
}

/* Where klp_patch.list.next of the first patch lies: it names the same place in the second. */
static uint64_t find_next(uint64_t first, uint64_t second)
{
	for (uint64_t offset = 0; offset < 256; offset += 8) {
		uint64_t word;

		if (!lens.real.read(lens.real.arg, first + offset, &word, sizeof(word)) && word == second + offset)
			return first + offset;
	}
	return 0;
}

static uint64_t find_name(uint64_t module, const char *name)
{
	char raw[512];

	if (lens.real.read(lens.real.arg, module, raw, sizeof(raw)))
		return 0;
	for (size_t i = 0; i + strlen(name) < sizeof(raw); i++)
		if (!strcmp(raw + i, name))
			return module + i;
	return 0;
}

static void bend_cases(struct kdumpfile_backend *b, const char *whole_text)
{
	static const char evil[8] = "\033[2J\a\x9b\xff";
	struct json_object *whole = json_tokener_parse(whole_text), *patches = get(whole, "patches");
	struct json_object *first = json_object_array_get_idx(patches, 0), *second = json_object_array_get_idx(patches, 1);
	uint64_t next = find_next(address_of(first, "address"), address_of(second, "address"));
	uint64_t name = find_name(address_of(get(first, "module"), "address"), name_of(first)), word;
	char *text;

	if (!next || !name) {
		fail("cases", "the dump is not as this test needs it");
		return;
	}
	bend(next, next);
	free(bent_report(b, "klp_patches loops at its first patch", whole, whole_text));
	bend(next, next - 0x123458);
	free(bent_report(b, "klp_patches has a wild pointer", whole, whole_text));
	bend(next, 0);
	free(bent_report(b, "klp_patches has a NULL pointer", whole, whole_text));
	memcpy(&word, evil, sizeof(word));
	bend(name, word);
	/* Nothing is unknown then: only the name is another. */
	text = bent_report(b, "a name has escape codes", NULL, whole_text);
	if (text && (strpbrk(text, "\033\a\x9b\xff") || !strstr(text, "\\\\x1b[2J\\\\x07\\\\x9b\\\\xff")))
		fail("a name has escape codes", "they are not shown as such");
	free(text);
	json_object_put(whole);
}

static char *read_file(const char *path)
{
	struct json_object *o = json_object_from_file(path);
	FILE *f = o ? fopen(path, "r") : NULL;
	char *text = calloc(1, 1 << 24);
	size_t n = f ? fread(text, 1, (1 << 24) - 1, f) : 0;

	json_object_put(o);
	if (f)
		fclose(f);
	if (n)
		return text;
	free(text);
	fprintf(stderr, "%s: no report\n", path);
	exit(2);
}

/* Of other names than those of the whole report's dump, as two files have. */
static void compare_files(const char *whole_path, const char *damaged_path)
{
	char *whole_text = read_file(whole_path), *text = read_file(damaged_path);
	struct json_object *whole = json_tokener_parse(whole_text), *damaged = json_tokener_parse(text);
	static const char *const names[] = { "path", "format", "capsule" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		json_object_object_add(get(whole, "dump"), names[i],
				       json_object_get(get(get(damaged, "dump"), names[i])));
	free(whole_text);
	free(text);
	compare_reports(damaged_path, whole, json_object_to_json_string(whole), json_object_to_json_string(damaged));
	json_object_put(whole);
	json_object_put(damaged);
}

static int print_cost(struct kdumpfile_backend *b)
{
	char error[1024], *text = report(b, error, sizeof(error));
	struct json_object *o = text ? json_tokener_parse(text) : NULL, *total = get(get(o, "tasks"), "total");

	if (!o)
		fprintf(stderr, "%s\n", error);
	else
		printf("%lu pages in %lu reads, %s tasks\n", lens.pages_read, lens.reads,
		       total ? json_object_get_string(total) : "no");
	json_object_put(o);
	free(text);
	return !o;
}

static int run(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[2] : NULL;
	struct kdumpfile_open open = { .paths = &path, .count = 1 };
	struct kdumpfile_backend *b;
	char error[1024];
	char *whole;

	if (argc == 4 && !strcmp(argv[1], "compare")) {
		compare_files(argv[2], argv[3]);
		return failures != 0;
	}
	if (argc < 3 || kdumpfile_backend_open(&open, &b, error, sizeof(error))) {
		fprintf(stderr, "%s\n", argc < 3 ? "usage: damage [-b] pages|words|cases|compare|cost ..., see damage.c" : error);
		return 2;
	}
	lens.real.size = sizeof(lens.real);
	kdumpfile_backend_ops(b, &lens.real);
	if (!strcmp(argv[1], "cost")) {
		int status = print_cost(b);

		kdumpfile_backend_close(b);
		return status;
	}
	lens.page = calloc(MAX_PAGES, sizeof(*lens.page));
	lens.recording = true;
	whole = report(b, error, sizeof(error));
	lens.recording = false;
	if (!whole) {
		fprintf(stderr, "%s: %s\n", path, error);
		return 2;
	}
	if (!strcmp(argv[1], "words"))
		bend_words(b, whole, argc > 3 ? strtoul(argv[3], NULL, 10) : 100, argc > 4 ? strtoul(argv[4], NULL, 10) : 1);
	else if (!strcmp(argv[1], "cases"))
		bend_cases(b, whole);
	else
		hide_pages(b, whole, argc > 3 ? (unsigned int)strtoul(argv[3], NULL, 10) : 1);
	free(whole);
	free(lens.page);
	kdumpfile_backend_close(b);
	return failures != 0;
}

int main(int argc, char **argv)
{
	int stacks = argc > 1 && !strcmp(argv[1], "-b");

	lens.sections = stacks ? KLPSCOPE_SECTIONS_ALL : 0;
	return run(argc - stacks, argv + stacks);
}
