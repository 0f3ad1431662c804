#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A capsule made for crash opens in crash, and klp there says what klpscope says
# of the dump that the capsule was made of.
#
# usage: check-crash.sh KLPSCOPE KLP.SO VMLINUX DUMP WORK kdump|elf [CRASH-OPTION]...
set -euo pipefail

klpscope=$1 so=$2 vmlinux=$3 dump=$4 work=$5 form=$6
here=$(dirname "$0")
rm -rf "$work"
mkdir -p "$work"
capsule=$work/capsule
trap 'rm -f "$capsule"' EXIT

"$klpscope" capsule --for-crash --format "$form" -o "$capsule" "$dump"
for kind in json text; do
	options=(-a)
	[ $kind = text ] || options+=(-j)
	"$klpscope" "${options[@]}" "$dump" >"$work/dump.$kind"
	"$klpscope" "${options[@]}" "$capsule" >"$work/capsule.$kind"
	/usr/bin/python3 "$here/same.py" $kind "$work/dump.$kind" "$work/capsule.$kind"
done

printf '%s\n' "extend $so" "klp -a -j > $work/crash.json" "klp -a > $work/crash.text" 'eval 6 * 7' quit |
	HOME=/nonexistent timeout 300 crash -s "${@:7}" "$vmlinux" "$capsule" >"$work/out" 2>&1 || true
cat "$work/out"
grep -q 'klp.so: shared object loaded' "$work/out"
grep -q 'decimal: 42' "$work/out"
for kind in json text; do
	/usr/bin/python3 "$here/same.py" $kind --in-crash "$work/dump.$kind" "$work/crash.$kind"
done
