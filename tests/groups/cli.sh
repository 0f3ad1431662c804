# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
cache=$(scripts/mkvmcore --print-cache)
t "command line" /usr/bin/python3 tests/cli/check-cli.py "$klpscope" "$cache"
