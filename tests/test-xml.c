/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/report.h"
#include "xml/document.h"
#include "xml/element.h"
#include "xml/unread.h"

static XmlDocument *load(const char *text)
{
  g_autoptr(GError) error = NULL;
  XmlDocument *document = xml_document_load_bytes(text, strlen(text), "guest.xml", "/guests", &error);

  g_assert_no_error(error);
  g_assert_nonnull(document);
  return document;
}

/* The bytes are refused, with a message that matches @pattern (with * and ?). */
static void assert_bytes_refused(const char *bytes, gsize length, const char *pattern)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(XmlDocument) document = xml_document_load_bytes(bytes, length, "guest.xml", "/", &error);
  g_autofree char *text = NULL;

  g_assert_null(document);
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_DOCUMENT);
  text = error_format(error, "");
  if (!g_pattern_match_simple(pattern, text))
    g_error("expected '%s', got '%s'", pattern, text);
}

static void assert_refused(const char *text, const char *pattern)
{
  assert_bytes_refused(text, strlen(text), pattern);
}

/* What a reader set is an error that matches @pattern. */
static void assert_error(gboolean result, GError **error, const char *pattern)
{
  g_autofree char *text = NULL;

  g_assert_false(result);
  g_assert_nonnull(*error);
  text = error_format(*error, "");
  if (!g_pattern_match_simple(pattern, text))
    g_error("expected '%s', got '%s'", pattern, text);
  g_clear_error(error);
}

static void test_not_xml(void)
{
  assert_refused("", "guest.xml: the file is empty*");
  assert_refused("   \n", "guest.xml:*: not well-formed XML: *");
  assert_refused("hello", "guest.xml:1: not well-formed XML: *");
  assert_refused("<domain>\n<name>x</nome>\n</domain>",
                 "guest.xml:2: not well-formed XML: </nome> closes nothing: <name> is open, since line 2");
  assert_refused("<domain>\n<a>\n<b>\n<a>\n</a>\n</a>\n</domain>",
                 "guest.xml:3: not well-formed XML: <b> is never closed\n"
                 "  on line 6 there is </a>, where </b> should have come before");
  assert_refused("<domain>\n<a>\n<b>\n<c/>\n", "guest.xml:3: not well-formed XML: <b> is never closed\n"
                                               "  the document ends on line 5, and </b> has not come");
  assert_refused("<domain>\n<!-- -->\n<!-- \n\n</domain>\n",
                 "guest.xml:3: not well-formed XML: a comment is never closed");
  assert_refused("<domain>\n<a b='&'/>\n<c d='e>\n</domain>", "guest.xml:2: *\n  write & as &amp;");
  assert_refused("<domain>\n<a>1 < 2</a></domain>", "guest.xml:2: *\n  write < as &lt; *");
  assert_refused("<domain>\n<a b='c>\n<d/></domain>",
                 "guest.xml:3: *'<' *\n  a quote before it is not closed*");
  assert_refused("<domain>", "guest.xml:1: not well-formed XML: *");
  assert_refused("<domain/><domains/>", "guest.xml:1: not well-formed XML: *");
  assert_refused("<domain/>\n<!-- -->\n<domain/>", "guest.xml:3: a second <domain> *\n  virt-install *");
  assert_refused("<domain a='1' a='2'/>", "guest.xml:1: not well-formed XML: *");
  assert_refused("<domain>&nbsp;</domain>", "guest.xml:1: not well-formed XML: *");
  assert_refused("<domain>&#1;</domain>", "guest.xml:1: not well-formed XML: *");
  assert_refused("<domain>\xff</domain>", "guest.xml:1: not well-formed XML: *");
  assert_refused("<domain>\x1b</domain>", "guest.xml:1: not well-formed XML: *");
}

static void test_nul(void)
{
  static const char middle[] = "<domain>\n\n<name>a\0b</name></domain>";
  static const char end[] = "<domain/>\n\0<domain/>";

  assert_bytes_refused(middle, sizeof middle - 1, "guest.xml:3: a NUL byte*");
  assert_bytes_refused(end, sizeof end - 1, "guest.xml:2: a NUL byte*");
  assert_bytes_refused("\0", 1, "guest.xml:1: *");
  assert_bytes_refused("\0\0\0\0", 4, "guest.xml:*");
}

static void test_doctype(void)
{
  g_autofree char *directory = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *fifo = g_build_filename(directory, "fifo", NULL);
  g_autofree char *external = g_strdup_printf("<!DOCTYPE domain SYSTEM \"%s\">\n<domain/>", fifo);
  g_autofree char *entity =
      g_strdup_printf("<!DOCTYPE d [<!ENTITY x SYSTEM \"file://%s\">]>\n<domain>&x;</domain>", fifo);
  g_autofree char *parameter =
      g_strdup_printf("<!DOCTYPE d [<!ENTITY %% x SYSTEM \"%s\"> %%x;]><domain/>", fifo);

  /* Whoever opened it would wait for ever. */
  g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
  assert_refused("<!DOCTYPE domain>\n<domain/>", "guest.xml:1: a document type declaration *\n*");
  assert_refused("<?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE domain []>\n<domain/>",
                 "guest.xml:3: a document type declaration *");
  assert_refused(external, "guest.xml:1: a document type declaration *");
  assert_refused(entity, "guest.xml:1: a document type declaration *");
  assert_refused(parameter, "guest.xml:1: a document type declaration *");
  assert_refused("<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
                 "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]>"
                 "<domain>&d;</domain>",
                 "guest.xml:1: a document type declaration *");
  g_unlink(fifo);
  g_rmdir(directory);
}

static void test_depth(void)
{
  g_autoptr(GString) text = g_string_new(NULL);

  for (int i = 0; i < 100000; i++)
    g_string_append(text, "<domain>");
  assert_refused(text->str, "guest.xml:1: not well-formed XML: *");
}

static void test_encodings(void)
{
  static const struct {
    const char *encoding;
    const char *before;
  } cases[] = {
    { "UTF-8", "" },
    { "UTF-8", "\xef\xbb\xbf" },
    { "UTF-16", "" }, /* iconv writes the byte order mark */
    { "UTF-16LE", "\xff\xfe" },
    { "UTF-16BE", "\xfe\xff" },
    { "ISO-8859-1", "<?xml version='1.0' encoding='ISO-8859-1'?>" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    gsize length = 0, before = strlen(cases[i].before);
    g_autofree char *body =
        g_convert("<name>M\xc3\xbcller</name>", -1, cases[i].encoding, "UTF-8", NULL, &length, NULL);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(XmlDocument) document = NULL;
    const char *text;

    g_byte_array_append(bytes, (const guint8 *)cases[i].before, (guint)before);
    g_byte_array_append(bytes, (const guint8 *)body, (guint)length);
    document = xml_document_load_bytes((const char *)bytes->data, bytes->len, "guest.xml", "/", &error);
    g_assert_no_error(error);
    g_assert_true(xml_text(xml_document_root(document), &text, &error));
    g_assert_cmpstr(text, ==, "M\xc3\xbcller");
  }
}

static void assert_file_refused(const char *path, const char *pattern)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(XmlDocument) document = xml_document_load(path, &error);
  g_autofree char *text = NULL;

  g_assert_null(document);
  g_assert_nonnull(error);
  text = error_format(error, "");
  if (!g_pattern_match_simple(pattern, text))
    g_error("expected '%s', got '%s'", pattern, text);
}

static void test_files(void)
{
  g_autofree char *directory = g_dir_make_tmp("domrun-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(directory, "guest.xml", NULL);
  g_autoptr(GError) error = NULL;

  assert_file_refused(path, "*/guest.xml: cannot open: *");
  assert_file_refused(directory, "*: is a directory*");
  assert_file_refused("/dev/zero", "/dev/zero: the input has more than *");
  g_assert_true(g_file_set_contents(path, "<domain/>", -1, NULL));
  {
    g_autoptr(XmlDocument) document = xml_document_load(path, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(xml_document_name(document), ==, path);
    g_assert_cmpstr(xml_document_directory(document), ==, directory);
    g_assert_true(xml_document_of(xml_document_root(document)) == document);
  }
  g_assert_cmpint(truncate(path, 100 * 1000 * 1000), ==, 0);
  assert_file_refused(path, "*/guest.xml: the file has 100000000 bytes; allowed are at most 16777216");
  g_unlink(path);
  g_rmdir(directory);
}

static void test_places(void)
{
  g_autoptr(XmlDocument) document = load("<domain>\n<name>x</name><devices>\n<disk>\n<source>\n"
                                         "<x:y xmlns:x='urn:x'/></source></disk></devices></domain>");
  xmlNode *devices = xml_next_child(xml_document_root(document), "devices", NULL);
  xmlNode *disk = xml_next_child(devices, "disk", NULL);
  xmlNode *source = xml_next_child(disk, "source", NULL);

  g_assert_cmpstr(xml_place(xml_document_root(document)).element, ==, "<domain>");
  g_assert_cmpstr(xml_place(devices).element, ==, "<devices>");
  g_assert_cmpstr(xml_place(disk).element, ==, "<disk>");
  g_assert_cmpstr(xml_place(source).element, ==, "<disk>/<source>");
  g_assert_cmpint(xml_place(source).line, ==, 4);
  g_assert_cmpstr(xml_place(source).file, ==, "guest.xml");
  g_assert_cmpstr(xml_place(xml_next_child(source, NULL, NULL)).element, ==, "<disk>/<source>/<x:y>");
}

static void test_long_document_lines(void)
{
  g_autoptr(GString) text = g_string_new("<domain>");
  g_autoptr(XmlDocument) document = NULL;

  for (int i = 0; i < 70000; i++)
    g_string_append_c(text, '\n');
  g_string_append(text, "<name>x</name></domain>");
  document = load(text->str);
  g_assert_cmpint(xml_place(xml_next_child(xml_document_root(document), "name", NULL)).line, ==, 70001);
}

static void test_children(void)
{
  g_autoptr(XmlDocument) document =
      load("<domain>\n<one/>\n<two/>\n<two/>\n<x:three xmlns:x='urn:x'/></domain>");
  xmlNode *root = xml_document_root(document), *child = NULL;
  g_autoptr(GError) error = NULL;
  int count = 0;

  g_assert_true(xml_child(root, "one", &child, &error));
  g_assert_true(xml_is_element(child, "one"));
  assert_error(xml_child(root, "two", &child, &error), &error, "guest.xml:4: <two>: given twice*line 3");
  child = NULL;
  g_assert_true(xml_child(root, "three", &child, &error)); /* of another namespace */
  g_assert_null(child);
  assert_error(xml_child_required(root, "four", &child, &error), &error, "guest.xml:1: <domain>: *<four>*");
  XML_FOREACH_CHILD(root, two, "two")
    count++;
  g_assert_cmpint(count, ==, 2);
}

static void test_text(void)
{
  g_autoptr(XmlDocument) document =
      load("<domain><a>\n x<!-- no -->y<![CDATA[<&]]>&lt;&#65; </a><b/><c>1<d/></c></domain>");
  xmlNode *root = xml_document_root(document), *child = NULL;
  g_autoptr(GError) error = NULL;
  const char *text = "before";

  g_assert_true(xml_child_text(root, "none", &text, &error));
  g_assert_cmpstr(text, ==, "before");
  g_assert_true(xml_child_text(root, "a", &text, &error));
  g_assert_cmpstr(text, ==, "xy<&<A");
  g_assert_true(xml_child(root, "a", &child, &error) && xml_text_verbatim(child, &text, &error));
  g_assert_cmpstr(text, ==, "\n xy<&<A ");
  g_assert_true(xml_child_text(root, "b", &text, &error));
  g_assert_cmpstr(text, ==, "");
  assert_error(xml_child_text(root, "c", &text, &error), &error, "guest.xml:2: <c>/<d>: *");
}

ENUM_TABLE(bus_table, 3, "ide", "scsi", "virtio");

static void test_attributes(void)
{
  g_autoptr(XmlDocument) document =
      load("<domain a='x' empty='' bus='scis' yes='yes' on='off' bad='1' x:a='y' xmlns:x='urn:x'/>");
  xmlNode *root = xml_document_root(document);
  g_autoptr(GError) error = NULL;
  const char *value = "before";
  int bus = 7;
  gboolean flag = FALSE;

  g_assert_cmpstr(xml_attribute(root, "a"), ==, "x");
  g_assert_null(xml_attribute(root, "none"));
  g_assert_true(xml_attribute_required(root, "a", &value, &error));
  assert_error(xml_attribute_required(root, "none", &value, &error), &error, "*attribute 'none': is missing");
  assert_error(xml_attribute_required(root, "empty", &value, &error), &error, "*attribute 'empty': is empty");
  g_assert_cmpstr(value, ==, "x");
  g_assert_true(xml_attribute_enum(root, "none", &bus_table, &bus, &error));
  assert_error(xml_attribute_enum(root, "bus", &bus_table, &bus, &error), &error,
               "guest.xml:1: <domain>: attribute 'bus': unknown value 'scis' (known: ide, scsi, virtio)\n"
               "  did you mean 'scsi'?");
  assert_error(xml_attribute_enum_required(root, "none", &bus_table, &bus, &error), &error,
               "*attribute 'none': is missing (known: ide, scsi, virtio)");
  g_assert_cmpint(bus, ==, 7);
  g_assert_true(xml_attribute_yes_no(root, "yes", &flag, &error));
  g_assert_true(flag);
  g_assert_true(xml_attribute_on_off(root, "on", &flag, &error));
  g_assert_false(flag);
  assert_error(xml_attribute_yes_no(root, "bad", &flag, &error), &error,
               "*attribute 'bad': unknown value '1'*");
}

static void test_numbers(void)
{
  static const struct {
    const char *text;
    gboolean is_valid;
    guint64 value;
  } cases[] = {
    { "0", TRUE, 0 },
    { "0x10", TRUE, 16 },
    { "0XfF", TRUE, 255 },
    { "007", TRUE, 7 },
    { "18446744073709551615", TRUE, G_MAXUINT64 },
    { "18446744073709551616", FALSE, 0 },
    { "99999999999999999999999999", FALSE, 0 },
    { "-1", FALSE, 0 },
    { "+1", FALSE, 0 },
    { " 1", FALSE, 0 },
    { "1 ", FALSE, 0 },
    { "", FALSE, 0 },
    { "0x", FALSE, 0 },
    { "0x0x1", FALSE, 0 },
    { "0x-1", FALSE, 0 },
    { "1e3", FALSE, 0 },
    { "1.0", FALSE, 0 },
    { "\xd9\xa1", FALSE, 0 }, /* an Arabic digit */
  };

  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strdup_printf("<domain n='%s'/>", cases[i].text);
    g_autoptr(XmlDocument) document = load(text);
    g_autoptr(GError) error = NULL;
    guint64 value = 77;
    gboolean is_valid = xml_attribute_uint(xml_document_root(document), "n", 0, G_MAXUINT64, &value, &error);

    g_assert_cmpint(is_valid, ==, cases[i].is_valid);
    g_assert_cmpuint(value, ==, is_valid ? cases[i].value : 77);
  }
}

static void test_number_ranges(void)
{
  g_autoptr(XmlDocument) document = load("<domain n='5'> 6 </domain>");
  xmlNode *root = xml_document_root(document);
  g_autoptr(GError) error = NULL;
  guint64 value = 77;
  guint32 narrow = 78;

  assert_error(xml_attribute_uint(root, "n", 6, 9, &value, &error), &error,
               "*'5' is not a whole number from 6 to 9");
  assert_error(xml_attribute_uint32(root, "n", 1, 4, &narrow, &error), &error,
               "*'5' is not a whole number from 1 to 4");
  g_assert_true(xml_attribute_uint32(root, "none", 1, 4, &narrow, &error));
  g_assert_cmpuint(narrow, ==, 78);
  g_assert_true(xml_attribute_uint32(root, "n", 5, 5, &narrow, &error));
  g_assert_cmpuint(narrow, ==, 5);
  g_assert_true(xml_text_uint(root, 0, 6, &value, &error));
  g_assert_cmpuint(value, ==, 6);
}

static void test_paths(void)
{
  g_autoptr(XmlDocument) document =
      load("<domain a='disk.img' b='/abs/disk' c=''><k>boot/k</k><e></e></domain>");
  xmlNode *root = xml_document_root(document);
  g_autoptr(GError) error = NULL;
  const char *path = "before";

  g_assert_true(xml_attribute_path(root, "none", &path, &error));
  g_assert_cmpstr(path, ==, "before");
  g_assert_true(xml_attribute_path(root, "a", &path, &error));
  g_assert_cmpstr(path, ==, "/guests/disk.img");
  g_assert_true(xml_attribute_path(root, "b", &path, &error));
  g_assert_cmpstr(path, ==, "/abs/disk");
  assert_error(xml_attribute_path(root, "c", &path, &error), &error, "*attribute 'c': is empty*");
  g_assert_true(xml_child_path(root, "k", &path, &error));
  g_assert_cmpstr(path, ==, "/guests/boot/k");
  g_assert_true(xml_child_path(root, "e", &path, &error)); /* Vagrant writes <kernel></kernel> */
  g_assert_cmpstr(path, ==, "/guests/boot/k");
}

static gboolean protect_readonly(xmlNode *node, const char *element, const char *attribute)
{
  return !attribute && g_str_equal(element, "readonly");
}

/* Reads <name>, <memory unit=''> and <disk>'s type and <target>; ignores <metadata>. */
static void read_some(XmlDocument *document)
{
  xmlNode *root = xml_document_root(document), *child = NULL;
  g_autoptr(GError) error = NULL;

  const char *text = NULL;

  g_assert_true(xml_child_text(root, "name", &text, &error));
  g_assert_true(xml_child_text(root, "memory", &text, &error));
  g_assert_true(xml_child(root, "memory", &child, &error));
  if (child)
    xml_attribute(child, "unit");
  XML_FOREACH_CHILD(root, metadata, "metadata")
    xml_ignore(metadata);
  XML_FOREACH_CHILD(root, disk, "disk") {
    xml_attribute(disk, "type");
    xml_next_child(disk, "target", NULL);
  }
}

static const char *find_consequence(const char *path)
{
  return g_str_equal(path, "domain/pm") ? "the guest never sleeps" : NULL;
}

static const char *find_reason(const char *path)
{
  return g_str_equal(path, "domain/idmap") ? "it is for containers" : NULL;
}

/* <cputune> protects; so does the element that @data names, which was given up. */
static const char *find_protection(xmlNode *node, const char *element, gconstpointer data,
                                   gboolean *ret_is_given_up)
{
  *ret_is_given_up = g_str_equal(element, data);
  return *ret_is_given_up || g_str_equal(element, "cputune") ? "tune" : NULL;
}

static char *report_unread(const char *text, gboolean is_strict, int *ret_exit_code)
{
  static const XmlUnreadRules rules = { protect_readonly, find_consequence, find_reason, find_protection };

  g_autoptr(XmlDocument) document = load(text);
  g_autoptr(Report) report = report_new();
  char *output = NULL, *copy;
  gsize length;
  FILE *stream = open_memstream(&output, &length);

  read_some(document);
  xml_report_unread(document, is_strict, &rules, "numatune", report);
  *ret_exit_code = report_exit_code(report);
  report_print(report, stream);
  fclose(stream);
  copy = g_strdup(output);
  free(output);
  return copy;
}

static void assert_unread(const char *text, gboolean is_strict, int expected_exit_code, const char *expected)
{
  int exit_code;
  g_autofree char *output = report_unread(text, is_strict, &exit_code);

  g_assert_cmpstr(output, ==, expected);
  g_assert_cmpint(exit_code, ==, expected_exit_code);
}

/* @n times @piece between @head and @tail. */
static char *repeat(const char *head, const char *piece, guint n, const char *tail)
{
  GString *text = g_string_new(head);

  for (guint i = 0; i < n; i++)
    g_string_append(text, piece);
  g_string_append(text, tail);
  return g_string_free(text, FALSE);
}

/* Refused before libxml2 takes memory for them, or quadratic time for the attributes of one element. */
static void test_size_limits(void)
{
  g_autofree char *elements = repeat("<domain>\n", "<a/>", 300 * 1000, "</domain>");
  g_autofree char *attributes = repeat("<domain>\n<a ", "b = 'c' ", 1001, "/></domain>");
  g_autofree char *many = repeat("<domain>", "<a b='c'>d</a>", 140 * 1000, "</domain>");
  g_autofree char *texts = repeat("<domain><a b='>=\"'  c = ''></a><!-- '", "='", 5000, " --></domain>");
  g_autofree char *wide = NULL;
  g_autoptr(XmlDocument) document = load(many);
  g_autoptr(XmlDocument) other = load(texts);
  gsize length;

  assert_refused(elements, "guest.xml:2: more than 300000 elements and attributes");
  assert_refused(attributes, "guest.xml:2: an element with more than 1000 attributes");
  wide = g_convert(attributes, -1, "UTF-16", "UTF-8", NULL, &length, NULL);
  assert_bytes_refused(wide, length, "guest.xml:2: an element with more than 1000 attributes");
}

/* UTF-16 is read, with its mark or without; other encodings than those based on ASCII are not. */
static void test_encodings_allowed(void)
{
  static const char text[] =
      "<?xml version='1.0' encoding='UTF-16'?>\n<domain>\n<name>\xc3\xa4\xe3\xb0\x80</name></domain>";
  static const char *const encodings[] = { "UTF-16", "UTF-16LE", "UTF-16BE" };

  for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
    gsize length;
    g_autofree char *bytes = g_convert(text, -1, encodings[i], "UTF-8", NULL, &length, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(XmlDocument) document = xml_document_load_bytes(bytes, length, "guest.xml", "/", &error);
    const char *name = NULL;

    g_assert_no_error(error);
    g_assert_true(xml_child_text(xml_document_root(document), "name", &name, &error));
    g_assert_cmpstr(name, ==, "\xc3\xa4\xe3\xb0\x80");
  }
  assert_refused("<?xml version='1.0' encoding='UTF-7'?><domain/>",
                 "guest.xml:1: the encoding 'UTF-7' is not among those *\n  it reads UTF-8, *");
  assert_refused("\xef\xbb\xbf<?xml version='1.0' encoding = \"IBM037\" ?><domain/>",
                 "guest.xml:1: the encoding 'IBM037' *");
  assert_refused("\x4c\x6f\xa7\x94\x93", "guest.xml:1: the encoding 'EBCDIC' *");
  assert_bytes_refused("\0<\0d\xd8", 5, "guest.xml: not well-formed XML: not proper UTF-16");
}

static void test_unread_is_bounded(void)
{
  g_autoptr(GString) text = g_string_new("<domain>\n");
  g_autofree char *same = repeat("<domain>\n", "<a/>", 100 * 1000, "</domain>");
  g_autofree char *output = NULL;
  int exit_code;

  assert_unread(same, FALSE, 0, "guest.xml:2: warning: <a>: unknown element\n  it has no effect\n");
  for (int i = 0; i < 100 * 1000; i++)
    g_string_append_printf(text, "<unknown%d/>", i);
  g_string_append(text, "</domain>");
  output = report_unread(text->str, FALSE, &exit_code);
  g_assert_cmpint(exit_code, ==, 3);
  g_assert_true(
      g_str_has_suffix(output, "domrun: warning: and 801 more\nguest.xml:1: error: <domain>: more than 1000 "
                               "different elements and attributes that no domain has\n"));
}

static void test_unread(void)
{
  assert_unread("<domain xml:lang='en'><name>x</name><memory unit='b'>1</memory>\n"
                "<metadata><a:b xmlns:a='urn:a' c='d'><e/></a:b></metadata></domain>",
                TRUE, 0, "");
  assert_unread("<domain>\n<memory unti='b'>1</memory>\n</domain>", FALSE, 0,
                "guest.xml:2: warning: <memory>: unknown attribute 'unti'\n  did you mean 'unit'?\n");
  assert_unread("<domain>\n<memroy unit='b'>1</memroy>\n</domain>", FALSE, 0,
                "guest.xml:2: warning: <memroy>: unknown element\n  did you mean <memory>?\n");
  assert_unread("<domain>\n<launderette><a/><b/></launderette></domain>", FALSE, 0,
                "guest.xml:2: warning: <launderette>: unknown element\n  it has no effect\n");
  assert_unread("<domain>\n<launderette/></domain>", TRUE, 3,
                "guest.xml:2: error: <launderette>: unknown element\n  it has no effect\n");
  /* What the format has is not unknown. */
  assert_unread(
      "<domain>\n<disk type='file' nonsense='x'>\n<readonly/><target dev='a'/></disk></domain>", FALSE, 3,
      "guest.xml:2: warning: <disk>: unknown attribute 'nonsense'\n  it has no effect\n"
      "guest.xml:3: warning: <disk>/<target>: attribute 'dev': domrun does not carry this out yet: it has "
      "no effect\n"
      "guest.xml:3: error: <disk>/<readonly>: domrun does not carry this out yet\n"
      "  it protects data or the guest; if it is not needed, take it out of the document\n");
  assert_unread("<domain>\n<pm/><iothreads/></domain>", FALSE, 0,
                "guest.xml:2: warning: <pm>: domrun does not carry this out yet: the guest never sleeps\n"
                "guest.xml:2: warning: <iothreads>: domrun does not carry this out yet: it has no effect\n");
  assert_unread("<domain>\n<disk type='file'>yes<readonli/></disk></domain>", FALSE, 3,
                "guest.xml:2: warning: <disk>: text that does not belong here: 'yes'\n  it has no effect\n"
                "guest.xml:2: error: <disk>/<readonli>: unknown element\n  did you mean <readonly>?\n");
  /* What protects can be given up, which is no error even where the unknown is. */
  assert_unread("<domain>\n<cputune/><cputun/></domain>", FALSE, 3,
                "guest.xml:2: error: <cputune>: domrun does not carry this out yet: it has no effect\n"
                "  to run the guest without: --ignore=tune\n"
                "guest.xml:2: error: <cputun>: unknown element\n  did you mean <cputune>?\n");
  assert_unread("<domain>\n<numatune/></domain>", TRUE, 0,
                "guest.xml:2: warning: <numatune>: domrun does not carry this out yet: it has no effect\n");
  /* The nearest of all that the format has there, whether domrun carries it out or not. */
  assert_unread("<domain>\n<iothread>2</iothread><memory dumpcor='on'>1</memory></domain>", FALSE, 0,
                "guest.xml:2: warning: <iothread>: unknown element\n  did you mean <iothreads>?\n"
                "guest.xml:2: warning: <memory>: unknown attribute 'dumpcor'\n  did you mean 'dumpCore'?\n");
  /* In the wrong place. */
  assert_unread(
      "<domain>\n<nvram/><disk type='file' bus='ide'/></domain>", FALSE, 0,
      "guest.xml:2: warning: <nvram>: does not belong here\n  it belongs in <devices>, <os>\n"
      "guest.xml:2: warning: <disk>: unknown attribute 'bus'\n  it belongs to the <target> in it\n");
  /* Namespaces of the format's, under whatever prefix. */
  assert_unread(
      "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>\n<q:commandline/></domain>", FALSE, 0,
      "guest.xml:2: warning: <q:commandline>: domrun does not carry this out yet: it has no effect\n");
  /* Of another namespace, so not the one that is known. */
  assert_unread("<domain x:foo='1' xmlns:x='urn:x'>\n<x:memory unit='b'/></domain>", FALSE, 0,
                "guest.xml:1: warning: <domain>: unknown attribute 'foo'\n  it has no effect\n"
                "guest.xml:2: warning: <x:memory>: unknown element\n  did you mean <memory>?\n");
}

static void test_kept_strings(void)
{
  g_autoptr(XmlDocument) document = load("<domain/>");
  const char *kept = xml_document_keep(document, "text");

  g_assert_true(kept == xml_document_keep(document, "text"));
  g_assert_true(kept != xml_document_keep(document, "other"));
  xml_document_free(NULL);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/xml/document/not-xml", test_not_xml);
  g_test_add_func("/xml/document/nul", test_nul);
  g_test_add_func("/xml/document/doctype", test_doctype);
  g_test_add_func("/xml/document/depth", test_depth);
  g_test_add_func("/xml/document/encodings", test_encodings);
  g_test_add_func("/xml/document/files", test_files);
  g_test_add_func("/xml/document/kept-strings", test_kept_strings);
  g_test_add_func("/xml/element/places", test_places);
  g_test_add_func("/xml/element/long-document-lines", test_long_document_lines);
  g_test_add_func("/xml/element/children", test_children);
  g_test_add_func("/xml/element/text", test_text);
  g_test_add_func("/xml/element/attributes", test_attributes);
  g_test_add_func("/xml/element/numbers", test_numbers);
  g_test_add_func("/xml/element/number-ranges", test_number_ranges);
  g_test_add_func("/xml/element/paths", test_paths);
  g_test_add_func("/xml/unread", test_unread);
  g_test_add_func("/xml/unread/bounded", test_unread_is_bounded);
  g_test_add_func("/xml/document/size", test_size_limits);
  g_test_add_func("/xml/document/encodings/allowed", test_encodings_allowed);
  return g_test_run();
}
