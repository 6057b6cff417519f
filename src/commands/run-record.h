/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a guest is run, as another process can do it again: the words of the command, where it stood, and the
 * document, which may have been changed or removed since, or have come from a pipe. It is in the file `run`
 * of the guest's runtime directory. What is secret in the document (passwords of displays, cookies) is not in
 * it: that is read again from where it came, as long as it is the same document.
 */
#pragma once

#include "commands/command.h"

typedef struct {
  char *text;       /* of the file */
  char **words;     /* argv of `run` */
  char **borrowed;  /* the same strings in an array that GOption may reorder */
  char *directory;  /* where it was run */
  char *name;       /* of the document, for messages */
  char *path;       /* of its file, absolute; NULL: it was standard input */
  char *base;       /* the directory that names in it are relative to */
  char *document;   /* itself */
  gboolean is_bare; /* there are secrets in it, which are missing */
} RunRecord;

void run_record_clear(RunRecord *record);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunRecord, run_record_clear)

/* Keeps what is to be written: before @argv is parsed. */
void run_record_note_words(DocumentCommand *command, char **argv);

/* The text of the file; NULL: there is something in it that JSON does not have, which is said. The caller
 * frees it. */
char *run_record_make(const DocumentCommand *command);

/* Reads the file of the directory @directory_fd. FALSE with a DOMRUN_ERROR_HOST error. */
gboolean run_record_read(int directory_fd, RunRecord *ret_record, GError **error);

/* Makes document_command_load() take the record's document; @record must outlive the command. */
void run_record_apply(const RunRecord *record, DocumentCommand *command);
