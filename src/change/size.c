/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --memory and --vcpus.
 */
#include "config.h"

#include <string.h>

#include "base/size.h"
#include "change/part.h"

enum { MIB = 1024 * 1024, MAX_CPUS = 4096 };

gboolean change_memory(const Change *change, GError **error)
{
  guint64 bytes;
  xmlNode *memory;

  if (!size_parse(change->value, MIB, &bytes) || bytes == 0 || bytes % 1024 != 0) {
    change_error(change, error, "is no size");
    return error_add_hint(error, "2G, 512M and 512 (which is MiB) are some");
  }
  memory = xml_set_child(change->root, "memory");
  xml_set_text(memory, "");
  xml_set_attribute(memory, "unit", "KiB");
  xml_set_text_format(memory, "%" G_GUINT64_FORMAT, bytes / 1024);
  xml_remove_child(change->root, "currentMemory");
  return TRUE;
}

/* The number of CPUs that a <topology> makes; 0: that is for the reader of it to judge. */
static guint64 product_of(xmlNode *topology)
{
  static const char *const names[] = { "sockets", "dies", "clusters", "cores", "threads" };
  guint64 product = 1;

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    const char *text = change_peek(topology, names[i]);
    guint64 number = 1;

    if (*text && !g_ascii_string_to_unsigned(text, 10, 1, MAX_CPUS, &number, NULL))
      return 0;
    product *= number;
  }
  return product;
}

static void fit_topology(const Change *change, guint64 n)
{
  xmlNode *cpu = change_child(change->root, "cpu");
  xmlNode *topology = cpu ? change_child(cpu, "topology") : NULL;
  guint64 product = topology ? product_of(topology) : 0;

  if (product == 0 || product == n)
    return;
  change_warn(change, topology, "left out, for it makes %" G_GUINT64_FORMAT " CPUs; each is a socket now",
              product);
  xml_remove(topology);
}

gboolean change_vcpus(const Change *change, GError **error)
{
  xmlNode *vcpu;
  guint64 n;

  if (!g_ascii_string_to_unsigned(change->value, 10, 1, MAX_CPUS, &n, NULL))
    return change_error(change, error, "is no number of CPUs, from 1 to %d", MAX_CPUS);
  vcpu = xml_set_child(change->root, "vcpu");
  xml_set_text(vcpu, change->value);
  xml_remove_attribute(vcpu, "current");
  xml_remove_child(change->root, "vcpus");
  fit_topology(change, n);
  return TRUE;
}
