# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run: the unit tests and the test-vmcores, once more with sanitizers.

for test in "$asan"/tests/unit/test_*; do
	case $test in
	*.d | *.o) ;;
	*) p "asan unit ${test##*/test_}" "$test" ;;
	esac
done
for scenario in $(scripts/mkvmcore --list); do
	p "asan golden $scenario" golden_same "$asan/klpscope" "test-vmcores/$scenario" "$logs/asan-golden-$scenario"
done
for scenario in tests/golden/s390x/*/; do
	scenario=$(basename "$scenario")
	p "asan golden s390x $scenario" golden_same "$asan/klpscope" "tests/golden/s390x/$scenario" "$logs/asan-foreign-$scenario"
done
