# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
for test in "$build"/tests/unit/test_*; do
	case $test in
	*.d | *.o) ;;
	*) p "unit ${test##*/test_}" "$test" ;;
	esac
done
