/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/domain.h"

#include "devices/disk.h"
#include "devices/registry.h"
#include "domain/address.h"
#include "domain/boot.h"
#include "domain/implied.h"
#include "domain/unread.h"
#include "xml/element.h"
#include "xml/unread.h"

ENUM_TABLE(domain_type_table, DOMAIN_TYPE_LAST, [DOMAIN_TYPE_QEMU] = "qemu", [DOMAIN_TYPE_KVM] = "kvm");

/* Adds the error of a step that failed, so that the steps after it still run and all findings are told at
 * once. */
static void collect(Report *report, gboolean is_fine, GError **error)
{
  if (!is_fine)
    report_error(report, g_steal_pointer(error));
}

static gboolean check_root(xmlNode *root, GError **error)
{
  xml_mark(root);
  if (xml_is_element(root, "domain"))
    return TRUE;
  xml_error(error, root, NULL, "the root element is not <domain>");
  if (xml_is_element(root, "network") || xml_is_element(root, "pool") || xml_is_element(root, "volume"))
    error_add_hint(error, "this describes a <%s>; domrun runs domains", (const char *)root->name);
  else if (xml_is_element(root, "domstatus") || xml_is_element(root, "domainsnapshot"))
    error_add_hint(error, "take the <domain> element out of it");
  return FALSE;
}

static gboolean parse_type(xmlNode *root, int override, DomainType *ret_type, GError **error)
{
  if (!xml_attribute_enum_required(root, "type", &domain_type_table, XML_ENUM(ret_type),
                                   override >= 0 ? NULL : error) &&
      override < 0)
    return FALSE;
  if (override >= 0)
    *ret_type = (DomainType) override;
  xml_attribute(root, "id"); /* of a running guest: libvirt's business */
  return TRUE;
}

static gboolean parse_device(Domain *domain, const DeviceRoom *room, xmlNode *node, GError **error)
{
  Device *device = device_new(room, node);

  if (!room->parse(node, device, error)) {
    device_free(device);
    return FALSE;
  }
  g_ptr_array_add(domain->devices, device);
  return TRUE;
}

static gboolean parse_emulator(Domain *domain, xmlNode *devices, GError **error)
{
  xmlNode *emulator = NULL;

  if (!xml_child(devices, "emulator", &emulator, error))
    return FALSE;
  domain->emulator_place = emulator ? xml_place(emulator) : domain->place;
  return xml_child_path(devices, "emulator", &domain->emulator, error);
}

static void parse_devices(Domain *domain, xmlNode *root, Report *report)
{
  xmlNode *devices = NULL;
  GError *error = NULL;

  domain->emulator_place = domain->place;
  collect(report, xml_child(root, "devices", &devices, &error), &error);
  if (!devices)
    return;
  collect(report, parse_emulator(domain, devices, &error), &error);
  for (const DeviceRoom *const *room = device_rooms; *room; room++) {
    XML_FOREACH_CHILD(devices, node, (*room)->element)
      collect(report, parse_device(domain, *room, node, &error), &error);
  }
}

static void parse_parts(Domain *domain, xmlNode *root, const DomainOptions *options, Report *report)
{
  GError *error = NULL;

  collect(report, parse_type(root, options->type, &domain->type, &error), &error);
  collect(report, metadata_parse(root, &domain->metadata, &error), &error);
  collect(report, memory_parse(root, &domain->memory, &error), &error);
  collect(report, cpu_parse(root, &domain->cpu, &error), &error);
  collect(report, os_parse(root, &domain->os, &error), &error);
  collect(report, features_parse(root, &domain->features, &error), &error);
  collect(report, clock_parse(root, &domain->clock, &error), &error);
  collect(report, lifecycle_parse(root, &domain->lifecycle, &error), &error);
}

/* The passes that need all devices. They rely on every part and device being whole. */
static void complete(Domain *domain, const DomainOptions *options, Report *report)
{
  const char *seed = options->seed;
  GError *error = NULL;

  if (!seed && options->has_stand_ins)
    seed = domain->metadata.name;
  generator_init(&domain->generator, seed);
  metadata_complete(&domain->metadata, &domain->generator, domain->document);
  disk_sort(domain);
  implied_add(domain);
  DOMAIN_FOREACH_DEVICE(domain, device, i)
    collect(report, device->room->complete(domain, device, &error), &error);
  if (report_has_errors(report))
    return;
  collect(report, address_assign(domain, &error), &error);
  collect(report, boot_assign(domain, &error), &error);
}

static void validate(const Domain *domain, Report *report)
{
  GError *error = NULL;

  DOMAIN_FOREACH_DEVICE(domain, device, i)
    collect(report, device->room->validate(domain, device, &error), &error);
}

static Domain *domain_new(XmlDocument *document)
{
  Domain *domain = g_new0(Domain, 1);

  domain->document = document;
  domain->place = xml_place(xml_document_root(document));
  domain->devices = g_ptr_array_new_with_free_func((GDestroyNotify)device_free);
  return domain;
}

Domain *domain_parse(XmlDocument *document, const DomainOptions *options, Report *report)
{
  xmlNode *root = xml_document_root(document);
  g_autoptr(Domain) domain = domain_new(document);
  GError *error = NULL;

  if (!check_root(root, &error)) {
    report_error(report, error);
    return NULL;
  }
  domain->report = report;
  parse_parts(domain, root, options, report);
  parse_devices(domain, root, report);
  if (!report_has_errors(report))
    xml_report_unread(document, options->is_strict, unread_is_protected, report);
  if (!report_has_errors(report))
    complete(domain, options, report);
  if (!report_has_errors(report))
    validate(domain, report);
  domain->report = NULL;
  return report_has_errors(report) ? NULL : g_steal_pointer(&domain);
}

void domain_add_device(Domain *domain, Device *device)
{
  g_ptr_array_add(domain->devices, device);
}

void domain_free(Domain *domain)
{
  if (!domain)
    return;
  os_clear(&domain->os);
  g_ptr_array_unref(domain->devices);
  g_free(domain);
}
