#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The reports that a test-vmcore is expected to give, as the command prints
# them in its folder, whatever terminal and language this runs in.
#
# usage: reports.sh KLPSCOPE FOLDER OUT
set -euo pipefail

klpscope=$(realpath "$1")
out=$(realpath -m "$3")
mkdir -p "$out"
cd "$2"

# FILE OPTION...
report() {
	local file=$1
	shift
	# 3: it is told to be incomplete, and that is part of it.
	env -u COLUMNS -u LINES NO_COLOR=1 LC_ALL=C "$klpscope" "$@" vmcore.capsule >"$out/$file" || [ $? = 3 ]
}

report screen.txt
report report.txt -a
report report.json -a -j
