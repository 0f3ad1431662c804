# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Brings a scenario about, and fails loudly where the kernel does not end up in
# the state that the scenario's name stands for.

LIVEPATCH=/sys/kernel/livepatch
TRACING=/sys/kernel/tracing
# How many of the tasks in many-tasks are pending.
CROWD_WAITERS=25

# load MODULE [PARAMETER]...
load() {
	module=$1
	shift
	insmod "/modules/test/$module.ko" "$@" || die "insmod $module"
}

# value PATH: a sysfs file of a patch, "gone" where there is none.
value() {
	if read -r content 2>/dev/null <"$LIVEPATCH/$1"; then
		echo "$content"
	else
		echo gone
	fi
}

# expect PATH VALUE: what must be so.
expect() {
	found=$(value "$1")
	[ "$found" = "$2" ] || die "$1 is $found, not $2"
}

# expect_text FILE TEXT: the first line must contain the text.
expect_text() {
	read -r content <"$1" || die "reading $1"
	case $content in
	*"$2"*) ;;
	*) die "$1 says '$content', without '$2'" ;;
	esac
}

# expect_module NAME: the module must still be loaded.
expect_module() {
	[ -d "/sys/module/$1" ] || die "module $1 is not loaded"
}

# await TEXT COMMAND...: polls until the command succeeds.
await() {
	what=$1
	shift
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || die "waited in vain for $what"
		usleep 100000
	done
}

settled() {
	for file in "$LIVEPATCH"/*/transition; do
		[ -e "$file" ] || continue
		read -r moving 2>/dev/null <"$file" || continue
		[ "$moving" = 0 ] || return 1
	done
}

settle() {
	await "the end of the transition" settled
}

gone() {
	[ ! -d "$LIVEPATCH/$1" ]
}

# asleep FUNCTION: how many tasks have the function on their stack.
asleep() {
	grep -l -w "$1" /proc/[0-9]*/task/*/stack 2>/dev/null | wc -l
}

all_asleep() {
	[ "$(asleep "$1")" = "$2" ]
}

# start_waiters FUNCTION [COUNT]: puts a user task and one kernel thread, or as
# many as make it COUNT tasks, to sleep inside a function.
start_waiters() {
	/guest/klp_waiter_u &
	for _ in $(seq 2 "${2:-2}"); do
		echo kthread >/proc/klp_test_target ||
			die "starting the kernel thread"
	done
	await "the sleepers in $1" all_asleep "$1" "${2:-2}"
}

# start_crowd COUNT: that many kernel threads.
start_crowd() {
	# The kernel's own limit goes by the memory.
	echo $(($1 + 10000)) >/proc/sys/kernel/threads-max ||
		die "raising threads-max"
	load klp_test_crowd "count=$1"
	crowd=$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c "^klp_crowd/")
	[ "$crowd" = "$1" ] || die "$crowd tasks are in the crowd, not $1"
}

# A user process with a marker in each place where it can have one.
start_marked() {
	/guest/klp_marked_comm /tmp/marked &
	await "the marked process" [ -s /tmp/marked ]
}

spins() {
	[ "$(cat /sys/module/klp_test_target/parameters/spins)" = Y ]
}

# keep_to MASK: this process and those that it starts stay off other CPUs,
# because what has begun to wait for a CPU that is lost waits for good.
keep_to() {
	taskset -p "$1" $$ >/dev/null || die "keeping to the CPUs $1"
}

# start_spinner MASK: keeps a CPU in the kernel.
start_spinner() {
	# It would tell, and leave a taint behind that the truth lacks.
	echo 0 >/proc/sys/kernel/soft_watchdog || die "stopping the watchdog"
	taskset "$1" /guest/klp_spinner_u &
	await "the spinner" spins
}

# Has two tracers put a return address of theirs on the stack of each task that
# calls these two functions from now on.
trace_returns() {
	echo proc_reg_write >$TRACING/set_ftrace_filter ||
		die "choosing proc_reg_write"
	echo function_graph >$TRACING/current_tracer ||
		die "starting function_graph"
	echo "r:klpret vfs_write" >$TRACING/kprobe_events ||
		die "making a probe of vfs_write's return"
	echo 1 >$TRACING/events/kprobes/klpret/enable ||
		die "switching on the probe of vfs_write's return"
	for name in proc_reg_write vfs_write; do
		grep -q "^$name " $TRACING/enabled_functions ||
			die "$name is not traced"
	done
}

# Has a kprobe and, in an instance of its own, the function tracer on a function
# that gets patched, and the tracer on one that does not.
trace_calls() {
	echo "p:klpentry klp_test_target:klp_target_value" >>$TRACING/kprobe_events ||
		die "making a probe of klp_target_value"
	echo 1 >$TRACING/events/kprobes/klpentry/enable ||
		die "switching on the probe of klp_target_value"
	mkdir $TRACING/instances/klptrace || die "making an instance of tracefs"
	printf 'klp_target_value\nklp_target_show\n' \
		>$TRACING/instances/klptrace/set_ftrace_filter ||
		die "choosing klp_target_value"
	echo function >$TRACING/instances/klptrace/current_tracer ||
		die "starting the function tracer"
}

# expect_traced NAME FLAGS: how often and in which way ftrace has it.
expect_traced() {
	grep "^$1 " $TRACING/enabled_functions | tr -s ' ' |
		grep -q "^$1 \[klp_test_target\] $2\s" ||
		die "not traced as expected: $(grep "^$1 " $TRACING/enabled_functions)"
}

# pending STATE: the tasks that have it, by name. One grep, because there may be
# thousands; the shell lists them before it starts grep.
pending() {
	names=
	# shellcheck disable=SC2046
	set -- $(grep -l -x -- "$1" /proc/[0-9]*/task/*/patch_state 2>/dev/null)
	for file; do
		read -r name 2>/dev/null <"${file%patch_state}comm" || continue
		names="$names $name"
	done
}

# only_pending STATE NAME...: whether these have the state and no others do.
only_pending() {
	pending "$1"
	shift
	# shellcheck disable=SC2086
	[ "$(printf '%s\n' $names | sort)" = "$(printf '%s\n' "$@" | sort)" ]
}

# only_waiters STATE [COUNT]
only_waiters() {
	# shellcheck disable=SC2046
	only_pending "$1" klp_waiter_u \
		$(yes klp_waiter_k | head -n $((${2:-2} - 1)))
}

run_scenario() {
	case $1 in
	none)
		load klp_test_target
		expect_text /proc/klp_test_target "value 2, twins 1 2"
		[ -z "$(ls $LIVEPATCH)" ] || die "there are livepatches"
		;;
	active)
		load klp_test_target
		load klp_test_vmlinux
		settle
		load klp_test_modules
		settle
		expect klp_test_vmlinux/enabled 1
		expect klp_test_modules/enabled 1
		expect klp_test_vmlinux/vmlinux/patched 1
		expect klp_test_modules/vmlinux/patched 1
		expect klp_test_modules/klp_test_target/patched 1
		expect klp_test_modules/klp_test_absent/patched 0
		expect_text /proc/cmdline "klp_test_vmlinux: cmdline"
		expect_text /proc/version "klp_test_vmlinux: version"
		expect_text /proc/klp_test_target "value 1001, twins 1 2000"
		;;
	stacked)
		load klp_test_lower
		settle
		load klp_test_upper
		settle
		expect klp_test_lower/enabled 1
		expect klp_test_upper/enabled 1
		expect_text /proc/cmdline "klp_test_upper: cmdline"
		expect_text /proc/loadavg "klp_test_lower: loadavg"
		;;
	replaced)
		load klp_test_target
		load klp_test_older
		settle
		expect_text /proc/version "klp_test_older: version"
		load klp_test_newer
		settle
		await "the end of klp_test_older" gone klp_test_older
		expect klp_test_newer/enabled 1
		expect_module klp_test_older
		expect_text /proc/version "Linux version"
		expect_text /proc/klp_test_target "value 2, twins 1 2"
		;;
	replacing)
		load klp_test_target
		load klp_test_older
		settle
		start_waiters livepatch_wait
		load klp_test_newer
		await "all tasks but the sleepers" only_waiters 0
		expect klp_test_newer/enabled 1
		expect klp_test_newer/transition 1
		expect klp_test_older/enabled 1
		expect_text /proc/version "Linux version"
		;;
	disabled)
		load klp_test_target
		load klp_test_single
		settle
		expect_text /proc/uptime "klp_test_single: uptime"
		echo 0 >$LIVEPATCH/klp_test_single/enabled ||
			die "disabling klp_test_single"
		await "the end of klp_test_single" gone klp_test_single
		expect_module klp_test_single
		expect_text /proc/klp_test_target "value 2, twins 1 2"
		;;
	stalled | traced)
		load klp_test_target
		if [ "$1" = traced ]; then
			trace_returns
			trace_calls
		fi
		start_waiters klp_target_wait
		load klp_test_stall
		await "all tasks but the sleepers" only_waiters 0
		expect klp_test_stall/enabled 1
		expect klp_test_stall/transition 1
		expect_text /proc/uptime "klp_test_stall: uptime"
		if [ "$1" = traced ]; then
			expect_text /proc/klp_test_target "value 701, twins 1 2"
			expect_traced klp_target_value "(3) R I"
			expect_traced klp_target_wait "(1) I"
			expect_traced klp_target_show "(1)"
		fi
		;;
	reverting)
		load klp_test_target
		load klp_test_stall
		settle
		start_waiters livepatch_wait
		echo 0 >$LIVEPATCH/klp_test_stall/enabled ||
			die "disabling klp_test_stall"
		await "all tasks but the sleepers" only_waiters 1
		expect klp_test_stall/enabled 0
		expect klp_test_stall/transition 1
		expect_text /proc/klp_test_target "value 2, twins 1 2"
		;;
	panic-in-patch | panic-under-patch | irq | nmi)
		load klp_test_target
		load klp_test_panic
		settle
		expect klp_test_panic/enabled 1
		expect klp_test_panic/klp_test_target/patched 1
		;;
	panic-beside)
		load klp_test_target
		load klp_test_vmlinux
		settle
		load klp_test_panic
		settle
		expect klp_test_vmlinux/enabled 1
		expect klp_test_panic/enabled 1
		expect_text /proc/version "klp_test_vmlinux: version"
		;;
	busy-cpu)
		keep_to 1
		load klp_test_target
		start_spinner 2
		load klp_test_panic
		await "all tasks but the spinner" only_pending 0 klp_spinner_u
		expect klp_test_panic/enabled 1
		expect klp_test_panic/transition 1
		;;
	many-tasks)
		load klp_test_target
		start_waiters klp_target_wait "$CROWD_WAITERS"
		start_crowd "$(option klp.tasks)"
		load klp_test_stall
		await "all tasks but the sleepers" only_waiters 0 \
			"$CROWD_WAITERS"
		expect klp_test_stall/enabled 1
		expect klp_test_stall/transition 1
		;;
	shadow)
		shadows=$(option klp.shadows)
		load klp_test_shadow1 ${shadows:+"more=$shadows"}
		settle
		expect_text /proc/uptime "klp_test_shadow1: uptime"
		load klp_test_shadow2
		settle
		await "the end of klp_test_shadow1" gone klp_test_shadow1
		expect klp_test_shadow2/enabled 1
		expect_module klp_test_shadow1
		expect_text /proc/uptime "klp_test_shadow2: uptime, number 1"
		;;
	relocs)
		load klp_test_target
		load klp_test_relocs
		settle
		expect klp_test_relocs/enabled 1
		expect klp_test_relocs/klp_test_absent/patched 0
		expect_text /proc/uptime "klp_test_relocs: some processes, some forks, banner v, console=ttyS0 q console=ttyS0 q"
		expect_text /proc/klp_test_target "klp_test_relocs: value 2, twins 1 2, by table 1 2, spins 0"
		;;
	forced)
		load klp_test_target
		load klp_test_older
		settle
		start_waiters livepatch_wait
		load klp_test_newer
		await "all tasks but the sleepers" only_waiters 0
		expect klp_test_newer/transition 1
		echo 1 >$LIVEPATCH/klp_test_newer/force ||
			die "forcing klp_test_newer"
		settle
		await "the end of klp_test_older" gone klp_test_older
		expect klp_test_newer/enabled 1
		# Its module can never go.
		read -r users <"/sys/module/klp_test_older/refcnt"
		[ "$users" = 1 ] || die "klp_test_older has $users users, not 1"
		# Nobody has called the new one, which has the same name.
		[ "$(asleep livepatch_wait)" = 2 ] ||
			die "there are not two tasks in livepatch_wait"
		;;
	callbacks)
		load klp_test_target
		load klp_test_crowd
		load klp_test_callbacks
		settle
		expect klp_test_callbacks/enabled 1
		expect_text /proc/uptime "klp_test_callbacks: uptime"
		start_waiters klp_target_wait
		load klp_test_halfway
		await "all tasks but the sleepers" only_waiters 0
		expect klp_test_halfway/enabled 1
		expect klp_test_halfway/transition 1
		expect_text /proc/version "klp_test_halfway: version"
		# Each that has run, and no other.
		calls=$(dmesg | grep -c ': klp_callback_')
		[ "$calls" = 6 ] || die "there were $calls callbacks, not 6"
		;;
	states)
		for name in klp_test_states1 klp_test_states2 klp_test_states3; do
			load "$name"
			settle
		done
		for name in klp_test_states1 klp_test_states2 klp_test_states3; do
			expect "$name/enabled" 1
		done
		expect_text /proc/version "klp_test_states3: version"
		expect_text /proc/loadavg "klp_test_states3: loadavg"
		;;
	*)
		die "unknown scenario $1"
		;;
	esac
	say "scenario $1 is in place"
}
