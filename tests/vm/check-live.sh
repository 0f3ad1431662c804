#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A running system: boots the kernel of the dumps with livepatches, asks the
# front ends there about /proc/kcore, and holds what they say against the guest's
# own words.  A module is loaded while each of them runs, and it is asked again.
#
# usage: check-live.sh CACHE LOGS SCENARIO crash KLP.SO VMLINUX ROOT OPTION...
#	 check-live.sh CACHE LOGS SCENARIO klpscope KLPSCOPE LIBRARY
#
# crash is the one of ROOT, with that system's libraries; each OPTION is a run of
# it ("": none).  Otherwise the command, and LIBRARY in this system's drgn.
set -euo pipefail

cache=$1 logs=$2 scenario=$3 host=$4
shift 4
readonly TIMEOUT=900
root=
case $host in
crash)
	readonly MEMORY=2048
	so=$(realpath "$1") vmlinux=$2 root=$(realpath "$3")
	root=${root%/}
	shift 3
	;;
klpscope)
	readonly MEMORY=1024
	command=$1 library=$2
	set -- command drgn
	;;
esac
work=$(mktemp -d "$logs/live-XXXXXX")
qemu=
trap '[ -z "$qemu" ] || kill -KILL "$qemu" 2>/dev/null || true; rm -rf "$work"' EXIT

path_of() {
	PATH=$PATH:/usr/sbin:/sbin command -v "$1"
}

# FILE TO: a program or library of ROOT, with what it is linked with.
with_libraries() {
	local libraries file

	cp -L "$1" "$2"
	if [ -n "$root" ]; then
		libraries=$(chroot "$root" ldd "${1#"$root"}")
	else
		libraries=$(ldd "$1")
	fi
	sed -n 's/.*\(=> \|^\t\)\(\/[^ ]*\) (.*/\2/p' <<<"$libraries" | while read -r file; do
		mkdir -p "$work/root${file%/*}"
		cp -L "$root$file" "$work/root$file"
	done
}

# MODULE: its file, behind those that it needs.
with_dependencies() {
	local file needed

	file=$(find "$cache/image/lib/modules" \( -name "$1.ko" -o -name "${1//_/-}.ko" \) -print -quit)
	for needed in $(objcopy -O binary --only-section=.modinfo "$file" /dev/stdout | tr '\000' '\n' |
		sed -n 's/^depends=//p' | tr , ' '); do
		with_dependencies "$needed"
	done
	echo "$file"
}

with_crash() {
	with_libraries "$root/usr/bin/crash" "$work/root/bin/crash"
	with_libraries "$so" "$work/root/klp.so"
}

# Python as it is installed, without what no report needs.
with_klpscope() {
	local file python

	with_libraries "$command" "$work/root/bin/klpscope"
	with_libraries "$library" "$work/root/guest/libklpscope.so.0"
	cp extensions/drgn/klpscope.py tests/vm/live/ask-drgn.py "$work/root/guest/"
	with_libraries /usr/bin/python3 "$work/root/bin/python3"
	python=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
	tar -c --exclude=test --exclude=lib2to3 --exclude=pydoc_data --exclude='config-*' "$python" \
		/usr/lib/python3/dist-packages/{drgn,_drgn*.so} 2>/dev/null | tar -x -C "$work/root"
	find "$python/lib-dynload" /usr/lib/python3/dist-packages -maxdepth 1 \( -name '_ctypes*.so' -o -name '_json*.so' \
		-o -name '_drgn*.so' \) | while read -r file; do
		with_libraries "$file" "$work/root$file"
	done
}

make_root() {
	local file

	mkdir -p "$work"/root/{bin,dev,guest,modules/test,proc,sys,tmp}
	cp "$(path_of busybox)" "$work/root/bin/busybox"
	ln -s busybox "$work/root/bin/sh"
	"with_$host"
	cp "tests/vm/live/ask-$host" "$work/root/ask"
	cp tests/vm/guest/{scenario,truth}.sh tests/vm/guest/klp_waiter_u "$work/root/guest/"
	cp tests/vm/live/init "$work/root/init"
	chmod 755 "$work/root/init" "$work/root/ask" "$work/root/guest/klp_waiter_u"
	for file in "$cache"/modules/*.ko; do
		strip -g -o "$work/root/modules/test/${file##*/}" "$file"
	done
	for file in virtio_pci virtio_blk; do
		with_dependencies $file
	done | awk '!seen[$0]++' | while read -r file; do
		cp "$file" "$work/root/modules/"
		echo "${file##*/}"
	done >"$work/order"
	mv "$work/order" "$work/root/modules/order"
	printf '%s\n' "$@" >"$work/root/options"
	echo "$scenario" >"$work/root/scenario"
	(cd "$work/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/initramfs"
}

boot() {
	local -a disk=()

	[ "$host" != crash ] || disk=(-drive "file=$vmlinux,format=raw,if=none,id=vmlinux,readonly=on"
		-device "virtio-blk-pci,drive=vmlinux,serial=vmlinux")
	truncate -s 64M "$work/out"
	setpriv --pdeathsig KILL timeout -k 1 "$TIMEOUT" qemu-system-x86_64 -nodefaults -accel tcg,thread=multi \
		-cpu max,la57=off -m "$MEMORY" -smp 2 -no-reboot -net none -display none \
		-chardev "file,id=console,path=$work/console" -serial chardev:console \
		-kernel "$cache"/image/boot/vmlinuz-* -initrd "$work/initramfs" \
		-append "console=ttyS0 quiet panic=2" \
		"${disk[@]}" \
		-drive "file=$work/out,format=raw,if=none,id=out,cache=unsafe" \
		-device virtio-blk-pci,drive=out,serial=out </dev/null &
	qemu=$!
	wait "$qemu" || true
	qemu=
	cat "$work/console"
	grep -q 'klpguest: .*: done' "$work/console"
}

make_root "$@"
boot
mkdir "$work/said"
tar -x -f "$work/out" -C "$work/said"
cat "$work/said"/ask*.log
rm -rf "$logs/live-$host"
cp -r "$work/said" "$logs/live-$host"

# A process that ends beneath the walk makes something unknown, and nothing
# wrong; the next walk must then know.
agrees() {
	local truth=$work/said/truth$1.txt json

	for json in "$work/said/klp$1.json" "$work/said/klp$1.again.json"; do
		echo "=== ${json##*/}"
		grep -E '"format": "live system"|"path": "/proc/kcore"' "$json" || return 1
		! /usr/bin/python3 tests/vm/check-truth.py "$truth" "$json" --live || return 0
		[ "$(grep -c '"code": "unreadable"' "$json")" -gt 1 ] || return 1
	done
	return 1
}

for option; do
	agrees "$option" && agrees "$option-more" || exit 1
	# There was more to say.
	grep 'klp_absent_value.*\[klp_test_absent\]' "$work/said/truth$option-more.txt"
done
