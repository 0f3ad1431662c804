# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
cache=$(scripts/mkvmcore --print-cache)

crash_parity() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/crash/check-parity.sh "$klpscope" extensions/crash/klp.so "$vmlinux" "$1" "$logs"
}

# A terminal, and a dump that is slow to read while a file says so.
crash_prompt() {
	local vmlinux slow=$build/tests/slow-read.so
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	cc -Wall -Werror -shared -fPIC -o "$slow" tests/crash/slow-read.c -ldl || return 1
	/usr/bin/python3 tests/crash/check-prompt.py "$klpscope" extensions/crash/klp.so "$slow" "$vmlinux" "$cache" "$1"
}

for scenario in $(scripts/mkvmcore --list); do
	t "crash: $scenario, LZO" crash_parity "$cache/$scenario/vmcore.lzo"
done
for scenario in active stalled replaced; do
	t "crash: $scenario, ELF" crash_parity "$cache/$scenario/vmcore.elf"
done
for format in flat elf-flat zlib raw d0 qemu-elf qemu-kdump; do
	t "crash: $format" crash_parity "$cache/formats/vmcore.$format"
done
t "crash: 5-level paging" crash_parity "$cache/la57/vmcore.lzo"
for session in kdump-compressed ELF --minimal; do
	t "crash: at the prompt, $session" crash_prompt $session
done
