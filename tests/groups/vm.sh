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

# The panicking task against the call trace that the kernel printed.
vm_console() {
	local dir=$1 json=$logs/console-$2.json
	vm_report "$dir/vmcore.lzo" "$json" &&
		/usr/bin/python3 tests/vm/check-console.py "$dir/truth.txt" "$dir/console.log" "$json"
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

# DIR: with the files of vmlinux and of our modules.
vm_drgn_shadow() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	/usr/bin/python3 tests/vm/check-shadow.py "$klpscope" "$1/vmcore.elf" "$vmlinux" "$cache"/modules/*.ko
}

# DIR NAME: what drgn's unwinder makes of the stacks, with the files of vmlinux and of our modules.
drgn_stacks() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	/usr/bin/python3 tests/vm/drgn-stacks.py "$vmlinux" "$1/vmcore.elf" "$cache"/modules/*.ko >"$logs/drgn-stacks-$2"
}

vm_drgn_stacks() {
	local json=$logs/drgn-stacks-$2.json
	drgn_stacks "$1" "$2" && vm_report "$1/vmcore.elf" "$json" &&
		/usr/bin/python3 tests/vm/check-stacks.py "$logs/drgn-stacks-$2" "$json"
}

vm_drgn_sees_a_lie_about_stacks() {
	local json=$logs/lie-drgn.json lie
	drgn_stacks "$cache/stalled" lie || return 1
	for lie in 'stack[-2], stack[-3] = stack[-3], stack[-2]' 'stack[-1]["address"] = "0xffffffff81000000"' \
		'stack[-1]["symbol"] = "ksys_write"' 'stack.append(stack[0])' 'del stacks[1]["stack"][-1]' 'del stacks[1]' \
		'stacks[2]["stack"] = None' 'stacks[2]["stack"][3]["interrupted"] = True' 'stacks[2]["comm"] = "init"' \
		'stacks[1]["stack"][4]["through"] = "return_to_handler"; del stacks[1]["stack"][5:]' 'stacks[1]["panic"] = True'; do
		vm_report "$cache/stalled/vmcore.elf" "$json" && lie "$json" "$lie" || return 1
		sees /usr/bin/python3 tests/vm/check-stacks.py "$logs/drgn-stacks-lie" "$json" || return 1
	done
}

# klp relocations: the words in the module's memory, and where drgn and the guest say that each symbol is.
vm_relocs() {
	local vmlinux dir=$cache/relocs
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	vm_report "$dir/vmcore.elf" "$logs/relocs.json" &&
		/usr/bin/python3 tests/vm/check-relocs.py "$vmlinux" "$dir/vmcore.elf" "$dir/truth.txt" "$logs/relocs.json"
}

vm_relocs_sees_a_lie() {
	local vmlinux dir=$cache/relocs json=$logs/lie-relocs.json lie
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	for lie in 'relocations[0]["applied"] -= 1' 'relocations[3]["cleared"] = 0' 'relocations[1]["total"] += 1' \
		'del relocations[3]' 'relocations[3]["loaded"] = True' 'relocations[0]["section"] = ".data"'; do
		vm_report "$dir/vmcore.elf" "$json" && lie "$json" "relocations = r['relocations']; $lie" || return 1
		sees /usr/bin/python3 tests/vm/check-relocs.py "$vmlinux" "$dir/vmcore.elf" "$dir/truth.txt" "$json" || return 1
	done
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

# FOLDER DUMP NAME...: it holds these markers whole, so that a search for them that finds nothing elsewhere says something.
vm_holds() {
	local markers=$logs/markers-${1##*/}-$2 name
	sed -n '/^=== markers$/,$p' "$1/truth.txt" | sed 1d >"$markers"
	"$build/tests/vm/grep-pages" "$markers" "$1/$2" | tee "$markers.found"
	# Shadow data are where the scenario has some.
	for name in "${@:3}" $(sed -n 's/^\(shadow\) .*/\1/p' "$markers"); do
		grep -q "^$name whole [1-9]" "$markers.found" || return 1
	done
}

for scenario in $(scripts/mkvmcore --list); do
	p "truth $scenario" vm_truth "$cache/$scenario" vmcore.lzo "truth-$scenario"
	p "console $scenario" vm_console "$cache/$scenario" "$scenario"
	p "drgn $scenario" vm_drgn "$cache/$scenario" "$scenario"
	p "drgn $scenario, stacks" vm_drgn_stacks "$cache/$scenario" "$scenario"
	for format in lzo elf; do
		p "markers $scenario, $format" vm_holds "$cache/$scenario" vmcore.$format comm host pipe terminal
	done
done
for format in raw d0 qemu-elf; do
	p "markers, unfiltered: $format" vm_holds "$cache/formats" vmcore.$format argument environment heap stack file pipe \
		terminal comm host
done
for scenario in none active shadow; do
	p "drgn $scenario, shadow variables" vm_drgn_shadow "$cache/$scenario"
done
t "truth 5-level paging" vm_truth "$cache/la57" vmcore.lzo la57
t "console 5-level paging" vm_console "$cache/la57" la57
for format in qemu-elf qemu-kdump; do
	t "truth busy-cpu, $format" vm_truth "$cache/busy-cpu" vmcore.$format truth-$format
done
t "drgn: a lie about stacks is seen" vm_drgn_sees_a_lie_about_stacks
t "drgn: klp relocations" vm_relocs
t "drgn: a lie about klp relocations is seen" vm_relocs_sees_a_lie
t "vmlinux instead of kallsyms and BTF" vm_vmlinux stacked
t "vmlinux instead of kallsyms and BTF, klp relocations" vm_vmlinux relocs
t "vmlinux instead of kallsyms and BTF, tasks" vm_vmlinux stalled
t "vmlinux of another build" vm_wrong_vmlinux
