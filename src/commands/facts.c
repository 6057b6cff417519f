/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/facts.h"

/* A member of an agent's object: its name there, its name here, and, where it is an array of objects, the
 * members of these. */
typedef struct Member {
  const char *theirs, *ours;
  const struct Member *inner;
} Member;

/* clang-format off */
static const Member user_members[] = {
  { "user", "name", NULL },
  { "domain", "domain", NULL },
  { "login-time", "login-time", NULL },
  { NULL, NULL, NULL },
};

static const Member os_members[] = {
  { "id", "id", NULL },
  { "name", "name", NULL },
  { "pretty-name", "pretty-name", NULL },
  { "version", "version", NULL },
  { "version-id", "version-id", NULL },
  { "machine", "machine", NULL },
  { "variant", "variant", NULL },
  { "variant-id", "variant-id", NULL },
  { "kernel-release", "kernel-release", NULL },
  { "kernel-version", "kernel-version", NULL },
  { NULL, NULL, NULL },
};

static const Member timezone_members[] = {
  { "zone", "name", NULL },
  { "offset", "offset", NULL },
  { NULL, NULL, NULL },
};

static const Member hostname_members[] = {
  { "host-name", "hostname", NULL },
  { NULL, NULL, NULL },
};

static const Member part_members[] = {
  { "serial", "serial", NULL },
  { "dev", "device", NULL },
  { NULL, NULL, NULL },
};

static const Member filesystem_members[] = {
  { "name", "name", NULL },
  { "mountpoint", "mountpoint", NULL },
  { "type", "fstype", NULL },
  { "total-bytes", "total-bytes", NULL },
  { "used-bytes", "used-bytes", NULL },
  { "disk", "disk", part_members },
  { NULL, NULL, NULL },
};

static const Member disk_members[] = {
  { "name", "name", NULL },
  { "partition", "partition", NULL },
  { "alias", "guest_alias", NULL },
  { NULL, NULL, NULL },
};

static const Member address_members[] = {
  { "ip-address-type", "type", NULL },
  { "ip-address", "addr", NULL },
  { "prefix", "prefix", NULL },
  { NULL, NULL, NULL },
};

static const Member interface_members[] = {
  { "name", "name", NULL },
  { "hardware-address", "hwaddr", NULL },
  { "ip-addresses", "addr", address_members },
  { NULL, NULL, NULL },
};
/* clang-format on */

static const struct {
  const char *name, *command;
  JsonKind kind; /* of what the agent returns */
  const Member *members;
} facts[FACT_COUNT] = {
  [FACT_USER] = { "user", "guest-get-users", JSON_ARRAY, user_members },
  [FACT_OS] = { "os", "guest-get-osinfo", JSON_OBJECT, os_members },
  [FACT_TIMEZONE] = { "timezone", "guest-get-timezone", JSON_OBJECT, timezone_members },
  [FACT_HOSTNAME] = { "hostname", "guest-get-host-name", JSON_OBJECT, hostname_members },
  [FACT_FILESYSTEM] = { "fs", "guest-get-fsinfo", JSON_ARRAY, filesystem_members },
  [FACT_DISK] = { "disk", "guest-get-disks", JSON_ARRAY, disk_members },
  [FACT_INTERFACE] = { "if", "guest-network-get-interfaces", JSON_ARRAY, interface_members },
};

const char *fact_name(Fact fact)
{
  return facts[fact].name;
}

static Json *take_array(const Json *theirs, const Member *members);

/* A login is told in seconds with a fraction, and here, as virsh does, in milliseconds. */
static void take_member(Json *ours, const Member *member, Json *value)
{
  JsonKind kind = json_kind(value);

  if (member->inner) {
    if (kind == JSON_ARRAY)
      json_set(ours, member->ours, take_array(value, member->inner));
  } else if (g_str_equal(member->ours, "login-time")) {
    g_autofree char *digits = json_print(value);
    double seconds = g_ascii_strtod(digits, NULL);

    if (seconds > 0 && seconds < 1e12)
      json_set_int(ours, member->ours, (gint64)(seconds * 1000));
  } else if (kind == JSON_STRING || kind == JSON_INTEGER || kind == JSON_BOOLEAN) {
    json_set(ours, member->ours, json_ref(value));
  }
}

static Json *take_object(const Json *theirs, const Member *members)
{
  Json *ours = json_new_object();

  for (; members->theirs; members++) {
    Json *value = json_get(theirs, members->theirs);

    if (value)
      take_member(ours, members, value);
  }
  return ours;
}

static Json *take_array(const Json *theirs, const Member *members)
{
  Json *ours = json_new_array();

  for (gsize i = 0; i < json_length(theirs); i++) {
    if (json_is(json_at(theirs, i), JSON_OBJECT))
      json_append(ours, take_object(json_at(theirs, i), members));
  }
  return ours;
}

Json *fact_ask(Agent *agent, Fact fact, GError **error)
{
  g_autoptr(Json) answer = agent_ask(agent, facts[fact].command, /* arguments= */ NULL, error);
  g_autoptr(Json) taken = NULL;

  if (!answer)
    return NULL;
  if (!json_is(answer, facts[fact].kind)) {
    error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "what the agent returns for '%s' is %s, not %s",
              facts[fact].command, json_kind_name(json_kind(answer)), json_kind_name(facts[fact].kind));
    return NULL;
  }
  if (facts[fact].kind == JSON_ARRAY)
    return take_array(answer, facts[fact].members);
  taken = take_object(answer, facts[fact].members);
  if (fact != FACT_HOSTNAME)
    return g_steal_pointer(&taken);
  return json_new_string(json_get_string(taken, "hostname"));
}
