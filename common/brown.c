// Reading the Brown corpus; see brown.h.
#include "common/brown.h"

#include <stdio.h>
#include <string.h>

void brown_untag(Text tagged, Buffer *to)
{
    for (Text line; text_line(&tagged, &line);) {
        bool first = true;
        for (Text word; text_field(&line, ' ', &word);) {
            while (word.length && word.at[0] == '\t')
                word = (Text){word.at + 1, word.length - 1};
            // The tag follows the last slash: "1/2/cd".
            const char *slash = memrchr(word.at, '/', word.length);
            if (!word.length || !slash)
                continue;
            buffer_add(to, " ", !first);
            buffer_add(to, word.at, slash - word.at);
            first = false;
        }
        if (!first)
            buffer_add(to, "\n", 1);
    }
}

bool brown_document(const Run *run, char genre, int number, Buffer *to)
{
    char file[16];
    snprintf(file, sizeof file, "c%c%02d", genre, number);
    const char *path = data_path(run, "brown", file);
    if (!path)
        return false;
    Buffer b = text_read(path);
    brown_untag((Text){b.at, b.length}, to);
    buffer_free(&b);
    return true;
}
