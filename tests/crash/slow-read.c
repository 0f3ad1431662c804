// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: makes crash's reads of the dump slow while a file exists, so
 * that Ctrl-C can be typed in the middle of a walk that otherwise takes some
 * hundredths of a second.  crash seeks before each page that it reads.
 *
 * SLOW_DUMP: the dump.  SLOW_FLAG: the file; it holds the microseconds per page.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_the_dump(int fd)
{
	const char *path = getenv("SLOW_DUMP");
	struct stat dump, this;

	return path && !stat(path, &dump) && !fstat(fd, &this) && dump.st_ino == this.st_ino &&
	       dump.st_dev == this.st_dev;
}

static unsigned int microseconds(void)
{
	const char *path = getenv("SLOW_FLAG");
	FILE *f = path ? fopen(path, "re") : NULL;
	unsigned int us = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%u", &us) != 1)
		us = 0;
	fclose(f);
	return us;
}

off_t lseek(int fd, off_t offset, int whence)
{
	static off_t (*next)(int fd, off_t offset, int whence);
	unsigned int us = microseconds();

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "lseek");
	if (us && is_the_dump(fd))
		usleep(us);
	return next(fd, offset, whence);
}
