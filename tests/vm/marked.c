// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_marked_comm: a user process of the test guests that holds a marker, a
 * string of markers.txt, wherever a process holds something, and sleeps for
 * good.  The file's name becomes the task's name.
 *
 * usage: klp_marked_comm READY
 *
 * The file READY appears when all is in place; it has a marker, too.  The
 * markers are backwards in here, so that each is in memory only where it was put.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ARGUMENT	"OgvUczt3kgZKf6thxpcblS0KZOFW3FAEmCw2IFkP"
#define ENVIRONMENT	"Zy0hnm9ittajSIQzg0FUBprQdHURKclIFch8e1AN"
#define HEAP		"Bqjo7JBtZnhBM1NCXaleQTMLRzTd5Yah2z9qJlv3"
#define STACK		"bG25BuQ3xrrbONDnNdiR3YyHJ7nrwteROCtIAGDM"
#define INTO_FILE	"MW6H5SD45apLu01cEZyVJVI3oNjNCkTbZKlFLtrq"
#define INTO_PIPE	"1f9YqCXjvFI7KDRj3s83t2UfvKemuOIHS9MZO0Ph"
#define INTO_TERMINAL	"D0WqPkudmSSkmSq3Ky2gjrrDVRbbqeGmeumSb5OS"

#define LENGTH		(sizeof(HEAP) - 1)

static void must(int holds, const char *what)
{
	if (!holds) {
		perror(what);
		exit(1);
	}
}

static char *forwards(char *to, const char *backwards)
{
	for (size_t i = 0; i < LENGTH; i++)
		to[i] = backwards[LENGTH - 1 - i];
	to[LENGTH] = '\0';
	return to;
}

/* Once more, with a marker among the arguments and one in the environment. */
static void start_again(char *program, char *ready)
{
	char argument[LENGTH + 1], environment[LENGTH + 8] = "MARKER=";
	char *argv[] = { program, ready, forwards(argument, ARGUMENT), NULL };
	char *envp[] = { environment, NULL };

	forwards(environment + strlen(environment), ENVIRONMENT);
	execve(program, argv, envp);
	must(0, program);
}

static void put(int fd, const char *backwards, const char *what)
{
	char marker[LENGTH + 1];

	must(write(fd, forwards(marker, backwards), LENGTH) == (ssize_t)LENGTH, what);
}

/* What is written to a pseudo terminal waits in the kernel for the other end to be read. */
static int terminal(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), locked = 0, number, fd;
	char name[32];

	must(master >= 0 && !ioctl(master, TIOCSPTLCK, &locked) && !ioctl(master, TIOCGPTN, &number), "/dev/ptmx");
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	fd = open(name, O_RDWR | O_NOCTTY);
	must(fd >= 0, name);
	return fd;
}

int main(int argc, char **argv)
{
	char stack[LENGTH + 1], part[256], *heap = malloc(LENGTH + 1);
	int ends[2], file;

	if (argc == 2)
		start_again(argv[0], argv[1]);
	must(argc == 3 && heap, "klp_marked_comm READY");
	forwards(heap, HEAP);
	forwards(stack, STACK);
	must(!pipe(ends), "pipe");
	put(ends[1], INTO_PIPE, "pipe");
	put(terminal(), INTO_TERMINAL, "terminal");
	snprintf(part, sizeof(part), "%s.part", argv[1]);
	file = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(file >= 0, part);
	put(file, INTO_FILE, part);
	must(!rename(part, argv[1]), argv[1]);
	for (;;) {
		/* Neither may be optimized away. */
		__asm__ volatile("" : : "r"(stack), "r"(heap) : "memory");
		pause();
	}
}
