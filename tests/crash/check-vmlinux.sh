#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A vmlinux that is not the dump's kernel tells klp nothing, whatever crash was
# made to believe (crash -f, crash --minimal): two copies of the right one are
# bent so that one symbol gives them away, and the dump has lost its kallsyms.
#
# usage: check-vmlinux.sh KLP.SO VMLINUX FOLDER-OF-DUMP LOGS
set -euo pipefail

so=$1 vmlinux=$2 dir=$3 logs=$4
hole=$logs/crash-vmlinux.elf other=$logs/crash-vmlinux
trap 'rm -f "$hole" "$other"' EXIT

names=$(grep -a -m 1 -o 'SYMBOL(kallsyms_names)=[0-9a-f]*' "$dir/vmcore.elf" | head -n 1 | cut -d= -f2)
/usr/bin/python3 tests/vm/punch-hole.py "$dir/vmcore.elf" "$hole" "0x$names"

said() {
	printf 'extend %s\nklp\nquit\n' "$so" | HOME=/nonexistent timeout 120 crash -s --minimal "$1" "$hole" 2>&1
}

# The right one: it has what the dump lost.
said "$vmlinux" | tee /dev/stderr | grep -q '^In effect at the crash: 2 hotfixes'

# Its banner is not where it says; init_uts_ns is not where VMCOREINFO says.
for bend in "--redefine-sym linux_banner=banner" \
	"--redefine-sym init_uts_ns=uts --redefine-sym init_task=init_uts_ns"; do
	# shellcheck disable=SC2086 # options
	objcopy $bend "$vmlinux" "$other"
	said "$other" | tee /dev/stderr | grep -q '^klp: .*kallsyms.*page excluded from the dump'
done
