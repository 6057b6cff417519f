/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers and layouts are libvirt's: src/remote/remote_protocol.x and qemu_protocol.x of it have them.
 */
#include "config.h"

#include "libvirt/procedures.h"

#define G     GUEST_TYPE
#define MODEL "(yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy)"

static const Procedure remote[] = {
  { 1, "(msu)", "()", PROCEDURE_BEFORE, host_open },
  { 2, "()", "()", PROCEDURE_BEFORE, host_close },
  { 3, "()", "(s)", PROCEDURE_READS, host_type },
  { 4, "()", "(t)", PROCEDURE_READS, host_version },
  { 5, "(ms)", "(i)", PROCEDURE_READS, host_max_vcpus },
  { 6, "()", "(" MODEL "tiiiiii)", PROCEDURE_READS, host_info },
  { 7, "()", "(s)", PROCEDURE_READS, host_capabilities },
  { 10, "(su)", "(" G ")", PROCEDURE_WRITES, life_create_xml },
  { 12, "(" G ")", "()", PROCEDURE_WRITES, life_destroy },
  { 14, "(" G "u)", "(s)", PROCEDURE_READS, guest_xml },
  { 15, "(" G ")", "(i)", PROCEDURE_READS, guest_no }, /* autostart */
  { 16, "(" G ")", "(yttut)", PROCEDURE_READS, guest_info },
  { 17, "(" G ")", "(t)", PROCEDURE_READS, guest_max_memory },
  { 18, "(" G ")", "(i)", PROCEDURE_READS, guest_max_vcpus },
  { 19, "(" G ")", "(s)", PROCEDURE_READS, guest_os_type },
  { 21, "(i)", "(as)", PROCEDURE_READS, guests_defined_names },
  { 22, "(i)", "(" G ")", PROCEDURE_READS, guests_by_id },
  { 23, "(s)", "(" G ")", PROCEDURE_READS, guests_by_name },
  { 24, "((tt))", "(" G ")", PROCEDURE_READS, guests_by_uuid },
  { 25, "()", "(i)", PROCEDURE_READS, guests_defined_count },
  { 27, "(" G "u)", "()", PROCEDURE_WRITES, life_reboot },
  { 28, "(" G ")", "()", PROCEDURE_WRITES, life_resume },
  { 33, "(" G ")", "()", PROCEDURE_WRITES, life_shutdown },
  { 34, "(" G ")", "()", PROCEDURE_WRITES, life_suspend },
  { 37, "(i)", "(ai)", PROCEDURE_READS, guests_ids },
  { 51, "()", "(i)", PROCEDURE_READS, guests_count },
  { 59, "()", "(s)", PROCEDURE_READS, host_name },
  { 60, "(i)", "(i)", PROCEDURE_BEFORE, host_has_feature },
  { 66, "()", "(ai)", PROCEDURE_BEFORE, host_auth_list },
  { 102, "()", "(t)", PROCEDURE_READS, host_free_memory },
  { 110, "()", "(s)", PROCEDURE_READS, host_uri },
  { 122, "()", "(aiai)", PROCEDURE_READS, host_security_model },
  { 149, "()", "(i)", PROCEDURE_READS, host_is_secure },
  { 150, "(" G ")", "(i)", PROCEDURE_READS, guest_yes }, /* active */
  { 151, "(" G ")", "(i)", PROCEDURE_READS, guest_no },  /* persistent */
  { 157, "()", "(t)", PROCEDURE_READS, host_version },
  { 183, "(" G "u)", "(i)", PROCEDURE_READS, guest_no }, /* managed save image */
  { 200, "(" G "u)", "(i)", PROCEDURE_READS, guest_vcpus },
  { 201, "(" G "msu)", "()", PROCEDURE_WRITES, console_open },
  { 202, "(" G ")", "(i)", PROCEDURE_READS, guest_no }, /* updated */
  { 211, "(" G "uu)", "(ms)", PROCEDURE_READS, console_screenshot },
  { 212, "(" G "u)", "(ii)", PROCEDURE_READS, guest_state },
  { 229, "(" G "u)", "(uut)", PROCEDURE_READS, guest_control_info },
  { 234, "(" G "u)", "()", PROCEDURE_WRITES, life_destroy },
  { 245, "(" G "u)", "()", PROCEDURE_WRITES, life_reset },
  { 258, "(" G "u)", "()", PROCEDURE_WRITES, life_shutdown },
  { 273, "(iu)", "(a" G "u)", PROCEDURE_READS, guests_all },
  { 344, "(a" G "uu)", "(a(" G "a(sv)))", PROCEDURE_READS, guests_stats },
  { 360, "()", "()", PROCEDURE_READS, host_nothing },
  { 361, "()", "()", PROCEDURE_READS, host_nothing },
};

static const Procedure qemu[] = {
  { 1, "(" G "su)", "(s)", PROCEDURE_WRITES, console_qemu },
};

const Procedure *procedure_find(guint32 program, guint32 number)
{
  const Procedure *table = program == PACKET_QEMU ? qemu : remote;
  gsize n = program == PACKET_QEMU ? G_N_ELEMENTS(qemu) : G_N_ELEMENTS(remote);

  for (gsize i = 0; i < n; i++) {
    if (table[i].number == number)
      return &table[i];
  }
  return NULL;
}
