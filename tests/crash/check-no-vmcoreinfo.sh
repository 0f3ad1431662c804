#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A dump by QEMU of a guest without the vmcoreinfo device has no note of it: the
# command searches memory for the kernel's own copy, klp asks crash's symbols.
#
# usage: check-no-vmcoreinfo.sh KLPSCOPE KLP.SO VMLINUX QEMU-ELF-DUMP LOGS
set -euo pipefail

klpscope=$1 so=$2 vmlinux=$3 dump=$4 logs=$5
bare=$logs/no-vmcoreinfo.elf
trap 'rm -f "$bare"' EXIT

# The note's name is the first place that has the word.
at=$(grep -a -b -o -m 1 'VMCOREINFO' "$dump" | head -n 1 | cut -d: -f1)
cp "$dump" "$bare"
printf XX | dd of="$bare" bs=1 seek="$at" conv=notrunc status=none

"$klpscope" -j "$bare" >"$logs/no-vmcoreinfo.json"
for mode in "" --minimal; do
	rm -f "$logs/no-vmcoreinfo-crash.json"
	# shellcheck disable=SC2086 # an option or none
	printf 'extend %s\nklp -j > %s\nquit\n' "$so" "$logs/no-vmcoreinfo-crash.json" |
		HOME=/nonexistent timeout 120 crash -s $mode "$vmlinux" "$bare" 2>&1
	cmp "$logs/no-vmcoreinfo.json" "$logs/no-vmcoreinfo-crash.json"
done
