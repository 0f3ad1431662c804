# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
#
# test-vmcores: what is reported of them is what is expected, to the byte, and
# what is expected is what the guest said.
golden=test-vmcores

# NAME [REPORT.json]: the guest's own words, and the panic's trace on its console.
golden_truth() {
	/usr/bin/python3 tests/vm/check-truth.py "$golden/$1/truth.txt" "${2:-$golden/$1/expected/report.json}"
}

golden_console() {
	/usr/bin/python3 tests/vm/check-console.py "$golden/$1/truth.txt" "$golden/$1/console.log" \
		"${2:-$golden/$1/expected/report.json}"
}

# One for each scenario, small enough for a repository, of nobody's machine.
golden_complete() {
	local bad=0 name size sum=0
	diff <(scripts/mkvmcore --list | sort) <(cd "$golden" && printf '%s\n' */ | tr -d / | sort) || bad=1
	for name in $(scripts/mkvmcore --list); do
		diff - <(cd "$golden/$name" && printf '%s\n' * expected/*) <<-END || bad=1
			console.log
			expected
			recipe.txt
			truth.txt
			vmcore.capsule
			expected/report.json
			expected/report.txt
			expected/screen.txt
		END
		size=$(cat "$golden/$name"/{*.*,expected/*} | wc -c)
		sum=$((sum + size))
		echo "$name: $size bytes"
		[ "$size" -lt 1048576 ] || bad=1
		grep -qx "scenario $name" "$golden/$name/truth.txt" || bad=1
		# Words that are paths from the root of a file system.
		grep -E '(^|[ =,:])/' "$golden/$name/recipe.txt" && bad=1
	done
	echo "together: $sum bytes"
	[ "$sum" -lt $((24 * 1048576)) ] && return "$bad"
}

# A file of expected/ that says something else than the command.
golden_sees_a_lie() {
	local dir=$logs/golden-lie file
	for file in screen.txt report.txt report.json; do
		rm -rf "$dir"
		cp -r "$golden/stalled" "$dir"
		sed -i 's/"partly"/"yes"/; s/PARTLY/yes/' "$dir/expected/$file"
		expect_status 1 golden_same "$klpscope" "$dir" "$dir/out" >"$dir/seen" && grep '^-.*yes' "$dir/seen" || return 1
	done
}

# CHECK SCENARIO STATEMENT...: whatever is expected, the checkers themselves must see a lie in it.
golden_sees_lies_about() {
	local json=$logs/lie-$BASHPID.json check=$1 scenario=$2 lie
	shift 2
	for lie; do
		cp "$golden/$scenario/expected/report.json" "$json" && lie "$json" "$lie" && sees "$check" "$scenario" "$json" ||
			return 1
	done
	rm "$json"
}

golden_truth_sees_a_lie() {
	golden_sees_lies_about golden_truth active \
		'r["dump"]["release"] = "5.1.0"' 'r["patches"][0]["enabled"] = False' 'del r["patches"][1]' \
		'for p in r["patches"]: p["objects"][-1]["functions"][0]["in_effect"] = "yes"; p["objects"][0]["patched"] = None' \
		'r["patches"][0]["objects"][0]["functions"][0]["entry"] = "original"' 'r["summary"]["in_effect"].pop()' \
		'r["summary"]["complete"] = False' || return 1
	golden_sees_lies_about golden_truth stalled \
		'r["transition"]["tasks_pending"] = 1' 'pending["pid"] = 1' 'pending["patch_state"] = "patched"' \
		'pending["flag_pending"] = None' 'pending["comm"] = "init"' 'del r["transition"]["pending"][0]'
}

golden_truth_sees_a_lie_about_stacks() {
	golden_sees_lies_about golden_truth stalled \
		's = pending["stack"]; s[3], s[4] = s[4], s[3]' 'pending["stack"][3]["symbol"] = "vfs_read"' \
		'pending["stack"][3]["offset"] += 1' 'pending["stack"][3]["reliable"] = False' 'del pending["stack"][-1]' \
		'pending["stack"][3]["module"] = None' 'pending["held_up"] = "running"' 'pending["blocked_by"] = []' \
		'pending["blocked_by"][0]["address"] = "0xffffffff81000000"' 'del stacks[-1]' 'stacks[1]["runs"] = "new"' \
		'stacks[0]["runs"] = "old"' 'stacks[0]["panic"] = False'
}

golden_console_sees_a_lie() {
	golden_sees_lies_about golden_console "$1" \
		'stack[-2], stack[-3] = stack[-3], stack[-2]' 'stack[-1]["offset"] += 1' 'stack[-2]["reliable"] = False' \
		'del stack[-1]' 'stack[2]["module"] = "other"' 'stack[-4]["interrupted"] = True' 'stacks[0]["stack"] = []' \
		'r["summary"]["crash_path"] = ["ksys_write"]' 'r["summary"]["crash_path"] = None' 'stacks[0]["pid"] += 1' \
		'r["dump"]["panic_cpu"] ^= 1' 'r["dump"]["panic_task"]["comm"] = "swapper"' "${@:2}"
}

t "golden: one of each scenario, small, of no machine" golden_complete
for scenario in $(scripts/mkvmcore --list); do
	p "golden $scenario" golden_same "$klpscope" "$golden/$scenario" "$logs/golden-$scenario"
	p "golden $scenario, truth" golden_truth "$scenario"
	p "golden $scenario, console" golden_console "$scenario"
done
p "golden: a lie is seen" golden_sees_a_lie
p "truth: a lie is seen" golden_truth_sees_a_lie
p "truth: a lie about stacks is seen" golden_truth_sees_a_lie_about_stacks
p "console: a lie is seen" golden_console_sees_a_lie stalled
p "console: a lie about a crash path is seen" golden_console_sees_a_lie panic-under-patch 'r["summary"]["crash_path"] = []' \
	'r["summary"]["crash_path"].append("vfs_write")'
p "console: a lie about an interrupted path is seen" golden_console_sees_a_lie irq 'r["summary"]["crash_path"] = []' \
	'stack[9]["interrupted"] = False'

# Every page that is in it made unreadable in turn.
for scenario in stalled stacked irq replacing; do
	p "golden $scenario, damage: every page" "$build/tests/damage/damage" -b pages "$golden/$scenario/vmcore.capsule"
done
p "golden traced, damage: bent numbers" "$build/tests/damage/damage" -b words "$golden/traced/vmcore.capsule" 100 1

# Every contradiction in their memory is found, one by one, and none is where there is none.
golden_integrity() {
	/usr/bin/python3 tests/integrity/check-integrity.py --codes src/analysis/*.c &&
		/usr/bin/python3 tests/integrity/check-integrity.py "$build/tests/integrity/bend" "$golden" vmcore.capsule
}

p "golden: a lie in memory is found, and nothing else" golden_integrity

# --- a machine of the other byte order ---

foreign=tests/golden/s390x

foreign_truth() {
	/usr/bin/python3 tests/golden/check-foreign.py "$foreign/$1/truth.txt" "${2:-$foreign/$1/expected/report.json}"
}

# In the other form, and written again out of that, it says the same.
foreign_elf() {
	local dir=$logs/foreign-elf-$1
	rm -rf "$dir"
	mkdir -p "$dir/elf" "$dir/again"
	expect_status 3 "$klpscope" capsule --format elf -o "$dir/elf/vmcore.capsule" "$foreign/$1/vmcore.capsule" &&
		expect_status 3 "$klpscope" capsule --format kdump -o "$dir/again/vmcore.capsule" "$dir/elf/vmcore.capsule" &&
		tests/golden/reports.sh "$klpscope" "$dir/elf" "$dir/elf/expected" &&
		tests/golden/reports.sh "$klpscope" "$dir/again" "$dir/again/expected" || return 1
	sed -i 's/capsule, ELF/capsule, kdump-compressed (zlib)/' "$dir/elf/expected"/*
	diff -u "$foreign/$1/expected" "$dir/elf/expected" && diff -u "$foreign/$1/expected" "$dir/again/expected"
}

# drgn lends the memory, through a program that has another byte order than this machine.
foreign_in_drgn() {
	local dir=$logs/foreign-drgn-$1 here=$PWD
	/usr/bin/python3 -c 'import drgn' 2>/dev/null || {
		echo "drgn is not installed"
		return 77
	}
	rm -rf "$dir"
	mkdir "$dir"
	(cd "$foreign/$1" && KLPSCOPE_LIBRARY=$here/$build/libklpscope.so.0 PYTHONPATH=$here/extensions/drgn \
		PYTHONDONTWRITEBYTECODE=1 expect_status 3 /usr/bin/python3 -m klpscope -a -j vmcore.capsule) >"$dir/report.json" &&
		diff -u "$foreign/$1/expected/report.json" "$dir/report.json"
}

foreign_truth_sees_a_lie() {
	local json=$logs/lie-$BASHPID.json lie
	for lie in 'r["dump"]["byte_order"] = "little"' 'r["patches"][0]["enabled"] = None' \
		'r["patches"][0]["objects"][0]["functions"][0]["entry"] = "redirected"' 'pending["pid"] = 1' \
		'r["patches"][0]["objects"][0]["functions"][0]["in_effect"] = "yes"' 'pending["flag_pending"] = None' \
		'r["patches"][0]["objects"][0]["functions"][0]["old"]["address"] = "0x1"' 'r["summary"]["complete"] = True' \
		'r["patches"][0]["module"]["refcount"] = 1 << 24' 'del r["transition"]["pending"][0]'; do
		cp "$foreign/stalled/expected/report.json" "$json" && lie "$json" "$lie" && sees foreign_truth stalled "$json" ||
			return 1
	done
	rm "$json"
}

for file in "$foreign"/*/vmcore.capsule; do
	scenario=${file#"$foreign/"}
	scenario=${scenario%/*}
	p "golden s390x $scenario" golden_same "$klpscope" "$foreign/$scenario" "$logs/foreign-$scenario"
	p "golden s390x $scenario, truth" foreign_truth "$scenario"
	p "golden s390x $scenario, as ELF" foreign_elf "$scenario"
	p "golden s390x $scenario, klp in drgn" foreign_in_drgn "$scenario"
done
p "golden s390x: a lie is seen" foreign_truth_sees_a_lie
p "golden s390x stalled, damage: every page" "$build/tests/damage/damage" -b pages "$foreign/stalled/vmcore.capsule"

# --- drgn and crash, where this kernel's vmlinux is in mkvmcore's cache: nothing is fetched for it ---

# Sets vmlinux.
golden_vmlinux() {
	local release version
	release=$(sed -n 3p "$golden/none/truth.txt")
	version=$(sed -n 's/^kernel: [^ ]* //p' "$golden/none/recipe.txt")
	vmlinux=${MKVMCORE_CACHE:-.cache/vmcores}/$release
	if [ "$(cat "$vmlinux/version" 2>/dev/null)" != "$version" ] || ! [ -d "$vmlinux/debug" ]; then
		echo "no vmlinux of $release $version (scripts/mkvmcore --fetch-debug may still fetch it, 1 GB)"
	else
		vmlinux=$(find "$vmlinux/debug" -type f -name "vmlinux-$release")
		return 0
	fi
	return 77
}

golden_drgn() {
	local elf=$logs/golden-drgn-$1.elf walk=$logs/golden-drgn-$1.json
	"$klpscope" capsule --format elf --force -o "$elf" "$golden/$1/vmcore.capsule" &&
		/usr/bin/python3 tests/vm/drgn-walk.py --lists "$vmlinux" "$elf" >"$walk" || return 1
	rm "$elf"
	/usr/bin/python3 tests/vm/check-drgn.py "$walk" "$golden/$1/expected/report.json"
}

golden_crash() {
	tests/crash/check-parity.sh "$klpscope" extensions/crash/klp.so "$vmlinux" "$golden/$1/vmcore.capsule" \
		"$logs/golden-crash-$1"
}

# NAME COMMAND...: can that be looked at here?
golden_can() {
	"${@:2}" >/dev/null 2>&1 || {
		echo "$1 is not installed"
		return 77
	}
	golden_vmlinux
}

if golden_can drgn /usr/bin/python3 -c 'import drgn' >/dev/null; then
	for scenario in $(scripts/mkvmcore --list); do
		p "golden $scenario, drgn" golden_drgn "$scenario"
	done
else
	t "golden, drgn" golden_can drgn /usr/bin/python3 -c 'import drgn'
fi
# Each takes crash ten seconds to start.
if golden_can crash test -e extensions/crash/klp.so -a -x /usr/bin/crash >/dev/null; then
	for scenario in stalled replaced irq; do
		p "golden $scenario, crash" golden_crash "$scenario"
	done
else
	t "golden, crash" golden_can crash test -e extensions/crash/klp.so -a -x /usr/bin/crash
fi
