#!/bin/sh
# Makes the small shared objects that the ELF tests read (x86_64, gcc and binutils).
set -eu
cd "$(dirname "$0")"
flags="-shared -fPIC -O1 -nostartfiles -Wl,-z,noseparate-code,-z,max-page-size=64,--build-id=none,--no-as-needed"
work=$(mktemp -d)
printf 'int outside(void) { return 1; }\n' > "$work/outside.c"
printf 'int inside(void) { return 2; }\n' > "$work/inside.c"
printf '#include <sys/random.h>\nint outside(void); int inside(void);\nint probe(void) { char c; return (int)getrandom(&c, 1, 0) + outside() + inside(); }\n' > "$work/probe.c"
gcc $flags -Wl,-soname,liboutside.so.1 -o "$work/liboutside.so" "$work/outside.c"
# its file is named otherwise than its soname, as auditwheel does
gcc $flags -Wl,-soname,libinside.so.1 -o libinside-0a1b2c.so "$work/inside.c"
gcc $flags -o probe.so "$work/probe.c" "$work/liboutside.so" ./libinside-0a1b2c.so
strip --strip-unneeded libinside-0a1b2c.so probe.so
# the same for another machine: e_machine (two bytes at 18) says AArch64
gcc $flags -o "$work/foreign.so" "$work/inside.c" "$work/liboutside.so" -Wl,-soname,libforeign.so.1
strip --strip-unneeded "$work/foreign.so"
printf '\267\000' | dd of="$work/foreign.so" bs=1 seek=18 conv=notrunc 2>/dev/null
cp "$work/foreign.so" foreign.so
rm -r "$work"
