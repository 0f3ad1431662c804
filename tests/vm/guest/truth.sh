# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# What the guest says of itself, right before the dump. Sections start with
# "=== name"; the first line is "scenario NAME". See ../README.md.

OURS="klp_test_target klp_test_absent klp_test_vmlinux klp_test_modules
klp_test_lower klp_test_upper klp_test_older klp_test_newer klp_test_single
klp_test_stall klp_test_panic klp_test_crowd klp_test_shadow1 klp_test_shadow2
klp_test_relocs klp_test_callbacks klp_test_halfway klp_test_states1
klp_test_states2 klp_test_states3"

section() {
	echo "=== $1"
}

truth_livepatch() {
	find "$LIVEPATCH" -type f -perm -400 | sort | while read -r file; do
		echo "${file#"$LIVEPATCH"/} $(cat "$file")"
	done
}

truth_modules() {
	for name in $OURS; do
		[ -d "/sys/module/$name" ] || continue
		for item in srcversion version taint refcnt; do
			[ -e "/sys/module/$name/$item" ] || continue
			echo "$name $item $(cat "/sys/module/$name/$item")"
		done
		# The note's header is 16 bytes long, name included.
		id=$(tail -c +17 "/sys/module/$name/notes/.note.gnu.build-id" |
			xxd -p | tr -d '\n')
		echo "$name build-id $id"
	done
}

# All tasks by one awk, because there may be thousands. The shell lists them
# before it starts awk, which would be listed and then be gone. COMM as in
# task_struct, that is without what /proc adds to the name of a kworker; one
# that is called kworker/R-QUEUE (6.9+) rescues that queue, and is called so.
truth_patch_state() {
	awk 'BEGIN {
		for (i = 1; i < ARGC; i++) {
			split(ARGV[i], part, "/")
			file = ARGV[i] "/patch_state"
			got = (getline state <file)
			close(file)
			if (got <= 0)
				continue
			file = ARGV[i] "/comm"
			got = (getline comm <file)
			close(file)
			if (got <= 0)
				continue
			if (comm ~ /^kworker\/[^R]/)
				sub(/[-+].*/, "", comm)
			print part[3], part[5], comm, state
		}
	}' /proc/[0-9]*/task/*
}

# The tasks whose state is not that of most.
unusual() {
	most=$(awk '{ print $NF }' /tmp/patch_state | sort | uniq -c |
		sort -rn | awk 'NR == 1 { print $2 }')
	awk -v most="$most" '$NF != most' /tmp/patch_state
}

truth_stacks() {
	while read -r pid tid rest; do
		echo "--- $pid $tid $rest"
		cat "/proc/$pid/task/$tid/stack"
	done </tmp/unusual
}

# The tasks that are inside of a new function, pending or not.
truth_inside() {
	grep -l ' livepatch_' /proc/[0-9]*/task/*/stack 2>/dev/null |
		while read -r file; do
			task=${file%/stack}
			part=${task#/proc/}
			echo "--- ${part%%/*} ${task##*/} $(cat "$task/comm")"
			cat "$file"
		done
}

truth_task_stat() {
	while read -r pid tid rest; do
		read -r stat <"/proc/$pid/task/$tid/stat" || continue
		# After the name, in which there may be blanks, field 3 is first.
		echo "${stat##*) }" | awk -v id="$pid $tid" '{ print id, $37, $1 }'
	done </tmp/unusual
}

# What the functions that may be patched answer to a task that has switched.
truth_behaviour() {
	for file in /proc/cmdline /proc/version /proc/loadavg /proc/uptime \
		/proc/klp_test_target; do
		[ -e "$file" ] || continue
		echo "$file $(head -n 1 "$file")"
	done
}

# The sections of livepatch relocations: how many are in each, and where it is.
truth_relocations() {
	for file in /modules/test/*.relocations; do
		name=${file##*/}
		name=${name%.relocations}
		[ -d "/sys/module/$name" ] || continue
		while read -r part count; do
			# Not with read, which takes a byte at a time: the file
			# has an answer to the first byte only.
			echo "$name $part $count $(cat "/sys/module/$name/sections/$part")"
		done <"$file"
	done
}

# The kernel's log, without the times: of livepatch and of our modules.
truth_dmesg() {
	dmesg | sed 's/^\[[^]]*\] //' |
		grep -E '^(livepatch|klp_test_[a-z0-9]+): '
}

# Whether ftrace works at all, and which tracers use it.
truth_ftrace() {
	echo "ftrace_enabled $(cat /proc/sys/kernel/ftrace_enabled)"
	echo "current_tracer $(cat "$TRACING"/current_tracer)"
	for instance in "$TRACING"/instances/*; do
		[ -d "$instance" ] || continue
		echo "current_tracer $(cat "$instance"/current_tracer) ${instance##*/}"
	done
}

write_truth() {
	{
		echo "scenario $1"
		section uname
		uname -r
		uname -v
		uname -n
		section boot
		echo "$CMDLINE"
		section tainted
		cat /proc/sys/kernel/tainted
		section livepatch
		truth_livepatch
		section modules
		cat /proc/modules
		section module-info
		truth_modules
		section behaviour
		truth_behaviour
		section patch_state
		truth_patch_state >/tmp/patch_state
		cat /tmp/patch_state
		unusual >/tmp/unusual
		section stacks
		truth_stacks
		section task-stat
		truth_task_stat
		section inside
		truth_inside
		section enabled_functions
		cat "$TRACING"/enabled_functions
		section ftrace
		truth_ftrace
		section kprobes
		cat /sys/kernel/debug/kprobes/list
		section relocations
		truth_relocations
		section dmesg
		truth_dmesg
		if [ -r /sys/kernel/vmcoreinfo ]; then
			section vmcoreinfo
			cat /sys/kernel/vmcoreinfo
		fi
	} >"$2"
	rm -f /tmp/patch_state /tmp/unusual
}

# The truth and all of kallsyms, one after the other: picking the lines that
# matter takes a minute here and no time on the host.
save_truth() {
	cat /proc/kallsyms >/tmp/kallsyms
	size=$(wc -c <"$1")
	symbols=$(wc -c </tmp/kallsyms)
	sum=$(cat "$1" /tmp/kallsyms | sha256sum)
	cat "$1" /tmp/kallsyms >"$(disk truth)" || die "writing the truth"
	sync
	rm -f "$1" /tmp/kallsyms
	tell "truth $size $symbols ${sum%% *}"
}
