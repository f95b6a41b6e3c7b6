// Folders: one that is made where it is missing, one for what only this run
// needs; and whether something can be kept at a place, asked before the work.
#ifndef COMMON_FOLDER_H
#define COMMON_FOLDER_H

#include "common/text.h"

#include <stdbool.h>

// Makes a folder, and those above it, where they are not there. Dies with one
// line if there is none then.
void folder_make(const char *path);

// The same, but false, with errno, if there is none then.
bool folder_made(const char *path);

// Before the work whose result is to be kept: dies with one line if no file
// could be written at `path`, or no folder made there, in a folder that is
// there. Makes nothing and changes nothing.
void need_file(const char *path);
void need_folder(const char *path);

// A folder that no other run has, in $TMPDIR or else in /tmp: the same at each
// call. When the program ends it goes, with all that is in it; a run that is
// killed leaves it behind. Dies with one line if it cannot be made.
const char *folder_of_this_run(void);

// The path of a file in it, which need not be there; buffer_free'd by the
// caller.
Buffer file_of_this_run(const char *name);

#endif
