/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libvirt/xdr.h"

#include <string.h>

/* The numbers of types in a union. */
static const char union_types[] = " iuxtdbs";

/* ---- There ---- */

static void put_u32(GByteArray *bytes, guint32 value)
{
  guint32 big = GUINT32_TO_BE(value);

  g_byte_array_append(bytes, (const guint8 *)&big, sizeof big);
}

static void put_u64(GByteArray *bytes, guint64 value)
{
  guint64 big = GUINT64_TO_BE(value);

  g_byte_array_append(bytes, (const guint8 *)&big, sizeof big);
}

static void put_opaque(GByteArray *bytes, gconstpointer data, gsize length)
{
  static const guint8 zeros[4];

  put_u32(bytes, (guint32)length);
  g_byte_array_append(bytes, data, (guint)length);
  g_byte_array_append(bytes, zeros, (guint)(-length & 3));
}

static void put_double(GByteArray *bytes, double value)
{
  guint64 bits;

  memcpy(&bits, &value, sizeof bits);
  put_u64(bytes, bits);
}

static void put_members(GByteArray *bytes, GVariant *value)
{
  gsize n = g_variant_n_children(value);

  for (gsize i = 0; i < n; i++) {
    g_autoptr(GVariant) member = g_variant_get_child_value(value, i);

    xdr_encode(bytes, member);
  }
}

static void put_string(GByteArray *bytes, GVariant *value)
{
  gsize length;
  const char *text = g_variant_get_string(value, &length);

  put_opaque(bytes, text, length);
}

static void put_array(GByteArray *bytes, GVariant *value)
{
  if (g_variant_is_of_type(value, G_VARIANT_TYPE_BYTESTRING)) {
    put_opaque(bytes, g_variant_get_data(value), g_variant_get_size(value));
    return;
  }
  put_u32(bytes, (guint32)g_variant_n_children(value));
  put_members(bytes, value);
}

static void put_union(GByteArray *bytes, GVariant *value)
{
  g_autoptr(GVariant) inner = g_variant_get_variant(value);
  const char *type = strchr(union_types, *g_variant_get_type_string(inner));

  g_assert(type && type > union_types);
  put_u32(bytes, (guint32)(type - union_types));
  xdr_encode(bytes, inner);
}

void xdr_encode(GByteArray *bytes, GVariant *value)
{
  switch ((char)g_variant_classify(value)) { /* the first letter of its type */
  case G_VARIANT_CLASS_BOOLEAN:
    put_u32(bytes, g_variant_get_boolean(value));
    return;
  case G_VARIANT_CLASS_BYTE:
    put_u32(bytes, g_variant_get_byte(value));
    return;
  case G_VARIANT_CLASS_INT32:
    put_u32(bytes, (guint32)g_variant_get_int32(value));
    return;
  case G_VARIANT_CLASS_UINT32:
    put_u32(bytes, g_variant_get_uint32(value));
    return;
  case G_VARIANT_CLASS_INT64:
    put_u64(bytes, (guint64)g_variant_get_int64(value));
    return;
  case G_VARIANT_CLASS_UINT64:
    put_u64(bytes, g_variant_get_uint64(value));
    return;
  case G_VARIANT_CLASS_DOUBLE:
    put_double(bytes, g_variant_get_double(value));
    return;
  case G_VARIANT_CLASS_STRING:
    put_string(bytes, value);
    return;
  case G_VARIANT_CLASS_MAYBE:
    put_u32(bytes, g_variant_n_children(value) > 0);
    put_members(bytes, value);
    return;
  case G_VARIANT_CLASS_ARRAY:
    put_array(bytes, value);
    return;
  case G_VARIANT_CLASS_TUPLE:
    put_members(bytes, value);
    return;
  case G_VARIANT_CLASS_VARIANT:
    put_union(bytes, value);
    return;
  default:
    g_assert_not_reached();
  }
}

/* ---- And back ---- */

typedef struct {
  const guint8 *at;
  gsize left;
} Reader;

/* The next @length bytes; NULL with an error. */
static const guint8 *take(Reader *reader, gsize length, GError **error)
{
  const guint8 *bytes = reader->at;

  if (reader->left < length) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "a packet ends in the middle of a value");
    return NULL;
  }
  reader->at += length;
  reader->left -= length;
  return bytes;
}

static gboolean get_u32(Reader *reader, guint32 *ret_value, GError **error)
{
  const guint8 *bytes = take(reader, 4, error);

  if (!bytes)
    return FALSE;
  memcpy(ret_value, bytes, 4);
  *ret_value = GUINT32_FROM_BE(*ret_value);
  return TRUE;
}

static gboolean get_u64(Reader *reader, guint64 *ret_value, GError **error)
{
  const guint8 *bytes = take(reader, 8, error);

  if (!bytes)
    return FALSE;
  memcpy(ret_value, bytes, 8);
  *ret_value = GUINT64_FROM_BE(*ret_value);
  return TRUE;
}

static const guint8 *get_opaque(Reader *reader, guint32 *ret_length, GError **error)
{
  const guint8 *bytes;

  if (!get_u32(reader, ret_length, error))
    return NULL;
  if (*ret_length > XDR_MAX_STRING) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "a string of %u bytes is too long", *ret_length);
    return NULL;
  }
  bytes = take(reader, *ret_length, error);
  return bytes && take(reader, -*ret_length & 3, error) ? bytes : NULL;
}

static GVariant *get_value(Reader *reader, const GVariantType *type, GError **error);

static GVariant *get_number(Reader *reader, char type, GError **error)
{
  guint64 wide = 0;
  guint32 value = 0;
  double real;

  if (strchr("xtd", type) ? !get_u64(reader, &wide, error) : !get_u32(reader, &value, error))
    return NULL;
  switch (type) {
  case 'b':
    return g_variant_new_boolean(value != 0);
  case 'y':
    return g_variant_new_byte((guint8)value);
  case 'i':
    return g_variant_new_int32((gint32)value);
  case 'u':
    return g_variant_new_uint32(value);
  case 'x':
    return g_variant_new_int64((gint64)wide);
  case 't':
    return g_variant_new_uint64(wide);
  default:
    memcpy(&real, &wide, sizeof real);
    return g_variant_new_double(real);
  }
}

static GVariant *get_string(Reader *reader, GError **error)
{
  guint32 length = 0;
  const guint8 *bytes = get_opaque(reader, &length, error);

  if (!bytes)
    return NULL;
  if (!g_utf8_validate((const char *)bytes, length, NULL)) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "a string is not UTF-8");
    return NULL;
  }
  return g_variant_new_take_string(g_strndup((const char *)bytes, length));
}

static GVariant *get_maybe(Reader *reader, const GVariantType *type, GError **error)
{
  GVariant *value;
  guint32 is_there;

  if (!get_u32(reader, &is_there, error))
    return NULL;
  if (!is_there)
    return g_variant_new_maybe(g_variant_type_element(type), NULL);
  value = get_value(reader, g_variant_type_element(type), error);
  return value ? g_variant_new_maybe(NULL, value) : NULL;
}

static GVariant *get_bytes(Reader *reader, GError **error)
{
  guint32 length = 0;
  const guint8 *bytes = get_opaque(reader, &length, error);

  if (!bytes)
    return NULL;
  return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes, length, 1);
}

/* Each element takes four bytes at least, and so the packet bounds them. */
static GVariant *get_array(Reader *reader, const GVariantType *type, GError **error)
{
  g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(type);
  guint32 n;

  if (!get_u32(reader, &n, error))
    return NULL;
  for (; n > 0; n--) {
    GVariant *value = get_value(reader, g_variant_type_element(type), error);

    if (!value)
      return NULL;
    g_variant_builder_add_value(&builder, value);
  }
  return g_variant_builder_end(&builder);
}

static GVariant *get_struct(Reader *reader, const GVariantType *type, GError **error)
{
  g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(type);

  for (const GVariantType *member = g_variant_type_first(type); member;
       member = g_variant_type_next(member)) {
    GVariant *value = get_value(reader, member, error);

    if (!value)
      return NULL;
    g_variant_builder_add_value(&builder, value);
  }
  return g_variant_builder_end(&builder);
}

static GVariant *get_union(Reader *reader, GError **error)
{
  GVariant *value;
  guint32 number;
  char type[2] = { 0 };

  if (!get_u32(reader, &number, error))
    return NULL;
  if (number == 0 || number >= strlen(union_types)) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "a parameter has the type %u, which is none", number);
    return NULL;
  }
  type[0] = union_types[number];
  value = get_value(reader, G_VARIANT_TYPE(type), error);
  return value ? g_variant_new_variant(value) : NULL;
}

static GVariant *get_value(Reader *reader, const GVariantType *type, GError **error)
{
  if (g_variant_type_is_maybe(type))
    return get_maybe(reader, type, error);
  if (g_variant_type_equal(type, G_VARIANT_TYPE_BYTESTRING))
    return get_bytes(reader, error);
  if (g_variant_type_is_array(type))
    return get_array(reader, type, error);
  if (g_variant_type_is_tuple(type))
    return get_struct(reader, type, error);
  if (g_variant_type_is_variant(type))
    return get_union(reader, error);
  if (g_variant_type_equal(type, G_VARIANT_TYPE_STRING))
    return get_string(reader, error);
  return get_number(reader, *g_variant_type_peek_string(type), error);
}

GVariant *xdr_decode(const guint8 *bytes, gsize length, const GVariantType *type, GError **error)
{
  Reader reader = { bytes, length };
  g_autoptr(GVariant) value = get_value(&reader, type, error);

  if (!value)
    return NULL;
  g_variant_ref_sink(value);
  if (reader.left > 0) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "a packet has %" G_GSIZE_FORMAT " bytes too many",
              reader.left);
    return NULL;
  }
  return g_steal_pointer(&value);
}
