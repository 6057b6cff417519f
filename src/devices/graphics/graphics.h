/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <graphics>: a window on the host's desktop (sdl), or a server for viewers (vnc, spice,
 * dbus).
 * https://libvirt.org/formatdomain.html#graphical-framebuffers
 */
#pragma once

#include "base/enum.h"
#include "devices/graphics/dbus.h"
#include "devices/graphics/listen.h"
#include "devices/graphics/spice.h"
#include "domain/device.h"
#include "domain/live-facts.h"

typedef enum {
  GRAPHICS_SDL,
  GRAPHICS_VNC,
  GRAPHICS_SPICE,
  GRAPHICS_EGL_HEADLESS, /* nowhere to be seen: it draws what a server beside it shows */
  GRAPHICS_DBUS,
  GRAPHICS_LAST,
} GraphicsType;

typedef enum {
  GRAPHICS_SHARE_DEFAULT, /* QEMU's own: allow-exclusive */
  GRAPHICS_SHARE_ALLOW_EXCLUSIVE,
  GRAPHICS_SHARE_FORCE_SHARED,
  GRAPHICS_SHARE_IGNORE,
  GRAPHICS_SHARE_LAST,
} GraphicsShare;

extern const EnumTable graphics_type_table;
extern const EnumTable graphics_share_table;

/* What becomes of a viewer that is there when SPICE's password is set. */
typedef enum {
  GRAPHICS_CONNECTED_DEFAULT, /* QEMU's own: keep */
  GRAPHICS_CONNECTED_KEEP,
  GRAPHICS_CONNECTED_FAIL,
  GRAPHICS_CONNECTED_DISCONNECT,
  GRAPHICS_CONNECTED_LAST,
} GraphicsConnected;

extern const EnumTable graphics_connected_table;

/* Numbers that a port can have beside its own: none is wanted; one that is free. */
enum { GRAPHICS_PORT_NONE = 0, GRAPHICS_PORT_AUTO = -1 };

/* VNC's displays are numbered from this port on; SPICE's are looked for from it. */
enum { GRAPHICS_VNC_FIRST_PORT = 5900, GRAPHICS_LAST_FIRST_PORT = 65000 };

typedef struct {
  Device device;
  GraphicsType type;
  const char *keymap; /* NULL: QEMU's own */
  GArray *listens;    /* vnc, spice: of GraphicsListen, one at least; as all that follows */
  int port;           /* or AUTO; spice: or NONE */
  int preferred_port; /* with AUTO: where to look first; 0: the first that there is */
  int tls_port;       /* spice: or AUTO, or NONE, as the next */
  int preferred_tls_port;
  int websocket;                  /* vnc: or AUTO, or NONE */
  const char *password;           /* NULL: none is asked for; "": nobody is let in */
  gint64 valid_to;                /* when the password expires, in seconds since 1970; 0: never */
  Place password_place;           /* of the element */
  const char *password_attribute; /* "passwd", or "password" in documents of 2008 */
  GraphicsConnected connected;    /* spice */
  Spice spice;
  Dbus dbus;
  GraphicsShare share;          /* vnc, as what follows */
  gboolean has_power_control;   /* the viewer may shut down and reset the guest */
  guint32 audio;                /* the id of an <audio>; 0: the first */
  guint vnc_index;              /* among the VNC servers, from 0 */
  const char *window_attribute; /* not sdl: one that only a window has; NULL: none */
  const char *display;          /* sdl: of X11, ":0"; NULL: that of domrun; as all that follows */
  const char *xauth;            /* absolute path */
  gboolean is_fullscreen;
  gboolean has_gl;
  const char *render_node; /* egl-headless: of the host's graphics card, absolute; NULL: QEMU's choice */
} Graphics;

extern const DeviceRoom graphics_room;

/* Whether one of them is of type spice. Before the devices are completed, as after. */
gboolean graphics_has_spice(const Domain *domain);

/* The SPICE server, the first that the document has, or NULL. Likewise. */
Graphics *graphics_spice_of(const Domain *domain);

/* Refuses what stands at @place and is of type @type where there is no SPICE server. */
gboolean graphics_check_spice(const Domain *domain, const Place *place, const char *type, GError **error);

/* The ports that the host has for the SPICE server; 0: none. */
void graphics_set_spice_ports(const Domain *domain, int port, int tls_port);

/* Where the sockets are that the document leaves to domrun. */
void graphics_set_directory(const Domain *domain, const char *directory);

/* Whether OpenGL is drawn without a window, in which case that is QEMU's main display. */
gboolean graphics_is_headless(const Domain *domain);

/* Whether a window shows the guest, in which case QEMU's main display is that. */
gboolean graphics_has_window(const Domain *domain);

/* Whether there is a display of type dbus, in which case QEMU's main display is that. */
gboolean graphics_has_dbus(const Domain *domain);

/* Whether there is a server for viewers, which can ask for sound. */
gboolean graphics_has_server(const Domain *domain);

/* The first that names a keymap, or NULL. */
const Graphics *graphics_with_keymap(const Domain *domain);

/* Whether a display can show what the guest draws with OpenGL. */
gboolean graphics_has_gl(const Domain *domain);

/* The VNC server of that index among them, or NULL. */
Graphics *graphics_of_display(const Domain *domain, guint index);

/* A port that QEMU chose is to be the same the next time, if it is still free. */
void graphics_prefer(const Domain *domain, const LiveDisplay *display);

gboolean graphics_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
