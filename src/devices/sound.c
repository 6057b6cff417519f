/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/sound.h"

#include "devices/audio.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(sound_model_table, SOUND_LAST, [SOUND_SB16] = "sb16", [SOUND_ES1370] = "es1370",
           [SOUND_PCSPK] = "pcspk", [SOUND_AC97] = "ac97", [SOUND_ICH6] = "ich6", [SOUND_ICH9] = "ich9",
           [SOUND_USB] = "usb", [SOUND_VIRTIO] = "virtio");
ENUM_TABLE(sound_codec_table, SOUND_CODEC_LAST, [SOUND_CODEC_DUPLEX] = "duplex",
           [SOUND_CODEC_MICRO] = "micro", [SOUND_CODEC_OUTPUT] = "output");

/* Where the ICH9 has its own on the root bus. */
enum { ICH9_SLOT = 0x1b };

static gboolean has_codecs(const Sound *sound)
{
  return sound->model == SOUND_ICH6 || sound->model == SOUND_ICH9;
}

static gboolean read_codecs(xmlNode *node, Sound *sound, GError **error)
{
  int usual = SOUND_CODEC_DUPLEX;

  sound->codecs = g_array_new(FALSE, FALSE, sizeof(int));
  XML_FOREACH_CHILD(node, codec, "codec") {
    int type = 0;

    if (!xml_attribute_enum_required(codec, "type", &sound_codec_table, &type, error))
      return FALSE;
    if (!has_codecs(sound))
      return xml_error(error, codec, NULL, "model '%s' has no codecs; ich6 and ich9 have",
                       enum_to_string(&sound_model_table, (int)sound->model));
    g_array_append_val(sound->codecs, type);
  }
  if (has_codecs(sound) && sound->codecs->len == 0)
    g_array_append_val(sound->codecs, usual);
  return TRUE;
}

static gboolean sound_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE }, usb[] = { ADDRESS_USB, ADDRESS_NONE };
  Sound *sound = (Sound *)device;

  if (!xml_attribute_enum_required(node, "model", &sound_model_table, XML_ENUM(&sound->model), error) ||
      !read_codecs(node, sound, error) || !audio_parse_reference(node, &sound->audio, error) ||
      !device_parse_alias(node, device, error))
    return FALSE;
  if (sound->model == SOUND_SB16 || sound->model == SOUND_PCSPK)
    return TRUE;
  if (sound->model == SOUND_USB && !xml_attribute_yes_no(node, "multichannel", &sound->multichannel, error))
    return FALSE;
  if (sound->model == SOUND_VIRTIO &&
      !xml_attribute_uint32(node, "streams", 1, G_MAXINT32, &sound->streams, error))
    return FALSE;
  return address_parse(node, sound->model == SOUND_USB ? usb : pci, &device->address, error);
}

static void sound_clear(Device *device)
{
  g_clear_pointer(&((Sound *)device)->codecs, g_array_unref);
}

static gboolean sound_complete(Domain *domain, Device *device, GError **error)
{
  const Sound *sound = (const Sound *)device;

  device_set_alias(domain, device, "sound%u", device->index);
  device->is_usb = sound->model == SOUND_USB;
  if (sound->model == SOUND_VIRTIO)
    device->pci_plug = PCI_PLUG_VIRTIO;
  else if (sound->model != SOUND_USB && sound->model != SOUND_SB16 && sound->model != SOUND_PCSPK)
    device->pci_plug = PCI_PLUG_CONVENTIONAL;
  if (sound->model == SOUND_ICH9 && chipset_of(domain) == CHIPSET_Q35)
    device->board_slot = ICH9_SLOT;
  return TRUE;
}

static void claim_board(const Device *device, GPtrArray *claims)
{
  const Sound *sound = (const Sound *)device;

  if (device->room == &sound_room && (sound->model == SOUND_SB16 || sound->model == SOUND_PCSPK))
    g_ptr_array_add(claims, g_strdup(enum_to_string(&sound_model_table, (int)sound->model)));
}

static gboolean sound_validate(const Domain *domain, const Device *device, GError **error)
{
  const Sound *sound = (const Sound *)device;
  const char *model = enum_to_string(&sound_model_table, (int)sound->model);
  const Device *first = device_first_claimant(domain, claim_board, model);

  if (first && first != device && (sound->model == SOUND_SB16 || sound->model == SOUND_PCSPK))
    return error_set_document(error, &device->place, "model", "a machine has one '%s': that of line %d",
                              model, first->place.line);
  return audio_validate_reference(domain, device, sound->audio, error);
}

const DeviceRoom sound_room = {
  .element = "sound",
  .size = sizeof(Sound),
  .pci_order = DEVICE_PCI_ORDER_SOUND,
  .usb_order = DEVICE_USB_ORDER_SOUND,
  .parse = sound_parse,
  .complete = sound_complete,
  .validate = sound_validate,
  .translate = sound_translate,
  .annotate = device_annotate_nothing,
  .clear = sound_clear,
};
