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
#include "qemu/port.h"
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
  PLAN_RESOURCE_CHANNEL, /* a listening UNIX socket in the guest's directory, for who talks with the guest */
  PLAN_RESOURCE_FILE, /* a file that QEMU writes: opened here, so that the error names the document's line */
  PLAN_RESOURCE_PORT, /* a TCP port that nobody has, kept for the guest as long as it is there */
  PLAN_RESOURCE_TAP,  /* a tap device, made or found as its PlanTap says */
  PLAN_RESOURCE_TAP_QUEUE, /* one more queue of the tap device that the nearest PLAN_RESOURCE_TAP before it is
                            */
  PLAN_RESOURCE_VARIABLES, /* the file of a firmware's variables: made from its template where it is not
                              there. QEMU opens it by its path; the descriptor is held so that it is known to
                              be there */
  PLAN_RESOURCE_VHOST_NET, /* /dev/vhost-net, or @path, opened for one queue of a tap device */
  PLAN_RESOURCE_PASST,     /* a socket with passt(1) behind it, started as its PlanPasst says */
  PLAN_RESOURCE_PCI,       /* a PCI device of the host that is taken from its driver, and given back */
  PLAN_RESOURCE_TPM,       /* a socket with swtpm(1) behind it, started as its PlanTpm says */
  PLAN_RESOURCE_VIRTIOFSD, /* a socket with virtiofsd behind it, started as its PlanVirtiofsd says */
  PLAN_RESOURCE_BUS,       /* a D-Bus of the guest's own, by dbus-daemon(1); QEMU connects to its socket by
                              its path, and the descriptor says that it is there */
  PLAN_RESOURCE_CLOUD_INIT, /* an image for cloud-init in the guest, as its PlanCloudInit says */
  PLAN_RESOURCE_SECRET,     /* a sealed file in memory that has a secret, in base64 */
} PlanResourceKind;

/* A password or key, which is on no command line. Strings are borrowed. */
typedef struct {
  const char *name;   /* for messages: the uuid or use by which the document means it; NULL: it is no such */
  const char *path;   /* of who has it: absolute; NULL: nobody known, or @text */
  gboolean is_base64; /* the file has it encoded */
  const char *text;   /* itself, in base64; NULL: not known here */
} PlanSecret;

/* What the supervisor relays a console to. */
typedef enum {
  PLAN_CONSOLE_PTY,
  PLAN_CONSOLE_STDIO,
  PLAN_CONSOLE_STREAM, /* a server that is connected to again and again */
} PlanConsole;

/* Strings are borrowed from the document. */
typedef struct {
  const char *path;           /* of a UNIX socket; NULL: TCP */
  const char *host, *service; /* names or numbers */
  gboolean is_telnet;
  guint32 interval; /* seconds that may pass between two attempts */
} PlanStream;

/* How a macvtap device shares the device under it with others. */
typedef enum {
  PLAN_MACVTAP_NONE, /* it is none */
  PLAN_MACVTAP_VEPA,
  PLAN_MACVTAP_BRIDGE,
  PLAN_MACVTAP_PRIVATE,
  PLAN_MACVTAP_PASSTHROUGH,
} PlanMacvtap;

/* How passt is started. Strings are borrowed from the document. */
typedef struct {
  GPtrArray *arguments; /* of strings, behind the socket's; borrowed */
} PlanPasst;

/* A TPM that swtpm emulates. Strings are borrowed from the document. */
typedef struct {
  gboolean is_tpm2;      /* and not 1.2 */
  const char *path;      /* where its state is kept: absolute; NULL: in the guest's runtime directory, with
                            which it goes */
  gboolean is_file;      /* @path is a file, or a block device, and not a directory */
  gboolean is_generated; /* the path is ours: it is made with all above it */
  const char *banks;     /* of PCRs, "sha1,sha256", that are active; NULL: those that were */
  const char *profile;   /* of a new TPM 2.0; NULL: swtpm's own default, as the next */
  const char *profile_filter; /* of the algorithms in it: "check", "fips-host" */
  guint32 debug;              /* swtpm's level of logging; 0: its default */
  gboolean is_encrypted;      /* with a key that is made of @secret */
  PlanSecret secret;
} PlanTpm;

/* What cloud-init is told. Strings are borrowed. */
typedef struct {
  const char *instance;  /* the guest's uuid: another one is a first boot; NULL: there is no such image */
  const char *directory; /* with files of NoCloud, absolute; NULL: all are made of the following */
  const char *hostname;  /* or NULL */
  char *const *keys;     /* files with public keys of ssh, absolute, ended by NULL */
} PlanCloudInit;

enum { PLAN_VIRTIOFSD_UNSET = -1 };

/* How a directory is shared by virtiofsd. Strings are borrowed from the document. */
typedef struct {
  const char *program;          /* absolute; NULL: the one that the host has */
  const char *directory;        /* absolute */
  const char *cache;            /* "none", "always"; NULL: virtiofsd's default, as with all that follows */
  const char *sandbox;          /* "namespace", "chroot" */
  int xattr, posix_lock, flock; /* 1: on, 0: off; or UNSET */
  int threads;                  /* of its pool; or UNSET */
  guint32 open_files;           /* at most; 0: its default */
  gboolean is_readonly;
  GPtrArray *maps; /* of strings: options that say which users of the host those of the guest are; borrowed */
} PlanVirtiofsd;

/* The host's end of a network interface. It is created without IFF_NO_PI's header and with IFF_VNET_HDR, up,
 * and part of @bridge. Strings are borrowed from the document. */
typedef struct {
  const char *name;   /* at most 15 bytes; a "%d" in it is the kernel's to number. "vnet%d" where the document
                         names none */
  const char *bridge; /* to be attached to; NULL: to none */
  const char *mac; /* the guest's. The host's end gets the same with its first byte fe, as libvirt has it, so
                      that the bridge never takes it for its own */
  guint32 mtu;     /* 0: the bridge's, or the kernel's default */
  guint32 queues;  /* from 1; each after the first has a PLAN_RESOURCE_TAP_QUEUE */
  gboolean is_existing;   /* managed='no': somebody else made it and keeps it; nothing of it is changed */
  Place name_place;       /* of the name, or of the source */
  const char *script;     /* run with the device's name once it is up; absolute, or NULL */
  const char *downscript; /* the same before it is released */
  Place script_place;
  gboolean may_lack_script; /* @script is what every host may have: nothing is run where it is not there */
  PlanMacvtap macvtap;      /* it is a macvtap device; else as below */
  const char *parent;       /* of a macvtap device: the host's device under it; it has no bridge */
  const char *clone_path;   /* what makes tap devices; NULL: /dev/net/tun */
  const PlanPort *port;     /* borrowed from the device */
} PlanTap;

/* Something on the host that is acquired between the plan and the start, and released when the guest has
 * ended, in reverse order. @fd is the number under which QEMU inherits it. */
typedef struct {
  PlanResourceKind kind;
  int fd;
  Place place;
  const char *alias;  /* of the device, for messages: "serial0"; borrowed from the document, or a literal */
  const char *path;   /* FILE, VARIABLES, VHOST_NET: absolute; PCI: "0000:01:02.0"; CLOUD_INIT: of the shell's
                         form; borrowed, as the next */
  const char *driver; /* PCI: of the host, which takes it for the guest; NULL: vfio-pci */
  const char *template_path; /* VARIABLES: NULL: nobody knows it */
  gboolean is_generated;     /* VARIABLES: the path is ours, and so its directory: it is made */
  gboolean is_reset;         /* VARIABLES: made again from the template */
  gboolean append;           /* FILE: keep what is there */
  const char *host;          /* PORT: where QEMU will listen; borrowed */
  int port;                  /* PORT: the first that would do */
  gboolean is_tls;           /* PORT: which of two it is */
  PlanTap tap;               /* TAP */
  PlanPasst passt;           /* PASST */
  const PlanTpm *tpm;        /* TPM: borrowed from the device, as the next */
  const PlanVirtiofsd *virtiofsd;
  const PlanCloudInit *cloud_init;
  PlanSecret secret;  /* SECRET */
  const char *socket; /* BUS: the name of its file among the guest's sockets; a literal */
  PlanConsole console;
  PlanStream stream;    /* CONSOLE: of a PLAN_CONSOLE_STREAM */
  const char *log_path; /* CONSOLE: a file that gets what the guest prints, absolute; borrowed; NULL: none */
  gboolean log_append;  /* CONSOLE: keep what is there */
} PlanResource;

/* Threads of QEMU. */
typedef enum {
  PLAN_THREAD_VCPU,
  PLAN_THREAD_IOTHREAD,
  PLAN_THREAD_EMULATOR, /* all others */
  PLAN_THREAD_LAST,
} PlanThreadKind;

typedef enum {
  PLAN_SCHEDULER_NONE,
  PLAN_SCHEDULER_BATCH,
  PLAN_SCHEDULER_IDLE,
  PLAN_SCHEDULER_FIFO,
  PLAN_SCHEDULER_RR,
  PLAN_SCHEDULER_LAST,
} PlanScheduler;

#define PLAN_THREAD_ANY G_MAXUINT32

/* Where threads run, or how they are scheduled; one of the two. */
typedef struct {
  PlanThreadKind kind;
  guint32 id;         /* PLAN_THREAD_ANY: of all that have no setting of their own */
  const GArray *cpus; /* of guint32, ascending; borrowed; NULL: it is about the scheduler */
  PlanScheduler scheduler;
  guint32 priority; /* of a real-time scheduler */
  Place place;
} PlanThread;

typedef enum {
  PLAN_REQUIRE_READ,      /* a file (or block device) that can be read */
  PLAN_REQUIRE_WRITE,     /* one that can be read and written */
  PLAN_REQUIRE_CREATE,    /* a file that can be written, or made: its directory is there and writable */
  PLAN_REQUIRE_DIRECTORY, /* a directory that can be read */
  PLAN_REQUIRE_EMULATOR,  /* a program: a path, or a name that is looked for in PATH */
  PLAN_REQUIRE_MACHINE,   /* a machine that the emulator has, which host/emulator-machines.h asks */
  PLAN_REQUIRE_SPICE,     /* an emulator that has it: host/emulator-spice.h asks; no path */
  PLAN_REQUIRE_KVM,       /* /dev/kvm, usable by this user, of a host that runs guests of the
                             architecture that the path names, as libvirt spells it */
  PLAN_REQUIRE_PROGRAM,   /* a program other than the emulator */
  PLAN_REQUIRE_TUN,       /* the right to make tap devices; no path */
  PLAN_REQUIRE_TAP,       /* a tap device of that name */
  PLAN_REQUIRE_BRIDGE,    /* a bridge of that name, and the right to attach a tap device to it */
  PLAN_REQUIRE_SWITCH,    /* Open vSwitch, and the right to make tap devices; the path is its bridge */
  PLAN_REQUIRE_PARENT,    /* a network device that a macvtap device can be made on, and the right to do so */
  PLAN_REQUIRE_PCI,    /* a PCI device "0000:01:02.0" that vfio-pci drives or can be given, and the right to
                          use it */
  PLAN_REQUIRE_LOCKED, /* the right to lock that much memory, for VFIO; no path */
  PLAN_REQUIRE_USB,    /* a USB device of the host, and the right to use it; the path is a name for it */
  PLAN_REQUIRE_SCSI,   /* a SCSI device of the host "0:0:4:8", and the right to use it */
  PLAN_REQUIRE_MDEV,   /* a mediated device of that UUID, and the right to use it */
  PLAN_REQUIRE_HELPER, /* a program of that name in PATH, that domrun runs beside the emulator */
  PLAN_REQUIRE_TPM,    /* swtpm, and what its state takes: @tpm; no path */
  PLAN_REQUIRE_CLOUD_INIT, /* a program that makes ISO 9660, and what goes into it: @cloud_init; no path */
  PLAN_REQUIRE_VIRTIOFSD,  /* a virtiofsd that the host names, or has at a usual place; no path */
  PLAN_REQUIRE_NETWORK,    /* a virtual network of that name, whose bridge nobody could name: never there */
  PLAN_REQUIRE_DEVICE,     /* a character device that can be read and written */
  PLAN_REQUIRE_PIPE,       /* a FIFO of that name, or two: NAME.in and NAME.out */
  PLAN_REQUIRE_POOL,       /* a storage pool of that name, which nobody knows: never there */
  PLAN_REQUIRE_SECRET,     /* a secret that somebody has: the path is the file, or NULL */
  PLAN_REQUIRE_SOCKET,     /* a UNIX socket that can be connected to */
  PLAN_REQUIRE_LISTEN,     /* a place for a UNIX socket: nothing there but perhaps an old socket */
  PLAN_REQUIRE_TCP_PORT,   /* an address that nobody listens on, "HOST PORT"; PORT a number or a name */
  PLAN_REQUIRE_UDP_PORT,
  PLAN_REQUIRE_HUGEPAGES, /* that much memory of free huge pages; no path */
  PLAN_REQUIRE_FIRMWARE, /* a firmware that the document leaves to the host, and of which there is none: never
                            there; the path is the words for it */
  PLAN_REQUIRE_CPUS,     /* CPUs of the host that this process can use; no path */
  PLAN_REQUIRE_SCHEDULER, /* the right to a real-time scheduler; no path */
  PLAN_REQUIRE_VARIABLES, /* a file that can be read and written, or a template that it can be made from */
} PlanRequirementKind;

/* Which USB device of the host it is. */
typedef struct {
  gboolean has_id;
  guint32 vendor, product;
  guint32 bus, device;  /* 0: any */
  gboolean is_optional; /* the guest can do without it */
} PlanUsb;

/* Something that the guest needs and that has to be there already. host/requirements.h looks: `argv` warns
 * about what is missing, `check` and `run` refuse. */
typedef struct {
  PlanRequirementKind kind;
  Place place;
  const char *attribute; /* or NULL */
  const char *path; /* absolute (EMULATOR: or a bare name), or the name; borrowed; NULL where there is none */
  gboolean is_shared; /* READ, WRITE: another requirement may be for the same file; so it is for two READs */
  const char *format; /* READ, WRITE: of an image, "raw", "qcow2", ...; a literal; NULL: it is none */
  gboolean has_own_chain;    /* of an image: the document says what is under it, whatever its header says */
  gboolean has_own_data;     /* the same of where its data is */
  const char *template_path; /* VARIABLES: borrowed; NULL: nobody knows it */
  guint64 page_kib;          /* HUGEPAGES: of one; 0: the host's default */
  guint64 kib; /* HUGEPAGES: of all; LOCKED; CREATE: what a file has at least that is there and not empty */
  const GArray *cpus;      /* CPUS: of guint32; borrowed */
  PlanScheduler scheduler; /* SCHEDULER */
  guint32 priority;
  gboolean is_managed;   /* PCI: it is taken from its driver */
  const char *driver;    /* PCI: which driver takes it then; NULL: vfio-pci */
  PlanUsb usb;           /* USB */
  gboolean is_generated; /* VARIABLES: the directory is made, too */
  const char *secret;    /* SECRET: its name; borrowed */
  const PlanTpm *tpm;    /* TPM: borrowed from the device, as the next */
  const PlanCloudInit *cloud_init;
  const char *network; /* BRIDGE: the virtual network that it belongs to; borrowed; NULL: to none */
  gboolean is_chosen;  /* BRIDGE: it is not libvirt's, but the user's choice for that network */
} PlanRequirement;

/* A QMP command that the guest needs before it runs, and that no option can stand for: a password. The
 * shell's form does without, and says so. */
typedef struct {
  Place place;
  const char *attribute; /* or NULL */
  const char *name;      /* "set_password"; a literal */
  char *arguments;       /* one line of JSON */
  gboolean is_secret;    /* @arguments must reach neither a log nor a message */
  const char *without;   /* what it means that the shell's form leaves it out; a literal */
} PlanCommand;

/* Microseconds of a processor in each @period, which is 0 where it is the kernel's; 0: no limit. */
typedef struct {
  guint64 quota;
  guint32 period;
} PlanQuota;

typedef enum {
  PLAN_IO_READ_BYTES, /* a second, as the others */
  PLAN_IO_WRITE_BYTES,
  PLAN_IO_READS,
  PLAN_IO_WRITES,
  PLAN_IO_LAST,
} PlanIoLimit;

typedef struct {
  const char *path;             /* of a block device of the host; borrowed */
  guint32 weight;               /* 0: not given */
  guint64 limits[PLAN_IO_LAST]; /* 0: not given */
  Place place;
} PlanIoDevice;

#define PLAN_NO_LIMIT G_MAXUINT64

/* What the guest may have of the host, in the terms of control groups of version 2: the kernel's
 * documentation, admin-guide/cgroup-v2. */
typedef struct {
  gboolean is_given;
  Place place;        /* of the first of them */
  guint32 cpu_weight; /* 0: not given */
  PlanQuota guest;
  PlanQuota threads[PLAN_THREAD_LAST]; /* of each CPU and I/O thread, and of all other threads together */
  guint64 memory_max_kib;              /* PLAN_NO_LIMIT, as the next two */
  guint64 memory_high_kib;
  guint64 memory_swap_kib;  /* of swap alone */
  guint64 memory_low_kib;   /* 0: not given */
  guint32 io_weight;        /* the same */
  const GArray *io_devices; /* of PlanIoDevice; borrowed */
  const char *slice;        /* of systemd, "machine-web.slice"; borrowed; NULL: the usual one */
} PlanLimits;

/* What may be done with a file, or a directory and all below it. */
typedef enum {
  PLAN_ACCESS_READ = 1 << 0,
  PLAN_ACCESS_WRITE = 1 << 1,  /* what is there; with it comes ioctl(2) of a device */
  PLAN_ACCESS_CREATE = 1 << 2, /* a file, where none is */
  PLAN_ACCESS_SOCKET = 1 << 3, /* make a socket of that name, and remove it */
  PLAN_ACCESS_EXECUTE = 1 << 4,
  PLAN_ACCESS_ALL = 1 << 5,     /* everything, of a directory that is the guest's own, but the next */
  PLAN_ACCESS_DEVICES = 1 << 6, /* make devices */
} PlanAccess;

typedef struct {
  guint first, last;
} PlanPorts;

/* Something that QEMU opens and that no requirement stands for. */
typedef struct {
  PlanAccess access;
  char *path; /* absolute, or PLAN_TEMPORARY; "~/": in the user's home */
} PlanAllowance;

/* The directory for temporary files, which the environment names. */
#define PLAN_TEMPORARY "(temporary)"

/* What the shell's form cannot say, and `run` does. */
typedef struct {
  Place place;
  const char *attribute; /* or NULL */
  const char *why;       /* a literal, or the document's */
} PlanLack;

/* The program that chooses the kernel of the guest (<bootloader>): run on the host before QEMU, see
 * host/bootloader.h, which then adds -kernel, -initrd and -append. Strings are borrowed from the document. */
typedef struct {
  const char *program;   /* absolute, or NULL: there is none */
  const char *arguments; /* of the program, separated as a shell would; or NULL */
  const char *disk;      /* absolute: what it is to look into */
  Place place;
} PlanBootloader;

/* A variable of QEMU's environment. */
typedef struct {
  const char *name; /* borrowed, as the next */
  const char *value;
} PlanVariable;

typedef struct {
  const char *emulator;       /* a path, or a bare name that PATH resolves */
  const char *usual_emulator; /* the bare name by the architecture: "qemu-system-x86_64"; a literal */
  char *found_emulator;       /* what @emulator is, once plan_set_emulator() was called */
  char *program;              /* what is executed, absolute; NULL: not known, or not there */
  GPtrArray *arguments;       /* of PlanArgument */
  GPtrArray *resources;       /* of PlanResource, in the order of acquisition */
  GPtrArray *requirements;    /* of PlanRequirement */
  GPtrArray *commands;        /* of PlanCommand, in the order of execution */
  const GArray *cpus;         /* of guint32: where all threads run that @threads leaves out; borrowed; NULL:
                                 wherever domrun does */
  GPtrArray *threads;         /* of PlanThread, borrowed: what is set before the guest runs */
  PlanLimits limits;
  GPtrArray *lacks;      /* of PlanLack */
  GPtrArray *allowances; /* of PlanAllowance */
  GArray *listen_ports;  /* of PlanPorts: TCP ports that QEMU listens on, but for those of requirements */
  GPtrArray *connects;   /* of strings: TCP ports, or names of services, that QEMU connects to */
  gboolean connects_anywhere; /* to ports that nobody knows before; */
  gboolean listens_anywhere;  /* and listens on such */
  gboolean uses_proxies;      /* QEMU speaks with a web server, which may take one of the user's proxies */
  gboolean has_desktop;       /* QEMU shows windows, or plays sound, on the user's desktop */
  GPtrArray *environment;     /* of PlanVariable, over what QEMU inherits */
  const char *balloon_alias;  /* of the balloon, borrowed; with the next */
  guint32
      balloon_period; /* seconds after which it asks the guest for statistics, once QMP answers; 0: never */
  guint64 balloon_bytes; /* what the balloon is set to once QMP answers; 0: leave it */
  PlanBootloader bootloader;
  gboolean is_paused; /* the document wants the guest to stand still until somebody lets it go */
  guint32
      file_modes; /* with which QEMU is to make files for the guest: rights of others that they may have */
  gboolean watchdog_dumps;  /* when the watchdog runs out, the supervisor writes the memory and lets the guest
                               go on */
  gboolean names_directory; /* arguments have sockets in the guest's directory for these, and are made again
                               when that is known; until then they are in the working directory */
  gboolean makes_sockets;   /* QEMU makes some of them by itself */
  gboolean shell_spawns;    /* in the shell's form QEMU runs a script: its sandbox has to allow that */
  gboolean shell_gains; /* and the bridge helper, a setuid program, which the sandbox bars by being there */
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

/* Inserts "-device {json}" before the first -device from argument @first on; adds nothing where there is
 * none. Takes @props. */
void plan_insert_device(Plan *plan, guint first, Props *props);

/* Adds a resource and gives it the next descriptor number. The plan owns the result. */
PlanResource *plan_add_resource(Plan *plan, PlanResourceKind kind, const char *alias, const Place *place);

/* Notes that the shell's form lacks something; both texts are literals or the document's, @attribute may be
 * NULL. */
void plan_lack(Plan *plan, const Place *place, const char *attribute, const char *why);

/* Adds the object @id of a secret, and what has to be there for it. @without, which a secret without a file
 * needs, is what it means that the shell's form has an empty one. */
void plan_add_secret(Plan *plan, const Place *place, const char *id, const PlanSecret *secret,
                     const char *without);

/* Adds a requirement. @attribute is a literal or NULL; @path is borrowed. The plan owns the result. */
PlanRequirement *plan_require(Plan *plan, PlanRequirementKind kind, const Place *place, const char *attribute,
                              const char *path);

/* Adds a command; takes @arguments. @without is printed after "a command line cannot carry it: ". */
PlanCommand *plan_add_command(Plan *plan, const Place *place, const char *attribute, const char *name,
                              Props *arguments, const char *without);

/* Something comes between QEMU's answer and the guest's first instruction: QEMU is started with -S, and told
 * to go on. */
gboolean plan_holds_guest(const Plan *plan);

/* Something is done with the threads of QEMU one by one. */
gboolean plan_tunes_threads(const Plan *plan);

/* Adds a variable of the environment, over what was added before. Both are borrowed. */
void plan_add_variable(Plan *plan, const char *name, const char *value);

/* @emulator is what this host has for the emulator of the plan, and @program its path, or NULL. Both are
 * copied. */
void plan_set_emulator(Plan *plan, const char *emulator, const char *program);

/* QEMU opens @path, which is copied. For what has a requirement that is said by it. */
void plan_allow(Plan *plan, PlanAccess access, const char *path);

/* QEMU connects to a TCP port of some host: a number or a name, which is copied. NULL: nobody knows which. */
void plan_connect(Plan *plan, const char *service);

/* QEMU listens on one of these TCP ports, which no requirement says. */
void plan_listen(Plan *plan, guint first, guint last);

/* The first requirement of that kind, or NULL. */
const PlanRequirement *plan_find_requirement(const Plan *plan, PlanRequirementKind kind);

/* Whether an argument has @option. */
gboolean plan_has_option(const Plan *plan, const char *option);

/* Takes the values of @fresh, which is the same machine translated again; what was added to @plan afterwards
 * stays, and so do its resources and commands. */
void plan_update(Plan *plan, const Plan *fresh);

/* The number of the first descriptor that QEMU inherits beside standard input, output and error. */
enum { PLAN_FIRST_FD = 3 };

/* The command line as an array of strings, the emulator first, NULL at its end. The caller frees it. */
char **plan_to_argv(const Plan *plan, PlanForm form);

/* The command line for a POSIX shell: one argument group a line, with continuations, and a newline at the
 * end. Variables of the environment stand before the emulator, as words of env(1). */
char *plan_to_shell(const Plan *plan, PlanForm form);

/* The same as a JSON array of strings, with a newline at the end. */
char *plan_to_json(const Plan *plan, PlanForm form);
