// SPDX-License-Identifier: GPL-2.0-or-later
/* A host and the file that it reads: whose word counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kdumpfile.h"
#include "klpscope.h"

static const char *const paths[] = { "test-vmcores/active/vmcore.capsule" };
static const struct klpscope_files files = { .size = sizeof(files), .paths = paths, .count = 1 };

/* A host that reads the same file, as drgn does it: what it does not hold is zeros. */
static struct host {
	struct kdumpfile_backend *backend;
	struct klpscope_target_ops file;
	enum klpscope_status fails;	/* each read, after `after` of them */
	unsigned int after, reads;
	bool other;			/* its memory is another's */
	uint64_t page;			/* one page of it is; 0: none */
	struct klpscope_answer *answer;
	bool torn;			/* … and it never counts */
} host;

static enum klpscope_status answer(enum klpscope_status status)
{
	if (!host.answer || host.torn)
		return status;
	host.answer->status = (int32_t)status;
	host.answer->count++;
	/* Not what counts. */
	return status ? KLPSCOPE_OK : KLPSCOPE_SYSTEM;
}

static enum klpscope_status host_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	assert_ptr_equal(arg, &host);
	if (host.fails && host.reads++ >= host.after)
		return answer(host.fails);
	if (host.file.read(host.file.arg, addr, buf, len))
		memset(buf, 0, len);
	if (host.other || (host.page && addr / 4096 == host.page / 4096))
		memset(buf, 0x5a, len);
	return answer(KLPSCOPE_OK);
}

static const struct klpscope_target_ops ops = { .size = sizeof(ops), .arg = &host, .read = host_read };

static int set_up(void **state)
{
	const struct kdumpfile_open how = { .paths = paths, .count = 1 };
	char words[256];

	(void)state;
	memset(&host, 0, sizeof(host));
	if (kdumpfile_backend_open(&how, &host.backend, words, sizeof(words)))
		return -1;
	kdumpfile_backend_ops(host.backend, &host.file);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kdumpfile_backend_close(host.backend);
	return 0;
}

static char *report_of(struct klpscope *ks)
{
	const struct klpscope_render how = { .size = sizeof(how), .format = KLPSCOPE_JSON };
	size_t length;
	char *text;

	assert_int_equal(klpscope_collect(ks), KLPSCOPE_OK);
	assert_int_equal(klpscope_render(ks, &how, &text, &length), KLPSCOPE_OK);
	return text;
}

static void expect_whole(struct klpscope *ks)
{
	struct klpscope *own = klpscope_new();
	char *expected, *found = report_of(ks);

	assert_int_equal(klpscope_open(own, &files), KLPSCOPE_OK);
	expected = report_of(own);
	assert_true(klpscope_complete(ks));
	assert_string_equal(found, expected);
	klpscope_free(own);
	free(expected);
	free(found);
}

static struct klpscope_dump *open_dump(struct klpscope *ks, bool force)
{
	struct klpscope_files f = files;
	struct klpscope_dump *dump;

	f.force = force;
	assert_int_equal(klpscope_dump_open(ks, &f, &dump), KLPSCOPE_OK);
	return dump;
}

/* A zero of the host's is worth nothing where the file has nothing: the same report, three times from one dump. */
static void test_same(void **state)
{
	struct klpscope *ks = klpscope_new();
	struct klpscope_dump *dump = open_dump(ks, false);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_OK);
		assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_INVALID);
		expect_whole(ks);
		klpscope_free(ks);
		ks = klpscope_new();
	}
	klpscope_free(ks);
	klpscope_dump_free(dump);
}

/* What the host does not give the file has. */
static void test_host_fails(void **state)
{
	static const enum klpscope_status why[] = { KLPSCOPE_FAULT, KLPSCOPE_EXCLUDED, KLPSCOPE_UNSUPPORTED };

	(void)state;
	for (size_t i = 0; i < sizeof(why) / sizeof(*why); i++) {
		struct klpscope *ks = klpscope_new();
		struct klpscope_dump *dump = open_dump(ks, false);

		host.fails = why[i];
		host.reads = 0;
		host.after = 20;
		assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_OK);
		expect_whole(ks);
		klpscope_free(ks);
		klpscope_dump_free(dump);
	}
}

/* A host that has to end is asked nothing more than once. */
static void test_host_ends(void **state)
{
	struct klpscope *ks = klpscope_new();
	struct klpscope_dump *dump = open_dump(ks, false);

	(void)state;
	host.fails = KLPSCOPE_SYSTEM;
	host.after = 0;
	assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_SYSTEM);
	host.after = 30;
	host.reads = 0;
	assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_OK);
	if (!klpscope_collect(ks))
		assert_false(klpscope_complete(ks));
	klpscope_free(ks);
	klpscope_dump_free(dump);
}

static void test_another_dump(void **state)
{
	struct klpscope *ks = klpscope_new();
	struct klpscope_dump *dump = open_dump(ks, false), *known = open_dump(ks, true);

	(void)state;
	host.other = true;
	assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_INVALID);
	assert_non_null(strstr(klpscope_error(ks), "another dump than the one that is open"));
	assert_int_equal(klpscope_attach_dump(ks, &ops, known), KLPSCOPE_INVALID);
	/* Where its kernel lay elsewhere, it has nothing there. */
	host.other = false;
	host.fails = KLPSCOPE_FAULT;
	assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_INVALID);
	assert_non_null(strstr(klpscope_error(ks), "nothing shows"));
	assert_int_equal(klpscope_attach_dump(ks, &ops, known), KLPSCOPE_OK);
	expect_whole(ks);
	klpscope_free(ks);
	klpscope_dump_free(dump);
	klpscope_dump_free(known);
}

static uint64_t address_of(struct klpscope *ks, const char *key)
{
	const struct klpscope_render how = { .size = sizeof(how), .format = KLPSCOPE_JSON };
	size_t length;
	uint64_t found;
	char *text;

	assert_int_equal(klpscope_render(ks, &how, &text, &length), KLPSCOPE_OK);
	assert_non_null(strstr(text, key));
	found = strtoull(strstr(text, key) + strlen(key), NULL, 16);
	free(text);
	return found;
}

/* A moment later in the same kernel: seen when it matters. Known to be the dump, the host is believed. */
static void test_differs(void **state)
{
	struct klpscope *ks = klpscope_new();
	struct klpscope_dump *dump = open_dump(ks, false), *known = open_dump(ks, true);
	uint64_t patch;

	(void)state;
	assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_OK);
	assert_int_equal(klpscope_collect(ks), KLPSCOPE_OK);
	patch = address_of(ks, "\"patches\": [\n    {\n      \"name\": \"klp_test_vmlinux\",\n      \"address\": \"");
	assert_true(patch);
	klpscope_free(ks);
	host.page = patch;
	ks = klpscope_new();
	assert_int_equal(klpscope_attach_dump(ks, &ops, dump), KLPSCOPE_OK);
	assert_int_equal(klpscope_collect(ks), KLPSCOPE_INVALID);
	assert_non_null(strstr(klpscope_error(ks), "another dump than the one that is open"));
	klpscope_free(ks);
	ks = klpscope_new();
	assert_int_equal(klpscope_attach_dump(ks, &ops, known), KLPSCOPE_OK);
	assert_int_equal(klpscope_collect(ks), KLPSCOPE_OK);
	assert_false(klpscope_complete(ks));
	klpscope_free(ks);
	klpscope_dump_free(dump);
	klpscope_dump_free(known);
}

/* What a callback returns may be anything then. */
static void test_answer(void **state)
{
	struct klpscope_target_ops told = ops;
	struct klpscope_answer place = { .count = UINT32_MAX - 5 };
	struct klpscope *ks = klpscope_new();
	struct klpscope_dump *dump = open_dump(ks, true);

	(void)state;
	host.answer = told.answer = &place;
	assert_int_equal(klpscope_attach_dump(ks, &told, dump), KLPSCOPE_OK);
	expect_whole(ks);
	assert_int_equal(place.lost, 0);
	klpscope_free(ks);
	ks = klpscope_new();
	host.torn = true;
	assert_int_equal(klpscope_attach_dump(ks, &told, dump), KLPSCOPE_SYSTEM);
	assert_int_equal(place.lost, 1);
	klpscope_free(ks);
	klpscope_dump_free(dump);
}

static void test_refused(void **state)
{
	static const char *const nowhere[] = { "/nonexistent" };
	const struct klpscope_files missing = { .size = sizeof(missing), .paths = nowhere, .count = 1 };
	const struct klpscope_target_ops blind = { .size = sizeof(blind) };
	struct klpscope *ks = klpscope_new(), *recording = klpscope_new();
	struct klpscope_dump *dump;

	(void)state;
	assert_int_equal(klpscope_dump_open(ks, &missing, &dump), KLPSCOPE_SYSTEM);
	assert_null(dump);
	assert_non_null(strstr(klpscope_error(ks), "No such file"));
	klpscope_dump_free(NULL);
	dump = open_dump(ks, false);
	assert_int_equal(klpscope_attach_dump(ks, &blind, dump), KLPSCOPE_INVALID);
	assert_int_equal(klpscope_record(recording), KLPSCOPE_OK);
	assert_int_equal(klpscope_attach_dump(recording, &ops, dump), KLPSCOPE_INVALID);
	klpscope_free(recording);
	klpscope_free(ks);
	klpscope_dump_free(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_another_dump, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_differs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
