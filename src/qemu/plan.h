/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan: everything that starting a guest takes, before anything of it is done. Translation fills it,
 * without a system call that could change the host; then it is either printed (`domrun argv`) or carried out
 * (`domrun run`: host/resources.h acquires what it names, supervise/spawn.h starts the emulator).
 *
 * It has two forms. PLAN_RUN is what the supervisor executes: sockets, files and taps are open descriptors
 * that QEMU inherits under the numbers chosen here. PLAN_SHELL is for people and shells: each such thing in a
 * form that QEMU makes by itself. An argument belongs to one of them or to both; `argv --exact` prints the
 * first.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/props.h"

typedef enum {
  PLAN_RUN = 1 << 0,
  PLAN_SHELL = 1 << 1,
  PLAN_BOTH = PLAN_RUN | PLAN_SHELL,
} PlanForm;

/* "-name" and "guest=...": what stands on one line when it is printed. */
typedef struct {
  PlanForm form;
  char *option;
  char *value; /* NULL for a flag */
} PlanArgument;

typedef enum {
  PLAN_RESOURCE_QMP,     /* a listening UNIX socket, for QMP */
  PLAN_RESOURCE_CONSOLE, /* a connected socket: a character device that the supervisor relays */
  PLAN_RESOURCE_FILE, /* a file that QEMU writes: opened here, so that the error names the document's line */
} PlanResourceKind;

/* What the supervisor relays a console to. */
typedef enum {
  PLAN_CONSOLE_PTY,
  PLAN_CONSOLE_STDIO,
} PlanConsole;

/* Something on the host that is acquired between the plan and the start, and released when the guest has
 * ended, in reverse order. @fd is the number under which QEMU inherits it. */
typedef struct {
  PlanResourceKind kind;
  int fd;
  Place place;
  const char *alias; /* of the device, for messages: "serial0"; borrowed from the document, or a literal */
  const char *path;  /* FILE: absolute; borrowed */
  gboolean append;   /* FILE: keep what is there */
  PlanConsole console;
} PlanResource;

typedef enum {
  PLAN_REQUIRE_READ,     /* a file (or block device) that can be read */
  PLAN_REQUIRE_WRITE,    /* one that can be read and written */
  PLAN_REQUIRE_CREATE,   /* a file that can be written, or made: its directory is there and writable */
  PLAN_REQUIRE_EMULATOR, /* a program: a path, or a name that is looked for in PATH */
  PLAN_REQUIRE_KVM,      /* /dev/kvm, usable by this user */
} PlanRequirementKind;

/* Something that the guest needs and that has to be there already. host/requirements.h looks: `argv` warns
 * about what is missing, `check` and `run` refuse. */
typedef struct {
  PlanRequirementKind kind;
  Place place;
  const char *attribute; /* or NULL */
  const char *path;      /* absolute (EMULATOR: or a bare name); borrowed; NULL for KVM */
} PlanRequirement;

typedef struct {
  const char *emulator;    /* a path, or a bare name that PATH resolves */
  GPtrArray *arguments;    /* of PlanArgument */
  GPtrArray *resources;    /* of PlanResource, in the order of acquisition */
  GPtrArray *requirements; /* of PlanRequirement */
  guint64 balloon_bytes;   /* what the balloon is set to once QMP answers; 0: leave it */
} Plan;

Plan *plan_new(void);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* Appends "-option value"; @option is a literal with its dash, @value may be NULL. Both are copied. */
void plan_add(Plan *plan, PlanForm form, const char *option, const char *value);
void plan_add_format(Plan *plan, PlanForm form, const char *option, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* Appends "-option {json}", "-option key=value,..."; both take @props. */
void plan_add_json(Plan *plan, PlanForm form, const char *option, Props *props);
void plan_add_keyval(Plan *plan, PlanForm form, const char *option, Props *props);

/* Adds a resource and gives it the next descriptor number. The plan owns the result. */
PlanResource *plan_add_resource(Plan *plan, PlanResourceKind kind, const char *alias, const Place *place);

/* Adds a requirement. @attribute is a literal or NULL; @path is borrowed. */
void plan_require(Plan *plan, PlanRequirementKind kind, const Place *place, const char *attribute,
                  const char *path);

/* The number of the first descriptor that QEMU inherits beside standard input, output and error. */
enum { PLAN_FIRST_FD = 3 };

/* The command line as an array of strings, the emulator first, NULL at its end. The caller frees it. */
char **plan_to_argv(const Plan *plan, PlanForm form);

/* The command line for a POSIX shell: one argument group a line, with continuations, and a newline at the
 * end. */
char *plan_to_shell(const Plan *plan, PlanForm form);

/* The command line as a JSON array of strings, with a newline at the end. */
char *plan_to_json(const Plan *plan, PlanForm form);
