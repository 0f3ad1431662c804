#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The report of klp inside crash is the command's, to the byte, but for the
# compression of the dump, which crash does not tell.
#
# usage: check-parity.sh KLPSCOPE KLP.SO VMLINUX DUMP LOGS [CRASH-OPTION]...
set -euo pipefail

klpscope=$1 so=$2 vmlinux=$3 dump=$4
logs=$5
rm -rf "$logs"
mkdir -p "$logs"

names=$("$klpscope" -j "$dump" | sed -n 's/^      "name": "\(.*\)",$/\1/p' | sort -u | head -n 3)

# FILE OPTIONS
reports() {
	echo "json -j -a"
	echo "all -a"
	echo "plain"
	echo "functions -f"
	echo "transition -t"
	echo "stacks -b"
	for name in $names; do
		echo "patch-$name -f -p $name"
	done
}

{
	echo "extend $so"
	while read -r file options; do
		echo "klp $options > $logs/$file.crash"
	done < <(reports)
	echo quit
} >"$logs/commands"
HOME=/nonexistent timeout 300 crash -s "${@:6}" "$vmlinux" "$dump" <"$logs/commands" >"$logs/out" 2>&1 || true
if ! grep -q 'klp.so: shared object loaded' "$logs/out"; then
	tail -n 5 "$logs/out"
	exit 1
fi

while read -r file options; do
	# shellcheck disable=SC2086 # options
	"$klpscope" $options "$dump" | sed 's/kdump-compressed ([a-z]*)/kdump-compressed/' >"$logs/$file.cli"
	# The same word where a capsule tells of the dump that it was made of.
	sed -i '/kdump-compressed/s/kdump-compressed ([a-z]*)/kdump-compressed/' "$logs/$file.crash"
	cmp "$logs/$file.cli" "$logs/$file.crash"
	echo "$file: $(wc -c <"$logs/$file.crash") bytes"
done < <(reports)
