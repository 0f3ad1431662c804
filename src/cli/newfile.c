// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/newfile.h"

/* Program headers, of which an ELF file may have 65534, come before notes. */
#define HEAD_SIZE ((size_t)4 << 20)

/*
 * Input and output are easily mixed up, and a dump cannot be made again.  A capsule has its notes, of that name,
 * before anything else.
 */
static bool is_dump(const char *path)
{
	static const char *const magic[] = { "KDUMP   ", "\177ELF", "makedumpfile" };
	static const char note[] = "KLPSCOPE";
	bool dump = false, capsule = false;
	char *head = malloc(HEAD_SIZE);
	FILE *f = head ? fopen(path, "re") : NULL;
	size_t n = f ? fread(head, 1, HEAD_SIZE, f) : 0;

	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++)
		dump |= n >= strlen(magic[i]) && !memcmp(head, magic[i], strlen(magic[i]));
	if (dump)
		capsule = memmem(head, n, note, sizeof(note)) != NULL;
	if (f)
		fclose(f);
	free(head);
	return dump && !capsule;
}

bool newfile_refused(const char *path, bool replace)
{
	struct stat st;

	if (lstat(path, &st))
		return false;
	if (!S_ISREG(st.st_mode)) {
		cli_error("%s: is there, and is no regular file", path);
		return true;
	}
	if (is_dump(path)) {
		cli_error("%s: is there already, and is a dump, not a capsule: it is not replaced", path);
		return true;
	}
	if (!replace)
		cli_error("%s: is there already (--force replaces it)", path);
	return !replace;
}

struct newfile {
	const char *path;
	char folder[PATH_MAX];
	char part[PATH_MAX];	/* "": it has no name yet */
	int fd;
};

static bool failed(const struct newfile *f, const char *what)
{
	cli_error("%s: %s: %s", f->path, what, strerror(errno));
	return false;
}

/* dirname() writes to what it is given. */
static bool find_folder(struct newfile *f)
{
	char copy[PATH_MAX];

	if ((size_t)snprintf(copy, sizeof(copy), "%s", f->path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return failed(f, "cannot write it");
	}
	snprintf(f->folder, sizeof(f->folder), "%s", dirname(copy));
	return true;
}

static bool part_name(struct newfile *f)
{
	int n = snprintf(f->part, sizeof(f->part), "%s/.klpscope-XXXXXX", f->folder);

	if (n > 0 && (size_t)n < sizeof(f->part))
		return true;
	errno = ENAMETOOLONG;
	f->part[0] = '\0';
	return false;
}

/* Without a name, so that not even a kill leaves anything; not every filesystem can do that. */
static bool create(struct newfile *f)
{
	f->fd = open(f->folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (f->fd >= 0)
		return true;
	if (!part_name(f))
		return failed(f, "cannot write it");
	f->fd = mkostemp(f->part, O_CLOEXEC);
	if (f->fd >= 0)
		return true;
	f->part[0] = '\0';
	return failed(f, "cannot write it");
}

static bool fill(const struct newfile *f, const char *data, size_t length)
{
	while (length) {
		ssize_t n = write(f->fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(f, "cannot write it");
		data += n;
		length -= (size_t)n;
	}
	return fsync(f->fd) ? failed(f, "cannot write it") : true;
}

static bool link_to(const struct newfile *f, const char *name)
{
	char self[64];

	if (f->part[0])
		return !link(f->part, name);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	return !linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* A name of its own, which rename() needs. */
static bool name_part(struct newfile *f)
{
	for (unsigned int i = 0; i < 100; i++) {
		char name[PATH_MAX];
		int n = snprintf(name, sizeof(name), "%s/.klpscope-%d-%u", f->folder, (int)getpid(), i);

		if (n < 0 || (size_t)n >= sizeof(name))
			break;
		if (link_to(f, name)) {
			memcpy(f->part, name, sizeof(name));
			return true;
		}
		if (errno != EEXIST)
			break;
	}
	return false;
}

static bool give_name(struct newfile *f, bool replace)
{
	if (!replace && link_to(f, f->path))
		return true;
	/* vfat has no hard links. */
	if (!replace && f->part[0] && errno != EEXIST &&
	    !renameat2(AT_FDCWD, f->part, AT_FDCWD, f->path, RENAME_NOREPLACE)) {
		f->part[0] = '\0';
		return true;
	}
	if (!replace)
		return failed(f, "cannot give it its name");
	if ((!f->part[0] && !name_part(f)) || rename(f->part, f->path))
		return failed(f, "cannot give it its name");
	f->part[0] = '\0';
	return true;
}

static void sync_folder(const struct newfile *f)
{
	int fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Some filesystems cannot; the file itself is safe. */
	(void)!fsync(fd);
	close(fd);
}

bool newfile_write(const char *path, bool replace, const char *data, size_t length)
{
	struct newfile f = { .path = path, .fd = -1 };
	sigset_t all, before;
	bool ok;

	/* Ctrl-C would leave it where it has a name from the start; it takes no time. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	ok = find_folder(&f) && create(&f);
	ok = ok && fill(&f, data, length) && give_name(&f, replace);
	if (ok)
		sync_folder(&f);
	if (f.part[0])
		unlink(f.part);
	if (f.fd >= 0)
		close(f.fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ok;
}
