#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# klp inside crash on copies of a real dump with pages taken out.  Of each copy
# crash's report is the command's, to the byte: so the command's own damage
# tests hold for crash as well.  Where the vmlinux of crash fills in what is
# gone, it is the report of the whole dump.
#
#	minimal	ELF, holes that crash reads as zeros, crash --minimal
#	full	ELF, with all that crash knows
#	kdump	LZO; crash leaves a command by longjmp at a lost page table, and
#		reads zeros for everything with --zero_excluded
#
# usage: check-damage.sh KLPSCOPE KLP.SO DAMAGE VMLINUX FOLDER-OF-DUMP LOGS minimal|full|kdump
set -euo pipefail

klpscope=$1 so=$2 damage=$3 vmlinux=$4 dir=$5 logs=$6 mode=$7
hole=$logs/crash-hole-$mode.vmcore
case $mode in
minimal) options=(-s --minimal) ;;
full) options=(-s) ;;
# Without the table that maps the modules crash starts only when it may leave them alone.
kdump) options=(-s --no_modules) ;;
esac
trap 'rm -f "$hole"' EXIT

take_out() {
	if [ "$mode" = kdump ]; then
		/usr/bin/python3 tests/vm/exclude-page.py "$dir/vmcore.elf" "$dir/vmcore.lzo" "$hole" "$1"
	else
		/usr/bin/python3 tests/vm/punch-hole.py "$dir/vmcore.elf" "$hole" "$1"
	fi
}

# All but what crash knows no better.
plain() {
	grep -v '^ *"\(path\|format\)":' "$1"
}

in_crash() {
	rm -f "$2"
	printf 'extend %s\nklp -j > %s\nquit\n' "$so" "$2" |
		HOME=/nonexistent timeout 120 crash "${options[@]}" "$vmlinux" "$1" >"$logs/crash-hole.out" 2>&1 || true
	[ -s "$2" ] || {
		echo "crash said nothing of $1:"
		tail -n 20 "$logs/crash-hole.out"
		return 1
	}
}

address_of() {
	awk -v name="$1" '$3 == name { print "0x" $1; exit }' "$dir/truth.txt"
}

whole=$logs/crash-whole.json mine=$logs/crash-hole-cli.json theirs=$logs/crash-hole.json
"$klpscope" -j "$dir/vmcore.elf" >"$whole"

# hole WHAT same|whole
unknown=0
hole() {
	take_out "$1"
	"$klpscope" -j "$hole" >"$mine" && status=0 || status=$?
	[ "$status" = 3 ] && unknown=$((unknown + 1))
	in_crash "$hole" "$theirs"
	echo "$1: exit status $status, expected of crash: $2"
	"$damage" compare "$whole" "$theirs"
	case $2 in
	same) diff <(plain "$mine") <(plain "$theirs") ;;
	whole) diff <(plain "$whole") <(plain "$theirs") ;;
	esac
}

patch=$(grep -m 1 -o '"address": *"0xffffffffc[0-9a-f]*' "$whole" | grep -o '0x.*')
for name in klp_patches klp_ops klp_transition_patch; do
	hole "$(address_of $name)" same
done
hole "$patch" same
hole "table:$patch" same
case $mode in
kdump)
	# The file of the last hole, the lost table: a command with a file of arguments runs as foreach does.
	hole "table:$patch" same
	printf -- '-f\n-j\n' >"$logs/crash-args"
	printf 'extend %s\nklp < %s\neval 6 * 7\nquit\n' "$so" "$logs/crash-args" |
		HOME=/nonexistent timeout 120 crash "${options[@]}" "$vmlinux" "$hole" 2>&1 | grep -q 'decimal: 42'
	options+=(--zero_excluded)
	for address in "$(address_of klp_patches)" "$patch" "table:$patch"; do
		hole "$address" same
	done
	;;
full)
	hole "$(address_of __start_BTF)" whole
	names=0x$(grep -a -m 1 -o 'SYMBOL(kallsyms_names)=[0-9a-f]*' "$dir/vmcore.elf" | head -n 1 | cut -d= -f2)
	hole "$names" whole
	hole "$(printf '0x%x' $((names + 0x40000)))" whole
	;;
minimal)
	# Types are crash's only when gdb has them, which --minimal has not.
	hole "$(address_of __start_BTF)" same
	while read -r address; do
		hole "$address" same
	done < <(grep -o '"address": *"0x[0-9a-f]*' "$whole" | grep -o '0x[0-9a-f]*' | grep -v '^0x0$' | sort -u)
	;;
esac
echo "$unknown holes made something unknown"
[ "$unknown" -gt 3 ]
