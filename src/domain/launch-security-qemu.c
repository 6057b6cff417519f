/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/launch-security.h"

#include "domain/domain.h"
#include "domain/os.h"

ENUM_TABLE(
    launch_security_object_table,
    LAUNCH_SECURITY_LAST, [LAUNCH_SECURITY_SEV] = "sev-guest", [LAUNCH_SECURITY_SEV_SNP] = "sev-snp-guest",
    [LAUNCH_SECURITY_TDX] = "tdx-guest", [LAUNCH_SECURITY_S390_PV] = "s390-pv-guest");

static const char id[] = "lsec0";

/* QEMU wants those of SEV in files. */
static const struct {
  const char *property;
  gboolean is_file;
} texts[LAUNCH_TEXT_LAST] = {
  [LAUNCH_TEXT_DH_CERT] = { "dh-cert-file", TRUE },
  [LAUNCH_TEXT_SESSION] = { "session-file", TRUE },
  [LAUNCH_TEXT_WORKAROUNDS] = { "guest-visible-workarounds", FALSE },
  [LAUNCH_TEXT_ID_BLOCK] = { "id-block", FALSE },
  [LAUNCH_TEXT_ID_AUTH] = { "id-auth", FALSE },
  [LAUNCH_TEXT_HOST_DATA] = { "host-data", FALSE },
  [LAUNCH_TEXT_MR_CONFIG_ID] = { "mrconfigid", FALSE },
  [LAUNCH_TEXT_MR_OWNER] = { "mrowner", FALSE },
  [LAUNCH_TEXT_MR_OWNER_CONFIG] = { "mrownerconfig", FALSE },
};

/* In memory, so that nothing has to be removed. */
static void pass_text(const LaunchSecurity *security, LaunchText which, Props *object, Plan *plan)
{
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_SECRET, NULL, &security->text_places[which]);

  resource->secret = (PlanSecret){ .text = security->texts[which] };
  props_add_format(object, texts[which].property, "/proc/self/fd/%d", resource->fd);
}

static void add_texts(const LaunchSecurity *security, PlanForm form, Props *object, Plan *plan)
{
  for (LaunchText which = 0; which < LAUNCH_TEXT_LAST; which++) {
    if (!security->texts[which])
      continue;
    if (!texts[which].is_file)
      props_add_string(object, texts[which].property, security->texts[which]);
    else if (form == PLAN_RUN)
      pass_text(security, which, object, plan);
    else
      plan_lack(plan, &security->text_places[which], NULL,
                "the guest's owner does not take part in its start");
  }
}

static void add_bits(const LaunchSecurity *security, Props *object)
{
  props_add_uint(object, "cbitpos", security->c_bit);
  props_add_uint(object, "reduced-phys-bits", security->reduced_bits);
  feature_state_add(object, "kernel-hashes", security->kernel_hashes);
  feature_state_add(object, "author-key-enabled", security->author_key);
  if (security->vcek != FEATURE_UNSET)
    props_add_bool(object, "vcek-disabled", security->vcek == FEATURE_OFF);
}

static void add_quote_socket(const LaunchSecurity *security, Props *object)
{
  Props *address = props_new("type", "unix");

  props_add_string(address, "path", security->quote_socket);
  props_add_props(object, "quote-generation-socket", address);
}

static void add_object(const LaunchSecurity *security, PlanForm form, Plan *plan)
{
  gboolean is_sev = security->type == LAUNCH_SECURITY_SEV || security->type == LAUNCH_SECURITY_SEV_SNP;
  Props *object = props_new("qom-type", enum_to_string(&launch_security_object_table, (int)security->type));

  props_add_string(object, "id", id);
  if (is_sev)
    add_bits(security, object);
  if (security->has_policy)
    props_add_uint(object, is_sev ? "policy" : "attributes", security->policy);
  add_texts(security, form, object, plan);
  if (security->quote_socket)
    add_quote_socket(security, object);
  plan_add_json(plan, form, "-object", object);
}

void launch_security_translate_machine(const Domain *domain, Props *machine)
{
  const LaunchSecurity *security = domain->launch_security;

  if (domain->os->arch == OS_ARCH_S390X) {
    feature_state_add(machine, "aes-key-wrap", security->aes_wrap);
    feature_state_add(machine, "dea-key-wrap", security->dea_wrap);
  }
  if (security->type != LAUNCH_SECURITY_NONE)
    props_add_string(machine, "confidential-guest-support", id);
}

void launch_security_translate(const LaunchSecurity *security, Plan *plan)
{
  if (security->type == LAUNCH_SECURITY_NONE)
    return;
  if (security->texts[LAUNCH_TEXT_DH_CERT] || security->texts[LAUNCH_TEXT_SESSION]) {
    add_object(security, PLAN_RUN, plan);
    add_object(security, PLAN_SHELL, plan);
  } else {
    add_object(security, PLAN_BOTH, plan);
  }
  if (security->type == LAUNCH_SECURITY_SEV || security->type == LAUNCH_SECURITY_SEV_SNP)
    plan_require(plan, PLAN_REQUIRE_DEVICE, &security->place, "type", "/dev/sev");
  if (security->quote_socket)
    plan_require(plan, PLAN_REQUIRE_SOCKET, &security->quote_place, "path", security->quote_socket);
}
