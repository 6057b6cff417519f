/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands: one verb, one file, one row in main.c's table. A command's function gets the arguments after
 * its name (argv[0] is "domrun NAME"), prints its findings and returns the exit code (base/exit-code.h).
 */
#pragma once

#include <glib.h>

#include "base/compat.h"
#include "base/report.h"
#include "change/change.h"
#include "domain/domain.h"
#include "host/account.h"
#include "qemu/plan.h"
#include "xml/document.h"

typedef struct {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *arguments; /* "GUEST [DEVICE]" */
  const char *help;      /* one line */
} Command;

int adopt_command(int argc, char **argv);
int argv_command(int argc, char **argv);
int check_command(int argc, char **argv);
int cloud_init_command(int argc, char **argv);
int console_command(int argc, char **argv);
int destroy_command(int argc, char **argv);
int domblklist_command(int argc, char **argv);
int domdisplay_command(int argc, char **argv);
int domfsfreeze_command(int argc, char **argv);
int domfsthaw_command(int argc, char **argv);
int domfstrim_command(int argc, char **argv);
int domhostname_command(int argc, char **argv);
int domid_command(int argc, char **argv);
int domifaddr_command(int argc, char **argv);
int domiflist_command(int argc, char **argv);
int dominfo_command(int argc, char **argv);
int dompmsuspend_command(int argc, char **argv);
int dompmwakeup_command(int argc, char **argv);
int domstate_command(int argc, char **argv);
int domtime_command(int argc, char **argv);
int domuuid_command(int argc, char **argv);
int dump_command(int argc, char **argv);
int dumpxml_command(int argc, char **argv);
int events_command(int argc, char **argv);
int forget_command(int argc, char **argv);
int guestinfo_command(int argc, char **argv);
int guestvcpus_command(int argc, char **argv);
int init_command(int argc, char **argv);
int list_command(int argc, char **argv);
int log_command(int argc, char **argv);
int qemu_agent_command_command(int argc, char **argv);
int qmp_command(int argc, char **argv);
int reboot_command(int argc, char **argv);
int reset_command(int argc, char **argv);
int resume_command(int argc, char **argv);
int run_command(int argc, char **argv);
int screenshot_command(int argc, char **argv);
int send_key_command(int argc, char **argv);
int set_user_password_command(int argc, char **argv);
int shutdown_command(int argc, char **argv);
int ssh_command(int argc, char **argv);
int suspend_command(int argc, char **argv);
int ttyconsole_command(int argc, char **argv);
int vncdisplay_command(int argc, char **argv);
int view_command(int argc, char **argv);
int wait_command(int argc, char **argv);

/* Ends the process with @exit_code, or with an error where what was printed did not reach its file (a full
 * disk). Neither memory nor libraries are taken apart first. Built with sanitizers it returns the exit code,
 * so that leaks are found. */
int command_leave(int exit_code);

/* What the commands that read a document share: the file, the options of how to read it, and what came of it.
 * Zero it, and clear it at the end. */
typedef struct {
  char *type; /* of the options --type, --seed, --random, --strict, --ignore, --quiet, --network */
  char *seed;
  gboolean is_random;
  char *emulator; /* as is --emulator, and the next --machine */
  char *machine;
  gboolean is_strict;
  gboolean has_advice; /* set by the command: say what is unwise, too */
  gboolean is_quiet;
  char *certificates;
  struct DomainCloudInit *cloud_init; /* of --cloud-init, --hostname, --ssh-key; NULL: none is given */
  Changes changes;
  char **pools;
  char **secrets;
  gboolean is_reset_nvram;
  gboolean is_fast_boot;
  gboolean is_of_any_host; /* no device of this host is looked at: the line is the same everywhere */
  char **unconfined;       /* --no-sandbox */
  guint confinement;       /* of ConfinementPart: what the user leaves in force */
  char *user;              /* of --user, which some commands have, as the next */
  gboolean is_chowned;     /* --chown */
  Account *account;        /* as whom QEMU is run (commands/user.h); NULL: as this user */
  char *state_directory;
  char **ignored;
  char **words; /* of the command, and where it stands: of run-record.h, as the following */
  char *directory;
  const char *record; /* of a guest that is adopted: the text that it was read from; NULL: it is none */
  char *text;         /* the document; NULL: it is read from its file */
  const char *text_name, *text_base;
  Report *report;
  XmlDocument *document;
  Domain *domain;
  Plan *plan;
} DocumentCommand;

void document_command_clear(DocumentCommand *command);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DocumentCommand, document_command_clear)

/* Parses the command line: @entries of the command itself (ended by a NULL entry), the options above, and
 * exactly one file, which the caller gets. @summary is a paragraph of help. FALSE with a usage error, which
 * tells the synopsis. */
gboolean document_command_parse_options(DocumentCommand *command, const GOptionEntry *entries,
                                        const char *summary, int argc, char **argv, char **ret_path,
                                        GError **error);

/* Reads @path and makes the plan; FALSE where the report then has errors. What is generated follows from
 * the guest's name and this host, or what --seed says in its place; with --random it is drawn by chance. */
gboolean document_command_load(DocumentCommand *command, const char *path, gboolean is_dry_run);
