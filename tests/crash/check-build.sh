#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# klp.so and the crash that it is loaded into.
#
#	refused FOLDER	built for the crash whose defs.h is in FOLDER, which the installed crash refuses
#	grown		the same, for each structure that we touch: one member more
#	klp.mk		built in crash's tree, by link and by copy
#	install		make install puts it where crash finds it by its name
#
# usage: check-build.sh BUILD KLP.SO VMLINUX DUMP LOGS refused FOLDER|grown|klp.mk|install
set -euo pipefail

build=$1 so=$(realpath "$2") vmlinux=$3 dump=$4 logs=$(realpath "$5") mode=$6
root=$PWD
work=$(mktemp -d "$logs/build-XXXXXX")
trap 'rm -rf "$work"' EXIT

# The engine is the one that was built already.
engine_in() {
	mkdir -p "$1"
	cp -rp "$build/src" "$build/libklpscope.a" "$1"
}

# COMMAND...: at crash's prompt; it is alive at the end.
crash_says() {
	printf '%s\n' "$@" 'eval 6 * 7' quit |
		HOME=/nonexistent timeout 60 crash -s --minimal "$vmlinux" "$dump" >"$work/out" 2>&1 || true
	cat "$work/out"
	grep -q 'decimal: 42' "$work/out"
}

# klp_for FOLDER FILE
klp_for() {
	make -s BUILD="$work/other" CRASH_INCLUDE="$1" "$work/other/klp.so"
	cp "$work/other/klp.so" "$2"
}

refusal() {
	grep "klp.so was built for another crash: struct $1 has [0-9]* bytes here and had [0-9]* there" "$work/out"
}

refused() {
	engine_in "$work/other"
	klp_for "$1" "$work/klp.so"
	crash_says "extend $work/klp.so" 'help klp'
	refusal '[a-z_]*'
	# Nothing of it stays.
	! grep -q 'shared object loaded' "$work/out"
}

grown() {
	local name here there
	local -a structures=(program_context machdep_table task_table vm_table symbol_table_data) commands=()

	engine_in "$work/other"
	mkdir "$work/include"
	for name in "${structures[@]}"; do
		sed "s/^struct $name {/&\n\tchar *klp_test_added;/" /usr/include/crash/defs.h >"$work/include/defs.h"
		klp_for "$work/include" "$work/klp-$name.so"
		commands+=("extend $work/klp-$name.so")
	done
	crash_says "${commands[@]}" "extend $so" 'help klp'
	for name in "${structures[@]}"; do
		read -r here there < <(refusal "$name" | sed 's/.* has \([0-9]*\) .* had \([0-9]*\) .*/\1 \2/')
		[ "$there" = $((here + 8)) ]
	done
	# The right one is still welcome.
	[ "$(grep -c 'shared object loaded' "$work/out")" = 1 ]
	grep -q 'livepatches in effect at the time of the crash' "$work/out"
}

# What crash's Makefile and extensions/Makefile do with a .mk file (8.0.2 and 9.0.2).
crash_make() {
	(cd "$work/crash/extensions" && ln -f ../defs.h . &&
		make -i all TARGET=X86_64 TARGET_CFLAGS= GDB=gdb-10.2 GDB_FLAGS=-DGDB_10_2 "$@")
}

klp_mk() {
	mkdir -p "$work/crash/extensions"
	cp /usr/include/crash/defs.h "$work/crash/"
	# shellcheck disable=SC2016
	printf 'all: klp.so\nklp.so: klp.c defs.h\n\t$(MAKE) -f klp.mk\n' >"$work/crash/extensions/Makefile"
	cp extensions/crash/klp.c extensions/crash/klp.mk "$work/crash/extensions/"
	crash_make >"$work/log" 2>&1
	cat "$work/log"
	grep -q 'KLPSCOPE=FOLDER' "$work/log"
	[ ! -e "$work/crash/extensions/klp.so" ]

	engine_in "$work/crash/extensions/klp.build"
	crash_make KLPSCOPE="$root"
	crash_says "extend $work/crash/extensions/klp.so"
	grep -q 'shared object loaded' "$work/out"

	# By link; a failed build leaves nothing that looks like a good one.
	ln -sf "$root"/extensions/crash/klp.c "$root"/extensions/crash/klp.mk "$work/crash/extensions/"
	rm "$work/crash/extensions/klp.build/extensions/crash/klp.o"
	(cd "$work/crash/extensions" && make -i -f klp.mk CC=false)
	[ ! -e "$work/crash/extensions/klp.so" ]
	crash_make
	crash_says "extend $work/crash/extensions/klp.so"
	grep -q 'shared object loaded' "$work/out"
	(cd "$work/crash/extensions" && make -f klp.mk clean)
	[ ! -e "$work/crash/extensions/klp.so" ] && [ ! -e "$work/crash/extensions/klp.build" ]
}

install() {
	local dir=/usr/lib/crash/extensions

	make -s BUILD="$build" install DESTDIR="$work/root"
	[ -e "$work/root$dir/klp.so" ]
	# crash looks there by itself, and in a folder that it is told.
	grep -aqF "$dir/%s" "$(command -v crash)"
	cd "$work"
	export CRASH_EXTENSIONS=$work/root$dir
	crash_says 'extend klp.so' 'help klp'
	grep -q "$dir/klp.so: shared object loaded" "$work/out"
	grep -q 'livepatches in effect at the time of the crash' "$work/out"
}

case $mode in
refused) refused "$7" ;;
grown) grown ;;
klp.mk) klp_mk ;;
install) install ;;
esac
