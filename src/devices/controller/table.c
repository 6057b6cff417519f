/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finding controllers by type and index, adding those that others need, and numbering those of the document.
 */
#include "config.h"

#include "devices/controller/controller.h"

#include "domain/chipset.h"
#include "domain/devices.h"

struct ControllerTable {
  GPtrArray *first[CONTROLLER_LAST];            /* by index, as far as there are some; or NULL */
  guint32 gapless[CONTROLLER_LAST];             /* how many are there from 0 on, as far as was looked */
  guint32 usb_models[CONTROLLER_INDEX_MAX + 1]; /* a bit for each model that has the index */
};

ControllerTable *controller_table_new(void)
{
  return g_new0(ControllerTable, 1);
}

void controller_table_free(ControllerTable *table)
{
  for (gsize i = 0; i < G_N_ELEMENTS(table->first); i++)
    g_clear_pointer(&table->first[i], g_ptr_array_unref);
  g_free(table);
}

Controller *controller_find(const Domain *domain, ControllerType type, guint32 index)
{
  const GPtrArray *first = domain->controllers->first[type];

  return first && index < first->len ? g_ptr_array_index(first, index) : NULL;
}

/* One of those that together make the controller ich9-ehci1. */
static gboolean is_of_ich9(const Controller *controller)
{
  return controller->type == CONTROLLER_USB &&
         (controller->model == CONTROLLER_ICH9_EHCI1 || controller_is_companion(controller));
}

static guint32 usb_model_bit(const Controller *controller)
{
  return 1U << controller->model;
}

static void enter(ControllerTable *table, Controller *controller)
{
  GPtrArray **first = &table->first[controller->type];

  if (controller->type == CONTROLLER_USB)
    table->usb_models[controller->index] |= usb_model_bit(controller);
  if (controller_is_companion(controller))
    return;
  if (!*first)
    *first = g_ptr_array_new();
  if ((*first)->len <= controller->index)
    g_ptr_array_set_size(*first, (gint)controller->index + 1);
  if (!g_ptr_array_index(*first, controller->index))
    g_ptr_array_index(*first, controller->index) = controller;
}

/* The lowest index that no controller of @type has; CONTROLLER_INDEX_MAX + 1: there is none. */
static guint32 free_index(const Domain *domain, ControllerType type)
{
  guint32 *gapless = &domain->controllers->gapless[type];

  while (controller_find(domain, type, *gapless))
    (*gapless)++;
  return *gapless;
}

Controller *controller_add(Domain *domain, ControllerType type, ControllerModel model, guint32 index)
{
  Controller *controller = (Controller *)device_new(&controller_room, /* node= */ NULL);

  controller_unset(controller);
  controller->device.place = domain->place;
  controller->type = type;
  controller->model = model;
  controller->index = index;
  domain_add_device(domain, &controller->device);
  enter(domain->controllers, controller);
  return controller;
}

void controller_ensure(Domain *domain, ControllerType type, guint32 index, const Place *place)
{
  for (guint32 i = free_index(domain, type); i <= index; i = free_index(domain, type))
    controller_add(domain, type, CONTROLLER_MODEL_DEFAULT, i)->device.place = *place;
}

/* Of a set of companions that follow each other without an index, as virt-install writes them, each has the
 * index of the one before it: libvirt's rule. A second of one model begins the next set. */
static gboolean joins(const Domain *domain, const Controller *controller, const Controller *before)
{
  return before && is_of_ich9(controller) && is_of_ich9(before) &&
         !(domain->controllers->usb_models[before->index] & usb_model_bit(controller));
}

static gboolean number_controller(Domain *domain, Controller *controller, const Controller *usb_before,
                                  GError **error)
{
  controller->index =
      joins(domain, controller, usb_before) ? usb_before->index : free_index(domain, controller->type);
  if (controller->index > CONTROLLER_INDEX_MAX)
    return error_set_document(error, &controller->device.place, NULL,
                              "there is no free index for a controller of type '%s' (0 to %d are taken)",
                              enum_to_string(&controller_type_table, (int)controller->type),
                              CONTROLLER_INDEX_MAX);
  controller->is_numbered = TRUE;
  enter(domain->controllers, controller);
  return TRUE;
}

void controller_enter_given(Domain *domain)
{
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    Controller *controller = (Controller *)device;

    if (controller->index != CONTROLLER_UNSET)
      enter(domain->controllers, controller);
  }
}

/* Gives those without an index the next free one; a PCI root is 0 by its nature. */
static gboolean number_controllers(Domain *domain, GError **error)
{
  const Controller *usb = NULL; /* the last one */

  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    Controller *controller = (Controller *)device;

    if (controller->index == CONTROLLER_UNSET && !number_controller(domain, controller, usb, error))
      return FALSE;
    if (controller->type == CONTROLLER_USB)
      usb = controller;
  }
  return TRUE;
}

/* Whether the document has USB controller 0, or a part of it, or says that there is no USB. */
static gboolean has_first_usb(const Domain *domain)
{
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    const Controller *controller = (const Controller *)device;

    if (controller->type == CONTROLLER_USB &&
        (controller->index == 0 || controller->model == CONTROLLER_USB_NONE))
      return TRUE;
  }
  return FALSE;
}

gboolean controller_imply(Domain *domain, GError **error)
{
  Chipset chipset = chipset_of(domain);

  if (!number_controllers(domain, error))
    return FALSE;
  if (chipset_has_pci_root(chipset) && !controller_find(domain, CONTROLLER_PCI, 0))
    controller_add(domain, CONTROLLER_PCI,
                   chipset_is_express(chipset) ? CONTROLLER_PCIE_ROOT : CONTROLLER_PCI_ROOT, 0);
  if (chipset_has_pci(chipset) && chipset != CHIPSET_VIRT && !has_first_usb(domain))
    controller_add(domain, CONTROLLER_USB, CONTROLLER_MODEL_DEFAULT, 0);
  return TRUE;
}

/* Where libvirt puts it among those of its type that came before: ahead of the first of a higher index. One
 * without an index goes to the end, and counts as lower than all. */
static guint position_of(const GPtrArray *sorted, const Controller *controller)
{
  for (guint i = 0; i < sorted->len && !controller->is_numbered; i++) {
    const Controller *other = g_ptr_array_index(sorted, i);

    if (!other->is_numbered && (other->index > controller->index ||
                                (other->index == controller->index && controller_is_companion(other) &&
                                 !controller_is_companion(controller))))
      return i;
  }
  return sorted->len;
}

static guint rank_type(GPtrArray *const *by_type, ControllerType type, guint next)
{
  g_autoptr(GPtrArray) sorted = g_ptr_array_new();

  for (guint i = 0; i < by_type[type]->len; i++) {
    Controller *controller = g_ptr_array_index(by_type[type], i);
    gboolean is_beyond = i > CONTROLLER_INDEX_MAX; /* two have one index, which is refused */

    g_ptr_array_insert(sorted, is_beyond ? -1 : (gint)position_of(sorted, controller), controller);
  }
  for (guint i = 0; i < sorted->len; i++)
    ((Controller *)g_ptr_array_index(sorted, i))->rank = next++;
  return next;
}

static gint compare_rank(gconstpointer a, gconstpointer b)
{
  const Controller *x = *(const Controller *const *)a, *y = *(const Controller *const *)b;

  return (x->rank > y->rank) - (x->rank < y->rank);
}

static void rank_types(const Domain *domain)
{
  guint ranks[CONTROLLER_LAST] = { 0 }, next = 0;

  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    Controller *controller = (Controller *)device;

    if (ranks[controller->type] == 0)
      ranks[controller->type] = ++next;
    controller->type_rank = ranks[controller->type];
  }
}

void controller_sort(Domain *domain)
{
  GPtrArray *by_type[CONTROLLER_LAST] = { NULL };
  ControllerType order[CONTROLLER_LAST];
  guint types = 0, next = 0;

  rank_types(domain);
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    Controller *controller = (Controller *)device;

    controller->rank = G_MAXUINT; /* of what the document does not have */
    if (!device->node)
      continue;
    if (!by_type[controller->type]) {
      by_type[controller->type] = g_ptr_array_new();
      order[types++] = controller->type;
    }
    g_ptr_array_add(by_type[controller->type], controller);
  }
  for (guint i = 0; i < types; i++) {
    next = rank_type(by_type, order[i], next);
    g_ptr_array_unref(by_type[order[i]]);
  }
  domain_sort_room(domain, &controller_room, compare_rank);
}
