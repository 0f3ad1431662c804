# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
cache=$(scripts/mkvmcore --print-cache)

# FOLDER DUMP...: in mkvmcore's cache.
capsule_dump() {
	local folder=$1
	shift
	tests/capsule/check-dump.sh "$klpscope" "$build/tests" "$logs/capsule-$folder-$1" "$cache/$folder" "$@"
}

for scenario in $(scripts/mkvmcore --list); do
	p "capsule: $scenario, LZO" capsule_dump "$scenario" vmcore.lzo
	p "capsule: $scenario, ELF" capsule_dump "$scenario" vmcore.elf
done
for format in lzo flat elf-flat zlib snappy zstd elf raw d0 qemu-elf qemu-kdump trunc trunc90 incomplete; do
	if [ -e "$cache/formats/vmcore.$format" ]; then
		p "capsule: format $format" capsule_dump formats vmcore.$format
	else
		t "capsule: format $format" sh -c 'echo "nothing here makes such files"; exit 77'
	fi
done
p "capsule: format split" capsule_dump formats vmcore.split.{3,1,2}
p "capsule: split, a missing part" capsule_dump formats vmcore.split.{1,3}
for format in qemu-elf qemu-kdump; do
	p "capsule: busy-cpu, $format" capsule_dump busy-cpu vmcore.$format
done
p "capsule: 5-level paging" capsule_dump la57 vmcore.lzo

json_as_printed() {
	/usr/bin/python3 -c 'import json, sys
with open(sys.argv[1]) as f:
    r = json.load(f)
with open(sys.argv[1], "w") as f:
    f.write(json.dumps(r, indent=2, ensure_ascii=False) + "\n")' "$1"
}

# The checker itself must see a difference.
capsule_sees_a_lie() {
	local work=$logs/capsule-lie lie
	mkdir -p "$work"
	"$klpscope" -a -j "$cache/stalled/vmcore.lzo" >"$work/dump.json" &&
		"$klpscope" capsule --force -o "$work/capsule" "$cache/stalled/vmcore.lzo" || return 1
	for lie in 'r["summary"]["complete"] = False' 'pending["comm"] = "init"' 'r["dump"]["nodename"] = "other"' \
		'r["dump"]["capsule"] = None' 'stack.append(stack[0])' 'r["patches"][0]["enabled"] = 1' 'r["findings"].append({})'; do
		"$klpscope" -a -j "$work/capsule" >"$work/capsule.json" || return 1
		/usr/bin/python3 tests/capsule/same.py json "$work/dump.json" "$work/capsule.json" &&
			lie "$work/capsule.json" "$lie" && json_as_printed "$work/capsule.json" &&
			expect_status 1 /usr/bin/python3 tests/capsule/same.py json "$work/dump.json" "$work/capsule.json" \
				>"$work/seen" 2>&1 && grep '^+\|dump.capsule is' "$work/seen" || return 1
	done
}

t "capsule: a lie is seen" capsule_sees_a_lie
t "capsule: how it is written" /usr/bin/python3 tests/capsule/check-write.py "$klpscope" "$cache"

# A task that the report did not look at is not in it: nothing is said of that one, or what the dump says.
capsule_tasks() {
	local work=$logs/capsule-tasks pid status said=0 unknown=0
	mkdir -p "$work"
	"$klpscope" capsule --force -o "$work/capsule" "$cache/$1/vmcore.lzo" || return 1
	for pid in $(sed -n '/^=== patch_state$/,/^=== stacks$/s/^[0-9]* \([0-9]*\) .*/\1/p' "$cache/$1/truth.txt") 4000000; do
		"$klpscope" -t"$pid" "$cache/$1/vmcore.lzo" | grep -v '^Dump \|^Capsule ' >"$work/dump.text"
		"$klpscope" -t"$pid" "$work/capsule" >"$work/capsule.full"
		status=$?
		grep -v '^Dump \|^Capsule ' "$work/capsule.full" >"$work/capsule.text"
		case $status in
		0) said=$((said + 1)) && cmp "$work/dump.text" "$work/capsule.text" || return 1 ;;
		3) unknown=$((unknown + 1)) && ! grep "^Task.*($pid).*had " "$work/capsule.text" || return 1 ;;
		*) return 1 ;;
		esac
	done
	echo "$said tasks as in the dump, $unknown unknown"
	[ "$said" -ge 2 ]
}

t "capsule: tasks one by one" capsule_tasks stalled

# --- What else reads them ---

# That of the ELF form, which each drgn reads.
capsule_drgn() {
	local vmlinux work=$logs/capsule-drgn-$1
	mkdir -p "$work"
	vmlinux=$(scripts/mkvmcore --fetch-debug) &&
		"$klpscope" capsule --force --format elf "${@:2}" -o "$work/capsule" "$cache/$1/vmcore.elf" &&
		/usr/bin/python3 tests/vm/drgn-walk.py --lists "$vmlinux" "$cache/$1/vmcore.elf" >"$work/dump.walk" &&
		/usr/bin/python3 tests/vm/drgn-walk.py --lists "$vmlinux" "$work/capsule" >"$work/capsule.walk" &&
		cmp "$work/dump.walk" "$work/capsule.walk" && rm "$work/capsule"
}

for scenario in $(scripts/mkvmcore --list); do
	p "capsule: $scenario in drgn" capsule_drgn "$scenario"
done

# SCENARIO/DUMP FORM OPTION-OF-CRASH...
capsule_crash() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/capsule/check-crash.sh "$klpscope" extensions/crash/klp.so "$vmlinux" "$cache/$1" \
		"$logs/capsule-crash-${1/\//-}-$2${3:-}" "$2" "${@:3}"
}

for scenario in $(scripts/mkvmcore --list); do
	p "capsule: $scenario in crash, kdump-compressed" capsule_crash "$scenario/vmcore.lzo" kdump
done
for scenario in active stalled replaced irq busy-cpu; do
	p "capsule: $scenario in crash, ELF" capsule_crash "$scenario/vmcore.elf" elf
	p "capsule: $scenario in crash --minimal" capsule_crash "$scenario/vmcore.lzo" kdump --minimal
done
p "capsule: 5-level paging, in crash" capsule_crash la57/vmcore.lzo kdump

# --- Damaged ones: with sanitizers, where such a build is there ---

# SCENARIO FORM cut|bend COUNT SEED
capsule_damaged() {
	local work=$logs/capsule-$3-$1-$2 with=build-asan/klpscope
	[ -x "$with" ] || with=$klpscope
	mkdir -p "$work"
	"$klpscope" capsule --force --format "$2" -o "$work/capsule" "$cache/$1/vmcore.lzo" &&
		/usr/bin/python3 tests/capsule/bend.py "$with" "$build/tests/damage/damage" "$work/capsule" "$work" "${@:3}"
}

for form in kdump elf; do
	p "capsule: cut short, $form" capsule_damaged stalled $form cut "${KLPSCOPE_DAMAGE_COUNT:-100}" 1
	p "capsule: bent, $form" capsule_damaged active $form bend "${KLPSCOPE_DAMAGE_COUNT:-200}" 1
done
