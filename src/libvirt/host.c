/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The connection, and what is known of this host.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "libvirt/procedures.h"

/* As GET_VERSION counts: that of libvirt's format which domrun has. */
#define LIBVIRT_VERSION G_GUINT64_CONSTANT(9000000)

/* Of virConnectOpen's flags. */
enum { OPEN_READONLY = 1 << 0 };

/* A model of a CPU has 32 bytes. */
enum { MODEL_BYTES = 32 };

enum { MAX_VCPUS = 255 };

void host_auth_list(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  const gint32 none = 0;

  call_return(call,
              g_variant_new("(@ai)", g_variant_new_fixed_array(G_VARIANT_TYPE_INT32, &none, 1, sizeof none)));
}

/* Of the parameters in its URI, which is the client's: where guests are looked for. */
static char *root_of(const char *uri)
{
  g_autoptr(GUri) parsed = uri ? g_uri_parse(uri, G_URI_FLAGS_NONE, NULL) : NULL;
  const char *query = parsed ? g_uri_get_query(parsed) : NULL;
  g_autoptr(GHashTable) parameters =
      query ? g_uri_parse_params(query, -1, "&;", G_URI_PARAMS_NONE, NULL) : NULL;

  return parameters ? g_strdup(g_hash_table_lookup(parameters, "root")) : NULL;
}

void host_open(Call *call, GVariant *arguments)
{
  Session *session = call_session(call);
  const char *name;
  guint32 flags;

  g_variant_get(arguments, "(m&su)", &name, &flags);
  if (session->is_open) {
    call_fail_with(call, LIBVIRT_ERROR_RPC, "the connection is open already");
    return;
  }
  session->uri = g_strdup(name && *name ? name : geteuid() == 0 ? "qemu:///system" : "qemu:///session");
  if (!session->root)
    session->root = root_of(name);
  session->is_readonly = session->is_readonly || flags & OPEN_READONLY;
  session->is_open = TRUE;
  call_return(call, g_variant_new("()"));
}

void host_close(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  Session *session = call_session(call);

  call_return(call, g_variant_new("()"));
  connection_close(session->connection);
}

void host_nothing(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("()"));
}

/* The rest are of migration. */
void host_has_feature(Call *call, GVariant *arguments)
{
  enum { TYPED_STRINGS = 9, KEEPALIVE = 10, CLOSE_CALLBACK = 15 };
  gint32 feature;

  g_variant_get(arguments, "(i)", &feature);
  call_return(call, g_variant_new("(i)", feature == TYPED_STRINGS || feature == KEEPALIVE ||
                                             feature == CLOSE_CALLBACK));
}

void host_type(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(s)", "QEMU"));
}

void host_version(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(t)", LIBVIRT_VERSION));
}

void host_max_vcpus(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(i)", MAX_VCPUS));
}

/* ---- The machine ---- */

static GVariant *model_of(const char *name)
{
  GVariant *bytes[MODEL_BYTES];
  gsize length = strlen(name);

  for (gsize i = 0; i < MODEL_BYTES; i++)
    bytes[i] = g_variant_new_byte(i < length && i < MODEL_BYTES - 1 ? (guint8)name[i] : 0);
  return g_variant_new_tuple(bytes, MODEL_BYTES);
}

static guint64 memory_kib(int pages)
{
  return (guint64)MAX(sysconf(pages), 0) * (guint64)sysconf(_SC_PAGESIZE) / 1024;
}

void host_info(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  int cpus = (int)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1);
  struct utsname name;

  uname(&name);
  call_return(call, g_variant_new("(@(yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy)tiiiiii)", model_of(name.machine),
                                  memory_kib(_SC_PHYS_PAGES), cpus, 0, 1, 1, cpus, 1));
}

void host_free_memory(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(t)", memory_kib(_SC_AVPHYS_PAGES) * 1024));
}

/* The document is short: what a client chooses from is QEMU's, which is asked for by its own verbs. */
void host_capabilities(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  static const char *const guests[] = { "x86_64", "i686", "aarch64", "armv7l", "riscv64", "ppc64", "s390x" };
  static const char *const emulators[] = { "x86_64", "i386", "aarch64", "arm", "riscv64", "ppc64", "s390x" };
  GString *text = g_string_new("<capabilities>\n  <host>\n    <cpu>\n");
  struct utsname name;

  uname(&name);
  g_string_append_printf(text, "      <arch>%s</arch>\n    </cpu>\n  </host>\n", name.machine);
  for (gsize i = 0; i < G_N_ELEMENTS(guests); i++) {
    g_autofree char *program = g_strconcat("qemu-system-", emulators[i], NULL);
    g_autofree char *path = g_find_program_in_path(program);
    gboolean has_kvm = g_str_equal(guests[i], name.machine) && access("/dev/kvm", R_OK | W_OK) == 0;

    if (path)
      g_string_append_printf(
          text,
          "  <guest>\n    <os_type>hvm</os_type>\n    <arch name='%s'>\n      <wordsize>%d</wordsize>\n"
          "      <emulator>%s</emulator>\n      <domain type='qemu'/>\n%s    </arch>\n  </guest>\n",
          guests[i], strstr(guests[i], "64") || strstr(guests[i], "390") ? 64 : 32, path,
          has_kvm ? "      <domain type='kvm'/>\n" : "");
  }
  g_string_append(text, "</capabilities>\n");
  call_return(call, g_variant_new("(s)", text->str));
  g_string_free(text, /* free_segment= */ TRUE);
}

void host_name(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(s)", g_get_host_name()));
}

void host_uri(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(s)", call_session(call)->uri));
}

/* It is a pipe, or a socket of this host. */
void host_is_secure(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(i)", 1));
}

void host_security_model(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(@ai@ai)", g_variant_new_array(G_VARIANT_TYPE_INT32, NULL, 0),
                                  g_variant_new_array(G_VARIANT_TYPE_INT32, NULL, 0)));
}
