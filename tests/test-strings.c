/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Strings of a document are data. For every attribute and every text in the accepted golden documents: put a
 * harmless token there, and see where it comes out in QEMU's arguments; then put awkward strings there, and
 * see that the arguments, read by QEMU's own rules, are the same ones with that string where the token was,
 * and nothing else. A string may also be refused; it may not become an option, another property, or a
 * different string.
 */
#include "config.h"

#include <string.h>

#include <libxml/parser.h>

#include "machine/machine.h"
#include "xml/document.h"

#define TOKEN "zqtokenqz"

static const char *const awkward[] = {
  "a,b",
  "a,,b",
  ",",
  "a=b",
  "=",
  "x,file=/etc/passwd",
  "-drive",
  "--",
  "-",
  "a b",
  "a'b",
  "a\"b",
  "a\\b",
  "a\nb",
  "a\tb",
  "\xc3\xa9\xe6\x97\xa5",
  "{",
  "{\"driver\":\"null-co\"}",
  "json:{}",
  "fd:3",
  "nbd://h/x",
  "/dev/fd/3",
  "$(id)",
  "`id`",
  "%s%n",
  "a;b",
  "a|b",
  "a#b",
  "a&b<c>",
  "on",
  "off",
  "..",
  "../../x",
  ("\xe2\x80\xae"
   "txt"), /* one string: clang asks whether a comma is missing */
  "a,readonly=on",
  "],",
  "0",
  "guest=x,process=y",
};

/* What a document became: argv, as lists of flat "key=value" strings, one list an argument. */
typedef struct {
  GPtrArray *values; /* of char *, in order */
} Parsed;

static void parsed_free(Parsed *parsed)
{
  g_ptr_array_unref(parsed->values);
  g_free(parsed);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parsed, parsed_free)

static void flatten(GPtrArray *values, const char *prefix, Json *node)
{
  gconstpointer at = NULL;
  const char *name;
  Json *member;

  if (json_is(node, JSON_OBJECT)) {
    g_ptr_array_add(values, g_strdup_printf("%s {", prefix));
    while (json_next_member(node, &at, &name, &member)) {
      g_autofree char *key = g_strdup_printf("key %s", name);

      flatten(values, key, member);
    }
    g_ptr_array_add(values, g_strdup("}"));
  } else if (json_is(node, JSON_ARRAY)) {
    g_ptr_array_add(values, g_strdup_printf("%s [", prefix));
    for (guint i = 0; i < json_length(node); i++)
      flatten(values, "element", json_at(node, i));
    g_ptr_array_add(values, g_strdup("]"));
  } else if (json_as_string(node)) {
    g_ptr_array_add(values, g_strdup(prefix));
    g_ptr_array_add(values, g_strdup(json_as_string(node)));
  } else {
    g_autofree char *text = json_print(node);

    g_ptr_array_add(values, g_strdup_printf("%s %s", prefix, text));
  }
}

static void parse_json(GPtrArray *values, const char *text)
{
  g_autoptr(Json) node = json_parse(text, strlen(text), 64, NULL);

  g_assert_nonnull(node);
  flatten(values, "json", node);
}

/* QEMU's rule (its manual, "Standard options"): a comma ends a value, two of them are one comma in it. */
static void parse_keyval(GPtrArray *values, const char *text)
{
  const char *c = text;

  while (*c) {
    g_autoptr(GString) item = g_string_new(NULL);
    const char *equals;

    for (; *c; c++) {
      if (*c == ',' && c[1] != ',')
        break;
      if (*c == ',')
        c++;
      g_string_append_c(item, *c);
    }
    if (*c == ',')
      c++;
    equals = strchr(item->str, '=');
    if (equals) {
      g_ptr_array_add(values, g_strdup_printf("key %.*s", (int)(equals - item->str), item->str));
      g_ptr_array_add(values, g_strdup(equals + 1));
    } else {
      g_ptr_array_add(values, g_strdup("word"));
      g_ptr_array_add(values, g_strdup(item->str));
    }
  }
}

/* Options whose value QEMU takes as it is. */
static gboolean is_raw(const char *option)
{
  static const char *const raw[] = {
    "-kernel", "-initrd", "-append", "-uuid", "-dtb", "-bios", "-k", "-shim"
  };

  for (gsize i = 0; i < G_N_ELEMENTS(raw); i++) {
    if (g_str_equal(option, raw[i]))
      return TRUE;
  }
  return FALSE;
}

static Parsed *parse_plan(const Plan *plan, PlanForm form)
{
  Parsed *parsed = g_new0(Parsed, 1);

  parsed->values = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(parsed->values, g_strdup(plan->emulator));
  for (guint i = 0; i < plan->arguments->len; i++) {
    const PlanArgument *argument = g_ptr_array_index(plan->arguments, i);

    if (!(argument->form & form))
      continue;
    g_ptr_array_add(parsed->values, g_strconcat("option ", argument->option, NULL));
    if (!argument->value)
      continue;
    if (is_raw(argument->option))
      g_ptr_array_add(parsed->values, g_strdup(argument->value));
    else if (argument->value[0] == '{')
      parse_json(parsed->values, argument->value);
    else
      parse_keyval(parsed->values, argument->value);
  }
  return parsed;
}

/* NULL where the document is refused. */
static Parsed *translate(xmlDoc *doc, PlanForm form)
{
  g_autoptr(Report) report = report_new();
  g_autoptr(XmlDocument) document = NULL;
  g_autoptr(Domain) domain = NULL;
  g_autoptr(Plan) plan = NULL;
  DomainOptions options = DOMAIN_OPTIONS_INIT;
  xmlChar *bytes;
  int length;

  options.seed = "test";
  xmlDocDumpMemory(doc, &bytes, &length);
  document = xml_document_load_bytes((const char *)bytes, (gsize)length, "test.xml", "/dir", NULL);
  xmlFree(bytes);
  if (document)
    domain = machine_parse(document, &options, report);
  if (domain)
    plan = machine_translate(domain, report);
  return plan ? parse_plan(plan, form) : NULL;
}

static char *replace(const char *text, const char *from, const char *to)
{
  g_auto(GStrv) parts = g_strsplit(text, from, -1);

  return g_strjoinv(to, parts);
}

static gboolean is_same(const char *model, const char *string, const char *found)
{
  g_autofree char *expected = replace(model, TOKEN, string);

  return g_str_equal(expected, found);
}

/* As the URL's server will read it (RFC 3986, 2.1 and 3.2.2): an address of IPv6 is in brackets. */
static gboolean is_same_url(const char *model, const char *string, const char *found)
{
  g_autofree char *model_read = g_uri_unescape_string(model, NULL),
                  *read = g_uri_unescape_string(found, NULL);
  g_autofree char *bracketed = g_strdup_printf("[%s]", string);

  return strstr(found, "://") && model_read && read &&
         (is_same(model_read, string, read) || (strchr(string, ':') && is_same(model_read, bracketed, read)));
}

/* A host with its port: an address of IPv6 is in brackets. */
static gboolean is_same_host(const char *model, const char *string, const char *found)
{
  g_autofree char *bracketed = g_strdup_printf("[%s]", string);

  return strchr(string, ':') && g_str_has_prefix(model, TOKEN ":") && is_same(model, bracketed, found);
}

static void assert_same(const Parsed *token, const Parsed *other, const char *string, const char *where)
{
  if (token->values->len != other->values->len)
    g_error("%s: '%s' changed the number of arguments or properties", where, string);
  for (guint i = 0; i < token->values->len; i++) {
    const char *model = g_ptr_array_index(token->values, i), *found = g_ptr_array_index(other->values, i);

    if (!is_same(model, string, found) && !is_same_url(model, string, found) &&
        !is_same_host(model, string, found))
      g_error("%s: '%s' became '%s' in the place of '%s'", where, string, found, model);
  }
}

typedef struct {
  GHashTable *seen; /* positions that were tried already */
  guint positions, accepted, refused;
} Tally;

/* The parser trims texts; those of <launchSecurity> are base64, in lines. */
static char *as_read(const xmlNode *node, const char *string, const char *where)
{
  char *copy = g_strdup(string);

  if (node->type != XML_ATTRIBUTE_NODE && strstr(where, "/launchSecurity")) {
    g_auto(GStrv) words = g_strsplit_set(copy, " \t\n", -1);

    g_free(copy);
    return g_strjoinv("", words);
  }
  return node->type == XML_ATTRIBUTE_NODE ? copy : g_strstrip(copy);
}

/* Of the strings that are tried where the token comes out nowhere, one in so many. */
enum { SPARSE = 8 };

static gboolean comes_out(const Parsed *parsed)
{
  for (guint i = 0; i < parsed->values->len; i++) {
    if (strstr(g_ptr_array_index(parsed->values, i), TOKEN))
      return TRUE;
  }
  return FALSE;
}

static void try_form(xmlDoc *doc, xmlNode *node, const char *where, const char *prefix, PlanForm form,
                     Tally *tally)
{
  g_autofree char *token = g_strconcat(prefix, TOKEN, NULL);
  g_autoptr(Parsed) reference = NULL;
  gsize step;

  xmlNodeSetContent(node, (const xmlChar *)token);
  reference = translate(doc, form);
  if (!reference)
    return;
  step = comes_out(reference) ? 1 : SPARSE;
  for (gsize i = tally->positions % step; i < G_N_ELEMENTS(awkward); i += step) {
    g_autofree char *string = g_strconcat(prefix, awkward[i], NULL);
    xmlChar *escaped = xmlEncodeSpecialChars(doc, (const xmlChar *)string);
    g_autoptr(Parsed) parsed = NULL;
    g_autofree char *read = as_read(node, awkward[i], where);

    if (!*prefix && awkward[i][0] == '/') {
      xmlFree(escaped);
      continue; /* absolute where the token was relative: the other round has it */
    }
    xmlNodeSetContent(node, escaped);
    xmlFree(escaped);
    parsed = translate(doc, form);
    if (parsed)
      assert_same(reference, parsed, read, where);
    tally->accepted += parsed != NULL;
    tally->refused += parsed == NULL;
  }
}

/* What the document leaves out is made of the guest's name, and changes with it: its uuid above all. */
static gboolean is_made_of_name(xmlDoc *doc, const xmlNode *node)
{
  const xmlNode *root = xmlDocGetRootElement(doc);

  if (node->parent != root || !xmlStrEqual(node->name, (const xmlChar *)"name"))
    return FALSE;
  for (const xmlNode *child = root->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE && xmlStrEqual(child->name, (const xmlChar *)"uuid"))
      return FALSE;
  }
  return TRUE;
}

/* <qemu:arg value=''/> is an argument of QEMU's by its nature. */
static gboolean is_argument(const char *where)
{
  return strstr(where, "/commandline") != NULL;
}

static void try_position(xmlDoc *doc, xmlNode *node, const char *where, Tally *tally)
{
  xmlChar *before = xmlNodeGetContent(node);
  xmlChar *escaped = xmlEncodeSpecialChars(doc, before);

  if (!is_argument(where) && !is_made_of_name(doc, node) && g_hash_table_add(tally->seen, g_strdup(where))) {
    tally->positions++;
    try_form(doc, node, where, "", PLAN_SHELL, tally);
    try_form(doc, node, where, "", PLAN_RUN, tally);
    try_form(doc, node, where, "/", PLAN_RUN, tally);
  }
  xmlNodeSetContent(node, escaped);
  xmlFree(escaped);
  xmlFree(before);
}

static void try_element(xmlDoc *doc, xmlNode *element, const char *path, Tally *tally)
{
  gboolean has_children = FALSE;
  xmlChar *type = xmlGetProp(element, (const xmlChar *)"type");
  g_autofree char *own =
      g_strdup_printf("%s/%s[%s]", path, (const char *)element->name, type ? (const char *)type : "");

  xmlFree(type);
  for (xmlAttr *attribute = element->properties; attribute; attribute = attribute->next) {
    g_autofree char *where = g_strdup_printf("%s/@%s", own, (const char *)attribute->name);

    try_position(doc, (xmlNode *)attribute, where, tally);
  }
  for (xmlNode *child = element->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE) {
      has_children = TRUE;
      try_element(doc, child, own, tally);
    }
  }
  if (!has_children && element->children)
    try_position(doc, element, own, tally);
}

static void try_file(const char *path, Tally *tally)
{
  xmlDoc *doc = xmlReadFile(path, NULL, XML_PARSE_NONET);
  g_autoptr(Parsed) whole = NULL;

  g_assert_nonnull(doc);
  whole = translate(doc, PLAN_RUN);
  if (whole) /* it may need options that only the golden runner gives */
    try_element(doc, xmlDocGetRootElement(doc), "", tally);
  xmlFreeDoc(doc);
}

static void try_family(const char *folder, Tally *tally)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);

    if (g_str_has_suffix(name, ".argv")) {
      g_autofree char *stem = g_strndup(path, strlen(path) - strlen("argv"));
      g_autofree char *xml = g_strconcat(stem, "xml", NULL);

      try_file(xml, tally);
    }
  }
}

static void test_every_string(void)
{
  g_autofree char *golden = g_build_filename(g_getenv("DOMRUN_SRCDIR"), "tests", "golden", NULL);
  g_autoptr(GDir) dir = g_dir_open(golden, 0, NULL);
  Tally tally = { g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL), 0, 0, 0 };
  const char *family;

  g_assert_nonnull(dir);
  while ((family = g_dir_read_name(dir))) {
    g_autofree char *folder = g_build_filename(golden, family, NULL);

    try_family(folder, &tally);
  }
  g_test_message("%u positions, %u strings accepted, %u refused", tally.positions, tally.accepted,
                 tally.refused);
  g_assert_cmpuint(tally.positions, >, 50);
  g_assert_cmpuint(tally.accepted, >, 500);
  g_hash_table_unref(tally.seen);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/strings/every-position", test_every_string);
  return g_test_run();
}
