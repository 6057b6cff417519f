/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/run-record.h"

#include <string.h>

#include "base/announce.h"
#include "base/json.h"
#include "control/protocol.h"
#include "control/state.h"
#include "machine/live.h"
#include "xml/annotate.h"
#include "xml/element.h"

enum { MAX_DEPTH = 4 };

void run_record_clear(RunRecord *record)
{
  g_free(record->text);
  g_strfreev(record->words);
  g_free(record->borrowed);
  g_free(record->directory);
  g_free(record->name);
  g_free(record->path);
  g_free(record->base);
  g_free(record->document);
}

void run_record_note_words(DocumentCommand *command, char **argv)
{
  command->words = g_strdupv(argv);
  command->directory = g_get_current_dir();
}

/* ---- The document without its secrets ---- */

static gboolean remove_cookies(xmlNode *node)
{
  gboolean is_found = FALSE;

  XML_FOREACH_CHILD(node, child, NULL) {
    is_found |= xml_next_child(child, "cookies", NULL) != NULL;
    xml_remove_child(child, "cookies");
    is_found |= remove_cookies(child);
  }
  return is_found;
}

/* With an empty password a display lets nobody in. */
static gboolean remove_passwords(xmlNode *devices)
{
  static const char *const names[] = { "passwd", "password" };
  gboolean is_found = FALSE;

  XML_FOREACH_CHILD(devices, graphics, "graphics") {
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
      const char *value = xml_attribute(graphics, names[i]);

      if (!value || !*value)
        continue;
      xml_set_attribute(graphics, names[i], "");
      is_found = TRUE;
    }
  }
  return is_found;
}

/* Takes @text. Where nothing is to be removed it is what it was. */
static char *make_bare(char *text, gboolean *ret_is_bare)
{
  g_autofree char *whole = text;
  g_autoptr(XmlDocument) copy = NULL;
  xmlNode *devices;

  *ret_is_bare = FALSE;
  if (!strstr(text, "passw") && !strstr(text, "cookies"))
    return g_steal_pointer(&whole);
  copy = xml_document_load_bytes(text, strlen(text), "", "/", NULL);
  devices = copy ? xml_next_child(xml_document_root(copy), "devices", NULL) : NULL;
  if (devices) {
    *ret_is_bare = remove_passwords(devices);
    *ret_is_bare |= remove_cookies(devices);
  }
  return *ret_is_bare ? xml_document_text(copy) : g_steal_pointer(&whole);
}

/* ---- Writing ---- */

/* What was drawn by chance is not drawn again. */
static char *make_document(const DocumentCommand *command)
{
  return command->is_random ? live_describe(command->domain, /* facts= */ NULL)
                            : xml_document_text(command->document);
}

static gboolean is_text(const DocumentCommand *command)
{
  gboolean is_valid = g_utf8_validate(command->directory, -1, NULL) &&
                      g_utf8_validate(xml_document_name(command->document), -1, NULL) &&
                      g_utf8_validate(xml_document_directory(command->document), -1, NULL);

  for (char *const *word = command->words; *word; word++)
    is_valid &= g_utf8_validate(*word, -1, NULL);
  return is_valid;
}

static void set_document(const DocumentCommand *command, Json *object)
{
  const char *name = xml_document_name(command->document);
  gboolean is_bare;
  g_autofree char *text = make_bare(make_document(command), &is_bare);

  json_set_string(object, "name", name);
  json_set_string(object, "base", xml_document_directory(command->document));
  if (!g_str_equal(name, "<stdin>")) {
    g_autofree char *path = g_canonicalize_filename(name, command->directory);

    json_set_string(object, "path", path);
  }
  json_set_bool(object, "bare", is_bare);
  json_set_string(object, "document", text);
}

/* What --set has put into the document is there, and may be secret. */
static void add_words(char *const *words, Json *array)
{
  for (; *words; words++) {
    if (g_str_equal(*words, "--set") && words[1])
      words++;
    else if (!g_str_has_prefix(*words, "--set="))
      json_append_string(array, *words);
  }
}

char *run_record_make(const DocumentCommand *command)
{
  g_autoptr(Json) object = json_new_object();
  Json *words = json_new_array();

  json_set(object, "words", words);
  if (!is_text(command)) {
    announce_log("a word of the command is no UTF-8: nobody can adopt the guest");
    return NULL;
  }
  json_set_string(object, "version", PACKAGE_VERSION);
  json_set_string(object, "directory", command->directory);
  add_words(command->words, words);
  set_document(command, object);
  return json_print(object);
}

/* ---- Reading ---- */

static char **get_words(Json *array)
{
  g_autoptr(GStrvBuilder) words = g_strv_builder_new();

  for (guint i = 0; i < json_length(array); i++) {
    const char *word = json_as_string(json_at(array, i));

    if (word)
      g_strv_builder_add(words, word);
  }
  return g_strv_builder_end(words);
}

gboolean run_record_read(int directory_fd, RunRecord *ret_record, GError **error)
{
  g_autofree char *text = guest_file_read(directory_fd, CONTROL_RUN_FILE, error);
  g_autoptr(Json) object = text ? json_parse(text, strlen(text), MAX_DEPTH, NULL) : NULL;

  if (!text)
    return FALSE;
  ret_record->words = get_words(json_get(object, "words"));
  ret_record->borrowed =
      g_memdup2(ret_record->words, sizeof(char *) * (g_strv_length(ret_record->words) + 1));
  ret_record->directory = g_strdup(json_get_string(object, "directory"));
  ret_record->name = g_strdup(json_get_string(object, "name"));
  ret_record->path = g_strdup(json_get_string(object, "path"));
  ret_record->base = g_strdup(json_get_string(object, "base"));
  ret_record->document = g_strdup(json_get_string(object, "document"));
  ret_record->is_bare = json_get_bool(object, "bare");
  ret_record->text = g_steal_pointer(&text);
  return (ret_record->words[0] && ret_record->name && ret_record->base && ret_record->document) ||
         error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the file '%s' of the guest is broken",
                   CONTROL_RUN_FILE);
}

/* The text of the file that it came from where but for its secrets that is the same; else NULL. */
static char *read_secrets(const RunRecord *record)
{
  g_autoptr(XmlDocument) document = record->path ? xml_document_load(record->path, NULL) : NULL;
  g_autofree char *text = document ? xml_document_text(document) : NULL, *bare = NULL;
  gboolean is_bare;

  if (!text)
    return NULL;
  bare = make_bare(g_strdup(text), &is_bare);
  return g_str_equal(bare, record->document) ? g_steal_pointer(&text) : NULL;
}

void run_record_apply(const RunRecord *record, DocumentCommand *command)
{
  command->record = record->text;
  command->text = record->is_bare ? read_secrets(record) : g_strdup(record->document);
  if (!command->text) {
    announce_notice(
        "'%s' is gone, or is not what was run: after a restart of the guest its displays let nobody in, and "
        "its disks have no cookies",
        record->name);
    command->text = g_strdup(record->document);
  }
  command->text_name = record->name;
  command->text_base = record->base;
}
