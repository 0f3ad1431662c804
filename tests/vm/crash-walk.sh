#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Walks the livepatch lists of a vmcore with crash's own list and struct
# commands, in one session:
#
#	crash-walk.sh VMLINUX VMCORE
#
# What crash cannot know beforehand, the addresses of one level of the lists,
# it writes to a file; awk makes the commands of the next level of that, and
# crash reads them. Prints the walk in crash's own format, with a heading per
# patch, object and stack.

set -euo pipefail

if [ $# != 2 ]; then
	echo "usage: crash-walk.sh VMLINUX VMCORE" >&2
	exit 2
fi
command -v crash >/dev/null || {
	echo "crash-walk.sh: install the package crash" >&2
	exit 1
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Each level: addresses are the lines that hold nothing but one. An embedded
# list head is at its structure's address plus an offset.
cat >"$dir/patches.awk" <<'EOF'
/^ *\[[0-9]+\] struct list_head obj_list/ {
	offset = $1
	gsub(/[][]/, "", offset)
}
/^[0-9a-f]+$/ {
	patch = $1
}
/^ *mod = 0x/ {
	print "!echo \"=== module of patch " patch "\""
	print "struct module.name,klp,core_layout.base " $3
	print "!echo \"=== objects of patch " patch "\""
	print "list klp_object.node -H (0x" patch "+" offset ") -s " \
		"klp_object.name,patched,dynamic,mod > DIR/part"
	print "!cat DIR/part; cat DIR/part >> DIR/objects"
}
EOF
cat >"$dir/objects.awk" <<'EOF'
/^ *\[[0-9]+\] struct list_head func_list/ {
	offset = $1
	gsub(/[][]/, "", offset)
}
/^[0-9a-f]+$/ {
	print "!echo \"=== functions of object " $1 "\""
	print "list klp_func.node -H (0x" $1 "+" offset ") -s " \
		"klp_func.old_name,new_func,old_sympos,old_func,old_size," \
		"new_size,nop,patched,transition"
}
EOF
cat >"$dir/ops.awk" <<'EOF'
/^ *\[[0-9]+\] struct list_head func_stack/ {
	offset = $1
	gsub(/[][]/, "", offset)
}
/^[0-9a-f]+$/ {
	print "!echo \"=== function stack of ops " $1 "\""
	print "list klp_func.stack_node -H (0x" $1 "+" offset ") -s " \
		"klp_func.old_name,old_func,new_func"
}
EOF
sed -i "s|DIR|$dir|g" "$dir"/*.awk

# crash does not run commands of a file within a file, so that these come by
# its standard input.
cat >"$dir/commands" <<EOF
set scroll off
p klp_transition_patch
p klp_target_state
!echo "=== patches"
struct klp_patch.obj_list -o > $dir/patches
list klp_patch.list -H klp_patches -s klp_patch.mod,enabled,replace,forced >> $dir/patches
!cat $dir/patches; awk -f $dir/patches.awk $dir/patches > $dir/next1
struct klp_object.func_list -o > $dir/objects
< $dir/next1
!awk -f $dir/objects.awk $dir/objects > $dir/next2
< $dir/next2
!echo "=== ops"
struct klp_ops.func_stack -o > $dir/ops
list klp_ops.node -H klp_ops -s klp_ops.fops.flags >> $dir/ops
!cat $dir/ops; awk -f $dir/ops.awk $dir/ops > $dir/next3
< $dir/next3
!echo "=== modules"
list module.list -H modules -s module.name,klp
quit
EOF
crash -s "$1" "$2" <"$dir/commands"
