# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
cache=$(scripts/mkvmcore --print-cache)

vm_report() {
	"$klpscope" -j -b "$1" >"$2"
}

# 0: complete. Then every word of it against the guest's own.
vm_truth() {
	local dir=$1 dump=$2 json=$logs/$3.json
	expect_status 0 vm_report "$dir/$dump" "$json" && /usr/bin/python3 tests/vm/check-truth.py "$dir/truth.txt" "$json" \
		"$klpscope" "$dir/$dump"
}

# The checker itself must see a lie.
vm_truth_sees_a_lie() {
	local json=$logs/lie.json
	vm_report "$cache/active/vmcore.lzo" "$json" || return 1
	sed -i 's/"in_effect": *"yes"/"in_effect":"no"/; s/"enabled": *true/"enabled":false/' "$json"
	expect_status 1 /usr/bin/python3 tests/vm/check-truth.py "$cache/active/truth.txt" "$json"
}

vm_truth_sees_a_pending_lie() {
	local json=$logs/lie-pending.json lie
	for lie in 's/"tasks_pending": 2/"tasks_pending": 1/' 's/"pid": [0-9]*,/"pid": 1,/' \
		's/"patch_state": "unpatched"/"patch_state": "patched"/' 's/"flag_pending": true/"flag_pending": null/'; do
		vm_report "$cache/stalled/vmcore.lzo" "$json" || return 1
		sed -i "$lie" "$json"
		expect_status 1 /usr/bin/python3 tests/vm/check-truth.py "$cache/stalled/truth.txt" "$json" || return 1
	done
}

# REPORT STATEMENT: another report, r, after that statement.
lie() {
	/usr/bin/python3 -c 'import json, sys
with open(sys.argv[1]) as f:
    r = json.load(f)
before = json.dumps(r)
exec(sys.argv[2])
assert json.dumps(r) != before, "no lie: " + sys.argv[2]
with open(sys.argv[1], "w") as f:
    json.dump(r, f)' "$@"
}

vm_truth_sees_a_lie_about_stacks() {
	local json=$logs/lie-stacks.json lie
	local pending='r["transition"]["pending"][0]' other='r["tasks"]["patched_stacks"]'
	for lie in "s = $pending['stack']; s[3]['symbol'], s[4]['symbol'] = s[4]['symbol'], s[3]['symbol']" \
		"$pending['stack'][3]['offset'] += 1" "$pending['stack'][3]['reliable'] = False" \
		"del $pending['stack'][-1]" "$pending['stack'][3]['module'] = None" "$pending['held_up'] = 'running'" \
		"$pending['blocked_by'] = []" "$pending['blocked_by'][0]['address'] = '0xffffffff81000000'" \
		"del $other[-1]" "$other[1]['runs'] = 'new'" "$other[0]['panic'] = False"; do
		vm_report "$cache/stalled/vmcore.lzo" "$json" && lie "$json" "$lie" || return 1
		echo "--- $lie"
		expect_status 1 /usr/bin/python3 tests/vm/check-truth.py "$cache/stalled/truth.txt" "$json" || return 1
	done
}

vm_drgn() {
	local dir=$1 json=$logs/drgn-$2.json walk=$logs/drgn-$2-walk.json vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	# What drgn says must itself agree with the guest before it is believed.
	/usr/bin/python3 tests/vm/drgn-walk.py "$vmlinux" "$dir/vmcore.elf" >"$walk" &&
		/usr/bin/python3 tests/vm/check-walk.py "$dir/truth.txt" "$walk" &&
		vm_report "$dir/vmcore.elf" "$json" &&
		/usr/bin/python3 tests/vm/check-drgn.py "$walk" "$json"
}

# vmlinux as the source of names and types instead of what the dump holds.
vm_vmlinux() {
	local vmlinux dir=$cache/$1
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	"$klpscope" -j "$dir/vmcore.lzo" >"$logs/own.json" &&
		"$klpscope" -j --vmlinux "$vmlinux" "$dir/vmcore.lzo" >"$logs/vmlinux.json" &&
		cmp "$logs/own.json" "$logs/vmlinux.json"
}

# Not the kernel of the dump: another build id.
vm_wrong_vmlinux() {
	local vmlinux wrong=$logs/wrong-vmlinux id
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	head -c 20 /dev/urandom >"$logs/id"
	id=$logs/note
	{ printf '\004\000\000\000\024\000\000\000\003\000\000\000GNU\000' && cat "$logs/id"; } >"$id"
	objcopy --strip-debug --update-section .notes="$id" "$vmlinux" "$wrong" || return 1
	expect_status 4 "$klpscope" --vmlinux "$wrong" "$cache/active/vmcore.lzo" 2>"$logs/wrong.txt" || return 1
	cat "$logs/wrong.txt"
	grep -q 'build id' "$logs/wrong.txt" && grep -q -- --force "$logs/wrong.txt" || return 1
	# Used all the same, it is never a complete report.
	expect_status 3 "$klpscope" -j --force --vmlinux "$wrong" "$cache/active/vmcore.lzo" >"$logs/forced.json" &&
		grep -q vmlinux-forced "$logs/forced.json"
}

for scenario in $(scripts/mkvmcore --list); do
	t "truth $scenario" vm_truth "$cache/$scenario" vmcore.lzo "truth-$scenario"
	t "drgn $scenario" vm_drgn "$cache/$scenario" "$scenario"
done
t "truth 5-level paging" vm_truth "$cache/la57" vmcore.lzo la57
t "truth: a lie is seen" vm_truth_sees_a_lie
t "truth: a lie about a task is seen" vm_truth_sees_a_pending_lie
t "truth: a lie about stacks is seen" vm_truth_sees_a_lie_about_stacks
t "vmlinux instead of kallsyms and BTF" vm_vmlinux stacked
t "vmlinux instead of kallsyms and BTF, tasks" vm_vmlinux stalled
t "vmlinux of another build" vm_wrong_vmlinux
