# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run: what reads the dumps of fresh boots, once more with sanitizers.
cache=$(scripts/mkvmcore --print-cache)

asan_same() {
	local json=$logs/asan-$2.json
	"$asan/klpscope" -j -b "$1" >"$json" && "$klpscope" -j -b "$1" | cmp - "$json"
}

for scenario in $(scripts/mkvmcore --list); do
	p "asan $scenario" asan_same "$cache/$scenario/vmcore.lzo" "$scenario"
	p "asan $scenario, text" "$asan/klpscope" -a "$cache/$scenario/vmcore.elf"
done
p "asan damage: pages" "$asan/tests/damage/damage" pages "$cache/replacing/vmcore.lzo" 32
p "asan damage: pages, stacks" "$asan/tests/damage/damage" -b pages "$cache/traced/vmcore.lzo" 256
p "asan damage: bent numbers, stacks" "$asan/tests/damage/damage" -b words "$cache/irq/vmcore.elf" \
	"${KLPSCOPE_DAMAGE_COUNT:-400}" 4
p "asan damage: bent numbers" "$asan/tests/damage/damage" words "$cache/active/vmcore.elf" \
	"${KLPSCOPE_DAMAGE_COUNT:-400}" 3
for format in lzo zlib snappy; do
	if [ -e "$cache/formats/vmcore.$format" ]; then
		t "asan bent descriptors, $format" /usr/bin/python3 tests/vm/bend-descriptors.py "$asan/klpscope" \
			"$cache/formats/vmcore.$format" 40 1
	fi
done
