# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            the command and the library, static and shared
# make check      what proves them without a virtual machine, in two minutes (installs what it misses)
# make check-vm   the rest: boots kernels and dumps them (installs what it misses)
# make check-unit the unit tests alone, in seconds
# make demo       the report of a crash in a stalled transition
# make demo-vm    the same of a machine that it boots and crashes
# make bench      klpscope beside drgn and crash on the same dumps
# make install    also the library, its header, and the drgn front end where /usr/bin/python3 finds it (pythondir=)
# V=1 shows the commands; DESTDIR and prefix as usual.

VERSION := 0.5
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man

CC ?= cc
BUILD ?= build
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wshadow \
	-Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings

LIBS_BACKEND := libkdumpfile libaddrxlat zlib
LIBS_PROVIDER := libelf libdw
LIBS_OUTPUT := smartcols json-c

# Not asked of pkg-config before install-deps had its turn.
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(LIBS_BACKEND) $(LIBS_PROVIDER) $(LIBS_OUTPUT))
pkg_libs = $(shell $(PKG_CONFIG) --libs $(LIBS_BACKEND) $(LIBS_PROVIDER) $(LIBS_OUTPUT))

ALL_CFLAGS = -std=gnu11 -fPIC -fvisibility=hidden -D_GNU_SOURCE -DKLPSCOPE_VERSION='"$(VERSION)"' \
	-Iinclude -Isrc $(WARNINGS) $(pkg_cflags) $(CFLAGS) $(SANITIZE)

# A folder under src/ is a layer: scripts/check-layers knows who may call whom.
LAYERS := util target provider backend arch model analysis output capsule engine
LIB_SRCS := $(foreach l,$(LAYERS),$(sort $(wildcard src/$(l)/*.c)))
CLI_SRCS := $(sort $(wildcard src/cli/*.c))
LIB_OBJS := $(LIB_SRCS:%.c=$(BUILD)/%.o)
CLI_OBJS := $(CLI_SRCS:%.c=$(BUILD)/%.o)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

.PHONY: all
all: $(BUILD)/libklpscope.a $(BUILD)/libklpscope.so $(BUILD)/klpscope crash-extension

$(BUILD)/klpscope: $(CLI_OBJS) $(BUILD)/libklpscope.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(pkg_libs) $(LDLIBS)

$(BUILD)/libklpscope.a: $(LIB_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Its name on disk tells the release. Its soname is that of the interface, which only grows: HACKING.md, "The interface".
SHARED := libklpscope.so.$(VERSION)
SONAME := libklpscope.so.0
SHARED_MAP := src/libklpscope.map
# clang leaves a sanitizer's functions to the program that loads the library.
no_undefined := $(if $(SANITIZE),,-Wl,-z,defs)

$(BUILD)/$(SHARED): $(LIB_OBJS) $(SHARED_MAP)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=$(SHARED_MAP) \
		-Wl,-Bsymbolic $(no_undefined) -Wl,--as-needed -o $@ $(LIB_OBJS) $(pkg_libs) $(LDLIBS)

$(BUILD)/$(SONAME): $(BUILD)/$(SHARED)
	$(Q)ln -sf $(SHARED) $@

$(BUILD)/libklpscope.so: $(BUILD)/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

# One clear line instead of a page of missing headers.
.PHONY: libraries
libraries:
	$(Q)$(PKG_CONFIG) --exists $(LIBS_BACKEND) $(LIBS_PROVIDER) $(LIBS_OUTPUT) || { \
		echo "Libraries are missing: scripts/install-deps build installs them." >&2; exit 1; }

$(BUILD)/%.o: %.c Makefile | libraries
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(LIB_OBJS:.o=.d) $(CLI_OBJS:.o=.d)

# --- crash> klp: for the crash whose defs.h is there ---
# crash finds an extension by its name alone in <lib>/crash/extensions.
CRASH_INCLUDE ?= /usr/include/crash
# Whoever installs into a folder of his own has no crash there.
crashdir ?= $(if $(filter /usr /usr/local,$(prefix)),/usr,$(prefix))/lib/crash/extensions
KLP_SO := $(if $(filter build,$(BUILD)),extensions/crash,$(BUILD))/klp.so
KLP_SRCS := $(sort $(wildcard extensions/crash/*.c))
KLP_OBJS := $(KLP_SRCS:%.c=$(BUILD)/%.o)
KLP_HELP := $(BUILD)/extensions/crash/klp_help.h
KLP_DEFS := $(BUILD)/crash/defs.h

.PHONY: crash-extension
ifneq ($(wildcard $(CRASH_INCLUDE)/defs.h),)
crash-extension: $(KLP_SO)
else
crash-extension:
	@echo "  SKIP    extensions/crash/klp.so: no defs.h of crash in $(CRASH_INCLUDE) (package crash, or CRASH_INCLUDE=)"
endif

$(KLP_OBJS): ALL_CFLAGS += -I$(BUILD)/extensions/crash -isystem $(BUILD)/crash $(CRASH_CFLAGS) -Wno-write-strings
$(KLP_OBJS): $(KLP_DEFS) | $(KLP_HELP)
$(BUILD)/extensions/crash/klp.o: $(KLP_HELP)

# A copy that is as new as its content: packages and CRASH_INCLUDE= change it without a newer time.
.PHONY: FORCE
FORCE:
$(KLP_DEFS): FORCE
	$(Q)mkdir -p $(@D) && { cmp -s $(CRASH_INCLUDE)/defs.h $@ || cp $(CRASH_INCLUDE)/defs.h $@; }

# crash shows a line an element of an array; lines with # are for scripts/check-docs.
$(KLP_HELP): extensions/crash/klp.help
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && sed '/^#/d; s/[\\"]/\\&/g; s/.*/"&",/' $< >$@

# Loaded into a program of 12,000 global symbols: nothing of ours is seen by it, nor the other way round.
$(KLP_SO): $(KLP_OBJS) $(BUILD)/libklpscope.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -shared -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -Wl,--as-needed \
		-o $@ $^ $(pkg_libs) $(LDLIBS)

-include $(KLP_OBJS:.o=.d)

# --- man page ---
.PHONY: man
man: $(BUILD)/klpscope.8

$(BUILD)/klpscope.8: man/klpscope.8.scd
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D) && scdoc <$< >$@

# --- tests ---
UNIT_SRCS := $(sort $(wildcard tests/unit/test_*.c))
UNIT_HELP := $(filter-out $(UNIT_SRCS),$(sort $(wildcard tests/unit/*.c)))
UNIT_TESTS := $(UNIT_SRCS:%.c=$(BUILD)/%)
UNIT_HELP_OBJS := $(UNIT_HELP:%.c=$(BUILD)/%.o)
DAMAGE := $(BUILD)/tests/damage/damage
BEND := $(BUILD)/tests/integrity/bend
# Without anything of the engine.
DUMP_TOOLS := $(BUILD)/tests/vm/grep-pages $(BUILD)/tests/capsule/list-patches

# The tests see the inside of the engine, and cmocka's own warnings are not ours.
$(BUILD)/tests/%.o: ALL_CFLAGS += -I. -Wno-shadow -Wno-missing-prototypes

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS) $(DAMAGE) $(BEND) $(DUMP_TOOLS)

$(UNIT_TESTS): %: %.o $(UNIT_HELP_OBJS) $(BUILD)/libklpscope.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(pkg_libs) -lcmocka -lbpf $(LDLIBS)

$(BUILD)/tests/unit/test_progress: $(BUILD)/src/cli/progress.o
$(BUILD)/tests/unit/test_newfile: $(BUILD)/src/cli/newfile.o

$(DAMAGE) $(BEND): %: %.o $(BUILD)/libklpscope.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(pkg_libs) $(LDLIBS)

$(DUMP_TOOLS): %: %.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(pkg_libs) $(LDLIBS)

-include $(wildcard $(BUILD)/tests/*/*.d)

# What a target needs is installed first; the rest runs in a make that sees it.
tested = $(MAKE) -j$(shell nproc) --no-print-directory all man unit-tests && \
	$(MAKE) -j$(shell nproc) --no-print-directory BUILD=build-asan $(ASAN) all unit-tests

.PHONY: check
check:
	$(Q)scripts/install-deps check
	$(Q)$(tested)
	$(Q)tests/run unit golden cli api docs layers lint asan

.PHONY: check-vm
check-vm:
	$(Q)scripts/install-deps check-vm
	$(Q)$(tested)
	$(Q)tests/run dumps vm formats capsule damage crash crash-next drgn suites asan-vm

# AddressSanitizer and UndefinedBehaviorSanitizer; any of their findings ends a test.
ASAN := SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' CFLAGS='-O1 -g'

.PHONY: check-asan
check-asan:
	$(Q)scripts/install-deps check
	$(Q)$(MAKE) --no-print-directory BUILD=build-asan $(ASAN) all unit-tests
	$(Q)tests/run asan

.PHONY: check-unit
check-unit: all unit-tests
	$(Q)tests/run --build $(BUILD) unit

.PHONY: check-layers
check-layers: all
	$(Q)scripts/check-layers $(BUILD) $(pkg_libs)

.PHONY: bench
bench:
	$(Q)scripts/install-deps check-vm
	$(Q)$(MAKE) --no-print-directory all $(DAMAGE)
	$(Q)bench/run

.PHONY: demo
demo:
	$(Q)scripts/install-deps build
	$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/demo

.PHONY: demo-vm
demo-vm:
	$(Q)scripts/install-deps demo-vm
	$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/demo --vm

# --- installation ---
# The loader finds a new library in its cache only. Who packages has DESTDIR, and the package does it.
define refresh_loader
	if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" -eq 0 ] && [ -n '$(filter /usr/%,$(libdir))' ]; then \
		PATH="$$PATH:/usr/sbin:/sbin" ldconfig || true; fi
	if [ -z '$(DESTDIR)' ] && ! PATH="$$PATH:/usr/sbin:/sbin" ldconfig -p | grep -F '$(SONAME) ' >/dev/null; then \
		echo '  NOTE    programs do not find $(libdir)/$(SONAME): ldconfig, or LD_LIBRARY_PATH=$(libdir)'; fi
endef

# The libraries themselves, not what these would need to be linked statically: their packages do not bring that along.
$(BUILD)/klpscope.pc: src/klpscope.pc.in Makefile FORCE
	$(Q)sed -e '/^#/d' -e 's|@prefix@|$(prefix)|; s|@VERSION@|$(VERSION)|' \
		-e 's|@libdir@|$(patsubst $(prefix)/%,$${prefix}/%,$(libdir))|' \
		-e 's|@includedir@|$(patsubst $(prefix)/%,$${prefix}/%,$(includedir))|' \
		-e 's|@LIBS@|$(strip $(pkg_libs))|' $< >$@

.PHONY: install
install: all man $(BUILD)/klpscope.pc
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(includedir) $(DESTDIR)$(mandir)/man8
	install -m 755 $(BUILD)/klpscope $(DESTDIR)$(bindir)/klpscope
	install -m 644 $(BUILD)/klpscope.8 $(DESTDIR)$(mandir)/man8/klpscope.8
	install -m 644 $(BUILD)/$(SHARED) $(BUILD)/libklpscope.a $(DESTDIR)$(libdir)/
	ln -sf $(SHARED) $(DESTDIR)$(libdir)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(libdir)/libklpscope.so
	install -m 644 $(BUILD)/klpscope.pc $(DESTDIR)$(libdir)/pkgconfig/klpscope.pc
	install -m 644 include/klpscope.h $(DESTDIR)$(includedir)/klpscope.h
	$(if $(wildcard $(KLP_SO)),install -d $(DESTDIR)$(crashdir))
	$(if $(wildcard $(KLP_SO)),install -m 755 $(KLP_SO) $(DESTDIR)$(crashdir)/klp.so)
	@DESTDIR='$(DESTDIR)' prefix='$(prefix)' pythondir='$(pythondir)' PYTHON='$(PYTHON)' scripts/install-python $(VERSION)
	@$(refresh_loader)

.PHONY: clean
clean:
	$(Q)rm -rf build build-* extensions/crash/klp.so
