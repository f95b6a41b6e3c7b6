// Folders; see folder.h.
#include "common/folder.h"

#include "common/check.h"

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool folder_made(const char *path)
{
    char *above = copy_text(path);
    int why = 0;
    for (char *at = above + 1; at[-1]; at++)
        if (*at == '/' || !*at) {
            const char kept = *at;
            *at = 0;
            if (mkdir(above, 0777) < 0 && errno != EEXIST)
                why = errno;
            *at = kept;
        }
    free(above);
    struct stat s;
    if (stat(path, &s) < 0) {
        errno = why ? why : errno;
        return false;
    }
    errno = ENOTDIR;
    return S_ISDIR(s.st_mode);
}

void folder_make(const char *path)
{
    if (!folder_made(path))
        die("%s: cannot be made: %s", path, strerror(errno));
}

// A file is replaced, so that its folder must be writable, and not the file.
static void need(const char *path, bool folder)
{
    struct stat is;
    const bool there = stat(path, &is) == 0;
    char *copy = copy_text(path);
    int why = 0;
    if (!there && (errno != ENOENT || !*path))
        why = errno;
    else if (!there && !folder && path[strlen(path) - 1] == '/')
        why = EISDIR;
    else if (there && S_ISDIR(is.st_mode) != folder)
        why = folder ? ENOTDIR : EISDIR;
    else if (there && !S_ISREG(is.st_mode))
        why = access(path, folder ? W_OK | X_OK : W_OK) < 0 ? errno : 0;
    else if (access(dirname(copy), W_OK | X_OK) < 0)
        why = errno;
    if (why)
        die("%s: cannot be written: %s", path, strerror(why));
    free(copy);
}

void need_file(const char *path)
{
    need(path, false);
}

void need_folder(const char *path)
{
    need(path, true);
}

// --- of this run ------------------------------------------------------------

static Buffer mine;
static pid_t maker; // a child of this process has the same memory

static int remove_one(const char *path, const struct stat *s, int type,
                      struct FTW *where)
{
    (void)s;
    (void)type;
    (void)where;
    (void)remove(path); // what cannot be removed stays
    return 0;
}

static void remove_mine(void)
{
    if (getpid() == maker)
        nftw(mine.at, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *folder_of_this_run(void)
{
    if (maker == getpid())
        return mine.at;
    const char *above = getenv("TMPDIR");
    mine.length = 0;
    buffer_print(&mine, "%s/course-XXXXXX", above && *above ? above : "/tmp");
    if (!mkdtemp(mine.at))
        die("%s: no folder can be made there: %s", dirname(mine.at),
            strerror(errno));
    maker = getpid();
    atexit(remove_mine);
    return mine.at;
}

Buffer file_of_this_run(const char *name)
{
    Buffer path = {0};
    buffer_print(&path, "%s/%s", folder_of_this_run(), name);
    return path;
}
