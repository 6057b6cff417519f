# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests with real guests, or with a QEMU that misbehaves (tests/fake-qemu.py).
system_tests = \
	%D%/test-adopt.py \
	%D%/test-agent-verbs.py \
	%D%/test-agent.py \
	%D%/test-bootloader.py \
	%D%/test-changes.py \
	%D%/test-chardev-tls.py \
	%D%/test-completion.py \
	%D%/test-check.py \
	%D%/test-cloud-init.py \
	%D%/test-confinement.py \
	%D%/test-console-streams.py \
	%D%/test-cpu-tune.py \
	%D%/test-dbus-display.py \
	%D%/test-device-nodes.py \
	%D%/test-disk-backing.py \
	%D%/test-disk-encryption.py \
	%D%/test-disk-servers.py \
	%D%/test-documents.py \
	%D%/test-examples.py \
	%D%/test-fast-boot.py \
	%D%/test-filesystem.py \
	%D%/test-host-sockets.py \
	%D%/test-hostdev.py \
	%D%/test-identity.py \
	%D%/test-images.py \
	%D%/test-injected-faults.py \
	%D%/test-init.py \
	%D%/test-input.py \
	%D%/test-kill-rounds.py \
	%D%/test-libvirt.py \
	%D%/test-lifecycle-actions.py \
	%D%/test-lifecycle-consoles.py \
	%D%/test-lifecycle-detach.py \
	%D%/test-lifecycle-many.py \
	%D%/test-lifecycle-stopping.py \
	%D%/test-linux-direct.py \
	%D%/test-linux-hardware.py \
	%D%/test-linux-installer.py \
	%D%/test-machines.py \
	%D%/test-net-bridge.py \
	%D%/test-net-faults.py \
	%D%/test-net-ports.py \
	%D%/test-net-sockets.py \
	%D%/test-net-user.py \
	%D%/test-qemu-namespace.py \
	%D%/test-resource-faults.py \
	%D%/test-secrets.py \
	%D%/test-shmem.py \
	%D%/test-spice.py \
	%D%/test-supervise-faults.py \
	%D%/test-supervise-lifecycle.py \
	%D%/test-systemd.py \
	%D%/test-tap.py \
	%D%/test-tpm.py \
	%D%/test-tuning.py \
	%D%/test-uefi.py \
	%D%/test-usual-documents.py \
	%D%/test-user.py \
	%D%/test-verbs-console.py \
	%D%/test-verbs-faults.py \
	%D%/test-verbs-guest.py \
	%D%/test-view-ssh.py \
	%D%/test-watchdog.py

TESTS += $(system_tests)
EXTRA_DIST += $(system_tests) tests/fake-qemu.py
