/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/target.h"

#include "domain/memory.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(
    controller_name_table, CONTROLLER_NAME_LAST, [CONTROLLER_NAME_PCI_BRIDGE] = "pci-bridge",
    [CONTROLLER_NAME_I82801B11] = "i82801b11-bridge", [CONTROLLER_NAME_PCIE_PCI_BRIDGE] = "pcie-pci-bridge",
    [CONTROLLER_NAME_PCIE_ROOT_PORT] = "pcie-root-port", [CONTROLLER_NAME_IOH3420] = "ioh3420",
    [CONTROLLER_NAME_X3130] = "x3130-upstream", [CONTROLLER_NAME_XIO3130] = "xio3130-downstream",
    [CONTROLLER_NAME_PXB] = "pxb", [CONTROLLER_NAME_PXB_PCIE] = "pxb-pcie");

void controller_target_unset(ControllerTarget *target)
{
  target->chassis = CONTROLLER_UNSET;
  target->port = CONTROLLER_UNSET;
  target->chassis_nr = CONTROLLER_UNSET;
  target->bus_nr = CONTROLLER_UNSET;
  target->node = CONTROLLER_UNSET;
}

static gboolean read_name(xmlNode *node, ControllerTarget *ret_target, GError **error)
{
  xmlNode *model = NULL;

  return xml_child(node, "model", &model, error) &&
         (!model ||
          xml_attribute_enum(model, "name", &controller_name_table, XML_ENUM(&ret_target->name), error));
}

static gboolean read_node(xmlNode *target, guint32 *ret_node, GError **error)
{
  xmlNode *node = NULL;
  guint64 number = 0;

  if (!xml_child(target, "node", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!xml_text_uint(node, 0, G_MAXUINT16, &number, error))
    return FALSE;
  *ret_node = (guint32)number;
  return TRUE;
}

static gboolean read_target(xmlNode *node, ControllerTarget *ret_target, GError **error)
{
  xmlNode *target = NULL;

  if (!xml_child(node, "target", &target, error))
    return FALSE;
  if (!target)
    return TRUE;
  ret_target->place = xml_place(target);
  return xml_attribute_uint32(target, "chassis", 0, 255, &ret_target->chassis, error) &&
         xml_attribute_uint32(target, "port", 0, 255, &ret_target->port, error) &&
         xml_attribute_uint32(target, "chassisNr", 1, 255, &ret_target->chassis_nr, error) &&
         xml_attribute_uint32(target, "busNr", 1, 254, &ret_target->bus_nr, error) &&
         feature_state_parse(target, "hotplug", &ret_target->hotplug, error) &&
         xml_attribute_uint32(target, "memReserve", 0, G_MAXUINT32, &ret_target->reserve_kib, error) &&
         read_node(target, &ret_target->node, error);
}

static gboolean read_hole(xmlNode *node, ControllerTarget *ret_target, GError **error)
{
  xmlNode *hole = NULL;

  if (!xml_child(node, "pcihole64", &hole, error))
    return FALSE;
  if (!hole)
    return TRUE;
  ret_target->has_hole64 = TRUE;
  return memory_read_kib(hole, &ret_target->hole64_kib, error);
}

gboolean controller_target_parse(xmlNode *node, ControllerTarget *ret_target, GError **error)
{
  return read_name(node, ret_target, error) && read_target(node, ret_target, error) &&
         read_hole(node, ret_target, error);
}

static ControllerModel model_of(ControllerName name)
{
  switch (name) {
  case CONTROLLER_NAME_PCI_BRIDGE:
    return CONTROLLER_PCI_BRIDGE;
  case CONTROLLER_NAME_I82801B11:
    return CONTROLLER_DMI_TO_PCI_BRIDGE;
  case CONTROLLER_NAME_PCIE_PCI_BRIDGE:
    return CONTROLLER_PCIE_TO_PCI_BRIDGE;
  case CONTROLLER_NAME_PCIE_ROOT_PORT:
  case CONTROLLER_NAME_IOH3420:
    return CONTROLLER_PCIE_ROOT_PORT;
  case CONTROLLER_NAME_X3130:
    return CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT;
  case CONTROLLER_NAME_XIO3130:
    return CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT;
  case CONTROLLER_NAME_PXB:
    return CONTROLLER_PCI_EXPANDER_BUS;
  case CONTROLLER_NAME_PXB_PCIE:
    return CONTROLLER_PCIE_EXPANDER_BUS;
  case CONTROLLER_NAME_DEFAULT:
  case CONTROLLER_NAME_LAST:
    break;
  }
  return CONTROLLER_MODEL_DEFAULT;
}

static gboolean check_name(ControllerName name, ControllerModel model, const Place *place, GError **error)
{
  if (name == CONTROLLER_NAME_DEFAULT || model_of(name) == model)
    return TRUE;
  error_set_document(error, place, NULL, "'%s' is a device of model '%s'; this is a '%s'",
                     enum_to_string(&controller_name_table, (int)name),
                     enum_to_string(&controller_model_table, (int)model_of(name)),
                     enum_to_string(&controller_model_table, (int)model));
  return error_add_hint(error, "remove <model>: each model has a device of its own");
}

static gboolean check_attribute(gboolean is_given, gboolean is_allowed, const char *attribute,
                                const char *allowed, ControllerModel model, const Place *place,
                                GError **error)
{
  if (!is_given || is_allowed)
    return TRUE;
  return error_set_document(error, place, attribute, "a '%s' has none (allowed for: %s)",
                            enum_to_string(&controller_model_table, (int)model), allowed);
}

static gboolean check_node(const ControllerTarget *target, ControllerModel model, GError **error)
{
  if (target->node == CONTROLLER_UNSET || controller_model_is_expander(model))
    return TRUE;
  error_set_document(error, &target->place, NULL, "a '%s' is near to no NUMA node of its own",
                     enum_to_string(&controller_model_table, (int)model));
  return error_add_hint(error, "<node> is for pci-expander-bus and pcie-expander-bus");
}

static gboolean can_reserve(const ControllerTarget *target, ControllerModel model)
{
  return model == CONTROLLER_PCI_BRIDGE ||
         (model == CONTROLLER_PCIE_ROOT_PORT && target->name != CONTROLLER_NAME_IOH3420);
}

gboolean controller_target_validate(const ControllerTarget *target, ControllerModel model, const Place *place,
                                    GError **error)
{
  static const char ports[] = "pcie-root-port, pcie-switch-downstream-port";
  static const char expanders[] = "pci-expander-bus, pcie-expander-bus";

  return check_name(target->name, model, place, error) &&
         check_attribute(target->chassis != CONTROLLER_UNSET, controller_model_is_port(model), "chassis",
                         ports, model, &target->place, error) &&
         check_attribute(target->port != CONTROLLER_UNSET, controller_model_is_port(model), "port", ports,
                         model, &target->place, error) &&
         check_attribute(target->chassis_nr != CONTROLLER_UNSET, model == CONTROLLER_PCI_BRIDGE, "chassisNr",
                         "pci-bridge", model, &target->place, error) &&
         check_attribute(target->bus_nr != CONTROLLER_UNSET, controller_model_is_expander(model), "busNr",
                         expanders, model, &target->place, error) &&
         check_node(target, model, error) &&
         check_attribute(target->hotplug != FEATURE_UNSET,
                         controller_model_is_port(model) || model == CONTROLLER_PCI_ROOT, "hotplug",
                         "pci-root, pcie-root-port, pcie-switch-downstream-port", model, &target->place,
                         error) &&
         check_attribute(target->reserve_kib != 0, can_reserve(target, model), "memReserve",
                         "pci-bridge, pcie-root-port that is no ioh3420", model, &target->place, error);
}

static void annotate_number(xmlNode *node, const char *name, guint32 number)
{
  if (number != CONTROLLER_UNSET)
    xml_set_attribute_format(node, name, "%u", number);
}

void controller_target_annotate(const ControllerTarget *target, xmlNode *node)
{
  if (target->chassis == CONTROLLER_UNSET && target->port == CONTROLLER_UNSET &&
      target->chassis_nr == CONTROLLER_UNSET && target->bus_nr == CONTROLLER_UNSET)
    return;
  node = xml_set_child(node, "target");
  annotate_number(node, "chassisNr", target->chassis_nr);
  annotate_number(node, "chassis", target->chassis);
  if (target->port != CONTROLLER_UNSET)
    xml_set_attribute_format(node, "port", "0x%x", target->port);
  annotate_number(node, "busNr", target->bus_nr);
}
