/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An emulator is talked to by a character device: an end of a socket that swtpm has the other end of. For the
 * shell there is nobody to start swtpm, and it is a socket's path.
 */
#include "config.h"

#include "devices/tpm.h"

#include "devices/controller/controller.h"
#include "domain/chipset.h"

static void add_emulator(const Tpm *tpm, Plan *plan)
{
  const char *alias = tpm->device.alias;
  const PlanSecret *secret = &tpm->plan.secret;
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_TPM, alias, &tpm->backend_place);
  Props *run = props_new(/* key= */ NULL, "socket"), *shell = props_new(/* key= */ NULL, "socket");

  resource->tpm = &tpm->plan;
  props_add_format(run, "id", "char%s", alias);
  props_add_format(run, "fd", "%d", resource->fd);
  plan_add_keyval(plan, PLAN_RUN, "-chardev", run);
  props_add_format(shell, "id", "char%s", alias);
  props_add_string(shell, "path", tpm->socket);
  plan_add_keyval(plan, PLAN_SHELL, "-chardev", shell);
  plan_require(plan, PLAN_REQUIRE_TPM, &tpm->backend_place, "type", NULL)->tpm = &tpm->plan;
  if (tpm->plan.is_encrypted && !secret->text)
    plan_require(plan, PLAN_REQUIRE_SECRET, &tpm->secret.place, NULL, secret->path)->secret = secret->name;
  plan_lack(plan, &tpm->backend_place, "type", tpm->command);
}

static void add_backend(const Tpm *tpm, Plan *plan)
{
  const char *alias = tpm->device.alias;
  Props *props = props_new(/* key= */ NULL, tpm->backend == TPM_PASSTHROUGH ? "passthrough" : "emulator");

  props_add_format(props, "id", "tpm-%s", alias);
  if (tpm->backend == TPM_PASSTHROUGH) {
    props_add_string(props, "path", tpm->path);
    props_add_string(props, "cancel-path", tpm->cancel_path);
    if (tpm->cancel_path)
      plan_allow(plan, PLAN_ACCESS_WRITE, tpm->cancel_path);
    plan_require(plan, PLAN_REQUIRE_DEVICE, &tpm->path_place, NULL, tpm->path);
  } else {
    props_add_format(props, "chardev", "char%s", alias);
  }
  plan_add_keyval(plan, PLAN_BOTH, "-tpmdev", props);
}

/* The hypervisor itself talks to the host's device. */
static void translate_proxy(const Tpm *tpm, Plan *plan)
{
  Props *props = props_new("driver", "spapr-tpm-proxy");

  props_add_string(props, "id", tpm->device.alias);
  props_add_string(props, "host-path", tpm->path);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  plan_require(plan, PLAN_REQUIRE_DEVICE, &tpm->path_place, NULL, tpm->path);
}

static const char *driver_of(const Domain *domain, TpmModel model)
{
  if (model == TPM_SPAPR)
    return "tpm-spapr";
  if (model == TPM_CRB)
    return "tpm-crb";
  return chipset_is_x86(chipset_of(domain)) ? "tpm-tis" : "tpm-tis-device";
}

gboolean tpm_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Tpm *tpm = (const Tpm *)device;
  Props *props;

  if (tpm->model == TPM_SPAPR_PROXY) {
    translate_proxy(tpm, plan);
    return TRUE;
  }
  if (tpm->backend == TPM_EMULATOR)
    add_emulator(tpm, plan);
  else if (tpm->backend == TPM_EXTERNAL)
    chardev_source_translate(&tpm->source, device, plan);
  add_backend(tpm, plan);
  props = props_new("driver", driver_of(domain, tpm->model));
  props_add_format(props, "tpmdev", "tpm-%s", device->alias);
  props_add_string(props, "id", device->alias);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
