# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
#
# The real dumps that the other groups look at.

cache=$(scripts/mkvmcore --print-cache) || {
	echo "tests/run: scripts/mkvmcore does not work here" >&2
	exit 1
}
for scenario in $(scripts/mkvmcore --list); do
	formats=lzo,elf
	# Registers of a task that runs are elsewhere in a dump of QEMU's.
	[ "$scenario" != busy-cpu ] || formats+=,qemu-elf,qemu-kdump
	p "dump $scenario" make_dump "$cache/$scenario" "$scenario" --formats "$formats"
done
p "dump active in every format" make_dump "$cache/formats" active --formats all
p "dump active with 5-level paging" make_dump "$cache/la57" active --la57
