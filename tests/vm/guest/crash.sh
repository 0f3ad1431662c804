# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Crashes the guest as the scenario wants it, when the truth has been saved.

# Has klp_crasher_u write a word to the target module.
crash_by() {
	# An oops only ends the task otherwise.
	echo 1 >/proc/sys/kernel/panic_on_oops
	/guest/klp_crasher_u "$1"
}

crash() {
	case $1 in
	panic-in-patch)
		crash_by fault
		;;
	panic-under-patch)
		crash_by descend
		;;
	panic-beside)
		crash_by trap
		;;
	irq)
		crash_by interrupt
		;;
	nmi)
		# QEMU's NMI comes to CPU 0 only, as the kernel has set it up.
		echo 1 >/proc/sys/kernel/unknown_nmi_panic
		keep_to 2
		start_spinner 1
		tell nmi
		# For good, and without another process, which sleep would be.
		wait
		;;
	*)
		echo c >/proc/sysrq-trigger
		;;
	esac
	sleep 60
	die "scenario $1 did not crash the kernel"
}
