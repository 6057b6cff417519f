/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What <graphics type='spice'> has beside what every display has: how its channels are protected, what is
 * compressed, and what a viewer may do.
 * https://libvirt.org/formatdomain.html#graphical-framebuffers
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/props.h"

struct _xmlNode;

typedef enum {
  SPICE_MODE_ANY,
  SPICE_MODE_SECURE,   /* by TLS only */
  SPICE_MODE_INSECURE, /* in clear only */
  SPICE_MODE_LAST,
} SpiceMode;

typedef enum {
  SPICE_CHANNEL_MAIN,
  SPICE_CHANNEL_DISPLAY,
  SPICE_CHANNEL_INPUTS,
  SPICE_CHANNEL_CURSOR,
  SPICE_CHANNEL_PLAYBACK,
  SPICE_CHANNEL_RECORD,
  SPICE_CHANNEL_SMARTCARD,
  SPICE_CHANNEL_USBREDIR,
  SPICE_CHANNEL_LAST,
} SpiceChannel;

typedef enum {
  SPICE_IMAGE_DEFAULT, /* QEMU's own, as in what follows */
  SPICE_IMAGE_AUTO_GLZ,
  SPICE_IMAGE_AUTO_LZ,
  SPICE_IMAGE_QUIC,
  SPICE_IMAGE_GLZ,
  SPICE_IMAGE_LZ,
  SPICE_IMAGE_OFF,
  SPICE_IMAGE_LAST,
} SpiceImage;

typedef enum {
  SPICE_WAN_DEFAULT,
  SPICE_WAN_AUTO,
  SPICE_WAN_NEVER,
  SPICE_WAN_ALWAYS,
  SPICE_WAN_LAST,
} SpiceWan;

typedef enum {
  SPICE_SWITCH_DEFAULT,
  SPICE_SWITCH_ON,
  SPICE_SWITCH_OFF,
  SPICE_SWITCH_LAST,
} SpiceSwitch;

typedef enum {
  SPICE_STREAMING_DEFAULT,
  SPICE_STREAMING_FILTER,
  SPICE_STREAMING_ALL,
  SPICE_STREAMING_OFF,
  SPICE_STREAMING_LAST,
} SpiceStreaming;

typedef enum {
  SPICE_MOUSE_DEFAULT,
  SPICE_MOUSE_SERVER,
  SPICE_MOUSE_CLIENT,
  SPICE_MOUSE_LAST,
} SpiceMouse;

extern const EnumTable spice_mode_table;
extern const EnumTable spice_channel_table;
extern const EnumTable spice_image_table;
extern const EnumTable spice_wan_table;
extern const EnumTable spice_switch_table;
extern const EnumTable spice_streaming_table;
extern const EnumTable spice_mouse_table;

typedef struct {
  SpiceMode default_mode;
  SpiceMode modes[SPICE_CHANNEL_LAST]; /* ANY: the default */
  SpiceImage image;
  SpiceWan jpeg, zlib;
  SpiceSwitch playback;
  SpiceStreaming streaming;
  SpiceMouse mouse;
  gboolean bars_clipboard, bars_file_transfer;
  gboolean has_gl;
  const char *render_node;  /* of the host's graphics card, absolute; NULL: QEMU's choice */
  const char *certificates; /* the directory, absolute; where something is protected */
  Place gl_place;
} Spice;

/* Reads the children of <graphics>, and defaultMode. */
gboolean spice_parse(struct _xmlNode *node, Spice *spice, GError **error);

/* Which ports its channels need. */
gboolean spice_needs_tls(const Spice *spice);
gboolean spice_needs_clear(const Spice *spice);

/* Whether a channel is to be in clear. */
gboolean spice_has_clear(const Spice *spice);

/* The options that do not say where the server is. */
void spice_add_mouse(const Spice *spice, Props *props);
void spice_add_channels(const Spice *spice, Props *props);
void spice_add_options(const Spice *spice, Props *props);
