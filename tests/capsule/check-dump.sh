#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The capsules of one dump, in either form: they give its report, and again when
# made of each other; nothing of the guest's user processes is in them, and with
# --redact no name.  libkdumpfile alone finds the patches in them.
#
# usage: check-dump.sh KLPSCOPE TOOLS WORK FOLDER DUMP...
#
# TOOLS is build/tests.  FOLDER is mkvmcore's, DUMPs are in it: several are the
# parts of a split set.  WORK is made anew.
set -euo pipefail

klpscope=$(realpath "$1") tools=$(realpath "$2") work=$3 folder=$4
here=$(realpath "$(dirname "$0")")
shift 4
dumps=("${@/#/$folder/}")
split=()
[ $# = 1 ] || split=(--split)
rm -rf "$work"
mkdir -p "$work"

# WANTED-STATUS COMMAND...
status() {
	local wanted=$1 status=0
	shift
	"$@" || status=$?
	[ "$status" = "$wanted" ] || {
		echo "exit status $status instead of $wanted: $*"
		return 1
	}
}

# NAME DUMP...: its reports, $work/NAME.json and .text; sets code to the exit status.
reports() {
	local name=$work/$1
	shift
	code=0
	"$klpscope" -a -j "$@" >"$name.json" 2>"$name.err" || code=$?
	status "$code" "$klpscope" -a "$@" >"$name.text" 2>>"$name.err"
}

# NAME OPTION... DUMP...: a capsule $work/NAME; where there is no report of the dump, no capsule.
capsule() {
	local name=$1
	shift
	status "$code" "$klpscope" capsule -o "$work/$name" "$@" >"$work/$name.summary" 2>"$work/$name.err"
	if [ "$code" = 4 ]; then
		[ ! -e "$work/$name" ] && [ ! -s "$work/$name.summary" ] && [ -s "$work/$name.err" ]
	else
		[ -s "$work/$name" ] && [ -s "$work/$name.summary" ]
	fi
}

# NAME [OPTION]: the reports of that capsule are those of the dump.
same() {
	local name=$1 kind
	shift
	status "$code" "$klpscope" -a -j "$work/$name" >"$work/$name.json" 2>"$work/$name.report-err"
	status "$code" "$klpscope" -a "$work/$name" >"$work/$name.text" 2>>"$work/$name.report-err"
	cmp "$work/original.err" "$work/$name.report-err"
	for kind in json text; do
		/usr/bin/python3 "$here/same.py" "$kind" "$@" "$work/original.$kind" "$work/$name.$kind"
	done
}

# NAME: the first bytes are those of its form.
is_form() {
	case $2 in
	kdump) [ "$(head -c 8 "$work/$1")" = "KDUMP   " ] ;;
	elf) [ "$(head -c 4 "$work/$1" | od -A n -t x1)" = " 7f 45 4c 46" ] ;;
	esac
}

# NAME MARKERS: not 8 bytes of any of them.
lacks() {
	/usr/bin/python3 "$here/parts.py" "$work/$1" "$work/$1.notes"
	"$tools/vm/grep-pages" "$2" -f "$work/$1.notes" "$work/$1" >"$work/$1.found"
	if grep -q '^pages 0$' "$work/$1.found" || grep -v '^pages \| parts 0$' "$work/$1.found"; then
		return 1
	fi
}

# NAME: libkdumpfile finds each patch that the report has: the list's nodes are as far from each other.
lists_patches() {
	local head
	head=$(awk '$3 == "klp_patches" { print $1 }' "$folder/truth.txt")
	"$tools/capsule/list-patches" "$work/$1" "$head" >"$work/$1.nodes"
	/usr/bin/python3 -c 'import json, sys
with open(sys.argv[1]) as f:
    patches = [int(p["address"], 16) for p in json.load(f)["patches"]]
with open(sys.argv[2]) as f:
    nodes = [int(line, 16) for line in f]
away = {n - p for n, p in zip(nodes, patches)}
print(f"{len(nodes)} patches for libkdumpfile")
sys.exit(len(nodes) != len(patches) or len(away) > 1)' "$work/original.json" "$work/$1.nodes"
}

reports original "${split[@]}" "${dumps[@]}"
cat "$work/original.err"
echo "exit status $code"
if [ "$code" = 4 ]; then
	for form in kdump elf; do
		capsule "$form" --format "$form" "${split[@]}" "${dumps[@]}"
	done
	exit 0
fi

sed -n '/^=== markers$/,$p' "$folder/truth.txt" | sed 1d >"$work/markers"
grep -v '^\(shadow\|comm\|host\) ' "$work/markers" >"$work/users"
# All names that the report has, too; those that are shorter than 8 bytes only the report can show.
{
	cat "$work/markers"
	sed -n 's/.*"comm": "\([^"]\{8,\}\)".*/task \1/p' "$work/original.json" | sort -u
} >"$work/names"
[ -s "$work/users" ]

# Of which a capsule has all that -s ID tells: LIMIT_SHADOWS_RECORDED.
shadow_ids() {
	/usr/bin/python3 -c 'import json, sys
with open(sys.argv[1]) as f:
    print(*(x["id"] for x in json.load(f)["shadow_variables"]["ids"] if x["count"] and x["count"] <= 256))' \
		"$work/original.json"
}

# NAME: other reports than all of it, and the questions that have a word for an answer.
same_in_part() {
	local name=$1 options kind patch ids
	ids=$(shadow_ids)
	# shellcheck disable=SC2086 # an option each
	for options in "" "-f" "-t" "-b" "-j" "-s" ${ids:+$(printf -- '-s%s ' $ids) $(printf -- '-js%s ' $ids)}; do
		kind=text
		[ "${options#-j}" = "$options" ] || kind=json
		# shellcheck disable=SC2086 # an option or none
		"$klpscope" $options "${split[@]}" "${dumps[@]}" >"$work/original.part" 2>/dev/null || [ $? = "$code" ]
		# shellcheck disable=SC2086
		"$klpscope" $options "$work/$name" >"$work/$name.part" 2>/dev/null || [ $? = "$code" ]
		/usr/bin/python3 "$here/same.py" $kind "$work/original.part" "$work/$name.part"
	done
	for patch in $(sed -n 's/^      "name": "\(.*\)",$/\1/p' "$work/original.json" | sort -u) no_such_patch; do
		cmp <(answer "$patch" "${split[@]}" "${dumps[@]}") <(answer "$patch" "$work/$name")
	done
}

answer() {
	local status=0
	"$klpscope" check -p "$@" || status=$?
	echo "$status"
}

for form in kdump elf; do
	capsule "$form" --format "$form" "${split[@]}" "${dumps[@]}"
	is_form "$form" "$form"
	same "$form"
	lacks "$form" "$work/users"
	[ "$code" != 0 ] || lists_patches "$form"
	same_in_part "$form"

	# The name of the host is in it, so that it is no wonder of the search that it is not in the next one.
	if [ "$code" = 0 ]; then
		"$tools/vm/grep-pages" "$work/names" "$work/$form" | grep -q '^host whole [1-9]'
	fi
	capsule "$form-redacted" --redact --format "$form" "${split[@]}" "${dumps[@]}"
	same "$form-redacted" --redacted "$work/original.json"
	lacks "$form-redacted" "$work/names"

	capsule "$form-crash" --for-crash --format "$form" "${split[@]}" "${dumps[@]}"
	lacks "$form-crash" "$work/users"
	capsule "$form-crash-redacted" --redact --for-crash --format "$form" "${split[@]}" "${dumps[@]}"
	same "$form-crash-redacted" --redacted "$work/original.json"
	lacks "$form-crash-redacted" "$work/names"

	capsule "$form-again" --format elf "$work/$form"
	same "$form-again"
	capsule "$form-again-redacted" --redact --format kdump "$work/$form"
	same "$form-again-redacted" --redacted "$work/original.json"
	lacks "$form-again-redacted" "$work/names"
done

# By itself it takes the smaller form.
capsule default "${split[@]}" "${dumps[@]}"
read -r kdump elf default < <(stat -c %s "$work"/{kdump,elf,default} | paste -s -d ' ')
echo "$kdump bytes kdump, $elf bytes ELF, $default bytes by itself"
[ "$default" = $((kdump < elf ? kdump : elf)) ]
rm -f "$work"/{kdump,elf}{,-redacted,-crash,-crash-redacted,-again,-again-redacted} "$work/default"
