/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/generator.h"

#include <string.h>
#include <sys/random.h>

static char *digest(const char *seed, const char *purpose, guint index)
{
  g_autofree char *text = g_strdup_printf("%s %s %u", seed, purpose, index);

  return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

void generator_init(Generator *generator, const char *seed, const char *name)
{
  g_autofree char *text =
      seed && *seed ? g_strdup_printf("%zu %s %s", strlen(seed), seed, name) : g_strdup(name);
  guint8 random[32];
  g_autofree char *hex = NULL;

  if (seed)
    hex = digest(text, "seed", 0);
  else if (getrandom(random, sizeof random, 0) == sizeof random)
    hex = g_compute_checksum_for_data(G_CHECKSUM_SHA256, random, sizeof random);
  else /* a kernel before 3.17 */
    hex = g_uuid_string_random();
  g_strlcpy(generator->seed, hex, sizeof generator->seed);
}

char *generator_uuid(const Generator *generator, const char *purpose)
{
  g_autofree char *hex = digest(generator->seed, purpose, 0);

  hex[16] = "89ab"[g_ascii_xdigit_value(hex[16]) & 3]; /* the variant; the version stands before %.3s */
  return g_strdup_printf("%.8s-%.4s-4%.3s-%.4s-%.12s", hex, hex + 8, hex + 13, hex + 16, hex + 20);
}

char *generator_mac(const Generator *generator, guint index)
{
  g_autofree char *hex = digest(generator->seed, "mac", index);

  return g_strdup_printf("52:54:00:%.2s:%.2s:%.2s", hex, hex + 2, hex + 4);
}

guint32 generator_cid(const Generator *generator)
{
  g_autofree char *hex = digest(generator->seed, "cid", 0);
  guint64 number;

  hex[8] = '\0';
  number = g_ascii_strtoull(hex, NULL, 16);
  return (guint32)(3 + number % (G_MAXINT32 - 3));
}
