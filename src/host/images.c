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

/* Backing files on backing files; whatever is longer is left to QEMU, as is a circle. */
enum { MAX_DEPTH = 64 };

gboolean images_can_read(const char *path)
{
  return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
}

/* -1 for what is neither a file nor a block device: to open it could have consequences. */
static int open_image(const char *path)
{
  autofd int fd = -1;
  struct stat status;

  if (stat(path, &status) < 0 || (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)))
    return -1;
  fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  return fd >= 0 && fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode))
             ? g_steal_fd(&fd)
             : -1;
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

/* ---- The files that an image names ---- */

static gboolean check_parts(const PlanRequirement *requirement, const char *image, const ImageHeader *header,
                            int depth, Report *report, GError **error);

static gboolean refuse_part(const PlanRequirement *requirement, const char *image, const ImagePart *part,
                            const char *path, int reason, GError **error)
{
  requirement_refuse(requirement, error, "'%s' needs its %s '%s': %s", image, part->role, path,
                     g_strerror(reason));
  if (g_str_equal(part->role, "backing file"))
    error_add_hint(error, "<backingStore> names another one; qemu-img rebase -u changes the image");
  return FALSE;
}

/* The format of a backing file that no header tells is guessed by QEMU, and not by us. */
static void warn_of_guess(const PlanRequirement *requirement, const char *image, const char *path,
                          Report *report)
{
  report_warning(report, &requirement->place, requirement->attribute,
                 "say it in <backingStore>, or in the image: qemu-img rebase -u -b FILE -F FORMAT",
                 "'%s' does not tell the format of its backing file '%s', and QEMU guesses it", image, path);
}

static gboolean check_part(const PlanRequirement *requirement, const char *image, const ImagePart *part,
                           int depth, Report *report, GError **error)
{
  g_autofree char *path = image_part_path(part, image);
  g_auto(ImageHeader) header = { 0 };
  autofd int fd = -1;

  if (!path)
    return TRUE;
  if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0)
    return refuse_part(requirement, image, part, path, errno, error);
  if (!part->format)
    warn_of_guess(requirement, image, path, report);
  if (depth >= MAX_DEPTH || g_strcmp0(part->format, "raw") == 0)
    return TRUE;
  fd = open_image(path);
  return fd < 0 || !read_header(fd, &header) ||
         check_parts(requirement, path, &header, depth + 1, report, error);
}

/* The document names another one, or the same. */
static gboolean is_given(const PlanRequirement *requirement, const ImagePart *part)
{
  return (requirement->has_own_chain && g_str_equal(part->role, "backing file")) ||
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

static gboolean check_parts(const PlanRequirement *requirement, const char *image, const ImageHeader *header,
                            int depth, Report *report, GError **error)
{
  for (guint i = 0; i < header->parts->len; i++) {
    const ImagePart *part = g_ptr_array_index(header->parts, i);

    if (depth == 0 && is_given(requirement, part))
      continue;
    if (!check_part(requirement, image, part, depth, report, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean check_image(const PlanRequirement *requirement, Report *report, GError **error)
{
  g_auto(ImageHeader) header = { 0 };
  autofd int fd = open_image(requirement->path);

  if (fd < 0)
    return TRUE;
  if (!check_lock(requirement, fd, DOMRUN_ERROR_HOST, error))
    return FALSE;
  if (!read_header(fd, &header))
    return requirement_refuse(requirement, error, "cannot read '%s': %s", requirement->path,
                              g_strerror(errno));
  return check_format(requirement, &header, report, error) && check_data(requirement, &header, error) &&
         (g_str_equal(requirement->format, "raw") ||
          check_parts(requirement, requirement->path, &header, /* depth= */ 0, report, error));
}

void images_check(const Plan *plan, Report *report)
{
  for (guint i = 0; i < plan->requirements->len; i++) {
    const PlanRequirement *requirement = g_ptr_array_index(plan->requirements, i);
    GError *error = NULL;

    if (requirement->format && !check_image(requirement, report, &error))
      report_error(report, error);
  }
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
