/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "process/environment.h"

#include <string.h>

/* Names; those that end in '*' are how names begin. */
static const char *const inherited[] = {
  "ALSA_*",        "ASAN_OPTIONS",   "DBUS_SESSION_BUS_ADDRESS",
  "DISPLAY",       "DRI_PRIME",      "EGL_*",
  "GALLIUM_*",     "GBM_*",          "GDK_*",
  "GNUTLS_*",      "GTK_*",          "HOME",
  "JACK_*",        "KRB5CCNAME",     "LANG",
  "LANGUAGE",      "LC_*",           "LD_LIBRARY_PATH",
  "LD_PRELOAD",    "LIBGL_*",        "LIBISCSI_*",
  "LOGNAME",       "LSAN_OPTIONS",   "MALLOC_*",
  "MESA_*",        "OPENSSL_CONF",   "PATH",
  "PIPEWIRE_*",    "PULSE_*",        "PYTHON*",
  "QEMU_*",        "RUST_BACKTRACE", "RUST_LOG",
  "SDL_*",         "SHELL",          "SLIRP_*",
  "SPICE_*",       "SSH_AUTH_SOCK",  "SSL_CERT_DIR",
  "SSL_CERT_FILE", "TMPDIR",         "TZ",
  "TZDIR",         "UBSAN_OPTIONS",  "USER",
  "VIRGL_*",       "VK_*",           "WAYLAND_DISPLAY",
  "XAUTHORITY",    "XDG_*",          "XKB_*",
};

static const char *const proxies[] = { "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY",    "all_proxy",
                                       "ftp_proxy",   "http_proxy", "https_proxy", "no_proxy" };

static gboolean is_among(const char *variable, const char *const *names, gsize n_names)
{
  gsize length = strcspn(variable, "=");

  for (gsize i = 0; i < n_names; i++) {
    gsize known = strcspn(names[i], "*");

    if (strncmp(variable, names[i], known) == 0 && (names[i][known] ? length >= known : length == known))
      return TRUE;
  }
  return FALSE;
}

static gboolean is_inherited(const char *variable, gboolean with_proxies)
{
  return is_among(variable, inherited, G_N_ELEMENTS(inherited)) ||
         (with_proxies && is_among(variable, proxies, G_N_ELEMENTS(proxies)));
}

/* What says where this user's things are, or lets who has it act for this user. */
static const char *const personal[] = {
  "DBUS_SESSION_BUS_ADDRESS",
  "HOME",
  "KRB5CCNAME",
  "LOGNAME",
  "SHELL",
  "SSH_AUTH_SOCK",
  "USER",
  "XAUTHORITY",
  "XDG_CACHE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
};

static gboolean is_personal(const char *variable)
{
  return is_among(variable, personal, G_N_ELEMENTS(personal));
}

static void add_variable(GStrvBuilder *builder, const char *name, const char *value)
{
  g_autofree char *variable = g_strconcat(name, "=", value, NULL);

  g_strv_builder_add(builder, variable);
}

char **environment_inherited(const SpawnIdentity *identity, gboolean with_proxies)
{
  g_auto(GStrv) all = g_get_environ();
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

  for (char **variable = all; *variable; variable++) {
    if (is_inherited(*variable, with_proxies) && !(identity && is_personal(*variable)))
      g_strv_builder_add(builder, *variable);
  }
  if (identity) {
    add_variable(builder, "HOME", identity->home);
    add_variable(builder, "LOGNAME", identity->name);
    add_variable(builder, "USER", identity->name);
  }
  return g_strv_builder_end(builder);
}
