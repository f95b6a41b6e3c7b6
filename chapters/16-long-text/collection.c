// Documents from files; see collection.h.
#include "16-long-text/collection.h"

#include "common/brown.h"
#include "common/check.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add_document(Collection *c, Buffer text, int label)
{
    if ((c->n & (c->n + 1)) == 0) { // 0, 1, 3, 7 ...: room for twice as many
        c->text = grow_array(c->text, 2 * (size_t)c->n + 2, sizeof *c->text);
        c->label = grow_array(c->label, 2 * (size_t)c->n + 2, sizeof(int));
    }
    c->text[c->n] = text;
    c->label[c->n++] = label;
}

static void add_class(Collection *c, const char *name)
{
    c->name = grow_array(c->name, (size_t)c->classes + 1, sizeof *c->name);
    c->name[c->classes++] = copy_text(name);
}

static void number_words(Collection *c)
{
    Buffer all = {0};
    for (int i = 0; i < c->n; i++) {
        buffer_add(&all, c->text[i].at, c->text[i].length);
        buffer_add(&all, "\n", 1);
    }
    c->words = lexicon_new((Text){all.at, all.length}, 1, true);
    buffer_free(&all);
    c->ids = new_array((size_t)c->n + 1, sizeof *c->ids);
    for (int i = 0; i < c->n; i++)
        c->ids[i] = sentences_new((Text){c->text[i].at, c->text[i].length},
                                  &c->words, true);
}

void collection_free(Collection *c)
{
    for (int i = 0; i < c->n; i++) {
        buffer_free(&c->text[i]);
        sentences_free(&c->ids[i]);
    }
    for (int i = 0; i < c->classes; i++)
        free(c->name[i]);
    if (c->n > 0)
        lexicon_free(&c->words);
    free(c->text), free(c->label), free(c->name), free(c->source), free(c->ids);
    *c = (Collection){0};
}

// --- Brown ------------------------------------------------------------------

Collection collection_brown(const Run *run)
{
    static const struct {
        const char *name, *genres;
    } groups[] = {{"press", "abc"},
                  {"general", "defg"},
                  {"government", "h"},
                  {"learned", "j"},
                  {"fiction", "klmnpr"}};
    Collection c = {0};
    for (int g = 0; g < 5; g++)
        for (const char *genre = groups[g].genres; *genre; genre++)
            for (int k = 1; k <= BROWN_MOST; k++) {
                Buffer b = {0};
                if (brown_document(run, *genre, k, &b))
                    add_document(&c, b, g);
            }
    if (c.n == 0)
        return c;
    for (int g = 0; g < 5; g++)
        add_class(&c, groups[g].name);
    c.source = copy_text("the Brown corpus in five groups");
    number_words(&c);
    return c;
}

// --- a folder ---------------------------------------------------------------

void add_sentences(Text text, Buffer *to)
{
    for (size_t i = 0; i < text.length; i++) {
        const char *at = text.at + i;
        const bool ends = i + 2 < text.length && strchr(".!?", *at) && *at &&
                          at[1] == ' ' && at[2] >= 'A' && at[2] <= 'Z';
        buffer_add(to, at, 1);
        if (ends) {
            buffer_add(to, "\n", 1);
            i++; // the blank
        }
    }
    if (to->length > 0 && to->at[to->length - 1] != '\n')
        buffer_add(to, "\n", 1);
}

// Text, and with a letter or a digit in it?
static void check_text(const char *path, Text text)
{
    if (text.length && memchr(text.at, 0, text.length))
        die("%s: holds a zero byte, expected plain text", path);
    const ptrdiff_t at = utf8_invalid(text);
    if (at >= 0)
        die("%s: byte %td is not UTF-8, expected plain text", path, at);
    for (size_t i = 0; i < text.length; i++) {
        const unsigned char byte = (unsigned char)text.at[i];
        if (isalnum(byte) || byte >= 0x80)
            return;
    }
    die("%s: holds no words", path);
}

// The names in a directory, sorted, without hidden ones; returns how many. Each
// and the list are the caller's to free.
static int names_in(const char *directory, struct dirent ***entry)
{
    const int n = scandir(directory, entry, NULL, alphasort);
    int kept = 0;
    if (n < 0)
        die("%s: cannot be read; expected a directory with CLASS/FILE.txt",
            directory);
    for (int i = 0; i < n; i++)
        if ((*entry)[i]->d_name[0] == '.')
            free((*entry)[i]);
        else
            (*entry)[kept++] = (*entry)[i];
    return kept;
}

static void join(char to[1024], const char *directory, const char *name)
{
    if (snprintf(to, 1024, "%s/%s", directory, name) >= 1024)
        die("%.60s...: the path is too long", directory);
}

static bool is_directory(const char *path)
{
    DIR *d = opendir(path);
    if (d)
        closedir(d);
    return d != NULL;
}

static void add_files(Collection *c, const char *directory, int least)
{
    struct dirent **entry;
    char path[1024];
    const int n = names_in(directory, &entry), before = c->n;
    for (int i = 0; i < n; i++) {
        join(path, directory, entry[i]->d_name);
        free(entry[i]);
        struct stat is;
        if (stat(path, &is) == 0 && !S_ISREG(is.st_mode))
            die("%s: is not a regular file, expected a text", path);
        Buffer raw = text_read(path), text = {0};
        check_text(path, (Text){raw.at, raw.length});
        add_sentences((Text){raw.at, raw.length}, &text);
        buffer_free(&raw);
        add_document(c, text, c->classes - 1);
    }
    free(entry);
    if (c->n - before < least)
        die("%s: holds %d documents, expected %d or more in each class",
            directory, c->n - before, least);
}

Collection collection_folder(const char *directory, int least)
{
    Collection c = {0};
    struct dirent **entry;
    char path[1024];
    const int n = names_in(directory, &entry);
    for (int i = 0; i < n; i++) {
        join(path, directory, entry[i]->d_name);
        if (is_directory(path)) {
            add_class(&c, entry[i]->d_name);
            add_files(&c, path, least);
        }
        free(entry[i]);
    }
    free(entry);
    if (c.classes < 2)
        die("%s: holds %d directories, expected one for each of two or more "
            "classes (CLASS/FILE.txt)",
            directory, c.classes);
    c.source = copy_text(directory);
    number_words(&c);
    return c;
}
