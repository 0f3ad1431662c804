# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
cache=$(scripts/mkvmcore --print-cache)
damage=$build/tests/damage/damage

# Of kallsyms and BTF, a thousand pages, every STEP-th.
p "damage: every page of active" "$damage" pages "$cache/active/vmcore.lzo" "${KLPSCOPE_DAMAGE_STEP:-5}"
for scenario in stacked replaced replacing disabled stalled reverting shadow; do
	p "damage: pages of $scenario" "$damage" pages "$cache/$scenario/vmcore.lzo" 64
done
p "damage: klp_patches bent, a hostile name" "$damage" cases "$cache/active/vmcore.elf"
p "damage: bent numbers in active" "$damage" words "$cache/active/vmcore.elf" "${KLPSCOPE_DAMAGE_COUNT:-400}" 1
p "damage: bent numbers in stalled" "$damage" words "$cache/stalled/vmcore.lzo" "${KLPSCOPE_DAMAGE_COUNT:-400}" 2

p "damage: a lie in memory is found, and nothing else" /usr/bin/python3 tests/integrity/check-integrity.py \
	"$build/tests/integrity/bend" "$cache" vmcore.lzo

# With every stack looked at: the pages of stacks, of tasks and of the tables that tell how to unwind.
for scenario in stalled reverting busy-cpu traced irq nmi panic-under-patch; do
	p "damage: pages of $scenario, stacks" "$damage" -b pages "$cache/$scenario/vmcore.lzo" 64
done
for scenario in stalled traced nmi; do
	p "damage: bent numbers in $scenario, stacks" "$damage" -b words "$cache/$scenario/vmcore.elf" \
		"${KLPSCOPE_DAMAGE_COUNT:-400}" 3
done

# Pages that makedumpfile -E filtered out are holes that could be taken for zeros.
holes_are_not_zeros() {
	local dir=$cache/$1 whole=$logs/hole-whole-$1.json hole=$logs/hole-$1.elf json=$logs/hole-$1.json address n=0
	"$klpscope" -j "$dir/vmcore.elf" >"$whole" || return 1
	# The lists' heads, and whatever the report names by its address.
	for address in $(awk '/ (klp_patches|klp_ops|klp_transition_patch|__start_BTF)$/ { print "0x" $1 }' "$dir/truth.txt") \
		$(grep -o '"address":"*[ "]*0x[0-9a-f]*' "$whole" | grep -o '0x[0-9a-f]*' | grep -v '^0x0$' | sort -u); do
		/usr/bin/python3 tests/vm/punch-hole.py "$dir/vmcore.elf" "$hole" "$address" || return 1
		"$klpscope" -j "$hole" >"$json"
		case $? in
		0) ;;
		3) n=$((n + 1)) ;;
		*) return 1 ;;
		esac
		echo "$address: hole"
		"$damage" compare "$whole" "$json" || return 1
	done
	rm -f "$hole"
	echo "$n holes made something unknown"
	[ "$n" -gt 5 ]
}

p "damage: holes in ELF, active" holes_are_not_zeros active
p "damage: holes in ELF, stalled" holes_are_not_zeros stalled
p "damage: holes in ELF, replaced" holes_are_not_zeros replaced

holes_in_crash() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/crash/check-damage.sh "$klpscope" extensions/crash/klp.so "$damage" "$vmlinux" "$cache/$1" "$logs" "$2"
}

t "damage: holes in ELF, inside crash" holes_in_crash active full
t "damage: holes in ELF, inside crash --minimal" holes_in_crash active minimal
t "damage: holes in ELF, inside crash, stalled" holes_in_crash stalled minimal
t "damage: filtered pages, inside crash" holes_in_crash active kdump

crash_of_another_kernel() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/crash/check-vmlinux.sh extensions/crash/klp.so "$vmlinux" "$cache/active" "$logs"
}

t "crash with the vmlinux of another kernel" crash_of_another_kernel

crash_no_vmcoreinfo() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/crash/check-no-vmcoreinfo.sh "$klpscope" extensions/crash/klp.so "$vmlinux" \
		"$cache/formats/vmcore.qemu-elf" "$logs"
}

t "crash without VMCOREINFO" crash_no_vmcoreinfo

bent_in_crash() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	/usr/bin/python3 tests/crash/check-bent.py "$klpscope" extensions/crash/klp.so "$vmlinux" "$cache/$1/vmcore.elf" \
		"$logs" "$2"
}

t "damage: bent lists and names, inside crash" bent_in_crash stacked full
t "damage: bent lists and names, inside crash --minimal" bent_in_crash stacked minimal
t "damage: bent lists of tasks, inside crash --minimal" bent_in_crash stalled minimal
