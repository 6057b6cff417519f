/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions of the table in procedures.c, by family. Private to libvirt/.
 */
#pragma once

#include "control/guests.h"
#include "libvirt/call.h"

/* A guest as the protocol has it: its name, its uuid, its id or -1. */
#define GUEST_TYPE "(s(tt)i)"

/* host.c: the connection, and this host. */
void host_auth_list(Call *call, GVariant *arguments);
void host_open(Call *call, GVariant *arguments);
void host_close(Call *call, GVariant *arguments);
void host_nothing(Call *call, GVariant *arguments); /* an empty reply: there is nothing to be done */
void host_has_feature(Call *call, GVariant *arguments);
void host_type(Call *call, GVariant *arguments);
void host_version(Call *call, GVariant *arguments);
void host_max_vcpus(Call *call, GVariant *arguments);
void host_info(Call *call, GVariant *arguments);
void host_free_memory(Call *call, GVariant *arguments);
void host_capabilities(Call *call, GVariant *arguments);
void host_name(Call *call, GVariant *arguments);
void host_uri(Call *call, GVariant *arguments);
void host_is_secure(Call *call, GVariant *arguments);
void host_security_model(Call *call, GVariant *arguments);

/* guests.c: what there is, and what is known of it. */
void guests_all(Call *call, GVariant *arguments);
void guests_ids(Call *call, GVariant *arguments);
void guests_count(Call *call, GVariant *arguments);
void guests_defined_names(Call *call, GVariant *arguments);
void guests_defined_count(Call *call, GVariant *arguments);
void guests_by_id(Call *call, GVariant *arguments);
void guests_by_name(Call *call, GVariant *arguments);
void guests_by_uuid(Call *call, GVariant *arguments);
void guests_stats(Call *call, GVariant *arguments);
void guest_xml(Call *call, GVariant *arguments);
void guest_info(Call *call, GVariant *arguments);
void guest_state(Call *call, GVariant *arguments);
void guest_control_info(Call *call, GVariant *arguments);
void guest_max_memory(Call *call, GVariant *arguments);
void guest_max_vcpus(Call *call, GVariant *arguments);
void guest_vcpus(Call *call, GVariant *arguments);
void guest_os_type(Call *call, GVariant *arguments);
void guest_yes(Call *call, GVariant *arguments); /* of one that is there */
void guest_no(Call *call, GVariant *arguments);

/* life.c: what is done to one. */
void life_create_xml(Call *call, GVariant *arguments);
void life_destroy(Call *call, GVariant *arguments);
void life_shutdown(Call *call, GVariant *arguments);
void life_reboot(Call *call, GVariant *arguments);
void life_reset(Call *call, GVariant *arguments);
void life_suspend(Call *call, GVariant *arguments);
void life_resume(Call *call, GVariant *arguments);

/* console.c: streams, and QEMU itself. */
void console_open(Call *call, GVariant *arguments);
void console_screenshot(Call *call, GVariant *arguments);
void console_qemu(Call *call, GVariant *arguments);

/* find.c: a guest that runs, as the protocol has it, or by any of its names; NULL with an error. */
Guest *find_guest(const Session *session, GVariant *guest, GError **error);
Guest *find_guest_named(const Session *session, const char *what, GError **error);

/* All that run. */
GPtrArray *find_guests(const Session *session, GError **error);

/* As the protocol has it; floating. */
GVariant *find_reply(const Guest *guest);

/* Executes a command of docs/control.md; takes @arguments. NULL with an error. */
Json *find_and_call(const Session *session, GVariant *guest, const char *command, Json *arguments,
                    GError **error);
