/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/bootloader.h"

#include "domain/domain.h"
#include "xml/element.h"

static gboolean read_arguments(xmlNode *root, Bootloader *bootloader, GError **error)
{
  xmlNode *node = NULL;
  g_auto(GStrv) words = NULL;

  if (!xml_child(root, "bootloader_args", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!xml_text(node, &bootloader->arguments, error))
    return FALSE;
  if (!*bootloader->arguments) {
    bootloader->arguments = NULL;
    return TRUE;
  }
  if (!bootloader->program)
    return xml_error(error, node, NULL, "arguments without a <bootloader>");
  return g_shell_parse_argv(bootloader->arguments, NULL, &words, NULL) ||
         xml_error(error, node, NULL, "'%s' has a quote without an end", bootloader->arguments);
}

gboolean bootloader_parse(xmlNode *root, Bootloader *ret_bootloader, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(root, "bootloader", &node, error) ||
      !xml_child_path(root, "bootloader", &ret_bootloader->program, error))
    return FALSE;
  if (node)
    ret_bootloader->place = xml_place(node);
  return read_arguments(root, ret_bootloader, error);
}

gboolean bootloader_validate(const Domain *domain, GError **error)
{
  const Bootloader *bootloader = domain->bootloader;

  if (!bootloader->program)
    return TRUE;
  if (!bootloader->disk)
    return error_set_document(error, &bootloader->place, NULL,
                              "the guest has no disk for the bootloader to look into");
  return TRUE;
}
