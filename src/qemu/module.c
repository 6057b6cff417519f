/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qemu/module.h"

#include <string.h>

/* @module is the name of the file, which most distributions make the package's name of. */
static const struct {
  const char *device;
  const char *module;
  const char *debian; /* its package; elsewhere there is one for each module */
} modules[] = {
  { "qxl", "display-qxl", "qemu-system-modules-spice" },
  { "qxl-vga", "display-qxl", "qemu-system-modules-spice" },
  { "virtio-gpu-device", "display-virtio-gpu", "qemu-system-common" },
  { "virtio-gpu-gl-device", "display-virtio-gpu-gl", "qemu-system-modules-opengl" },
  { "virtio-gpu-gl-pci", "display-virtio-gpu-pci-gl", "qemu-system-modules-opengl" },
  { "virtio-gpu-pci", "display-virtio-gpu-pci", "qemu-system-common" },
  { "virtio-vga", "display-virtio-vga", "qemu-system-common" },
  { "virtio-vga-gl", "display-virtio-vga-gl", "qemu-system-modules-opengl" },
  { "usb-ccid", "usb-smartcard", "qemu-system-common" },
  { "ccid-card-emulated", "usb-smartcard", "qemu-system-common" },
  { "ccid-card-passthru", "usb-smartcard", "qemu-system-common" },
  { "usb-host", "usb-host", "qemu-system-common" },
  { "usb-redir", "usb-redirect", "qemu-system-common" },
};

/* Objects that older QEMUs do not have, or that were left out of one. */
static const struct {
  const char *object;
  const char *explanation;
} objects[] = {
  { "sev-snp-guest", "QEMU can do SEV-SNP from 9.1 on" },
  { "tdx-guest", "QEMU can do TDX from 10.1 on" },
  { "cryptodev-backend-lkcf",
    "QEMU can have the host's kernel do it from 7.2 on, where it was built so (Debian's "
    "is not); <backend model='builtin'/> is QEMU itself" },
};

/* Words about what older QEMUs do not know. */
static const struct {
  const char *words;
  const char *explanation;
} properties[] = {
  { ".iothread-vq-mapping' not found",
    "several I/O threads serve a disk from QEMU 9.0 on, and a controller from "
    "10.0 on; iothread='N' of <driver> gives it one" },
  { "Parameter 'discard-no-unref' is unexpected", "QEMU has discard_no_unref from 8.1 on" },
};

/* "...: 'qxl' is not a valid device model name": the name, or NULL. */
static char *find_device(const char *words)
{
  const char *end = strstr(words, "' is not a valid device model name");
  const char *start = end ? g_strrstr_len(words, end - words, "'") : NULL;

  return start ? g_strndup(start + 1, (gsize)(end - start - 1)) : NULL;
}

/* "invalid object type: NAME", or, of what QEMU's schema lists, "Parameter 'qom-type' does not accept value
 * 'NAME'". */
static const char *explain_object(const char *words)
{
  for (guint i = 0; i < G_N_ELEMENTS(objects); i++) {
    g_autofree char *plain = g_strconcat("invalid object type: ", objects[i].object, NULL);
    g_autofree char *listed =
        g_strdup_printf("Parameter 'qom-type' does not accept value '%s'", objects[i].object);

    if (strstr(words, plain) || strstr(words, listed))
      return objects[i].explanation;
  }
  return NULL;
}

static const char *explain_property(const char *words)
{
  for (guint i = 0; i < G_N_ELEMENTS(properties); i++) {
    if (strstr(words, properties[i].words))
      return properties[i].explanation;
  }
  return NULL;
}

char *qemu_module_explain(const char *words)
{
  g_autofree char *device = find_device(words);
  const char *explanation;

  for (guint i = 0; device && i < G_N_ELEMENTS(modules); i++) {
    if (g_str_equal(device, modules[i].device))
      return g_strdup_printf("'%s' is in a package of its own: %s (Debian, Ubuntu), qemu-device-%s (Fedora), "
                             "qemu-hw-%s (Arch, openSUSE, Alpine)",
                             device, modules[i].debian, modules[i].module, modules[i].module);
  }
  explanation = explain_object(words);
  return g_strdup(explanation ? explanation : explain_property(words));
}
