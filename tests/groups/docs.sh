# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
docs_man() {
	make -s BUILD="$build" man && man --warnings -l "$build/klpscope.8" 2>&1 >/dev/null | tee /dev/stderr | wc -l | grep -qx 0
}

t "docs: real output" scripts/check-docs
if command -v man >/dev/null; then
	t "docs: the man page formats without warnings" docs_man
else
	t "docs: the man page formats" make -s BUILD="$build" man
fi
