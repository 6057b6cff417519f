/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A secret goes from the file that has it into a sealed file in memory, which QEMU opens by its descriptor:
 * it is in no argument, no environment, no log and no other file, and each QEMU of a guest that is started
 * again can read it.
 */
#include "config.h"

#include "host/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/requirement.h"
#include "xml/element.h"

/* QEMU itself reads no more of one than that; libvirt's table of definitions has a bound, too. */
enum { SECRET_MAX_BYTES = 64 * 1024, MAX_DEFINITIONS = 10000 };

static const char system_directory[] = "/etc/libvirt/secrets";

/* ---- libvirt's definitions ---- */

/* Where @kind has what it is used for. */
static const char *usage_element(const char *kind)
{
  return g_str_equal(kind, "volume") ? "volume" : g_str_equal(kind, "iscsi") ? "target" : "name";
}

gboolean secrets_is_used_for(const XmlDocument *definition, const char *usage, const char *kind)
{
  xmlNode *node = xml_next_child(xml_document_root(definition), "usage", /* after= */ NULL);
  const char *text = NULL;

  return node && g_strcmp0(xml_attribute(node, "type"), kind) == 0 &&
         xml_child_text(node, usage_element(kind), &text, /* error= */ NULL) && g_strcmp0(text, usage) == 0;
}

static gboolean is_used_for(const char *path, const char *usage, const char *kind)
{
  g_autoptr(XmlDocument) definition = xml_document_load(path, /* error= */ NULL);

  return definition && secrets_is_used_for(definition, usage, kind);
}

/* The definition UUID.xml has its value beside it, in UUID.base64. */
static char *find_by_usage(const char *directory, const char *usage, const char *kind)
{
  g_autoptr(GDir) dir = g_dir_open(directory, 0, /* error= */ NULL);
  const char *name;

  for (guint i = 0; dir && i < MAX_DEFINITIONS && (name = g_dir_read_name(dir)); i++) {
    g_autofree char *path = g_build_filename(directory, name, NULL);

    if (!g_str_has_suffix(name, ".xml") || !is_used_for(path, usage, kind))
      continue;
    return g_strdup_printf("%.*s.base64", (int)(strlen(path) - strlen(".xml")), path);
  }
  return NULL;
}

static char *find_by_uuid(const char *directory, const char *uuid)
{
  g_autofree char *name = g_ascii_strdown(uuid, -1);
  g_autofree char *file = g_strconcat(name, ".base64", NULL);

  return g_build_filename(directory, file, NULL);
}

static char *find_in(const char *directory, const char *uuid, const char *usage, const char *kind)
{
  g_autofree char *path = uuid ? find_by_uuid(directory, uuid) : find_by_usage(directory, usage, kind);

  return path && access(path, F_OK) == 0 ? g_steal_pointer(&path) : NULL;
}

char *secrets_find(const char *uuid, const char *usage, const char *kind)
{
  g_autofree char *own = g_build_filename(g_get_user_config_dir(), "libvirt", "secrets", NULL);
  char *path = find_in(own, uuid, usage, kind);

  return path ? path : find_in(system_directory, uuid, usage, kind);
}

/* ---- For QEMU ---- */

void secrets_free_text(char *text)
{
  if (text)
    explicit_bzero(text, strlen(text));
  g_free(text);
}

static char *encode(char *bytes, gsize length)
{
  char *text = g_base64_encode((const guint8 *)bytes, length);

  explicit_bzero(bytes, length);
  g_free(bytes);
  return text;
}

char *secrets_read(int fd, GError **error)
{
  gsize length = 0;
  char *bytes = fd_read_all(fd, SECRET_MAX_BYTES, &length);

  if (bytes)
    return encode(bytes, length);
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "--secret: cannot read descriptor %d: %s", fd,
            g_strerror(errno));
  return NULL;
}

static gboolean refuse(const PlanSecret *secret, const Place *place, const char *what, GError **error)
{
  return error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot %s the secret '%s': %s", what,
                   secret->name ? secret->name : "cookies", g_strerror(errno));
}

/* It is read again for each QEMU, which a pipe could not give, and nobody waits for a writer. */
static gboolean is_regular(int fd)
{
  struct stat status;

  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* The text of the secret, in base64. What a file has that is not, is found by QEMU. */
static char *read_text(const PlanSecret *secret, const Place *place, GError **error)
{
  autofd int fd = -1;
  gsize length = 0;
  char *bytes;

  if (secret->text)
    return g_strdup(secret->text);
  fd = open(secret->path ? secret->path : "", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd >= 0 && !is_regular(fd)) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "the secret '%s' in '%s' is not in a regular file",
              secret->name, secret->path);
    error_add_hint(error, "a pipe can be handed on as a descriptor: --secret=%s=fd:N", secret->name);
    return NULL;
  }
  bytes = fd < 0 ? NULL : fd_read_all(fd, SECRET_MAX_BYTES, &length);
  if (!bytes) {
    refuse(secret, place, "read", error);
    return NULL;
  }
  return secret->is_base64 ? bytes : encode(bytes, length);
}

/* Sealed, and read from its beginning by who inherits it. */
static int open_sealed(const void *bytes, gsize length)
{
  autofd int fd = memfd_create("domrun-secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd >= 0 && fd_write_all(fd, bytes, length) && lseek(fd, 0, SEEK_SET) == 0 &&
      fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
    return g_steal_fd(&fd);
  return -1;
}

int secrets_open(const PlanSecret *secret, const Place *place, GError **error)
{
  char *text = read_text(secret, place, error);
  int fd;

  if (!text)
    return -1;
  fd = open_sealed(text, strlen(text));
  if (fd < 0)
    refuse(secret, place, "hand on", error);
  secrets_free_text(text);
  return fd;
}

int secrets_open_decoded(const PlanSecret *secret, const Place *place, GError **error)
{
  char *text = read_text(secret, place, error);
  guint8 *bytes;
  gsize length;
  int fd;

  if (!text)
    return -1;
  bytes = g_base64_decode(text, &length);
  secrets_free_text(text);
  fd = length > 0 ? open_sealed(bytes, length) : -1;
  if (length == 0)
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "the secret '%s' is empty", secret->name);
  else if (fd < 0)
    refuse(secret, place, "hand on", error);
  explicit_bzero(bytes, length);
  g_free(bytes);
  return fd;
}

gboolean secrets_check(const PlanRequirement *requirement, GError **error)
{
  if (!requirement->path) {
    requirement_refuse(requirement, error,
                       "nobody has the secret '%s': libvirt defines none with a value here",
                       requirement->secret);
    return error_add_hint(error, "say where it is: --secret=%s=FILE", requirement->secret);
  }
  if (faccessat(AT_FDCWD, requirement->path, R_OK, AT_EACCESS) == 0)
    return TRUE;
  return requirement_refuse(requirement, error, "cannot read the secret '%s' in '%s': %s",
                            requirement->secret, requirement->path, g_strerror(errno));
}
