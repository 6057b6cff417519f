/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/unread.h"

typedef struct {
  const char *name;
  const char *why;
} Protected;

static const Protected protected_elements[] = {
  { "readonly", "the guest could write what it may only read" },
  { "shareable", "the file would be locked against others, or written by two at once" },
  { "transient", "changes that were to be thrown away would be kept" },
  { "encryption", "data would be written in clear" },
  { "launchSecurity", "the guest's memory would be open to the host" },
  { "auth", "a server that wants a password would be talked to without" },
};

static const Protected protected_attributes[] = {
  { "readonly", "the guest could write what it may only read" },
  { "tls", "data would cross the network in clear" },
  { "passwd", "a display would be open to everybody" },
};

gboolean unread_is_protected(const char *element, const char *attribute)
{
  if (attribute) {
    for (gsize i = 0; i < G_N_ELEMENTS(protected_attributes); i++) {
      if (g_str_equal(attribute, protected_attributes[i].name))
        return TRUE;
    }
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(protected_elements); i++) {
    if (g_str_equal(element, protected_elements[i].name))
      return TRUE;
  }
  return FALSE;
}
