# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
cache=$(scripts/mkvmcore --print-cache)

crash_parity() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/crash/check-parity.sh "$klpscope" extensions/crash/klp.so "$vmlinux" "$cache/$1" "$logs/parity-${1/\//-}"
}

# DUMP NAME: crash's bt of the tasks in the report, in $logs/bt-NAME.
crash_bt() {
	local vmlinux json=$logs/bt-$2.json
	vmlinux=$(scripts/mkvmcore --fetch-debug) && "$klpscope" -j -b "$1" >"$json" || return 1
	{ /usr/bin/python3 tests/crash/check-backtraces.py commands "$json" && echo quit; } |
		HOME=/nonexistent timeout 300 crash -s "$vmlinux" "$1" >"$logs/bt-$2" 2>&1
}

crash_stacks() {
	crash_bt "$cache/$1/vmcore.lzo" "$1" &&
		/usr/bin/python3 tests/crash/check-backtraces.py check "$logs/bt-$1" "$logs/bt-$1.json"
}

crash_sees_a_lie_about_stacks() {
	local json=$logs/bt-lie.json whole=$logs/bt-whole.json lie
	crash_bt "$cache/$1/vmcore.lzo" lie && mv "$json" "$whole" || return 1
	shift
	for lie in 'stack[-2], stack[-3] = stack[-3], stack[-2]' 'stack[-2]["address"] = "0xffffffff81000000"' \
		'stack[-1]["symbol"] = "ksys_write"' 'stack.insert(3, stack[-1])' 'del stack[2]' 'stacks[0]["stack"] = []' \
		'r["dump"]["panic_task"]["pid"] += 1' 'stacks[0]["pid"] += 1' "$@"; do
		cp "$whole" "$json" && lie "$json" "$lie" || return 1
		sees /usr/bin/python3 tests/crash/check-backtraces.py check "$logs/bt-lie" "$json" || return 1
	done
}

# A terminal, and a dump that is slow to read while a file says so.
crash_prompt() {
	local vmlinux slow=$build/tests/slow-read.so
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	cc -Wall -Werror -shared -fPIC -o "$slow" tests/crash/slow-read.c -ldl || return 1
	/usr/bin/python3 tests/crash/check-prompt.py "$klpscope" extensions/crash/klp.so "$slow" "$vmlinux" "$cache" "$1"
}

for scenario in $(scripts/mkvmcore --list); do
	p "crash: $scenario, LZO" crash_parity "$scenario/vmcore.lzo"
done
for scenario in $(scripts/mkvmcore --list); do
	p "crash: $scenario, bt" crash_stacks "$scenario"
done
t "crash: a lie about stacks is seen" crash_sees_a_lie_about_stacks busy-cpu 'del stacks[1]["stack"][1]' \
	'stacks[1]["stack"][0]["symbol"] = "schedule"' 's = stacks[1]["stack"]; s[2], s[3] = s[3], s[2]'
for scenario in active stalled replaced irq busy-cpu; do
	p "crash: $scenario, ELF" crash_parity "$scenario/vmcore.elf"
done
for format in flat elf-flat zlib raw d0 qemu-elf qemu-kdump; do
	p "crash: $format" crash_parity "formats/vmcore.$format"
done
p "crash: 5-level paging" crash_parity la57/vmcore.lzo
for session in kdump-compressed ELF --minimal; do
	t "crash: at the prompt, $session" crash_prompt $session
done

crash_parity_minimal() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/crash/check-parity.sh "$klpscope" extensions/crash/klp.so "$vmlinux" "$cache/$1" "$logs/minimal-${1/\//-}" --minimal
}

for scenario in $(scripts/mkvmcore --list); do
	p "crash --minimal: $scenario, LZO" crash_parity_minimal "$scenario/vmcore.lzo"
done

t "crash: at the prompt, scroller" crash_prompt scroller
