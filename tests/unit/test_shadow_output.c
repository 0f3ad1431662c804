// SPDX-License-Identifier: GPL-2.0-or-later
/* What is printed of shadow variables, as text and as JSON. */
#include <stdio.h>

#include "output/text.h"
#include "tests/unit/json_parse.h"
#include "tests/unit/shadows.h"

#define VMCOREINFO "vmcoreinfo NUMBER(PG_slab) 9\nvmcoreinfo NUMBER(PG_head_mask) 65536\n"
#define OBJECT(i) (DIRECT + 0x800000 + (uint64_t)(i) * 128)

/* Three of id 7, which klp_one has a state of, and one of id 8, for a variable. */
static struct shadow_kernel some(void)
{
	static const uint8_t data[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 0xff };
	struct shadow_kernel k = shadow_kernel("little", 8, VMCOREINFO);
	uint64_t addr;

	for (unsigned int i = 0; i < 3; i++)
		shadow_add(&k, OBJECT(i), 7);
	addr = shadow_add(&k, fake_label(k.f, "swapper0") + 8, 8);
	fake_write(k.f, addr + DATA_OFFSET, data, sizeof(data));
	shadow_slab(&k, ENTRIES, k.next, "kmalloc64");
	shadow_slab(&k, OBJECT(0), OBJECT(3), "kmalloc96");
	shadow_state(&k, 7);
	return k;
}

/* Behind the heading of that section, to the next one. */
static char *section(const struct report *r)
{
	const struct klpscope_render how = { .size = sizeof(how), .sections = KLPSCOPE_SECTION_SHADOW };
	char *text, *from, *to;
	size_t length;

	assert_int_equal(text_render(r, &how, &text, &length), KLPSCOPE_OK);
	from = strstr(text, "\nShadow variables\n");
	assert_non_null(from);
	from = strdup(from + 1);
	to = strstr(from, "\n\nFindings\n");
	if (to)
		to[1] = '\0';
	free(text);
	return from;
}

static void assert_section(const struct report *r, const char *expected)
{
	char *text = section(r);

	assert_string_equal(text, expected);
	free(text);
}

static void assert_says(const struct report *r, const char *words)
{
	char *text = section(r);

	if (!strstr(text, words))
		print_error("%s", text);
	assert_non_null(strstr(text, words));
	free(text);
}

/* --- text --- */

static void test_text(void **state)
{
	struct shadow_kernel k = some();

	(void)state;
	assert_section(shadow_report(&k),
		       "Shadow variables\n"
		       "4 shadow variables of 2 ids; their slab objects take 256 bytes.\n"
		       "ID  COUNT  BYTES  STATE OF\n"
		       " 7      3    192  klp_one\n"
		       " 8      1     64  no listed patch\n"
		       "No listed patch has a state of id 8: nothing ties its shadow variables to a patch. Unless a patch uses "
		       "it without a state, nobody will free them.\n");
	for (unsigned int i = 0; i < 10; i++)
		shadow_add(&k, OBJECT(0), 20 + i);
	assert_says(shadow_report(&k), "\nNo listed patch has a state of ids 8, 20, 21, 22, 23, 24, 25, 26 and 3 more: "
				       "nothing ties their shadow variables to a patch.");
	shadow_kernel_free(&k);
}

static void test_text_one(void **state)
{
	struct shadow_kernel k = some();
	struct report *r = shadow_report_of(&k, 8);
	static const struct capsule_rec redacted = { .redacted = true };

	(void)state;
	assert_says(r, "\nShadow variables of id 8\n"
		       "OBJECT (CACHE)            SHADOW (CACHE)                 DATA                FIRST BYTES\n"
		       "0xc0030008 init_task+0x8  0xffff8880001000c0 kmalloc-64  0xffff8880001000f0  01020304 05060708 ff000000 00000000\n");
	r->system.capsule = &redacted;
	assert_says(r, "  [redacted]\n");
	assert_says(shadow_report_of(&k, 7), " kmalloc-96  0xffff8880001000");
	assert_says(shadow_report_of(&k, 9), "\nNo shadow variable had the id 9.\n");
	fake_write_uint(k.f, HASH, 0xdead0000, 8);
	assert_says(shadow_report_of(&k, 9), "UNKNOWN whether any shadow variable had the id 9: ");
	shadow_kernel_free(&k);
}

static void test_text_none(void **state)
{
	struct shadow_kernel k = shadow_kernel("little", 8, VMCOREINFO);
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, NULL);

	(void)state;
	assert_section(shadow_report(&k), "Shadow variables\nThere were none.\n");
	assert_says(shadow_report_of(&k, 1), "There were none.\nNo shadow variable had the id 1.\n");
	fake_write_uint(k.f, HASH, 0xdead0000, 8);
	assert_says(shadow_report(&k), "\nUNKNOWN whether there were any (");
	shadow_kernel_free(&k);
	assert_says(kernel_report(f, "x86_64"), "There were none: this kernel has no shadow variables");
	fake_free(f);
}

/* What was seen is told, and that it is not all. */
static void test_text_part(void **state)
{
	struct shadow_kernel k = some();
	struct report *r;

	(void)state;
	fake_write_uint(k.f, HASH, 0xdead0000, 8);
	r = shadow_report(&k);
	assert_says(r, "At least 4 shadow variables of at least 2 ids; their slab objects take at least 256 bytes. "
		       "How many more is UNKNOWN (");
	assert_says(r, " 7   >= 3  >= 192  klp_one\n");
	/* Which patches have states is not known either. */
	fake_write_uint(k.f, fake_label(k.f, "p2") + 56, 0xdead0000, 8);
	r = shadow_report(&k);
	assert_says(r, "klp_one, others unknown\n");
	assert_says(r, " 8   >= 1   >= 64  unknown\n");
	shadow_kernel_free(&k);
}

static void test_text_stateless(void **state)
{
	struct shadow_kernel k = some();
	struct report *r = shadow_report(&k);

	(void)state;
	for (struct shadow_id_rec *id = r->shadows.id; id; id = id->next)
		id->tied = (struct val){ 0, KLPSCOPE_NOT_FOUND };
	for (struct patch_rec *p = r->patches; p; p = p->next)
		p->states = NULL;
	assert_says(r, " 8      1     64  -\nThis kernel's patches have no states (5.5): nothing ties an id to a patch.\n");
	shadow_kernel_free(&k);
}

/* --- JSON --- */

static struct json_object *json_of(const struct report *r)
{
	char *text = render(r, NULL);
	struct json_object *o = parse(text), *shadows = json_object_get(get(o, "shadow_variables"));
	static const char *const keys[] = { "total", "seen", "bytes", "ids", NULL };

	free(text);
	json_object_put(o);
	assert_keys(shadows, keys);
	return shadows;
}

static void check_id(struct json_object *id)
{
	static const char *const keys[] = { "id", "count", "seen", "bytes", "state_of", "objects", NULL };

	assert_keys(id, keys);
}

static void check_object(struct json_object *o)
{
	static const char *const keys[] = {
		"object", "shadow", "data", "cache", "object_cache", "size", "symbol", "module", "bytes", NULL,
	};

	assert_keys(o, keys);
}

static void test_json(void **state)
{
	struct shadow_kernel k = some();
	struct json_object *o = json_of(shadow_report(&k)), *ids = get(o, "ids");

	(void)state;
	assert_int_equal(json_object_get_int(get(o, "total")), 4);
	assert_int_equal(json_object_get_int(get(o, "bytes")), 256);
	assert_int_equal(length(ids), 2);
	each(ids, check_id);
	assert_int_equal(json_object_get_int(get(at(ids, 0), "id")), 7);
	assert_int_equal(json_object_get_int(get(at(ids, 0), "count")), 3);
	assert_int_equal(json_object_get_int(get(at(ids, 0), "bytes")), 192);
	assert_string_equal(json_object_get_string(at(get(at(ids, 0), "state_of"), 0)), "klp_one");
	assert_int_equal(length(get(at(ids, 1), "state_of")), 0);
	assert_null(get(at(ids, 0), "objects"));
	json_object_put(o);
	shadow_kernel_free(&k);
}

static void test_json_one(void **state)
{
	struct shadow_kernel k = some();
	struct report *r = shadow_report_of(&k, 8);
	static const struct capsule_rec redacted = { .redacted = true };
	struct json_object *o = json_of(r), *objects = get(at(get(o, "ids"), 1), "objects"), *one = at(objects, 0);

	(void)state;
	assert_int_equal(length(objects), 1);
	each(objects, check_object);
	assert_null(get(at(get(o, "ids"), 0), "objects"));
	assert_string_equal(get_string(one, "symbol"), "init_task");
	assert_null(get(one, "object_cache"));
	assert_string_equal(get_string(one, "cache"), "kmalloc-64");
	assert_int_equal(json_object_get_int(get(one, "size")), 64);
	assert_string_equal(get_string(one, "data"), "0xffff8880001000f0");
	assert_string_equal(get_string(one, "bytes"), "0102030405060708ff00000000000000");
	json_object_put(o);
	r->system.capsule = &redacted;
	o = json_of(r);
	assert_null(get(at(get(at(get(o, "ids"), 1), "objects"), 0), "bytes"));
	json_object_put(o);
	shadow_kernel_free(&k);
}

static void test_json_part(void **state)
{
	struct shadow_kernel k = some();
	struct json_object *o, *ids, *objects;

	(void)state;
	fake_write_uint(k.f, HASH, 0xdead0000, 8);
	fake_write_uint(k.f, fake_label(k.f, "p2") + 56, 0xdead0000, 8);
	o = json_of(shadow_report_of(&k, 7));
	ids = get(o, "ids");
	assert_null(get(o, "total"));
	assert_null(get(o, "bytes"));
	assert_int_equal(json_object_get_int(get(o, "seen")), 4);
	assert_null(get(at(ids, 0), "count"));
	assert_null(get(at(ids, 0), "bytes"));
	assert_int_equal(json_object_get_int(get(at(ids, 0), "seen")), 3);
	assert_int_equal(length(get(at(ids, 0), "state_of")), 2);
	assert_null(at(get(at(ids, 0), "state_of"), 1));
	assert_null(get(at(ids, 1), "state_of"));
	/* The last one stands for those that may be there. */
	assert_int_equal(length(ids), 3);
	each(ids, check_id);
	assert_null(get(at(ids, 2), "id"));
	objects = get(at(ids, 0), "objects");
	assert_int_equal(length(objects), 4);
	each(objects, check_object);
	assert_null(get(at(objects, 3), "object"));
	json_object_put(o);
	shadow_kernel_free(&k);
}

static void test_json_none(void **state)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, NULL);
	struct json_object *o = json_of(kernel_report(f, "x86_64"));

	(void)state;
	assert_int_equal(json_object_get_int(get(o, "total")), 0);
	assert_non_null(get(o, "total"));
	assert_non_null(get(o, "bytes"));
	assert_int_equal(length(get(o, "ids")), 0);
	json_object_put(o);
	fake_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	      cmocka_unit_test(test_text_one),
		cmocka_unit_test(test_text_none),     cmocka_unit_test(test_text_part),
		cmocka_unit_test(test_text_stateless), cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_one),      cmocka_unit_test(test_json_part),
		cmocka_unit_test(test_json_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
