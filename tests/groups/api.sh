# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run: the library, its header, and who uses them.

# PATTERN FILE CHECK...: what differs by that sed script from the file is seen by the check, which gets it as its last word.
api_sees() {
	local pattern=$1 file=$2 lie
	lie=$logs/api-lie-$BASHPID.${file##*.}
	shift 2
	echo "--- $pattern"
	sed "$pattern" "$file" >"$lie"
	if cmp "$file" "$lie" >/dev/null; then
		echo "no lie: $pattern"
		return 1
	fi
	sees "$@" "$lie" && rm "$lie"
}

api_python_sees_a_lie() {
	local lie
	for lie in 's/("count", ctypes.c_size_t)/("count", ctypes.c_uint)/' 's/("pid", ctypes.c_uint64)/("pid", ctypes.c_int64)/' \
		'/("one_task", ctypes.c_bool),/d' 's/("one_task"/("one_tusk"/' 's/^_KLPSCOPE_EXCLUDED = 2/_KLPSCOPE_EXCLUDED = 3/' \
		's/"klpscope_request_shadow": (ctypes.c_int, (_CONTEXT, ctypes.c_uint64))/"klpscope_request_shadow": (ctypes.c_int, (_CONTEXT,))/' \
		's/^_SYMBOL = ctypes.CFUNCTYPE(ctypes.c_int, /_SYMBOL = ctypes.CFUNCTYPE(None, /' \
		's/"klpscope_request"/"klpscope_ask"/'; do
		api_sees "$lie" extensions/drgn/klpscope.py /usr/bin/python3 tests/drgn/check-abi.py || return 1
	done
}

t "library: installed, its symbols, programs in C and C++" /usr/bin/python3 tests/api/check-library.py "$build" test-vmcores
p "library: what Python declares of it" /usr/bin/python3 tests/drgn/check-abi.py
p "library: a lie in what Python declares is seen" api_python_sees_a_lie
