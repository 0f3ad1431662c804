# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
#
# Real dumps, made once per kernel version and kept in mkvmcore's cache; made
# again when what makes them has changed since.

dump_is_fresh() {
	[ -e "$1/truth.txt" ] &&
		[ -z "$(find scripts/mkvmcore tests/vm/recompress.c tests/vm/guest tests/vm/modules -type f -newer "$1/truth.txt" | head -n 1)" ]
}

make_dump() {
	local out=$1 scenario=$2
	shift 2
	dump_is_fresh "$out" && return 0
	rm -rf "$out.new"
	scripts/mkvmcore "$@" "$scenario" "$out.new" && rm -rf "$out" && mv "$out.new" "$out"
}

cache=$(scripts/mkvmcore --print-cache) || {
	echo "tests/run: scripts/mkvmcore does not work here" >&2
	exit 1
}
for scenario in $(scripts/mkvmcore --list); do
	p "dump $scenario" make_dump "$cache/$scenario" "$scenario" --formats lzo,elf
done
p "dump active in every format" make_dump "$cache/formats" active --formats all
p "dump active with 5-level paging" make_dump "$cache/la57" active --la57
