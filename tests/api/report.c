// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a user of the library writes, in C and in C++: the JSON of a dump.
 * check-library.py compiles it as both, with all warnings.
 *
 * usage: report VMCORE
 */
#include <klpscope.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "vmcore";
	struct klpscope_files files;
	struct klpscope_render how;
	struct klpscope *ks = klpscope_new();
	char *text = NULL;
	size_t length = 0;
	int status = EXIT_FAILURE;

	memset(&files, 0, sizeof(files));
	files.size = sizeof(files);
	files.paths = &path;
	files.count = 1;
	memset(&how, 0, sizeof(how));
	how.size = sizeof(how);
	how.format = KLPSCOPE_JSON;
	if (!ks)
		return EXIT_FAILURE;
	if (klpscope_open(ks, &files) || klpscope_collect(ks) || klpscope_render(ks, &how, &text, &length))
		fprintf(stderr, "%s\n", klpscope_error(ks));
	else if (fwrite(text, 1, length, stdout) == length)
		status = EXIT_SUCCESS;
	free(text);
	klpscope_free(ks);
	return status;
}
