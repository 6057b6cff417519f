# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/boot.c %D%/boot.h \
	%D%/bootloader.c %D%/bootloader-qemu.c %D%/bootloader.h \
	%D%/chipset.c %D%/chipset.h \
	%D%/cloud-init.c %D%/cloud-init.h \
	%D%/clock.c %D%/clock-qemu.c %D%/clock.h \
	%D%/cpu.c %D%/cpu-qemu.c %D%/cpu.h \
	%D%/cpu-data.c %D%/cpu-data-names.c %D%/cpu-data-table.c %D%/cpu-data.h \
	%D%/cpu-host.h \
	%D%/cpu-model.c %D%/cpu-model-qemu.c %D%/cpu-model.h \
	%D%/cpu-resolve.c %D%/cpu-resolve.h \
	%D%/cpu-set.c %D%/cpu-set.h \
	%D%/cpu-tune.c %D%/cpu-tune-qemu.c %D%/cpu-tune.h \
	%D%/device.c %D%/device.h \
	%D%/devices.c %D%/devices.h \
	%D%/domain.c %D%/domain.h \
	%D%/extra-arguments.c %D%/extra-arguments-qemu.c %D%/extra-arguments.h \
	%D%/feature-state.c %D%/feature-state-qemu.c %D%/feature-state.h \
	%D%/features-machine.c %D%/features-machine.h \
	%D%/features.c %D%/features-qemu.c %D%/features.h \
	%D%/firmware.c %D%/firmware-qemu.c %D%/firmware.h %D%/firmware-request.h \
	%D%/hyperv.c %D%/hyperv-qemu.c %D%/hyperv.h \
	%D%/generator.c %D%/generator.h \
	%D%/iothread-mapping.c %D%/iothread-mapping-qemu.c %D%/iothread-mapping.h \
	%D%/iothreads.c %D%/iothreads-qemu.c %D%/iothreads.h \
	%D%/launch-security.c %D%/launch-security-qemu.c %D%/launch-security.h \
	%D%/lifecycle.c %D%/lifecycle-qemu.c %D%/lifecycle.h \
	%D%/limits.c %D%/limits-qemu.c %D%/limits.h \
	%D%/live-facts.h \
	%D%/memory.c %D%/memory-qemu.c %D%/memory.h \
	%D%/memory-backing.c %D%/memory-backing-qemu.c %D%/memory-backing.h \
	%D%/metadata.c %D%/metadata-qemu.c %D%/metadata.h \
	%D%/networks.c %D%/networks.h \
	%D%/pm.c %D%/pm-qemu.c %D%/pm.h \
	%D%/protection.c %D%/protection.h \
	%D%/throttle.c %D%/throttle-qemu.c %D%/throttle.h \
	%D%/sysinfo.c %D%/sysinfo-qemu.c %D%/sysinfo.h \
	%D%/seclabel.c %D%/seclabel.h \
	%D%/secrets.c %D%/secrets.h \
	%D%/shared-memory.c %D%/shared-memory.h \
	%D%/numa.c %D%/numa-qemu.c %D%/numa.h \
	%D%/pools.c %D%/pools.h \
	%D%/overrides.c %D%/overrides-qemu.c %D%/overrides.h \
	%D%/os.c %D%/os-qemu.c %D%/os.h
