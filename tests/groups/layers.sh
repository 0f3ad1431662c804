# shellcheck shell=bash disable=SC2154,SC2016
# Sourced by tests/run.
# shellcheck disable=SC2046 # a list of flags
layers_hold() {
	scripts/check-layers "$build" $(pkg-config --libs libkdumpfile libaddrxlat zlib libelf libdw smartcols json-c)
}

# The script must see an arrow that points up when there is one.
layers_broken() {
	local dir status
	dir=$(mktemp -d)
	cp -r "$build/src" "$dir/"
	echo 'int model_collect(void); int up(void); int up(void) { return model_collect(); }' >"$dir/up.c"
	cc -fPIC -c -o "$dir/src/util/up.o" "$dir/up.c"
	layers_hold_in "$dir"
	status=$?
	rm -rf "$dir"
	[ "$status" -ne 0 ]
}

layers_hold_in() {
	local build=$1
	layers_hold
}

p "layers hold" layers_hold
p "layers: an arrow that points up is seen" layers_broken
