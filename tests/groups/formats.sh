# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
cache=$(scripts/mkvmcore --print-cache)
formats=$cache/formats

# All but path and format of two reports of one crash is the same, to the byte.
same_report() {
	local json=$logs/format-$1.json reference=$logs/format-reference.json
	shift
	"$klpscope" -j -b "$formats/vmcore.lzo" | grep -v '^ *"\(path\|format\)":' >"$reference" || return 1
	expect_status 0 "$klpscope" -j -b "$@" >"$json.full" || return 1
	grep -v '^ *"\(path\|format\)":' "$json.full" >"$json"
	grep '^ *"\(path\|format\)":' "$json.full"
	cmp "$reference" "$json"
}

# What there is of a crash in a report is taken out of it; nothing may be there before one. Threads come and go.
without_crash() {
	/usr/bin/python3 -c 'import json, sys
r, crashed = json.load(sys.stdin), sys.argv[1] == "crashed"
functions = [f for p in r["patches"] for o in p["objects"] for f in o["functions"]]
found = [r["dump"].pop("panic_cpu"), r["dump"].pop("panic_task"), r["summary"].pop("crash_path"),
         r["summary"].pop("crash_path_originals")] + [f.pop("runs") for f in functions if f["reason"] != "target-not-loaded"]
assert r["dump"].pop("panicked") == crashed
stacks = r.pop("tasks")["patched_stacks"]
assert [x is not None for x in found] == [crashed] * len(found), found
assert [s["panic"] for s in stacks] == [True] * crashed, stacks
for key in ("path", "format"):
    del r["dump"][key]
print(json.dumps(r, indent=1))' "$1"
}

# QEMU made its dumps of the running guest, right before its crash.
same_before_crash() {
	local json=$logs/format-$1.json reference=$logs/format-reference-running.json
	"$klpscope" -j -b "$formats/vmcore.lzo" | without_crash crashed >"$reference" || return 1
	expect_status 0 "$klpscope" -j -b "$2" >"$json.full" || return 1
	without_crash running <"$json.full" >"$json" && cmp "$reference" "$json"
}

for format in flat elf-flat zlib elf raw d0; do
	t "format $format" same_report $format "$formats/vmcore.$format"
done
for format in qemu-elf qemu-kdump; do
	t "format $format" same_before_crash $format "$formats/vmcore.$format"
done
for format in snappy zstd; do
	if [ -e "$formats/vmcore.$format" ]; then
		t "format $format" same_report $format "$formats/vmcore.$format"
	else
		t "format $format" sh -c 'echo "nothing here makes such files"; exit 77'
	fi
done
t "format split, in any order" same_report split --split "$formats"/vmcore.split.{3,1,2}

# What a damaged file lacks is said to be missing, whether much or little.
cut_short() {
	local json=$logs/cut-$1.json status
	shift
	"$klpscope" -j -b "$@" >"$json" 2>"$json.err"
	status=$?
	cat "$json.err"
	case $status in
	0) cmp <(grep -v '^ *"\(path\|format\)":' "$json") "$logs/format-reference.json" ;;
	3) grep -q 'truncated' "$json" ;;
	4) grep -q 'truncated' "$json.err" ;;
	*) return 1 ;;
	esac
}
for format in trunc trunc90 incomplete; do
	t "format $format" cut_short $format "$formats/vmcore.$format"
done
t "split: a missing part" cut_short part "$formats/vmcore.split.1" --split "$formats/vmcore.split.3"
t "not a dump" expect_status 4 "$klpscope" Makefile
t "no such file" expect_status 4 "$klpscope" "$logs/no-such-file"
t "no room for a flattened file" sh -c '"$1" --tmpdir /proc "$2" 2>&1 | tee /dev/stderr | grep -q /proc' - \
	"$klpscope" "$formats/vmcore.flat"
# What was freed is not what it was: whoever uses it still shows.
t "no use of freed memory" env MALLOC_PERTURB_=90 "$klpscope" -j "$formats/vmcore.lzo"
t "spoiled pages" /usr/bin/python3 tests/vm/spoil-pages.py "$klpscope" "$cache/stalled/vmcore.lzo" "$logs/spoiled" 40 1
t "command line, formats" /usr/bin/python3 tests/cli/check-cli.py "$klpscope" --formats "$formats"
