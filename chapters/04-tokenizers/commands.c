// The command-line tool: text comes line by line from standard input and goes
// line by line to standard output; see commands.h.
#include "04-tokenizers/commands.h"

#include "04-tokenizers/tokenizer.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void train(const Commands *c)
{
    if (!c->text || !c->save)
        cli_misuse("--train needs --text FILE and --save PREFIX");
    Buffer text = text_read(c->text), vocab = {0}, merges = {0};
    if (!text.length)
        die("%s: the file is empty", c->text);
    buffer_print(&vocab, "%s_vocab.json", c->save);
    buffer_print(&merges, "%s_merges.txt", c->save);
    need_file(vocab.at);
    need_file(merges.at);
    double began = seconds_now();
    Bpe b = bpe_train((Text){text.at, text.length}, c->train);
    char took[24];
    printf("%d merges from %zu bytes in ~%s\n", b.merges, text.length,
           seconds_text(seconds_now() - began, took));
    if (b.merges < c->train)
        printf("no other pair of neighbours is there twice\n");
    bpe_save(&b, vocab.at, merges.at);
    printf("%s\n%s\n", vocab.at, merges.at);
    bpe_free(&b);
    buffer_free(&text);
    buffer_free(&vocab);
    buffer_free(&merges);
}

static void print_line(const Tokenizer *t, const Ids *ids, bool pieces)
{
    Buffer shown = {0};
    for (int i = 0; i < ids->n; i++) {
        shown.length = 0;
        if (pieces)
            tokenizer_show(t, ids->at[i], &shown);
        else
            buffer_print(&shown, "%d", ids->at[i]);
        if (i > 0)
            putchar(' ');
        fwrite(shown.at, 1, shown.length, stdout);
    }
    putchar('\n');
    buffer_free(&shown);
}

// The ids on line `number` of the input, n bytes and a zero.
static void read_ids(const Tokenizer *t, const char *line, size_t n, int number,
                     Ids *to)
{
    const char *at = line;
    for (char *end; (at += strspn(at, " \t\r")) < line + n; at = end) {
        errno = 0;
        long id = strtol(at, &end, 10);
        if (end == at || errno || id < 0 || id >= tokenizer_pieces(t))
            die("line %d, column %td: not an id from 0 to %d", number,
                at - line + 1, tokenizer_pieces(t) - 1);
        ids_add(to, (int)id);
    }
}

static void convert(const Commands *c, Scheme scheme)
{
    if (!c->vocab)
        cli_misuse("--encode and --decode need --vocab FILE");
    if (scheme == GPT2 && !c->merges)
        cli_misuse("gpt2 needs --merges FILE");
    Tokenizer t = tokenizer_load(scheme, c->vocab, c->merges);
    Ids ids = {0};
    Buffer text = {0};
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    for (int number = 1; (n = getline(&line, &room, stdin)) >= 0; number++) {
        ids.n = 0;
        text.length = 0;
        if (n > 0 && line[n - 1] == '\n')
            line[--n] = 0;
        if (c->encode) {
            tokenizer_encode(&t, (Text){line, n}, &ids);
            print_line(&t, &ids, c->pieces);
        } else {
            read_ids(&t, line, (size_t)n, number, &ids);
            tokenizer_decode(&t, ids.at, ids.n, &text);
            fwrite(text.at, 1, text.length, stdout);
            putchar('\n');
        }
    }
    if (ferror(stdin))
        die("standard input: cannot be read");
    free(line);
    ids_free(&ids);
    buffer_free(&text);
    tokenizer_free(&t);
}

bool commands_run(const Commands *c)
{
    if (!!c->train + !!c->encode + !!c->decode > 1)
        cli_misuse("only one of --train, --encode and --decode at a time");
    if (!c->train && (c->text || c->save))
        cli_misuse("--text and --save go with --train N");
    if (!c->encode && !c->decode && (c->vocab || c->merges))
        cli_misuse("--vocab and --merges go with --encode or --decode");
    if (!c->encode && c->pieces)
        cli_misuse("--pieces goes with --encode");
    if (c->train)
        train(c);
    else if (c->encode || c->decode)
        convert(c, (Scheme)((c->encode ? c->encode : c->decode) - 1));
    else
        return false;
    return true;
}
