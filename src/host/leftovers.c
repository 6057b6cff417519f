/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/json.h"
#include "host/control-group.h"

/* How the names of the notes end. */
static const char suffix[] = ".left";
static const char group_file[] = "group";

/* A note has the path of a script, and two names. */
enum { NOTE_MAX_BYTES = 64 * 1024, NOTE_MAX_DEPTH = 4 };

static gboolean write_note(int directory, const char *file, const Json *note, const char *what)
{
  g_autofree char *name = g_strconcat(file, suffix, NULL), *text = json_print(note);
  autofd int fd = -1;

  unlinkat(directory, name, 0);
  fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd >= 0 && fd_write_all(fd, text, strlen(text)))
    return TRUE;
  announce_log("cannot note what '%s' takes at the end: %s", what, g_strerror(errno));
  return FALSE;
}

void leftovers_note_tap(int directory, const char *file, const TapEnd *end)
{
  g_autoptr(Json) note = json_new_object();

  json_set_string(note, "tap", end->name);
  json_set_string(note, "bridge", end->bridge);
  json_set_string(note, "downscript", end->downscript);
  json_set_bool(note, "is-set-down", end->is_set_down);
  json_set_bool(note, "is-switched", end->is_switched);
  json_set_int(note, "limits", end->limits);
  json_set_string(note, "mac-before", *end->before.mac ? end->before.mac : NULL);
  json_set_int(note, "mtu-before", end->before.mtu);
  if (end->before.has_rx_frames)
    json_set_int(note, "rx-frames-before", end->before.rx_frames);
  json_set_string(note, "macvtap", end->macvtap);
  json_set_string(note, "parent", end->parent);
  json_set_string(note, "parent-mac", end->parent_mac);
  write_note(directory, file, note, end->name);
}

void leftovers_note_group(int directory, const char *group, const char *leaf)
{
  g_autoptr(Json) note = json_new_object();

  json_set_string(note, "group", group);
  json_set_string(note, "leaf", leaf);
  write_note(directory, group_file, note, group);
}

void leftovers_forget_group(int directory)
{
  leftovers_forget(directory, group_file);
}

void leftovers_note_pci(int directory, const char *file, const PciEnd *end)
{
  g_autoptr(Json) note = json_new_object();

  json_set_string(note, "pci", end->device);
  json_set_string(note, "driver", end->driver);
  json_set_string(note, "override", end->override);
  write_note(directory, file, note, end->device);
}

static const char owner_prefix[] = "owner-";

static char *owner_file(dev_t device, ino_t inode)
{
  return g_strdup_printf("%s%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x", owner_prefix, (guint64)device,
                         (guint64)inode);
}

gboolean leftovers_note_owner(int directory, const OwnerBefore *before)
{
  g_autofree char *file = owner_file(before->device, before->inode);
  g_autoptr(Json) note = json_new_object();

  json_set_string(note, "owned", before->path);
  json_set_int(note, "device", (gint64)before->device);
  json_set_int(note, "inode", (gint64)before->inode);
  json_set_int(note, "uid", before->uid);
  json_set_int(note, "gid", before->gid);
  json_set_int(note, "to", before->to);
  return write_note(directory, file, note, before->path);
}

gboolean leftovers_has_owner(int directory, dev_t device, ino_t inode)
{
  g_autofree char *file = owner_file(device, inode), *name = g_strconcat(file, suffix, NULL);

  return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void leftovers_forget(int directory, const char *file)
{
  g_autofree char *name = g_strconcat(file, suffix, NULL);

  unlinkat(directory, name, 0);
}

/* ---- What is left ---- */

static gboolean get_number(const Json *note, const char *name, guint32 *ret_number)
{
  gint64 number = 0;

  if (!json_get_int(note, name, &number) || number < 0 || number > G_MAXUINT32)
    return FALSE;
  *ret_number = (guint32)number;
  return TRUE;
}

/* A name of a file, or nothing. */
static gboolean is_file_name(const char *name)
{
  return !strchr(name, '/') && name[0] != '.';
}

static gboolean release_pci(const Json *note)
{
  const char *device = json_get_string(note, "pci"), *driver = json_get_string(note, "driver"),
             *override = json_get_string(note, "override");
  g_auto(PciEnd)
      end = { g_strdup(device), g_strdup(driver ? driver : ""), g_strdup(override ? override : "") };

  return !device || !*device || !is_file_name(device) || !is_file_name(end.driver) ||
         !is_file_name(end.override) || pci_give_back("", &end);
}

static TapBefore get_before(const Json *note)
{
  const char *mac = json_get_string(note, "mac-before");
  TapBefore before = { 0 };

  g_strlcpy(before.mac, mac ? mac : "", sizeof before.mac);
  get_number(note, "mtu-before", &before.mtu);
  before.has_rx_frames = get_number(note, "rx-frames-before", &before.rx_frames);
  return before;
}

static void release_tap(const Json *note)
{
  TapEnd end = {
    .name = json_get_string(note, "tap"),
    .bridge = json_get_string(note, "bridge"),
    .downscript = json_get_string(note, "downscript"),
    .is_set_down = json_get_bool(note, "is-set-down"),
    .is_switched = json_get_bool(note, "is-switched"),
    .before = get_before(note),
    .macvtap = json_get_string(note, "macvtap"),
    .parent = json_get_string(note, "parent"),
    .parent_mac = json_get_string(note, "parent-mac"),
  };

  get_number(note, "limits", &end.limits);
  if (end.name && *end.name)
    tap_give_up(&end);
}

/* One that lacks something is none of ours. */
static gboolean release_owner(const Json *note)
{
  OwnerBefore before = { .path = json_get_string(note, "owned") };
  gint64 device = 0, inode = 0;

  if (!before.path || !g_path_is_absolute(before.path) || !json_get_int(note, "device", &device) ||
      !json_get_int(note, "inode", &inode) || !get_number(note, "uid", &before.uid) ||
      !get_number(note, "gid", &before.gid) || !get_number(note, "to", &before.to))
    return TRUE;
  before.device = (dev_t)device;
  before.inode = (ino_t)inode;
  return owner_give_back(&before);
}

/* FALSE: something stays. */
static gboolean release(const Json *note)
{
  const char *group = json_get_string(note, "group");

  release_tap(note);
  if (!release_pci(note) || !release_owner(note))
    return FALSE;
  return !group || !g_path_is_absolute(group) || control_group_remove(group, json_get_string(note, "leaf"));
}

/* Only what this user alone can have written is carried out: it may name a program. */
static Json *read_note(int directory, const char *name)
{
  autofd int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  g_autofree char *text = NULL;
  struct stat status;
  gsize length;

  if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
      (status.st_mode & (S_IWGRP | S_IWOTH)))
    return NULL;
  text = fd_read_all(fd, NOTE_MAX_BYTES, &length);
  return text ? json_parse(text, length, NOTE_MAX_DEPTH, /* error= */ NULL) : NULL;
}

static GPtrArray *list_notes(int directory)
{
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  autofd int fd = openat(directory, ".", O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
  const struct dirent *entry;

  if (!stream)
    return names;
  g_steal_fd(&fd);
  while ((entry = readdir(stream))) {
    if (g_str_has_suffix(entry->d_name, suffix))
      g_ptr_array_add(names, g_strdup(entry->d_name));
  }
  closedir(stream);
  return names;
}

gboolean leftovers_are_there(int directory)
{
  g_autoptr(GPtrArray) names = list_notes(directory);

  return names->len > 0;
}

static void release_those(int directory, const char *prefix)
{
  g_autoptr(GPtrArray) names = list_notes(directory);

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index(names, i);
    g_autoptr(Json) note = g_str_has_prefix(name, prefix) ? read_note(directory, name) : NULL;

    if (g_str_has_prefix(name, prefix) && (!note || release(note)))
      unlinkat(directory, name, 0);
  }
}

void leftovers_release(int directory)
{
  release_those(directory, "");
}

void leftovers_release_owners(int directory)
{
  release_those(directory, owner_prefix);
}

void leftovers_move_owners(int from, int to)
{
  g_autoptr(GPtrArray) names = list_notes(from);

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index(names, i);

    if (g_str_has_prefix(name, owner_prefix))
      renameat(from, name, to, name);
  }
}
