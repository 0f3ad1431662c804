# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
t "command line" /usr/bin/python3 tests/cli/check-cli.py "$klpscope" test-vmcores
