/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <graphics type='dbus'>: a display that a program of the host shows and works by D-Bus (org.qemu.Display1):
 * on a bus that is there, on one of the guest's own, or without a bus.
 * https://libvirt.org/formatdomain.html#graphical-framebuffers; QEMU's documentation, interop/dbus-display.
 */
#pragma once

#include "base/error.h"
#include "domain/feature-state.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef struct {
  gboolean is_p2p;     /* there is no bus: viewers are handed over by QMP's add_client */
  const char *address; /* of the bus, as D-Bus has it; NULL: it is the guest's own, or there is none */
  const char *path;    /* of the own bus' socket: in the working directory, and from dbus_set_directory() on
                          absolute; NULL: it is not the guest's own */
  FeatureState gl;
  const char *render_node; /* of the host's graphics card, absolute; NULL: QEMU's choice */
  Place place;
  Place gl_place;
} Dbus;

/* What the own bus' socket is called, wherever it is. */
#define DBUS_SOCKET "dbus.sock"

/* Reads all of <graphics> but <audio>. */
gboolean dbus_parse(struct _xmlNode *node, Dbus *dbus, GError **error);

/* The own bus is in that directory. */
void dbus_set_directory(Dbus *dbus, const char *directory, struct _xmlNode *node);

/* "unix:path=/run/domrun/.../dbus.sock", of the own bus; the caller frees it. */
char *dbus_address(const Dbus *dbus);

/* Writes where the own bus is. */
void dbus_annotate(const Dbus *dbus, struct _xmlNode *node);

/* @audio is the id of what carries its sound, or NULL; @alias that of the device. */
void dbus_translate(const Dbus *dbus, const char *alias, const char *audio, Plan *plan);
