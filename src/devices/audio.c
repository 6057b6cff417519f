/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/audio.h"

#include "domain/devices.h"
#include "domain/domain.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(
    audio_type_table,
    AUDIO_LAST, [AUDIO_NONE] = "none", [AUDIO_ALSA] = "alsa", [AUDIO_COREAUDIO] = "coreaudio",
    [AUDIO_JACK] = "jack", [AUDIO_OSS] = "oss", [AUDIO_PULSEAUDIO] = "pulseaudio", [AUDIO_SDL] = "sdl",
    [AUDIO_SPICE] = "spice", [AUDIO_FILE] = "file", [AUDIO_DBUS] = "dbus", [AUDIO_PIPEWIRE] = "pipewire");
ENUM_TABLE(audio_sdl_table, 7, "esd", "alsa", "arts", "pulseaudio", "disk", "dsp", "coreaudio");
ENUM_TABLE(audio_sample_table, 7, "s8", "u8", "s16", "u16", "s32", "u32", "f32");

/* ---- Options by name ---- */

typedef enum { OPTION_TEXT, OPTION_NUMBER, OPTION_SWITCH } OptionKind;

enum { ANY = 0xffff };

/* An attribute, QEMU's name for it, and the types that have it. */
typedef struct {
  const char *attribute;
  const char *key;
  OptionKind kind;
  guint types; /* a bit for each AudioType */
} Option;

static const Option whole_options[] = {
  { "timerPeriod", "timer-period", OPTION_NUMBER, ANY },
  { "serverName", "server", OPTION_TEXT, 1 << AUDIO_PULSEAUDIO },
  { "tryMMap", "try-mmap", OPTION_SWITCH, 1 << AUDIO_OSS },
  { "exclusive", "exclusive", OPTION_SWITCH, 1 << AUDIO_OSS },
  { "dspPolicy", "dsp-policy", OPTION_NUMBER, 1 << AUDIO_OSS },
};

static const Option way_options[] = {
  { "mixingEngine", "mixing-engine", OPTION_SWITCH, ANY },
  { "fixedSettings", "fixed-settings", OPTION_SWITCH, ANY },
  { "voices", "voices", OPTION_NUMBER, ANY },
  { "bufferLength", "buffer-length", OPTION_NUMBER, ANY },
};

/* After the settings. */
static const Option way_own_options[] = {
  { "dev", "dev", OPTION_TEXT, 1 << AUDIO_ALSA | 1 << AUDIO_OSS },
  { "bufferCount", "buffer-count", OPTION_NUMBER, 1 << AUDIO_OSS | 1 << AUDIO_SDL | 1 << AUDIO_COREAUDIO },
  { "tryPoll", "try-poll", OPTION_SWITCH, 1 << AUDIO_OSS | 1 << AUDIO_ALSA },
  { "name", "name", OPTION_TEXT, 1 << AUDIO_PULSEAUDIO | 1 << AUDIO_PIPEWIRE },
  { "streamName", "stream-name", OPTION_TEXT, 1 << AUDIO_PULSEAUDIO | 1 << AUDIO_PIPEWIRE },
  { "latency", "latency", OPTION_NUMBER, 1 << AUDIO_PULSEAUDIO | 1 << AUDIO_PIPEWIRE },
  { "serverName", "server-name", OPTION_TEXT, 1 << AUDIO_JACK },
  { "clientName", "client-name", OPTION_TEXT, 1 << AUDIO_JACK },
  { "connectPorts", "connect-ports", OPTION_TEXT, 1 << AUDIO_JACK },
  { "exactName", "exact-name", OPTION_SWITCH, 1 << AUDIO_JACK },
};

static gboolean read_option(xmlNode *node, const Option *option, Props *props, GError **error)
{
  guint32 number = 0;
  gboolean is_on = FALSE;

  switch (option->kind) {
  case OPTION_TEXT:
    props_add_string(props, option->key, xml_attribute(node, option->attribute));
    return TRUE;
  case OPTION_NUMBER:
    if (!xml_attribute_uint32(node, option->attribute, 0, G_MAXINT32, &number, error))
      return FALSE;
    props_add_uint(props, option->key, number);
    return TRUE;
  case OPTION_SWITCH:
    if (!xml_attribute_yes_no(node, option->attribute, &is_on, error))
      return FALSE;
    props_add_bool(props, option->key, is_on);
    return TRUE;
  }
  g_assert_not_reached();
}

static gboolean read_options(xmlNode *node, const Option *options, gsize count, AudioType type, Props *props,
                             GError **error)
{
  for (gsize i = 0; i < count; i++) {
    if ((options[i].types & 1U << type) && xml_has_attribute(node, options[i].attribute) &&
        !read_option(node, &options[i], props, error))
      return FALSE;
  }
  return TRUE;
}

/* <settings>: what is sampled. */
static gboolean read_settings(xmlNode *way, Props *props, GError **error)
{
  static const Option numbers[] = { { "frequency", "frequency", OPTION_NUMBER, ANY },
                                    { "channels", "channels", OPTION_NUMBER, ANY } };
  xmlNode *settings = NULL;
  int format = -1;

  if (!xml_child(way, "settings", &settings, error))
    return FALSE;
  if (!settings)
    return TRUE;
  if (!read_options(settings, numbers, G_N_ELEMENTS(numbers), AUDIO_NONE, props, error) ||
      !xml_attribute_enum(settings, "format", &audio_sample_table, &format, error))
    return FALSE;
  if (format >= 0)
    props_add_string(props, "format", enum_to_string(&audio_sample_table, format));
  return TRUE;
}

/* <input> or <output>. */
static gboolean read_way(xmlNode *node, const char *element, const char *key, const char **ret_device,
                         Audio *audio, GError **error)
{
  xmlNode *way = NULL;
  g_autoptr(Props) props = props_new_empty();

  if (!xml_child(node, element, &way, error))
    return FALSE;
  if (!way)
    return TRUE;
  if (!read_options(way, way_options, G_N_ELEMENTS(way_options), audio->type, props, error) ||
      !read_settings(way, props, error) ||
      !read_options(way, way_own_options, G_N_ELEMENTS(way_own_options), audio->type, props, error))
    return FALSE;
  if (audio->type == AUDIO_OSS)
    *ret_device = xml_attribute(way, "dev");
  props_add_props(audio->options, key, g_steal_pointer(&props));
  return TRUE;
}

static gboolean read_file(xmlNode *node, Audio *audio, GError **error)
{
  const char *path = NULL;

  if (!xml_attribute_path(node, "path", &path, error))
    return FALSE;
  if (!path)
    return xml_error(error, node, "path", "is missing");
  audio->path = path;
  props_add_string(audio->options, "path", path);
  return TRUE;
}

static gboolean read_sdl(xmlNode *node, Audio *audio, GError **error)
{
  int driver = -1;

  if (!xml_attribute_enum(node, "driver", &audio_sdl_table, &driver, error))
    return FALSE;
  audio->sdl_driver = driver >= 0 ? enum_to_string(&audio_sdl_table, driver) : NULL;
  return TRUE;
}

static gboolean audio_parse(xmlNode *node, Device *device, GError **error)
{
  Audio *audio = (Audio *)device;

  audio->options = props_new_empty();
  if (!xml_attribute_enum_required(node, "type", &audio_type_table, XML_ENUM(&audio->type), error))
    return FALSE;
  if (!xml_has_attribute(node, "id"))
    return xml_error(error, node, "id", "is missing");
  if (audio->type == AUDIO_COREAUDIO)
    return xml_error(error, node, "type",
                     "'coreaudio' is macOS's; Linux has alsa, pulseaudio, pipewire, jack");
  return xml_attribute_uint32(node, "id", 1, G_MAXINT32, &audio->id, error) &&
         read_options(node, whole_options, G_N_ELEMENTS(whole_options), audio->type, audio->options, error) &&
         (audio->type != AUDIO_PIPEWIRE ||
          xml_attribute_path(node, "runtimeDir", &audio->runtime_dir, error)) &&
         (audio->type != AUDIO_FILE || read_file(node, audio, error)) &&
         (audio->type != AUDIO_SDL || read_sdl(node, audio, error)) &&
         read_way(node, "input", "in", &audio->devices[0], audio, error) &&
         read_way(node, "output", "out", &audio->devices[1], audio, error);
}

static void audio_clear(Device *device)
{
  g_clear_pointer(&((Audio *)device)->options, props_free);
}

/* ---- Who is who ---- */

static gboolean audio_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "audio%u", ((const Audio *)device)->id);
  return TRUE;
}

void audio_imply(Domain *domain, gboolean is_wanted, AudioType type)
{
  Audio *audio;

  if (!is_wanted || device_first_of(domain, &audio_room))
    return;
  audio = (Audio *)device_new(&audio_room, /* node= */ NULL);
  audio->device.place = domain->place;
  audio->id = 1;
  audio->type = type;
  audio->options = props_new_empty();
  domain_add_device(domain, &audio->device);
}

gboolean audio_parse_reference(xmlNode *node, guint32 *ret_id, GError **error)
{
  xmlNode *audio = NULL;

  if (!xml_child(node, "audio", &audio, error))
    return FALSE;
  if (!audio)
    return TRUE;
  if (!xml_has_attribute(audio, "id"))
    return xml_error(error, audio, "id", "is missing");
  return xml_attribute_uint32(audio, "id", 1, G_MAXINT32, ret_id, error);
}

static void claim_id(const Device *device, GPtrArray *claims)
{
  if (device->room == &audio_room)
    g_ptr_array_add(claims, g_strdup_printf("%u", ((const Audio *)device)->id));
}

static const Device *find(const Domain *domain, guint32 id)
{
  g_autofree char *claim = g_strdup_printf("%u", id);

  return device_first_claimant(domain, claim_id, claim);
}

gboolean audio_validate_reference(const Domain *domain, const Device *device, guint32 id, GError **error)
{
  if (!id || find(domain, id))
    return TRUE;
  return error_set_document(error, &device->place, NULL,
                            "there is no <audio id='%u'>, which its <audio> names", id);
}

static gboolean audio_validate(const Domain *domain, const Device *device, GError **error)
{
  const Device *first = find(domain, ((const Audio *)device)->id);

  if (first == device)
    return TRUE;
  return error_set_document(error, &device->place, "id", "%u is that of the <audio> on line %d",
                            ((const Audio *)device)->id, first->place.line);
}

char *audio_id(const Domain *domain, guint32 id)
{
  const Audio *first = (const Audio *)device_first_of(domain, &audio_room);

  return g_strdup_printf("audio%u", id ? id : first->id);
}

gboolean audio_is_of_type(const Domain *domain, guint32 id, AudioType type)
{
  const Audio *audio = (const Audio *)(id ? find(domain, id) : device_first_of(domain, &audio_room));

  return audio && audio->type == type;
}

static void audio_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Audio *audio = (const Audio *)device;

  xml_set_attribute_format(node, "id", "%u", audio->id);
  xml_set_attribute(node, "type", enum_to_string(&audio_type_table, (int)audio->type));
}

const DeviceRoom audio_room = {
  .element = "audio",
  .size = sizeof(Audio),
  .parse = audio_parse,
  .complete = audio_complete,
  .validate = audio_validate,
  .translate = audio_translate,
  .annotate = audio_annotate,
  .clear = audio_clear,
};
