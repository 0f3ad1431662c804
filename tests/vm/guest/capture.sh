# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Loading the capture kernel, and what the capture kernel does.

# from_disk SERIAL FILE: copies what mkvmcore put on a disk.
from_disk() {
	device=$(disk "$1")
	cat "$device" >"$2" || die "reading disk $1"
}

load_capture_kernel() {
	from_disk kernel /tmp/kernel
	from_disk initrd /tmp/initrd
	read -r reserved </sys/kernel/kexec_crash_size
	if [ "$reserved" = 0 ]; then
		tell "retry no memory was reserved for the crash kernel"
		poweroff -f
	fi
	append="console=ttyS0 quiet nr_cpus=1 irqpoll reset_devices panic=2"
	append="$append klp.capture=$(option klp.capture)"
	kexec -p /tmp/kernel --initrd=/tmp/initrd --append="$append" ||
		die "loading the crash kernel"
	rm -f /tmp/kernel /tmp/initrd
}

# to_disk SERIAL: stores its input and tells mkvmcore how long it is.
to_disk() {
	device=$(disk "$1")
	tee "$device" | wc -c >"/tmp/$1.bytes"
	tell "dump $1 $(cat "/tmp/$1.bytes")"
}

capture() {
	mkdir -p /tmp /small
	list=$(option klp.capture)

	# Flattened, because a disk cannot be seeked beyond its end and the
	# stream ends by itself.
	case ,$list, in
	*,filtered,*)
		say "saving the filtered dump"
		makedumpfile --message-level 4 -F -l -d 31 /proc/vmcore |
			to_disk filtered
		;;
	esac
	case ,$list, in
	*,raw,*)
		say "saving the whole memory"
		# Not with cat or dd: reading /proc/vmcore page by page takes
		# minutes here, makedumpfile maps it. Nor through a pipe: that
		# takes a minute.
		makedumpfile --message-level 4 -f -E -d 0 /proc/vmcore \
			"$(disk raw)" || die "saving the whole memory"
		tell "dump raw 0"
		;;
	esac
	case ,$list, in
	*,incomplete,*)
		# No room for all of it: makedumpfile marks it incomplete.
		say "saving an incomplete dump"
		mount -t tmpfs -o size=16m tmpfs /small
		makedumpfile --message-level 4 -l -d 31 /proc/vmcore \
			/small/dump && die "the dump was to be incomplete"
		to_disk incomplete </small/dump
		;;
	esac
}
