// SPDX-License-Identifier: GPL-2.0-or-later
/* The file that a capsule becomes: whole or not at all, and nothing else touched. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/newfile.h"

static char folder[64], path[128], said[8192];

/* In place of the command's. */
void cli_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
}

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/klpscope-newfile-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/capsule", folder);
	said[0] = '\0';
	return 0;
}

/* How many names there are. */
static unsigned int count_files(void)
{
	DIR *dir = opendir(folder);
	unsigned int n = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(dir);
	return n;
}

static int teardown(void **state)
{
	DIR *dir = opendir(folder);

	(void)state;
	for (struct dirent *e; dir && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	return rmdir(folder);
}

static void expect_content(const char *name, const char *bytes, size_t length)
{
	char buf[100];
	int fd = open(name, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), length);
	assert_memory_equal(buf, bytes, length);
	close(fd);
}

static void expect_words(const char *words)
{
	if (!strstr(said, words))
		fail_msg("\"%s\" is not in \"%s\"", words, said);
	said[0] = '\0';
}

static void put_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void test_new(void **state)
{
	struct stat st;

	(void)state;
	assert_false(newfile_refused(path, false));
	assert_true(newfile_write(path, false, "a\0b", 3));
	expect_content(path, "a\0b", 3);
	assert_int_equal(count_files(), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_string_equal(said, "");
}

static void test_empty(void **state)
{
	(void)state;
	assert_true(newfile_write(path, false, "", 0));
	expect_content(path, "", 0);
}

static void test_replace(void **state)
{
	struct stat st;

	(void)state;
	put_file(path, "old and longer");
	assert_int_equal(chmod(path, 0644), 0);
	assert_true(newfile_refused(path, false));
	expect_words("is there already (--force replaces it)");
	/* Somebody was faster than we. */
	assert_false(newfile_write(path, false, "new", 3));
	expect_words("File exists");
	expect_content(path, "old and longer", 14);
	assert_int_equal(count_files(), 1);
	assert_false(newfile_refused(path, true));
	assert_true(newfile_write(path, true, "new", 3));
	expect_content(path, "new", 3);
	assert_int_equal(count_files(), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_string_equal(said, "");
	/* There was nothing to replace. */
	assert_int_equal(unlink(path), 0);
	assert_true(newfile_write(path, true, "newer", 5));
	expect_content(path, "newer", 5);
	assert_int_equal(count_files(), 1);
}

/* A name that our own files have in between. */
static void test_name_taken(void **state)
{
	char taken[128];

	(void)state;
	snprintf(taken, sizeof(taken), "%s/.klpscope-%d-0", folder, (int)getpid());
	put_file(taken, "not ours");
	put_file(path, "old");
	assert_true(newfile_write(path, true, "new", 3));
	expect_content(path, "new", 3);
	expect_content(taken, "not ours", 8);
	assert_int_equal(count_files(), 2);
}

static void test_symlinks(void **state)
{
	char target[128];
	struct stat st;

	(void)state;
	snprintf(target, sizeof(target), "%s/target", folder);
	assert_int_equal(symlink(target, path), 0);
	for (unsigned int i = 0; i < 2; i++) {
		/* Dangling, then not: neither it nor what it names is written to. */
		assert_true(newfile_refused(path, false));
		expect_words("is no regular file");
		assert_true(newfile_refused(path, true));
		assert_false(newfile_write(path, false, "new", 3));
		assert_int_equal(lstat(path, &st), 0);
		assert_true(S_ISLNK(st.st_mode));
		if (i)
			expect_content(target, "mine", 4);
		else
			assert_int_equal(lstat(target, &st), -1);
		put_file(target, "mine");
	}
	assert_int_equal(count_files(), 2);
	/* The race was lost, and it is the link that goes. */
	assert_true(newfile_write(path, true, "new", 3));
	expect_content(target, "mine", 4);
	expect_content(path, "new", 3);
}

static void test_not_regular(void **state)
{
	(void)state;
	assert_true(newfile_refused("/dev/null", true));
	expect_words("is no regular file");
	assert_true(newfile_refused(folder, true));
	assert_true(newfile_refused("/", false));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(newfile_refused(path, true));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(newfile_write(path, true, "new", 3));
	expect_words("cannot give it its name");
	assert_false(newfile_write(path, false, "new", 3));
	assert_int_equal(count_files(), 1);
	assert_int_equal(rmdir(path), 0);
}

static void test_no_folder(void **state)
{
	char name[6000], *at = name + sprintf(name, "%s", folder);

	(void)state;
	snprintf(path, sizeof(path), "%s/none/capsule", folder);
	assert_false(newfile_refused(path, false));
	assert_false(newfile_write(path, false, "new", 3));
	expect_words("No such file or directory");
	assert_false(newfile_write(path, true, "new", 3));
	snprintf(path, sizeof(path), "%s/file/capsule", folder);
	snprintf(name, sizeof(name), "%s/file", folder);
	put_file(name, "");
	assert_false(newfile_write(path, false, "new", 3));
	expect_words("Not a directory");
	assert_int_equal(count_files(), 1);
	/* A name that is too long, and a path that is. */
	memset(at, 'x', 300);
	at[0] = '/';
	at[300] = '\0';
	assert_false(newfile_write(name, false, "new", 3));
	assert_false(newfile_write(name, true, "new", 3));
	expect_words("File name too long");
	for (unsigned int i = 0; i < 5500; i++)
		at[i] = i % 2 ? '.' : '/';
	at[5500] = '\0';
	assert_false(newfile_write(name, false, "new", 3));
	expect_words("File name too long");
	assert_int_equal(count_files(), 1);
}

/* In the folder that one is in. */
static void test_relative(void **state)
{
	char before[4096];

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(folder), 0);
	assert_true(newfile_write("capsule", false, "x", 1));
	assert_true(newfile_write("capsule", true, "yz", 2));
	assert_int_equal(chdir(before), 0);
	expect_content(path, "yz", 2);
	assert_int_equal(count_files(), 1);
}

/* The disk is full, or so we make it look: nothing is left, and what was there stays. */
static void test_full(void **state)
{
	const size_t size = 1 << 20;
	char *data = calloc(1, size);
	struct rlimit limit, before;
	bool ok[2];

	(void)state;
	assert_non_null(data);
	put_file(path, "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = size - 1;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ok[0] = newfile_write(path, true, data, size);
	expect_words("cannot write it: File too large");
	ok[1] = newfile_write(path, false, data, size);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_false(ok[0]);
	assert_false(ok[1]);
	expect_content(path, "old", 3);
	assert_int_equal(count_files(), 1);
	assert_true(newfile_write(path, true, data, size));
	free(data);
}

/* A disk that is really full; only root can have one for a test. */
static void test_full_disk(void **state)
{
	const size_t size = 1 << 20;
	char *data = calloc(1, size);
	bool ok[2];
	unsigned int left;

	(void)state;
	assert_non_null(data);
	if (mount("none", folder, "tmpfs", 0, "size=64k")) {
		free(data);
		skip();
	}
	ok[0] = newfile_write(path, false, data, size);
	ok[1] = newfile_write(path, true, data, size);
	left = count_files();
	umount(folder);
	free(data);
	assert_false(ok[0]);
	assert_false(ok[1]);
	assert_int_equal(left, 0);
	expect_words("No space left on device");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new),	     TEST(test_empty),	     TEST(test_replace),   TEST(test_name_taken),
		TEST(test_symlinks), TEST(test_not_regular), TEST(test_no_folder), TEST(test_relative),
		TEST(test_full),     TEST(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
