# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
#
# The kernels of other Debian suites: what klpscope says of a dump against what
# the guest said of itself.  By hand with more suites, and with all scenarios
# in which stacks differ:
#
#	KLPSCOPE_SUITES="bookworm-backports sid" tests/run suites

# The suite that this machine's compiler is likely to be right for; the scenario that needs most of what a kernel may
# change: ORC, what both tracers keep, tasks left behind and their flag.
suites=${KLPSCOPE_SUITES:-$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)-backports}
scenarios=traced
format=lzo
if [ -n "${KLPSCOPE_SUITES:-}" ]; then
	scenarios="stalled traced irq nmi panic-in-patch panic-under-patch busy-cpu many-tasks"
	# makedumpfile 1.7.8 leaves out pages with tasks of 7.2, unless it leaves out none.
	format=d0
fi

# Sets dir to the dump's place in mkvmcore's cache.
suite_dir() {
	local cache
	cache=$(scripts/mkvmcore --suite "$1" --print-cache) || {
		echo "no kernel of $1 today"
		return 77
	}
	dir=$cache/$2.$format
}

suite_dump() {
	local dir
	suite_dir "$@" && make_dump "$dir" "$2" --suite "$1" --tasks 500 --formats "$format"
}

suite_report() {
	"$klpscope" -j -b "$1" >"$2"
}

suite_truth() {
	local json=$logs/$1-$2.json dir
	suite_dir "$@" && expect_status 0 suite_report "$dir/vmcore.$format" "$json" &&
		/usr/bin/python3 tests/vm/check-truth.py "$dir/truth.txt" "$json" "$klpscope" "$dir/vmcore.$format" &&
		/usr/bin/python3 tests/vm/check-console.py "$dir/truth.txt" "$dir/console.log" "$json"
}

# Entries of other kernels look otherwise: without ftrace's records they are guessed, and a guess is no contradiction.
suite_guess() {
	local json=$logs/$1-$2-guess.json dir
	suite_dir "$@" && "$build/tests/integrity/bend" "$dir/vmcore.$format" symbol/ftrace_pages_start:8=8 >"$json" &&
		/usr/bin/python3 -c 'import json, sys
r = json.load(sys.stdin)
found = [f for f in r["findings"] if f["code"] != "unreadable" and f["severity"] != "info"]
print(found)
sys.exit(bool(found) or r["summary"]["complete"])' <"$json"
}

for suite in $suites; do
	for scenario in $scenarios; do
		t "$suite: dump $scenario" suite_dump "$suite" "$scenario"
		t "$suite: truth $scenario" suite_truth "$suite" "$scenario"
		t "$suite: guessed entries of $scenario" suite_guess "$suite" "$scenario"
	done
done
