/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "change/change.h"

#include <string.h>

#include "change/part.h"

typedef struct {
  const char *option;
  gboolean (*apply)(const Change *change, GError **error);
} Part;

static const Part parts[CHANGE_LAST] = {
  [CHANGE_NETWORK] = { "--network", change_network },
  [CHANGE_FORWARD] = { "--forward", change_forward },
  [CHANGE_GRAPHICS] = { "--graphics", change_graphics },
  [CHANGE_MEMORY] = { "--memory", change_memory },
  [CHANGE_VCPUS] = { "--vcpus", change_vcpus },
  [CHANGE_DISK] = { "--disk", change_disk },
  [CHANGE_CDROM] = { "--cdrom", change_cdrom },
  [CHANGE_CLOUD_INIT] = { "--cloud-init", change_cloud_init },
  [CHANGE_HOSTNAME] = { "--hostname", change_cloud_init },
  [CHANGE_SSH_KEY] = { "--ssh-key", change_cloud_init },
  [CHANGE_SET] = { "--set", change_set },
  [CHANGE_UNSET] = { "--unset", change_unset },
};

/* What XML cannot hold would not come back out of it. */
static gboolean check_text(const Change *change, GError **error)
{
  if (!g_utf8_validate(change->value, -1, NULL))
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s: the value is not UTF-8", change->option);
  for (const char *byte = change->value; *byte; byte++) {
    if (g_ascii_iscntrl(*byte) && !strchr("\t\n", *byte))
      return change_error(change, error, "holds a control character, which XML does not have");
  }
  return TRUE;
}

static void notes_clear(ChangeNotes *notes)
{
  g_clear_pointer(&notes->targets, g_hash_table_unref);
  g_clear_pointer(&notes->nexts, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ChangeNotes, notes_clear)

gboolean changes_apply(const Changes *changes, XmlDocument *document, Report *report, GError **error)
{
  g_auto(ChangeNotes) notes = { 0 };

  for (guint kind = 0; kind < CHANGE_LAST; kind++) {
    for (guint i = 0; changes->values[kind] && changes->values[kind][i]; i++) {
      const Change change = { .option = parts[kind].option,
                              .value = changes->values[kind][i],
                              .nth = i,
                              .root = xml_document_root(document),
                              .machine = changes->machine,
                              .report = report,
                              .notes = &notes };

      if (!check_text(&change, error) || !parts[kind].apply(&change, error))
        return FALSE;
    }
  }
  return TRUE;
}
