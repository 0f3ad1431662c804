// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks klp_patches with libkdumpfile alone, by kernel virtual addresses.
 *
 * usage: list-patches DUMP ADDRESS-OF-KLP_PATCHES
 *
 * Prints the address of each list node, one a line.
 */
#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t word(kdump_ctx_t *ctx, uint64_t address)
{
	uint64_t value;
	size_t n = sizeof(value);

	if (kdump_read(ctx, KDUMP_KVADDR, address, &value, &n)) {
		fprintf(stderr, "0x%llx: %s\n", (unsigned long long)address, kdump_get_err(ctx));
		exit(1);
	}
	return value;
}

int main(int argc, char **argv)
{
	kdump_ctx_t *ctx = kdump_new();
	uint64_t head, node, prev;

	if (argc != 3 || !ctx)
		return 2;
	if (kdump_open_fd(ctx, open(argv[1], O_RDONLY)) || kdump_set_string_attr(ctx, KDUMP_ATTR_OSTYPE, "linux")) {
		fprintf(stderr, "%s: %s\n", argv[1], kdump_get_err(ctx));
		return 1;
	}
	head = prev = strtoull(argv[2], NULL, 16);
	for (node = word(ctx, head); node != head; prev = node, node = word(ctx, node)) {
		if (word(ctx, node + 8) != prev) {
			fprintf(stderr, "0x%llx: its back pointer is wrong\n", (unsigned long long)node);
			return 1;
		}
		printf("0x%llx\n", (unsigned long long)node);
	}
	return 0;
}
