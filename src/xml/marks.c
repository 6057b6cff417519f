/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/marks.h"

XmlMarks *xml_marks_new(void)
{
  XmlMarks *marks = g_new0(XmlMarks, 1);

  return marks;
}

static void free_names(XmlNames *names)
{
  while (names) {
    XmlNames *next = names->next;

    g_free(names);
    names = next;
  }
}

void xml_marks_free(gpointer data)
{
  XmlMarks *marks = data;

  free_names(marks->attributes.next);
  free_names(marks->children.next);
  g_free(marks);
}

void xml_marks_ask(XmlNames *names, const char *name)
{
  gsize i = 0;

  while (names->names[i] && names->names[i] != name) { /* by its address: the linker merges literals */
    if (++i < XML_NAMES_BLOCK)
      continue;
    if (!names->next)
      names->next = g_new0(XmlNames, 1);
    names = names->next;
    i = 0;
  }
  names->names[i] = name;
}
