/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that libvirt has on the host, as the definition of a pool, of a secret, and of the network that a
 * domain is connected to.
 */
#include "config.h"

#include "base/report.h"
#include "fuzz.h"
#include "host/pools.h"
#include "host/secrets.h"
#include "machine/machine.h"

const char fuzz_folder[] = "tests/fuzz/host-xml";
const char fuzz_suffix[] = ".xml";

static const char domain_text[] =
    "<domain type='qemu'><name>g</name><memory>65536</memory>"
    "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>"
    "<interface type='network'><source network='n' portgroup='p'/></interface>"
    "<interface type='network'><source network='n'/><mac address='52:54:00:00:00:01'/></interface>"
    "</devices></domain>";

static struct {
  const char *bytes;
  gsize length;
} definition;

static XmlDocument *open_definition(const char *network)
{
  return xml_document_load_bytes(definition.bytes, definition.length, "network.xml", "/", /* error= */ NULL);
}

static void try_network(void)
{
  g_autoptr(Report) report = report_new();
  g_autoptr(XmlDocument) document =
      xml_document_load_bytes(domain_text, sizeof domain_text - 1, "domain.xml", "/", /* error= */ NULL);
  g_autoptr(Domain) domain = NULL;
  g_autoptr(Plan) plan = NULL;
  DomainOptions options = DOMAIN_OPTIONS_INIT;

  g_assert_nonnull(document);
  options.seed = "";
  options.open_network = open_definition;
  domain = machine_parse(document, &options, report);
  g_assert_true(domain || report_has_errors(report));
  if (domain)
    plan = machine_translate(domain, report);
  g_assert_true(!domain || plan || report_has_errors(report));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(XmlDocument) document = NULL;
  const char *directory;

  definition.bytes = (const char *)data;
  definition.length = size;
  document = open_definition(NULL);
  if (!document)
    return 0;
  directory = pools_directory_of(document);
  g_assert_true(!directory || g_path_is_absolute(directory));
  secrets_is_used_for(document, "client.admin secret", "ceph");
  secrets_is_used_for(document, "/images/one.img", "volume");
  secrets_is_used_for(document, "target", "iscsi");
  try_network();
  return 0;
}
