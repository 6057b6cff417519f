/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/marks.h"

XmlMarks *xml_marks_new(void)
{
  XmlMarks *marks = g_new0(XmlMarks, 1);

  return marks;
}

void xml_marks_free(gpointer data)
{
  XmlMarks *marks = data;

  g_clear_pointer(&marks->attributes, g_ptr_array_unref);
  g_clear_pointer(&marks->children, g_ptr_array_unref);
  g_free(marks);
}

void xml_marks_ask(GPtrArray **names, const char *name)
{
  if (!*names)
    *names = g_ptr_array_new();
  if (!g_ptr_array_find(*names, name, NULL)) /* by its address: the linker merges literals */
    g_ptr_array_add(*names, (gpointer)name);
}
