/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What guests there are, and what is known of each: by what its supervisor has written, so that a supervisor
 * that hangs keeps nobody waiting.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/protocol.h"
#include "domain/memory.h"
#include "libvirt/procedures.h"
#include "xml/annotate.h"
#include "xml/hide.h"
#include "xml/element.h"

/* virDomainState, and the flags of virConnectListAllDomains. */
enum { STATE_RUNNING = 1, STATE_PAUSED = 3, STATE_SHUTDOWN = 4, STATE_CRASHED = 6 };
enum {
  LIST_ACTIVE = 1 << 0,
  LIST_INACTIVE = 1 << 1,
  LIST_PERSISTENT = 1 << 2,
  LIST_TRANSIENT = 1 << 3,
  LIST_RUNNING = 1 << 4,
  LIST_PAUSED = 1 << 5,
  LIST_SHUTOFF = 1 << 6,
  LIST_OTHER = 1 << 7,
  LIST_SAVED = 1 << 8,
  LIST_UNSAVED = 1 << 9,
  LIST_AUTOSTART = 1 << 10,
  LIST_NO_AUTOSTART = 1 << 11,
  LIST_SNAPSHOT = 1 << 12,
  LIST_NO_SNAPSHOT = 1 << 13,
};

/* Of virDomainXMLFlags. */
enum { XML_SECURE = 1 << 0 };

static int state_of(const Guest *guest)
{
  static const int states[GUEST_STATE_LAST] = {
    [GUEST_STARTING] = STATE_RUNNING,     [GUEST_RUNNING] = STATE_RUNNING,
    [GUEST_PAUSED] = STATE_PAUSED,        [GUEST_SHUTTING_DOWN] = STATE_SHUTDOWN,
    [GUEST_RESTARTING] = STATE_RUNNING,   [GUEST_PRESERVED] = STATE_CRASHED,
    [GUEST_UNSUPERVISED] = STATE_RUNNING,
  };

  return states[guest->state.state];
}

/* ---- Lists ---- */

/* A group of flags of which none is given filters nothing. */
static gboolean passes(guint32 flags, guint32 group, guint32 own)
{
  return !(flags & group) || flags & own;
}

static gboolean is_wanted(const Guest *guest, guint32 flags)
{
  int state = state_of(guest);
  guint32 own = state == STATE_RUNNING ? LIST_RUNNING : state == STATE_PAUSED ? LIST_PAUSED : LIST_OTHER;

  return passes(flags, LIST_ACTIVE | LIST_INACTIVE, LIST_ACTIVE) &&
         passes(flags, LIST_PERSISTENT | LIST_TRANSIENT, LIST_TRANSIENT) &&
         passes(flags, LIST_RUNNING | LIST_PAUSED | LIST_SHUTOFF | LIST_OTHER, own) &&
         passes(flags, LIST_SAVED | LIST_UNSAVED, LIST_UNSAVED) &&
         passes(flags, LIST_AUTOSTART | LIST_NO_AUTOSTART, LIST_NO_AUTOSTART) &&
         passes(flags, LIST_SNAPSHOT | LIST_NO_SNAPSHOT, LIST_NO_SNAPSHOT);
}

void guests_all(Call *call, GVariant *arguments)
{
  GError *error = NULL;
  g_autoptr(GPtrArray) guests = find_guests(call_session(call), &error);
  GVariantBuilder list;
  gint32 needs_results;
  guint32 flags, n = 0;

  if (!guests) {
    call_fail(call, error);
    return;
  }
  g_variant_get(arguments, "(iu)", &needs_results, &flags);
  g_variant_builder_init(&list, G_VARIANT_TYPE("a" GUEST_TYPE));
  for (guint i = 0; i < guests->len; i++) {
    const Guest *guest = g_ptr_array_index(guests, i);

    if (!is_wanted(guest, flags))
      continue;
    n++;
    if (needs_results)
      g_variant_builder_add_value(&list, find_reply(guest));
  }
  call_return(call, g_variant_new("(@a" GUEST_TYPE "u)", g_variant_builder_end(&list), n));
}

void guests_ids(Call *call, GVariant *arguments)
{
  GError *error = NULL;
  g_autoptr(GPtrArray) guests = find_guests(call_session(call), &error);
  GVariantBuilder list;
  gint32 most;

  if (!guests) {
    call_fail(call, error);
    return;
  }
  g_variant_get(arguments, "(i)", &most);
  g_variant_builder_init(&list, G_VARIANT_TYPE("ai"));
  for (guint i = 0; i < guests->len && (gint32)i < most; i++)
    g_variant_builder_add(&list, "i", (gint32)((Guest *)g_ptr_array_index(guests, i))->state.supervisor_pid);
  call_return(call, g_variant_new("(@ai)", g_variant_builder_end(&list)));
}

void guests_count(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  GError *error = NULL;
  g_autoptr(GPtrArray) guests = find_guests(call_session(call), &error);

  if (guests)
    call_return(call, g_variant_new("(i)", (gint32)guests->len));
  else
    call_fail(call, error);
}

void guests_defined_names(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(@as)", g_variant_new_strv(NULL, 0)));
}

void guests_defined_count(Call *call, G_GNUC_UNUSED GVariant *arguments)
{
  call_return(call, g_variant_new("(i)", 0));
}

/* ---- One ---- */

static void return_guest(Call *call, Guest *guest, GError *error)
{
  g_autoptr(Guest) owned = guest;

  if (owned)
    call_return(call, g_variant_new("(@" GUEST_TYPE ")", find_reply(owned)));
  else
    call_fail(call, error);
}

void guests_by_id(Call *call, GVariant *arguments)
{
  g_autofree char *text = NULL;
  GError *error = NULL;
  gint32 id;
  Guest *guest;

  g_variant_get(arguments, "(i)", &id);
  text = g_strdup_printf("%d", id);
  guest = find_guest_named(call_session(call), text, &error);
  return_guest(call, guest, error);
}

void guests_by_name(Call *call, GVariant *arguments)
{
  const char *name;
  GError *error = NULL;
  Guest *guest;

  g_variant_get(arguments, "(&s)", &name);
  guest = find_guest_named(call_session(call), name, &error);
  return_guest(call, guest, error);
}

void guests_by_uuid(Call *call, GVariant *arguments)
{
  g_autoptr(GVariant) uuid = g_variant_get_child_value(arguments, 0);
  g_autoptr(GVariant) named = g_variant_ref_sink(g_variant_new("(s@(tt)i)", "", uuid, -1));
  GError *error = NULL;
  Guest *guest = find_guest(call_session(call), named, &error);

  return_guest(call, guest, error);
}

/* ---- What is known of it ---- */

/* That of the call; NULL: it has failed. */
static Guest *begin(Call *call, GVariant *arguments)
{
  g_autoptr(GVariant) named = g_variant_get_child_value(arguments, 0);
  GError *error = NULL;
  Guest *guest = find_guest(call_session(call), named, &error);

  if (!guest)
    call_fail(call, error);
  return guest;
}

/* What its supervisor has published; NULL with an error. */
static XmlDocument *load(const Guest *guest, GError **error)
{
  g_autofree char *text = guest_file_read(runtime_dir_fd(guest->directory), CONTROL_LIVE_FILE, error);

  return text ? xml_document_load_bytes(text, strlen(text), CONTROL_LIVE_FILE, "/", error) : NULL;
}

/* Its document; NULL: the call has failed. */
static XmlDocument *begin_document(Call *call, GVariant *arguments)
{
  g_autoptr(Guest) guest = begin(call, arguments);
  XmlDocument *document = NULL;
  GError *error = NULL;

  if (!guest)
    return NULL;
  document = load(guest, &error);
  if (!document)
    call_fail(call, error);
  return document;
}

void guest_xml(Call *call, GVariant *arguments)
{
  g_autoptr(XmlDocument) document = begin_document(call, arguments);
  g_autofree char *text = NULL;
  guint32 flags;

  if (!document)
    return;
  g_variant_get_child(arguments, 1, "u", &flags);
  if (!(flags & XML_SECURE) || call_session(call)->is_readonly)
    xml_hide_secrets(document);
  text = xml_document_text(document);
  call_return(call, g_variant_new("(s)", text));
}

typedef struct {
  guint64 memory_kib, current_kib;
  guint32 vcpus;
} Sizes;

static guint64 memory_of(xmlNode *root, const char *name)
{
  xmlNode *node = xml_next_child(root, name, NULL);
  guint64 kib = 0;

  return node && memory_read_kib(node, &kib, NULL) ? kib : 0;
}

static Sizes sizes_of(const XmlDocument *document)
{
  xmlNode *root = xml_document_root(document), *vcpu = xml_next_child(root, "vcpu", NULL);
  Sizes sizes = { .memory_kib = memory_of(root, "memory"), .current_kib = memory_of(root, "currentMemory") };
  guint64 vcpus = 1;

  if (vcpu)
    xml_text_uint(vcpu, 1, G_MAXINT32, &vcpus, NULL);
  if (sizes.current_kib == 0)
    sizes.current_kib = sizes.memory_kib;
  sizes.vcpus = (guint32)vcpus;
  return sizes;
}

/* Nanoseconds that QEMU has had of the processors: proc(5), fields 14 and 15. */
static guint64 cpu_time_of(const Guest *guest)
{
  g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/stat", guest->state.emulator_pid);
  g_autofree char *text = NULL;
  guint64 user = 0, kernel = 0;
  long ticks = sysconf(_SC_CLK_TCK);
  const char *end;

  if (guest->state.emulator_pid <= 0 || !g_file_get_contents(path, &text, NULL, NULL))
    return 0;
  end = strrchr(text, ')');
  if (!end ||
      sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
             &user, &kernel) != 2)
    return 0;
  return (user + kernel) * (G_GUINT64_CONSTANT(1000000000) / (guint64)MAX(ticks, 1));
}

void guest_info(Call *call, GVariant *arguments)
{
  g_autoptr(XmlDocument) document = begin_document(call, arguments);
  g_autoptr(GVariant) named = NULL;
  g_autoptr(Guest) guest = NULL;
  GError *error = NULL;
  Sizes sizes;

  if (!document)
    return;
  sizes = sizes_of(document);
  named = g_variant_get_child_value(arguments, 0);
  guest = find_guest(call_session(call), named, &error);
  if (guest)
    call_return(call, g_variant_new("(yttut)", state_of(guest), sizes.memory_kib, sizes.current_kib,
                                    sizes.vcpus, cpu_time_of(guest)));
  else
    call_fail(call, error);
}

/* The reasons that libvirt's clients know: 1 is "booted", "user", ... of each state. */
void guest_state(Call *call, GVariant *arguments)
{
  g_autoptr(Guest) guest = begin(call, arguments);

  if (guest)
    call_return(call, g_variant_new("(ii)", state_of(guest), 1));
}

void guest_control_info(Call *call, GVariant *arguments)
{
  g_autoptr(Guest) guest = begin(call, arguments);

  if (guest)
    call_return(call, g_variant_new("(uut)", 0, 0, G_GUINT64_CONSTANT(0)));
}

void guest_max_memory(Call *call, GVariant *arguments)
{
  g_autoptr(XmlDocument) document = begin_document(call, arguments);

  if (document)
    call_return(call, g_variant_new("(t)", sizes_of(document).memory_kib));
}

void guest_max_vcpus(Call *call, GVariant *arguments)
{
  g_autoptr(XmlDocument) document = begin_document(call, arguments);

  if (document)
    call_return(call, g_variant_new("(i)", (gint32)sizes_of(document).vcpus));
}

void guest_vcpus(Call *call, GVariant *arguments)
{
  guest_max_vcpus(call, arguments);
}

void guest_os_type(Call *call, GVariant *arguments)
{
  g_autoptr(Guest) guest = begin(call, arguments);

  if (guest)
    call_return(call, g_variant_new("(s)", "hvm"));
}

void guest_yes(Call *call, GVariant *arguments)
{
  g_autoptr(Guest) guest = begin(call, arguments);

  if (guest)
    call_return(call, g_variant_new("(i)", 1));
}

void guest_no(Call *call, GVariant *arguments)
{
  g_autoptr(Guest) guest = begin(call, arguments);

  if (guest)
    call_return(call, g_variant_new("(i)", 0));
}

/* ---- Numbers of many ---- */

/* virDomainStatsTypes; what is not asked for is left out, and nothing asked for is all. */
enum { STATS_STATE = 1 << 0, STATS_CPU = 1 << 1, STATS_BALLOON = 1 << 2, STATS_VCPU = 1 << 3 };

static void add_number(GVariantBuilder *list, const char *name, GVariant *value)
{
  g_variant_builder_add(list, "(sv)", name, value);
}

static void add_document_stats(GVariantBuilder *list, const XmlDocument *document, guint32 wanted)
{
  Sizes sizes = sizes_of(document);

  if (wanted & STATS_BALLOON) {
    add_number(list, "balloon.current", g_variant_new_uint64(sizes.current_kib));
    add_number(list, "balloon.maximum", g_variant_new_uint64(sizes.memory_kib));
  }
  if (wanted & STATS_VCPU) {
    add_number(list, "vcpu.current", g_variant_new_uint32(sizes.vcpus));
    add_number(list, "vcpu.maximum", g_variant_new_uint32(sizes.vcpus));
  }
}

/* One that ends meanwhile has a state, and no more. */
static GVariant *stats_of(const Guest *guest, guint32 wanted)
{
  g_autoptr(XmlDocument) document = load(guest, NULL);
  GVariantBuilder list;

  g_variant_builder_init(&list, G_VARIANT_TYPE("a(sv)"));
  if (wanted & STATS_STATE) {
    add_number(&list, "state.state", g_variant_new_int32(state_of(guest)));
    add_number(&list, "state.reason", g_variant_new_int32(1));
  }
  if (wanted & STATS_CPU)
    add_number(&list, "cpu.time", g_variant_new_uint64(cpu_time_of(guest)));
  if (document)
    add_document_stats(&list, document, wanted);
  return g_variant_new("(@" GUEST_TYPE "@a(sv))", find_reply(guest), g_variant_builder_end(&list));
}

/* Those that are named, or all that run; NULL with an error. */
static GPtrArray *find_named(const Session *session, GVariant *named, GError **error)
{
  g_autoptr(GPtrArray) guests = NULL;

  if (g_variant_n_children(named) == 0)
    return find_guests(session, error);
  guests = g_ptr_array_new_with_free_func((GDestroyNotify)guest_free);
  for (gsize i = 0; i < g_variant_n_children(named); i++) {
    g_autoptr(GVariant) one = g_variant_get_child_value(named, i);
    Guest *guest = find_guest(session, one, error);

    if (!guest)
      return NULL;
    g_ptr_array_add(guests, guest);
  }
  return g_steal_pointer(&guests);
}

void guests_stats(Call *call, GVariant *arguments)
{
  g_autoptr(GVariant) named = g_variant_get_child_value(arguments, 0);
  g_autoptr(GPtrArray) guests = NULL;
  GError *error = NULL;
  GVariantBuilder list;
  guint32 wanted;

  g_variant_get_child(arguments, 1, "u", &wanted);
  guests = find_named(call_session(call), named, &error);
  if (!guests) {
    call_fail(call, error);
    return;
  }
  g_variant_builder_init(&list, G_VARIANT_TYPE("a(" GUEST_TYPE "a(sv))"));
  for (guint i = 0; i < guests->len; i++)
    g_variant_builder_add_value(&list, stats_of(g_ptr_array_index(guests, i), wanted ? wanted : G_MAXUINT32));
  call_return(call, g_variant_new("(@a(" GUEST_TYPE "a(sv)))", g_variant_builder_end(&list)));
}
