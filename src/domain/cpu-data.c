/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu-data.h"

#include <string.h>

const CpuDataModel *cpu_data_find_model(const char *name)
{
  for (guint i = 0; i < cpu_data_n_models; i++) {
    if (g_str_equal(cpu_data_models[i].name, name))
      return &cpu_data_models[i];
  }
  return NULL;
}

/* The older names of some features write '_' for '-', one is a misspelling that stayed. */
static gboolean is_name(const char *ours, const char *theirs)
{
  for (; *ours && *theirs; ours++, theirs++) {
    if (*ours != *theirs && !(*ours == '-' && *theirs == '_'))
      return FALSE;
  }
  return !*ours && !*theirs;
}

int cpu_data_find_feature(const char *name)
{
  if (g_str_equal(name, "pclmuldq"))
    name = "pclmulqdq";
  for (guint i = 0; i < cpu_data_n_features; i++) {
    if (is_name(cpu_data_features[i].name, name))
      return (int)i;
  }
  return -1;
}

int cpu_data_find_any_feature(const char *name)
{
  int feature = cpu_data_find_feature(name);

  for (guint i = 0; feature < 0 && i < cpu_data_n_named_features; i++) {
    if (is_name(cpu_data_named_features[i], name))
      feature = (int)(cpu_data_n_features + i);
  }
  return feature;
}

const char *cpu_data_feature_name(guint feature)
{
  return feature < cpu_data_n_features ? cpu_data_features[feature].name
                                       : cpu_data_named_features[feature - cpu_data_n_features];
}

gboolean cpu_data_has_named_model(const char *name)
{
  for (guint i = 0; i < cpu_data_n_named_models; i++) {
    if (g_str_equal(cpu_data_named_models[i], name))
      return TRUE;
  }
  return FALSE;
}
