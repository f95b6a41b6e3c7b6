// Folders: one that is made where it is missing, and one for what only this
// run needs.
#ifndef COMMON_FOLDER_H
#define COMMON_FOLDER_H

#include <stdbool.h>

// Makes a folder, and those above it, where they are not there. False, with
// errno, if there is none then.
bool folder_make(const char *path);

// The same, but dies with one line.
void folder_need(const char *path);

// A folder that no other run has, in $TMPDIR or else in /tmp: the same at each
// call. When the program ends it goes, with all that is in it; a run that is
// killed leaves it behind. Dies with one line if it cannot be made.
const char *folder_of_this_run(void);

#endif
