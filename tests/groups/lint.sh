# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
lint_shell() {
	git ls-files -co --exclude-standard | while read -r f; do
		if [ -f "$f" ] && head -n 1 "$f" | grep -aq '^#!.*sh$\|^# shellcheck shell'; then
			echo "$f"
		fi
	done | xargs shellcheck -x
}

lint_cppcheck() {
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem -Iinclude -Isrc -Ibuild/extensions/crash src extensions
}

lint_clang() {
	rm -rf build-clang
	make -s -j"$(nproc)" BUILD=build-clang CC=clang all unit-tests
}

lint_python() {
	git ls-files -co --exclude-standard '*.py' | xargs flake8 --max-line-length 120
}

# Against the types of Debian's drgn.
lint_types() {
	mypy --strict --cache-dir "$build/mypy" --python-executable /usr/bin/python3 extensions/drgn/klpscope.py
}

# Clean code in every file, not only in those that a tool knows.
lint_text() {
	local bad=0 f
	while read -r f; do
		if ! head -n 3 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later\|^# Sourced by\|shellcheck shell'; then
			echo "$f: no SPDX line"
			bad=1
		fi
		if grep -nP '[ \t]+$' "$f"; then
			echo "$f: white space at the end of a line"
			bad=1
		fi
	done < <(git ls-files -co --exclude-standard | grep -E '\.([ch]|py|sh|map|in|toml)$|Makefile$|^scripts/|^tests/run$|^\.ci/')
	return $bad
}

p "lint: shellcheck" lint_shell
p "lint: cppcheck" lint_cppcheck
p "lint: flake8" lint_python
p "lint: mypy" lint_types
p "lint: licence lines and white space" lint_text
t "lint: clang -Werror" lint_clang
