# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
#
# klpscope inside drgn: Debian's here (0.0.22), and those
# of two other suites in folders of their own, with the compiler and the
# libraries of these.  "here" stands for the former.
cache=$(scripts/mkvmcore --print-cache)
here=$PWD
# Those whose texts are compared, too: with tasks left behind, tracers' frames, many tasks.
drgn_texts_of=' active stalled many-tasks traced '
# No test asks the network for debuginfo.
export DEBUGINFOD_URLS=''

# WHERE: sets work to the folder of this run where dumps and reports lie, and tree to klpscope's as it is seen from there.
drgn_ready() {
	if [ "$1" = here ]; then
		work=$logs/drgn tree=$here
		mkdir -p "$work"
	else
		suite_ready "$1" || return $?
		work=${suite_work[$1]} tree=${suite_inside[$1]}/klpscope
	fi
}

# WHERE COMMAND...: in that folder, with klpscope for Python to find.
drgn_run() {
	if [ "$1" = here ]; then
		(cd "$work" && PYTHONPATH=$tree/extensions/drgn KLPSCOPE_LIBRARY=$here/$build/libklpscope.so.0 exec timeout 300 "${@:2}")
	else
		suite_run "$1" env PYTHONPATH="$tree/extensions/drgn" timeout 300 "${@:2}"
	fi
}

# WHERE FILE NAME
drgn_has() {
	if [ "$1" = here ]; then
		ln -sf "$(realpath "$2")" "$work/$3"
	else
		suite_has "$@"
	fi
}

drgn_vmlinux() {
	local vmlinux
	vmlinux=$(scripts/mkvmcore --fetch-debug) && drgn_has "$1" "$vmlinux" vmlinux
}

# WHERE <JOBS: as tests/drgn/reports.py, by which the other suites save time. Here each is a process, as for users.
drgn_jobs() {
	local name arguments
	if [ "$1" != here ]; then
		drgn_run "$1" /usr/bin/python3 "$tree/tests/drgn/reports.py"
		return
	fi
	while read -r name arguments; do
		# shellcheck disable=SC2086 # arguments
		drgn_run here /usr/bin/python3 -m klpscope $arguments >"$work/$name" 2>"$work/$name.err"
		echo $? >"$work/$name.status"
	done
}

# NAME ARGUMENT...: what the command here says, in NAME.cli, and its status, of the files in $work.
drgn_reference() {
	local status
	(cd "$work" && exec "$here/$klpscope" "${@:2}") >"$work/$1.cli" 2>"$work/$1.cli.err"
	status=$?
	echo "$status" >"$work/$1.cli.status"
	[ "$status" = 0 ] || [ "$status" = 3 ]
}

# NAME...: the same bytes and status as the command's, and nothing is said beside it. Debuginfo changes nothing.
drgn_same() {
	local name cli
	for name; do
		cli=${name%+debuginfo}.cli
		if ! cmp "$work/$cli" "$work/$name" || ! cmp "$work/$cli.status" "$work/$name.status" ||
			! cmp "$work/$cli.err" "$work/$name.err"; then
			cat "$work/$name.err"
			return 1
		fi
		echo "$name: $(wc -c <"$work/$name") bytes, exit status $(cat "$work/$name.status")"
	done
}

# DUMP: the options of a text each; one patch by its name, whichever the dump has first.
drgn_texts() {
	local name
	name=$("$klpscope" -j "$1" | sed -n 's/^      "name": "\(.*\)",$/\1/p' | head -n 1)
	printf '%s\n' "" -f -t -b -s -S -r -c -a -j ${name:+"-p $name -f"}
}

# WHERE SCENARIO/DUMP...: what the command says of them by -a -j is said inside drgn, with and without debuginfo.
drgn_parity() {
	local where=$1 work tree jobs file dump options name
	local -a names=()
	drgn_ready "$where" && drgn_vmlinux "$where" || return $?
	jobs=$work/jobs-${2%%/*}
	: >"$jobs"
	for file in "${@:2}"; do
		dump=${file/\/vmcore/}
		drgn_has "$where" "$cache/$file" "$dump" || return 1
		while read -r options; do
			# Never the name of a dump, which is a link to the only one.
			name=report-$dump${options// /}
			# shellcheck disable=SC2086 # options
			drgn_reference "$name" $options "$dump" || return 1
			echo "$name $options $dump" >>"$jobs"
			names+=("$name")
			# A second each.
			if [[ $options == -a* ]]; then
				echo "$name+debuginfo $options $dump vmlinux" >>"$jobs"
				names+=("$name+debuginfo")
			fi
		done < <(echo "-a -j"
			[[ $drgn_texts_of != *" ${file%%/*} "* ]] || [[ $where != here && $file != *elf ]] || drgn_texts "$cache/$file")
	done
	(cd "$work" && rm -f "${names[@]}" "${names[@]/%/.status}")
	drgn_jobs "$where" <"$jobs" && drgn_same "${names[@]}"
}

# WHERE FORMATS: whatever drgn opens gives the command's report; what it refuses, one line and exit
# status 4; FORMATS are what it must open.
drgn_formats() {
	local where=$1 work tree dump name opened
	drgn_ready "$where" || return $?
	opened=" $2 "
	for dump in elf raw qemu-elf elf-flat lzo zlib snappy zstd d0 flat qemu-kdump; do
		[ -e "$cache/formats/vmcore.$dump" ] || continue
		name=report-formats.$dump
		drgn_has "$where" "$cache/formats/vmcore.$dump" "formats.$dump" && drgn_reference "$name" -a -j "formats.$dump" &&
			echo "$name -a -j formats.$dump" | drgn_jobs "$where" || return 1
		# drgn itself warns of flattened files.
		sed -i '/makedumpfile -R/d' "$work/$name.err"
		if [ "$(cat "$work/$name.status")" = 4 ]; then
			cat "$work/$name.err"
			# That of a format that it is known to open would be our fault.
			[[ $opened != *" $dump "* ]] && [ ! -s "$work/$name" ] && [ "$(wc -l <"$work/$name.err")" = 1 ] &&
				grep -q '^klpscope: ' "$work/$name.err" || return 1
			continue
		fi
		drgn_same "$name" || return 1
	done
}

# WHERE DUMP: NULL points to nothing in it.
drgn_null_faults() {
	drgn_run "$1" /usr/bin/python3 -c 'import sys, drgn
prog = drgn.Program()
prog.set_core_dump(sys.argv[1])
for address in range(0, 1 << 20, 4096):
    try:
        sys.exit(f"{sys.argv[1]}: {address:#x} holds {prog.read(address, 8)!r}")
    except drgn.FaultError:
        pass' "$2"
}

# WHERE FORM...: capsules, which hold zeros where they have nothing.
drgn_capsules() {
	local where=$1 work tree form name
	drgn_ready "$where" && drgn_vmlinux "$where" || return $?
	for form in "${@:2}"; do
		for name in stalled shadow; do
			"$klpscope" capsule --force --format "$form" -o "$work/$name-capsule.$form" "$cache/$name/vmcore.lzo" || return 1
			name=$name-capsule.$form
			drgn_null_faults "$where" "$name" || return 1
			drgn_reference "$name-report" -a -j "$name" || return 1
			printf '%s\n' "$name-report -a -j $name" "$name-report+debuginfo -a -j $name vmlinux" | drgn_jobs "$where" ||
				return 1
			# drgn itself misses the modules.
			sed -i '/^ignoring module: /d' "$work/$name-report+debuginfo.err"
			drgn_same "$name-report" "$name-report+debuginfo" || return 1
		done
	done
}

# WHERE: of s390x, and a host that is not.
drgn_big_endian() {
	local where=$1 work tree name
	drgn_ready "$where" || return $?
	for name in active stalled; do
		drgn_has "$where" "$here/tests/golden/s390x/$name/vmcore.capsule" "s390x-$name" &&
			drgn_reference "s390x-$name-report" -a -j "s390x-$name" &&
			echo "s390x-$name-report -a -j s390x-$name" | drgn_jobs "$where" &&
			drgn_same "s390x-$name-report" || return 1
	done
}

# WHERE DUMP: python3 -m klpscope as it is typed: reports and exit statuses.
drgn_command_line() {
	local where=$1 work tree
	drgn_ready "$where" && drgn_vmlinux "$where" && drgn_has "$where" "$cache/$2" typed || return $?
	drgn_says() {
		drgn_run "$where" /usr/bin/python3 -m klpscope "${@:2}" >"$work/said" 2>"$work/said.err"
		[ "$?" = "$1" ] && return
		cat "$work/said.err"
		return 1
	}
	drgn_says 0 -j -a typed && drgn_reference typed -j -a typed && cmp "$work/typed.cli" "$work/said" || return 1
	# A name that is not UTF-8.
	drgn_has "$where" "$cache/$2" $'typed\xff' && drgn_says 0 $'typed\xff' && drgn_reference typed $'typed\xff' &&
		cmp "$work/typed.cli" "$work/said" || return 1
	drgn_run "$where" /usr/bin/python3 -m klpscope typed 2>"$work/said.err" >&-
	[ "$?" = 70 ] && grep -q '^klpscope: standard output: ' "$work/said.err" || return 1
	drgn_says 0 typed vmlinux && drgn_reference typed typed && cmp "$work/typed.cli" "$work/said" || return 1
	# Not a dump, no such file, not a vmlinux: one line, beside what drgn logs by itself.
	for arguments in vmlinux nowhere "typed nowhere" "typed typed.cli"; do
		# shellcheck disable=SC2086 # arguments
		drgn_says 4 $arguments && [ ! -s "$work/said" ] && cat "$work/said.err" &&
			[ "$(sed '/; ignoring$/d' "$work/said.err" | wc -l)" = 1 ] && grep -q '^klpscope: ' "$work/said.err" || return 1
	done
	for arguments in --nonsense "" "-p" "typed vmlinux more" "-p no_such typed"; do
		# shellcheck disable=SC2086 # arguments
		drgn_says 64 $arguments && [ ! -s "$work/said" ] && cat "$work/said.err" && [ -s "$work/said.err" ] || return 1
	done
	drgn_says 0 -h && [ ! -s "$work/said.err" ] && grep -q -- --relocations "$work/said"
}

# WHERE FORM: patches, tasks left behind and shadow variables, more and fewer of them.
drgn_objects() {
	local where=$1 work tree name
	local -a dumps=()
	drgn_ready "$where" && drgn_vmlinux "$where" || return $?
	for name in active stacked stalled reverting shadow many-tasks none; do
		drgn_has "$where" "$cache/$name/vmcore.$2" "objects-$name.$2" || return 1
		dumps+=("objects-$name.$2")
	done
	drgn_run "$where" /usr/bin/python3 "$tree/tests/drgn/check-objects.py" vmlinux "${dumps[@]}"
}

# CHECK ARGUMENT... STATEMENT: the check, of a klpscope that is another one after that statement.
drgn_lie() {
	echo "--- ${*: -1}"
	sees drgn_run here /usr/bin/python3 -c 'import runpy, sys
import drgn, klpscope
patches, tasks, shadows, report = klpscope.patches, klpscope.pending_tasks, klpscope.shadow_variables, klpscope.report
kept = []
exec(sys.argv.pop())
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")' "${@:1:$#-1}" "${*: -1}"
}

drgn_sees_a_lie() {
	local work tree scenario lie
	drgn_ready here && drgn_vmlinux here || return $?
	while read -r scenario lie; do
		drgn_has here "$cache/$scenario/vmcore.elf" "lie-$scenario.elf" &&
			drgn_lie "$tree/tests/drgn/check-objects.py" vmlinux "lie-$scenario.elf" "$lie" || return 1
	done <<-'END'
		stacked klpscope.patches = lambda p: patches(p)[::-1]
		stacked klpscope.patches = lambda p: [x._replace(object=drgn.cast("const struct klp_patch *", x.object)) for x in patches(p)]
		shadow klpscope.shadow_variables = lambda p, i: shadows(p, i)[1:]
		stalled klpscope.pending_tasks = lambda p: [x._replace(object=x.object + 1) for x in tasks(p)]
		stalled klpscope.pending_tasks = lambda p: tasks(p)[1:]
	END
	drgn_lie "$tree/tests/drgn/check-growth.py" lie-stalled.elf - 200 \
		'klpscope.report = lambda p: (kept.append(bytearray(4096)), report(p))[1]'
}

# WHERE FORM
drgn_module() {
	local where=$1 work tree name folder=${suite_inside[$1]:-} command
	local -a dumps=()
	drgn_ready "$where" && drgn_vmlinux "$where" || return $?
	for name in active stalled; do
		if [ "$where" = here ]; then
			dumps+=("$(realpath "$cache/$name/vmcore.$2")")
		else
			drgn_has "$where" "$cache/$name/vmcore.$2" "module-$name.$2" || return 1
			dumps+=("$folder/module-$name.$2")
		fi
	done
	command=$tree/build/klpscope
	[ "$where" != here ] || command=$here/$klpscope folder=$cache
	WORK=$folder drgn_run "$where" /usr/bin/python3 "$tree/tests/drgn/check-module.py" "$command" "${dumps[@]}" \
		vmlinux
}

drgn_readme() {
	local work tree scenario
	drgn_ready here && drgn_vmlinux here || return $?
	scenario=$(sed -n 's/^<!-- real: \(.*\) drgn -->$/\1/p' README.md | sort -u)
	drgn_has here "$cache/$scenario/vmcore.elf" readme.elf &&
		drgn_run here /usr/bin/python3 "$tree/tests/drgn/check-readme.py" "$tree/README.md" readme.elf vmlinux
}

# WHERE: klpscope.py against the types that this drgn tells. Theirs are written for a newer mypy, and not judged;
# what an older drgn needs to be told is too much here.
drgn_types() {
	local stubs=$logs/drgn-stubs name
	suite_ready "$1" || return $?
	rm -rf "$stubs" && mkdir "$stubs" || return 1
	for name in drgn _drgn.pyi _drgn_util; do
		cp -r "${suite_root[$1]}/usr/lib/python3/dist-packages/$name" "$stubs" || return 1
	done
	MYPYPATH=$stubs mypy --strict --no-warn-unused-ignores --follow-imports silent --no-site-packages \
		--cache-dir "$build/mypy-$1" extensions/drgn/klpscope.py >"$stubs/said"
	cat "$stubs/said"
	tail -n 1 "$stubs/said" | grep -q ' 1 source file' && ! grep -q '^extensions/.* error: ' "$stubs/said"
}

# WHERE DUMP TIMES [vmlinux]
drgn_growth() {
	local where=$1 work tree
	drgn_ready "$where" && drgn_vmlinux "$where" && drgn_has "$where" "$cache/$2" "growth-${2/\/vmcore/}" || return $?
	drgn_run "$where" /usr/bin/python3 "$tree/tests/drgn/check-growth.py" "growth-${2/\/vmcore/}" "${4:--}" "$3"
}

# WHERE DUMP [vmlinux]: %klp typed, in a drgn that knows klpscope only as it was installed.
drgn_prompt() {
	local where=$1 work tree inside=${suite_inside[$1]:-}
	drgn_ready "$where" && drgn_vmlinux "$where" && drgn_has "$where" "$cache/$2" prompt.dump || return $?
	suite_run "$where" make -s -C klpscope install prefix=/usr DESTDIR="$inside/installed" || return 1
	PYTHONPATH=tests/crash /usr/bin/python3 tests/drgn/check-prompt.py "${suite_root[$where]}" "$inside" \
		prompt.dump ${3:+"$3"}
}

for scenario in $(scripts/mkvmcore --list); do
	p "drgn here: $scenario" drgn_parity here "$scenario/vmcore.elf" "$scenario/vmcore.lzo"
done
p "drgn here: file formats" drgn_formats here "elf raw qemu-elf lzo zlib snappy zstd d0"
p "drgn here: capsules" drgn_capsules here elf kdump
p "drgn here: big-endian" drgn_big_endian here
p "drgn here: python3 -m klpscope" drgn_command_line here stalled/vmcore.elf
p "drgn here: Objects" drgn_objects here elf
p "drgn here: the module" drgn_module here elf
p "drgn here: README" drgn_readme
p "drgn here: a lie is seen" drgn_sees_a_lie
p "drgn here: 1000 reports" drgn_growth here stalled/vmcore.elf 1000
p "drgn here: 300 reports, kdump" drgn_growth here stalled/vmcore.lzo 300

for suite in trixie sid; do
	opens="elf raw qemu-elf lzo zlib snappy zstd d0 flat"
	t "drgn of $suite: klpscope is built there" suite_make $suite
	for scenario in $(scripts/mkvmcore --list); do
		p "drgn of $suite: $scenario" drgn_parity $suite "$scenario/vmcore.lzo" "$scenario/vmcore.elf"
	done
	p "drgn of $suite: 5-level paging" drgn_parity $suite la57/vmcore.lzo
	p "drgn of $suite: file formats" drgn_formats $suite "$opens"
	p "drgn of $suite: capsules" drgn_capsules $suite elf kdump
	p "drgn of $suite: big-endian" drgn_big_endian $suite
	p "drgn of $suite: python3 -m klpscope" drgn_command_line $suite stalled/vmcore.lzo
	p "drgn of $suite: Objects" drgn_objects $suite lzo
	p "drgn of $suite: the module" drgn_module $suite lzo
done
t "a live system: klpscope, drgn here" tests/vm/check-live.sh "$cache" "$logs" stalled klpscope "$klpscope" "$build/libklpscope.so.0"
t "drgn of sid: its types" drgn_types sid
p "drgn of sid: 300 reports, kdump" drgn_growth sid stalled/vmcore.lzo 300 vmlinux
t "drgn of sid: at the prompt" drgn_prompt sid stalled/vmcore.lzo
t "drgn of sid: at the prompt, with debuginfo" drgn_prompt sid stalled/vmcore.elf vmlinux
