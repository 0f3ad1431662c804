# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
cache=$(scripts/mkvmcore --print-cache)
klp_so=$(realpath extensions/crash/klp.so)
[ "$build" = build ] || klp_so=$(realpath "$build/klp.so")

crash_build() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/crash/check-build.sh "$build" "$klp_so" "$vmlinux" "$cache/active/vmcore.lzo" "$logs" "$@"
}

t "klp.so: another crash refuses it" crash_build grown
t "klp.so: built in crash's own tree" crash_build klp.mk
t "klp.so: crash finds it where make install puts it" crash_build install

# --- Debian sid's crash, compiler and libraries ---

# DUMP OPTION... <COMMANDS: crash of sid, in the folder of this run.
next_crash() {
	local dump=$1
	shift
	suite_run sid timeout 120 crash -s "$@" vmlinux "$dump"
}

# What crash knows of a format lacks the compression.
without_compression() {
	sed 's/^\( *"format": ".*\) ([a-z]*)",$/\1",/' "$1"
}

# SCENARIO/DUMP OPTION...: crash of sid, and the command built there, say what the command here says.
next_report() {
	local here=$PWD file=$1 dump=${1##*/} work=${suite_work[sid]:-}
	suite_ready sid || return $?
	shift
	suite_has sid "$cache/$file" "$dump" || return 1
	(cd "$work" && "$here/$klpscope" -j -a "$dump") >"$work/ours.json" || return 1
	suite_run sid klpscope/build/klpscope -j -a "$dump" >"$work/sid.json" &&
		cmp "$work/ours.json" "$work/sid.json" || return 1
	rm -f "$work/crash.json"
	printf 'extend klpscope/extensions/crash/klp.so\nklp -j -a > crash.json\nquit\n' | next_crash "$dump" "$@"
	cmp <(without_compression "$work/ours.json") "$work/crash.json"
}

# SCENARIO/DUMP FORM: a capsule made here, in the command and the crash of sid.
next_capsule() {
	local file=$1 work=${suite_work[sid]:-} capsule
	suite_ready sid || return $?
	capsule=$work/capsule-$2
	rm -f "$capsule" "$work/crash.json"
	"$klpscope" capsule --for-crash --format "$2" -o "$capsule" "$cache/$file" &&
		"$klpscope" -j -a "$cache/$file" >"$work/ours.json" || return 1
	suite_run sid klpscope/build/klpscope -j -a "${capsule##*/}" >"$work/sid.json" &&
		/usr/bin/python3 tests/capsule/same.py json "$work/ours.json" "$work/sid.json" || return 1
	printf 'extend klpscope/extensions/crash/klp.so\nklp -j -a > crash.json\nquit\n' | next_crash "${capsule##*/}"
	/usr/bin/python3 tests/capsule/same.py json --in-crash "$work/ours.json" "$work/crash.json"
}

# Each refuses the other's klp.so, and says why.
next_refuses() {
	local refusal='klp.so was built for another crash: struct [a-z_]* has [0-9]* bytes here and had [0-9]* there' work=${suite_work[sid]:-}
	suite_ready sid || return $?
	crash_build refused "${suite_root[sid]}/usr/include/crash" || return 1
	cp "$klp_so" "$work/other.so"
	suite_has sid "$cache/active/vmcore.lzo" vmcore.lzo || return 1
	printf 'extend other.so\neval 6 * 7\nquit\n' | next_crash vmcore.lzo --minimal 2>&1 | tee "$work/refused"
	grep -q "$refusal" "$work/refused" && grep -q 'decimal: 42' "$work/refused" &&
		! grep -q 'shared object loaded' "$work/refused"
}

t "crash of sid: klp.so and klpscope are built there" suite_make sid
for dump in active/vmcore.lzo stalled/vmcore.elf formats/vmcore.qemu-elf formats/vmcore.qemu-kdump; do
	t "crash of sid: $dump" next_report $dump
done
for form in kdump elf; do
	t "crash of sid: a capsule, $form" next_capsule stalled/vmcore.lzo $form
done
t "crash of sid: --minimal" next_report stalled/vmcore.elf --minimal
t "crash of sid and crash here: each its own klp.so" next_refuses

# --- /proc/kcore of a running kernel ---

live() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) || return 1
	tests/vm/check-live.sh "$cache" "$logs" stalled crash "$1" "$vmlinux" "${@:2}"
}

live_next() {
	suite_ready sid || return $?
	live "${suite_work[sid]}/klpscope/extensions/crash/klp.so" "${suite_root[sid]}" "" --minimal
}

# Without --active crash 8.0.2 ends with a segmentation fault before its prompt on a live 6.1.
# More than a minute each, and 2 GB: by hand.
if [ -n "${KLPSCOPE_LIVE:-}" ]; then
	t "live system, crash here" live "$klp_so" / --active
	t "live system, crash of sid" live_next
fi
