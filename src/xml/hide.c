/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "xml/hide.h"

#include "xml/annotate.h"
#include "xml/element.h"

/* Cookies of a web server, of a disk or of a layer below it. */
static void hide_cookies(xmlNode *node)
{
  XML_FOREACH_CHILD(node, child, NULL) {
    xml_remove_child(child, "cookies");
    hide_cookies(child);
  }
}

void xml_hide_secrets(const XmlDocument *document)
{
  xmlNode *devices = xml_next_child(xml_document_root(document), "devices", NULL);

  if (!devices)
    return;
  XML_FOREACH_CHILD(devices, disk, "disk")
    hide_cookies(disk);
  XML_FOREACH_CHILD(devices, graphics, "graphics") {
    xml_remove_attribute(graphics, "passwd");
    xml_remove_attribute(graphics, "password");
  }
}
