/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "host/descriptors.h"
#include "host/requirement.h"

enum {
  TEMPLATE_MAX = 64 * 1024 * 1024, /* bytes of a template: QEMU's flash holds 8 MiB of x86, 64 of others */
};

/* ---- Descriptors ---- */

static const char *string_of(const Json *object, const char *key)
{
  return object ? json_get_string(object, key) : NULL;
}

static gboolean array_has(const Json *object, const char *key, const char *value)
{
  const Json *array = json_get(object, key);

  for (gsize i = 0; i < json_length(array); i++) {
    if (g_strcmp0(json_as_string(json_at(array, i)), value) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean fits_machine(const Json *target, const char *machine)
{
  const Json *machines = json_get(target, "machines");

  for (gsize i = 0; i < json_length(machines); i++) {
    const char *pattern = json_as_string(json_at(machines, i));

    if (pattern && fnmatch(pattern, machine, 0) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean fits_target(const Json *descriptor, const FirmwareRequest *request)
{
  const Json *targets = json_get(descriptor, "targets");

  for (gsize i = 0; i < json_length(targets); i++) {
    const Json *target = json_at(targets, i);

    if (g_strcmp0(string_of(target, "architecture"), request->arch) == 0 &&
        fits_machine(target, request->machine))
      return TRUE;
  }
  return FALSE;
}

static gboolean fits_wish(FirmwareWish wish, gboolean has)
{
  return wish == FIRMWARE_WISH_NONE || (wish == FIRMWARE_WISH_YES) == has;
}

static gboolean fits_features(const Json *descriptor, const FirmwareRequest *request)
{
  return fits_wish(request->secure_boot, array_has(descriptor, "features", "secure-boot")) &&
         fits_wish(request->enrolled_keys, array_has(descriptor, "features", "enrolled-keys")) &&
         (request->smm != FIRMWARE_WISH_NO || !array_has(descriptor, "features", "requires-smm"));
}

/* Of flash there are three kinds: with a template for variables of one's own, without any, and all in one
 * file, which would have to be copied for each guest. */
static gboolean fits_mapping(const Json *descriptor, const FirmwareRequest *request)
{
  const Json *mapping = json_get_object(descriptor, "mapping");
  const Json *executable = json_get_object(mapping, "executable");
  const char *device = string_of(mapping, "device"), *mode = string_of(mapping, "mode");

  if (g_strcmp0(device, "memory") == 0)
    return string_of(mapping, "filename") && (request->is_stateless || !request->is_uefi) && !request->format;
  if (g_strcmp0(device, "flash") != 0 || !string_of(executable, "filename") ||
      g_strcmp0(mode, "combined") == 0)
    return FALSE;
  if (request->format && g_strcmp0(string_of(executable, "format"), request->format) != 0)
    return FALSE;
  if (g_strcmp0(mode, "stateless") == 0)
    return request->is_stateless;
  return !request->is_stateless && string_of(json_get_object(mapping, "nvram-template"), "filename");
}

static gboolean fits(const Json *descriptor, const FirmwareRequest *request)
{
  return array_has(descriptor, "interface-types", request->is_uefi ? "uefi" : "bios") &&
         fits_target(descriptor, request) && fits_features(descriptor, request) &&
         fits_mapping(descriptor, request);
}

static gboolean is_absolute(const char *path)
{
  return !path || g_path_is_absolute(path);
}

static gboolean take(const Json *descriptor, FirmwareFound *ret_found)
{
  const Json *mapping = json_get_object(descriptor, "mapping");
  const Json *executable = json_get_object(mapping, "executable"),
             *template = json_get_object(mapping, "nvram-template");
  gboolean is_memory = g_strcmp0(string_of(mapping, "device"), "memory") == 0;
  const char *loader = is_memory ? string_of(mapping, "filename") : string_of(executable, "filename");

  if (!is_absolute(loader) || !is_absolute(string_of(template, "filename")))
    return FALSE;
  *ret_found = (FirmwareFound){
    .loader = g_strdup(loader),
    .loader_format = g_strdup(string_of(executable, "format")),
    .template_path = g_strdup(string_of(template, "filename")),
    .template_format = g_strdup(string_of(template, "format")),
    .is_memory = is_memory,
    .needs_smm = array_has(descriptor, "features", "requires-smm"),
  };
  return TRUE;
}

gboolean firmware_try(const Json *descriptor, const FirmwareRequest *request, FirmwareFound *ret_found)
{
  return fits(descriptor, request) && take(descriptor, ret_found);
}

typedef struct {
  const FirmwareRequest *request;
  FirmwareFound *ret_found;
} Search;

static gboolean try_request(const Json *descriptor, gpointer user_data)
{
  const Search *search = user_data;

  return firmware_try(descriptor, search->request, search->ret_found);
}

gboolean firmware_find_in(const char *const *directories, const FirmwareRequest *request,
                          FirmwareFound *ret_found)
{
  Search search = { request, ret_found };

  return descriptors_each(directories, try_request, &search);
}

char *firmware_try_template(const Json *descriptor, const char *loader)
{
  const Json *mapping = json_get_object(descriptor, "mapping");
  const char *template = string_of(json_get_object(mapping, "nvram-template"), "filename");

  if (!template || !g_path_is_absolute(template) ||
      g_strcmp0(string_of(json_get_object(mapping, "executable"), "filename"), loader) != 0)
    return NULL;
  return g_strdup(template);
}

typedef struct {
  const char *loader;
  char *found;
} TemplateSearch;

static gboolean try_template(const Json *descriptor, gpointer user_data)
{
  TemplateSearch *search = user_data;

  search->found = firmware_try_template(descriptor, search->loader);
  return search->found != NULL;
}

/* What distributions have put side by side, also where no descriptor says so. */
static const struct {
  const char *loader, *template_path;
} pairs[] = {
  { "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" }, /* Debian, Ubuntu */
  { "/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd" },
  { "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
  { "/usr/share/OVMF/OVMF_CODE_4M.snakeoil.fd", "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd" },
  { "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
  { "/usr/share/OVMF/OVMF_CODE.ms.fd", "/usr/share/OVMF/OVMF_VARS.ms.fd" },
  { "/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
  { "/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
  { "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" }, /* Fedora, RHEL */
  { "/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd" },
  { "/usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2", "/usr/share/edk2/ovmf/OVMF_VARS_4M.qcow2" },
  { "/usr/share/edk2/ovmf/OVMF_CODE_4M.secboot.qcow2", "/usr/share/edk2/ovmf/OVMF_VARS_4M.secboot.qcow2" },
  { "/usr/share/edk2-ovmf/x64/OVMF_CODE.fd", "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd" }, /* Arch */
  { "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
  { "/usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
  { "/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin" }, /* SUSE */
  { "/usr/share/qemu/ovmf-x86_64-ms-code.bin", "/usr/share/qemu/ovmf-x86_64-ms-vars.bin" },
  { "/usr/share/qemu/ovmf-x86_64-smm-ms-code.bin", "/usr/share/qemu/ovmf-x86_64-smm-ms-vars.bin" },
  { "/usr/share/qemu/edk2-x86_64-code.fd", "/usr/share/qemu/edk2-i386-vars.fd" }, /* QEMU's own; Alpine */
  { "/usr/share/qemu/edk2-x86_64-secure-code.fd", "/usr/share/qemu/edk2-i386-vars.fd" },
  { "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd" },
};

char *firmware_find_template_in(const char *const *directories, const char *loader)
{
  TemplateSearch search = { loader, NULL };

  if (descriptors_each(directories, try_template, &search))
    return search.found;
  for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
    if (g_str_equal(pairs[i].loader, loader))
      return g_strdup(pairs[i].template_path);
  }
  return NULL;
}

gboolean firmware_find(const FirmwareRequest *request, FirmwareFound *ret_found)
{
  g_auto(GStrv) directories = descriptors_directories("firmware");

  return firmware_find_in((const char *const *)directories, request, ret_found);
}

char *firmware_find_template(const char *loader)
{
  g_auto(GStrv) directories = descriptors_directories("firmware");

  return firmware_find_template_in((const char *const *)directories, loader);
}

/* ---- What is missing ---- */

gboolean firmware_refuse(const PlanRequirement *requirement, GError **error)
{
  requirement_refuse(
      requirement, error,
      "this host has no UEFI firmware for %s (looked for descriptors in /etc/qemu/firmware and "
      "/usr/share/qemu/firmware)",
      requirement->path);
  return error_add_hint(
      error, "install the package ovmf (Debian, Ubuntu, openSUSE) or edk2-ovmf (Fedora, RHEL, Arch)");
}

gboolean firmware_check_variables(const PlanRequirement *requirement, GError **error)
{
  if (access(requirement->path, F_OK) == 0) {
    if (access(requirement->path, R_OK | W_OK) == 0)
      return TRUE;
    return requirement_refuse(requirement, error,
                              "cannot write '%s', in which the firmware keeps its variables: %s",
                              requirement->path, g_strerror(errno));
  }
  if (!requirement->template_path) {
    requirement_refuse(
        requirement, error,
        "there is no file '%s' for the firmware's variables, and nobody knows the template to make it "
        "from: no descriptor in /etc/qemu/firmware or /usr/share/qemu/firmware names this loader",
        requirement->path);
    return error_add_hint(error,
                          "name it: <nvram template='FILE'/>, which usually lies beside the loader, called "
                          "..._VARS");
  }
  if (access(requirement->template_path, R_OK) == 0)
    return TRUE;
  requirement_refuse(requirement, error, "cannot read the template '%s' of the firmware's variables: %s",
                     requirement->template_path, g_strerror(errno));
  return error_add_hint(error, "<nvram template='FILE'/> names another");
}

/* ---- The file of the variables ---- */

static int fail(const PlanResource *resource, const char *what, const char *path, GError **error)
{
  int saved = errno;

  error_set(error, DOMRUN_ERROR_HOST, &resource->place, NULL, "%s '%s': %s", what, path, g_strerror(saved));
  return -1;
}

static gboolean copy(int from, int to)
{
  char buffer[64 * 1024];
  gsize total = 0;
  gssize length;

  while ((length = read(from, buffer, sizeof(buffer))) > 0) {
    total += (gsize)length;
    if (total > TEMPLATE_MAX) {
      errno = EFBIG;
      return FALSE;
    }
    for (gssize done = 0; done < length;) {
      gssize written = write(to, buffer + done, (gsize)(length - done));

      if (written < 0)
        return FALSE;
      done += written;
    }
  }
  return length == 0 && fsync(to) == 0;
}

/* A file without a name, of which nothing is left whatever happens; where the file system has none, one with
 * a name that nobody has, *@ret_name. -1 with errno set on failure. */
static int open_nameless(const char *path, char **ret_name)
{
  g_autofree char *directory = g_path_get_dirname(path);
  int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return fd;
  *ret_name = g_strdup_printf("%s.%08x.new", path, g_random_int());
  return open(*ret_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static gboolean link_file(int fd, const char *name, const char *path)
{
  g_autofree char *open_file = g_strdup_printf("/proc/self/fd/%d", fd);

  return linkat(AT_FDCWD, name ? name : open_file, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

enum { REPLACE_TRIES = 8 };

/* What another start has called so, or a start that was killed has left, has the same in it: it is replaced,
 * or taken for this one's. */
static gboolean replace_file(int fd, const char *name, const char *path)
{
  g_autofree char *other = g_strconcat(path, ".new", NULL);

  if (name)
    return rename(name, path) == 0;
  for (guint tries = 0; tries < REPLACE_TRIES; tries++) {
    if (link_file(fd, NULL, other)) {
      if (rename(other, path) == 0)
        return TRUE;
      if (errno != ENOENT) /* else the other start has taken it */
        break;
    } else if (errno == EEXIST) {
      unlink(other);
    } else {
      break;
    }
  }
  return FALSE;
}

/* It is there whole or not at all, and as it was or whole, whatever happens, a power failure as well. Two
 * guests that start at once make one. */
static gboolean make(const PlanResource *resource, GError **error)
{
  autofd int template = open(resource->template_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  g_autofree char *name = NULL;
  autofd int fd = -1;
  gboolean is_done;

  if (template <0)
    return fail(resource, "cannot read the template", resource->template_path, error) == 0;
  fd = open_nameless(resource->path, &name);
  if (fd < 0)
    return fail(resource, "cannot make", resource->path, error) == 0;
  is_done = copy(template, fd);
  if (is_done)
    is_done = resource->is_reset ? replace_file(fd, name, resource->path)
                                 : link_file(fd, name, resource->path) || errno == EEXIST;
  if (!is_done)
    fail(resource, "cannot make", resource->path, error);
  if (name)
    unlink(name);
  return is_done;
}

/* Ours is made, and is nobody else's business. */
static gboolean make_directory(const PlanResource *resource, GError **error)
{
  g_autofree char *directory = g_path_get_dirname(resource->path);

  if (g_mkdir_with_parents(directory, 0700) == 0)
    return TRUE;
  return fail(resource, "cannot make the directory", directory, error) == 0;
}

/* What is made anew takes the name of the old one: that of a device would be none any more. */
static gboolean check_replaced(const PlanResource *resource, GError **error)
{
  struct stat status;

  if (!resource->is_reset || stat(resource->path, &status) < 0 || S_ISREG(status.st_mode))
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, &resource->place, NULL,
            "--reset-nvram: '%s' is no file, and is not replaced by one", resource->path);
  return error_add_hint(error, "write the template to it: '%s'",
                        resource->template_path ? resource->template_path : "that of the firmware");
}

int firmware_make_variables(const PlanResource *resource, GError **error)
{
  int fd;

  if (!check_replaced(resource, error))
    return -1;
  if (resource->is_reset || access(resource->path, F_OK) != 0) {
    if (!resource->template_path) {
      error_set(error, DOMRUN_ERROR_HOST, &resource->place, NULL,
                "there is no template to make the firmware's variables '%s' from", resource->path);
      return -1;
    }
    if ((resource->is_generated && !make_directory(resource, error)) || !make(resource, error))
      return -1;
  }
  fd = open(resource->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  return fd < 0 ? fail(resource, "cannot open", resource->path, error) : fd;
}
