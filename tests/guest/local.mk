# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The disk of the built-in guest. The boot sector is all there is to it; the rest is there since SeaBIOS cannot read
# a virtio disk of less than one cylinder (504 KiB).
EXTRA_DIST += %D%/guest.S
if HAVE_GUEST
noinst_DATA += %D%/guest.img
endif
CLEANFILES += %D%/guest.o %D%/guest.img

%D%/guest.img: %D%/guest.S
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	  $(GUEST_CC) -c -o %D%/guest.o $(srcdir)/%D%/guest.S && \
	  $(GUEST_OBJCOPY) -O binary -j .text %D%/guest.o $@.tmp && \
	  test "$$(wc -c <$@.tmp)" -eq 512 && \
	  dd if=/dev/null of=$@.tmp bs=1M seek=1 2>/dev/null && \
	  mv $@.tmp $@
