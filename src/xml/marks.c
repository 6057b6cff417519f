/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/marks.h"

XmlMarks *xml_marks_new(void)
{
  XmlMarks *marks = g_new0(XmlMarks, 1);

  marks->attributes = g_ptr_array_new();
  marks->children = g_ptr_array_new();
  return marks;
}

void xml_marks_free(gpointer data)
{
  XmlMarks *marks = data;

  g_ptr_array_unref(marks->attributes);
  g_ptr_array_unref(marks->children);
  g_free(marks);
}

void xml_marks_ask(GPtrArray *names, const char *name)
{
  if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
    g_ptr_array_add(names, (gpointer)name);
}
