# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds klp.so the way crash's own tree builds its extensions, for the crash
# of that tree. Link the command and this file there:
#
#	ln -s CHECKOUT/extensions/crash/klp.c CHECKOUT/extensions/crash/klp.mk CRASH/extensions/
#	make -C CRASH extensions
#
# The rest comes from the checkout of klpscope, which is found by the link. Where
# klp.c and klp.mk were copied, say where it is: make extensions KLPSCOPE=CHECKOUT.
# Nothing is written to the checkout: objects are in extensions/klp.build.
# crash's make sees klp.c and defs.h alone; after a change to the rest of
# klpscope: make -C CRASH/extensions -f klp.mk.
#
# In extensions/crash of the checkout itself, make -f klp.mk is plain make: klp.so
# for the crash in CRASH_INCLUDE (/usr/include/crash).

KLP_MK := $(realpath $(lastword $(MAKEFILE_LIST)))
KLPSCOPE ?= $(patsubst %/extensions/crash/klp.mk,%,$(KLP_MK))
override KLPSCOPE := $(realpath $(KLPSCOPE))
ifneq ($(MAKECMDGOALS),clean)
ifeq ($(wildcard $(KLPSCOPE)/include/klpscope.h),)
$(error klp.mk was copied: say where the checkout of klpscope is, with KLPSCOPE=FOLDER, or link klp.c and klp.mk)
endif

# Where snap.mk looks, in its order.
CRASH_INCLUDE ?= $(patsubst %/defs.h,%,$(firstword $(wildcard ./defs.h ../defs.h /usr/include/crash/defs.h)))
ifeq ($(wildcard $(CRASH_INCLUDE)/defs.h),)
$(error klp.mk: no defs.h of crash here, above, or in /usr/include/crash; CRASH_INCLUDE=FOLDER says where it is)
endif
endif

ifeq ($(CURDIR),$(KLPSCOPE)/extensions/crash)
build := build
else
build := $(CURDIR)/klp.build
endif
made := $(if $(filter build,$(build)),extensions/crash,$(build))/klp.so

# crash runs its extensions' makes with -i, and with variables of its own on the
# command line: neither is for the build of the engine. -j is.
engine = MAKEFLAGS='$(filter -j% --jobserver%,$(MAKEFLAGS))' $(MAKE) -C $(KLPSCOPE) --no-print-directory \
	BUILD=$(build) CRASH_INCLUDE=$(abspath $(CRASH_INCLUDE)) $(if $(filter default,$(origin CC)),,CC='$(CC)') \
	CRASH_CFLAGS='$(addprefix -D,$(TARGET)) $(GDB_FLAGS)' CFLAGS='-O2 -g $(TARGET_CFLAGS)'

.PHONY: all clean
all:
	+@$(if $(filter build,$(build)),$(engine) $(made),rm -f klp.so && $(engine) $(made) && cp $(made) klp.so)

clean:
	rm -rf klp.so $(if $(filter build,$(build)),,klp.build)
