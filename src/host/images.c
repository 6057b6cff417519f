/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/images.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/image.h"
#include "host/image-lock.h"
#include "host/requirement.h"

/* Backing files on backing files. */
enum { MAX_DEPTH = 64 };

gboolean images_can_read(const char *path)
{
  return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
}

static gboolean is_backing(const ImagePart *part)
{
  return g_str_equal(part->role, "backing file");
}

/* -1 for what is neither a file nor a block device, to open which could have consequences, with errno 0; else
 * with the reason. */
static int open_image(const char *path)
{
  autofd int fd = -1;
  struct stat status;

  errno = 0;
  if (stat(path, &status) < 0 || (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)))
    return -1;
  fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || fstat(fd, &status) < 0)
    return -1;
  errno = 0;
  return S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) ? g_steal_fd(&fd) : -1;
}

static gboolean read_header(int fd, ImageHeader *ret_header)
{
  g_autofree guint8 *bytes = g_malloc(IMAGE_HEADER_BYTES);
  ssize_t got;

  do
    got = pread(fd, bytes, IMAGE_HEADER_BYTES, 0);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    return FALSE;
  image_header_parse(bytes, (gsize)got, ret_header);
  return TRUE;
}

static gboolean check_lock(const PlanRequirement *requirement, int fd, DomrunError code, GError **error)
{
  ImageUse use = requirement->kind == PLAN_REQUIRE_READ ? IMAGE_USE_READ
                 : requirement->is_shared               ? IMAGE_USE_SHARED_WRITE
                                                        : IMAGE_USE_WRITE;
  g_autofree char *holder = image_lock_find_holder(fd, use);

  if (!holder)
    return TRUE;
  error_set(error, code, &requirement->place, requirement->attribute, "'%s' is in use by %s",
            requirement->path, holder);
  return error_add_hint(error, "end that first, or give each guest an image of its own");
}

static gboolean check_format(const PlanRequirement *requirement, const ImageHeader *header, Report *report,
                             GError **error)
{
  const char *format = requirement->format;

  if (g_str_equal(format, "raw")) {
    if (header->format)
      report_warning(
          report, &requirement->place, requirement->attribute,
          "where that is not meant, say it in <driver type='...'/>: it is never guessed",
          "'%s' begins as an image of format '%s', and the guest gets it raw, as the document says",
          requirement->path, header->format);
    return TRUE;
  }
  if (image_header_may_be(header, format))
    return TRUE;
  requirement_refuse(requirement, error, "'%s' is not an image of format '%s'", requirement->path, format);
  if (header->format)
    return error_add_hint(error, "it is one of format '%s'", header->format);
  return error_add_hint(error, "it has no header that is known: perhaps it is 'raw'");
}

/* ---- The files that an image names ----
 *
 * An image may come from anybody, and QEMU would open whatever its header names. So the header is followed as
 * libvirt does: to a backing file that is a file, in a format that it tells, or that is raw; and to the parts
 * of a VMDK image that are named after it. All else is the document's to name. */

/* One walk over a plan's images. */
typedef struct {
  Plan *plan; /* gets what QEMU may open */
  Report *report;
  gboolean is_starting; /* the guest is about to start: the locks are QEMU's to take */
} Walk;

static gboolean check_parts(const Walk *walk, const PlanRequirement *requirement, const char *image,
                            const ImageHeader *header, int depth, GError **error);

static gboolean refuse_part(const PlanRequirement *requirement, const char *image, const ImagePart *part,
                            const char *path, const char *reason, GError **error)
{
  requirement_refuse(requirement, error, "'%s' needs its %s '%s': %s", image, part->role, path, reason);
  if (is_backing(part))
    error_add_hint(error, "<backingStore> names another one; qemu-img rebase -u changes the image");
  return FALSE;
}

/* A protocol, or a "json:" description, by which a header could reach anything. */
static gboolean refuse_protocol(const PlanRequirement *requirement, const char *image, const ImagePart *part,
                                GError **error)
{
  requirement_refuse(requirement, error, "'%s' names as its %s '%s', which is not a file by its path", image,
                     part->role, part->name);
  return error_add_hint(error, "such a header is not followed; where it is meant, say it in <backingStore>");
}

/* A part that an image writes on as on itself. */
static gboolean refuse_foreign(const PlanRequirement *requirement, const char *image, const ImagePart *part,
                               const char *path, GError **error)
{
  requirement_refuse(requirement, error,
                     "'%s' wants to read and write '%s' as its %s, which the document does not name", image,
                     path, part->role);
  if (g_str_equal(part->role, image_data_role))
    return error_add_hint(error,
                          "where it is meant: <dataStore type='file'><source file='%s'/></dataStore> in "
                          "the <source>",
                          path);
  return error_add_hint(error,
                        "the extents of an image lie beside it, and begin with its name; qemu-img convert "
                        "makes an image of one file");
}

/* "disk-flat.vmdk", "disk-s001.vmdk" beside "disk.vmdk". */
static gboolean is_own_extent(const char *image, const char *path)
{
  g_autofree char *directory = g_path_get_dirname(image), *name = g_path_get_basename(image);
  g_autofree char *other_directory = g_path_get_dirname(path), *other = g_path_get_basename(path);
  char *dot = strrchr(name, '.');
  gsize stem;

  if (dot && dot > name)
    *dot = '\0';
  stem = strlen(name);
  return g_str_equal(directory, other_directory) && strncmp(name, other, stem) == 0 && other[stem] == '-';
}

/* QEMU looks by itself what a backing file is where nobody says it: so it may be raw, and nothing that a
 * guest could have made of it. */
static gboolean check_guess(const Walk *walk, const PlanRequirement *requirement, const char *image,
                            const char *path, const ImageHeader *header, GError **error)
{
  static const char hint[] =
      "say it in <backingStore>, or in the image: qemu-img rebase -u -b FILE -F FORMAT";

  if (header->format) {
    requirement_refuse(requirement, error,
                       "'%s' does not tell the format of its backing file '%s', which looks like '%s'", image,
                       path, header->format);
    return error_add_hint(error, "%s", hint);
  }
  report_warning(walk->report, &requirement->place, requirement->attribute, hint,
                 "'%s' does not tell the format of its backing file '%s', which is taken for 'raw'", image,
                 path);
  return TRUE;
}

static gboolean check_circle(const PlanRequirement *requirement, int depth, GError **error)
{
  return depth < MAX_DEPTH ||
         requirement_refuse(requirement, error, "'%s' has more than %d images under it, or a circle of them",
                            requirement->path, MAX_DEPTH);
}

static gboolean check_backing(const Walk *walk, const PlanRequirement *requirement, const char *image,
                              const ImagePart *part, const char *path, int depth, GError **error)
{
  g_auto(ImageHeader) header = { 0 };
  autofd int fd = -1;

  if (!check_circle(requirement, depth + 1, error))
    return FALSE;
  fd = open_image(path);
  if (fd < 0)
    return refuse_part(requirement, image, part, path,
                       errno ? g_strerror(errno) : "it is neither a file nor a block device", error);
  if (g_strcmp0(part->format, "raw") == 0)
    return TRUE;
  if (!read_header(fd, &header))
    return refuse_part(requirement, image, part, path, g_strerror(errno), error);
  return (part->format || check_guess(walk, requirement, image, path, &header, error)) &&
         check_parts(walk, requirement, path, &header, depth + 1, error);
}

static gboolean check_part(const Walk *walk, const PlanRequirement *requirement, const char *image,
                           const ImagePart *part, int depth, GError **error)
{
  g_autofree char *path = image_part_path(part, image);

  if (!path)
    return refuse_protocol(requirement, image, part, error);
  if (!is_backing(part) && !(g_str_equal(part->role, "extent") && is_own_extent(image, path)))
    return refuse_foreign(requirement, image, part, path, error);
  if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0)
    return refuse_part(requirement, image, part, path, g_strerror(errno), error);
  plan_allow(walk->plan, is_backing(part) ? PLAN_ACCESS_READ : PLAN_ACCESS_WRITE, path);
  return !is_backing(part) || check_backing(walk, requirement, image, part, path, depth, error);
}

/* The document names another one, or the same. */
static gboolean is_given(const PlanRequirement *requirement, const ImagePart *part)
{
  return (requirement->has_own_chain && is_backing(part)) ||
         (requirement->has_own_data && g_str_equal(part->role, image_data_role));
}

/* QEMU takes a data file for such an image alone. The name may lie beyond what was read; the mark does not.
 */
static gboolean check_data(const PlanRequirement *requirement, const ImageHeader *header, GError **error)
{
  if (!requirement->has_own_data || header->has_data_file)
    return TRUE;
  requirement_refuse(requirement, error, "'%s' has its data in itself, and the document names a <dataStore>",
                     requirement->path);
  return error_add_hint(error,
                        "leave <dataStore> away; qemu-img create -o data_file=... makes the other kind");
}

static gboolean check_parts(const Walk *walk, const PlanRequirement *requirement, const char *image,
                            const ImageHeader *header, int depth, GError **error)
{
  for (guint i = 0; i < header->parts->len; i++) {
    const ImagePart *part = g_ptr_array_index(header->parts, i);

    if (depth == 0 && is_given(requirement, part))
      continue;
    if (!check_part(walk, requirement, image, part, depth, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean check_image(const Walk *walk, const PlanRequirement *requirement, GError **error)
{
  g_auto(ImageHeader) header = { 0 };
  gboolean is_raw = g_str_equal(requirement->format, "raw");
  autofd int fd = is_raw && walk->is_starting ? -1 : open_image(requirement->path);

  /* That it is not there, or cannot be read, is told by then. */
  if (fd < 0 && (is_raw || errno == 0 || errno == EACCES || errno == ENOENT || errno == ENOTDIR))
    return TRUE;
  if (fd < 0)
    return requirement_refuse(requirement, error, "cannot read '%s': %s", requirement->path,
                              g_strerror(errno));
  if (!walk->is_starting && !check_lock(requirement, fd, DOMRUN_ERROR_HOST, error))
    return FALSE;
  if (!read_header(fd, &header))
    return requirement_refuse(requirement, error, "cannot read '%s': %s", requirement->path,
                              g_strerror(errno));
  return check_format(requirement, &header, walk->report, error) && check_data(requirement, &header, error) &&
         (is_raw || check_parts(walk, requirement, requirement->path, &header, /* depth= */ 0, error));
}

static void check_images(const Walk *walk)
{
  for (guint i = 0; i < walk->plan->requirements->len; i++) {
    const PlanRequirement *requirement = g_ptr_array_index(walk->plan->requirements, i);
    GError *error = NULL;

    if (requirement->format && !check_image(walk, requirement, &error))
      report_error(walk->report, error);
  }
}

void images_check(Plan *plan, Report *report)
{
  check_images(&(const Walk){ .plan = plan, .report = report });
}

void images_follow(Plan *plan, Report *report)
{
  check_images(&(const Walk){ .plan = plan, .report = report, .is_starting = TRUE });
}

gboolean images_explain(const Plan *plan, const char *words, DomrunError code, GError **error)
{
  for (guint i = 0; i < plan->requirements->len && strstr(words, "Failed to get \""); i++) {
    const PlanRequirement *requirement = g_ptr_array_index(plan->requirements, i);
    autofd int fd = requirement->format ? open_image(requirement->path) : -1;

    if (fd >= 0 && !check_lock(requirement, fd, code, error))
      return FALSE;
  }
  return TRUE;
}
