#include "04-tokenizers/commands.h"
#include "common/cli.h"
#include <limits.h>
#include <stddef.h>
int main(int argc, char **argv)
{
    Commands c = {0};
    const Option own[] = {
        {"train", "N", OPTION_INT, &c.train, 1, INT_MAX, NULL, "learn N"},
        {"text", "FILE", OPTION_TEXT, &c.text, 0, 0, NULL, "text"},
        {"save", "PREFIX", OPTION_TEXT, &c.save, 0, 0, NULL, "save"},
        {"encode", "KIND", OPTION_CHOICE, &c.encode, 0, 0,
         "none|gpt2|sentencepiece|wordpiece", "text"},
        {"decode", "KIND", OPTION_CHOICE, &c.decode, 0, 0,
         "none|gpt2|sentencepiece|wordpiece", "text"},
        {"vocab", "FILE", OPTION_TEXT, &c.vocab, 0, 0, NULL, "save"},
        {"merges", "FILE", OPTION_TEXT, &c.merges, 0, 0, NULL, "save"},
        {"pieces", NULL, OPTION_FLAG, &c.pieces, 0, 0, NULL, "save"},
        {0}};
    Run run = {0};
    cli_parse(argc, argv, "x", own, &run);
    return !commands_run(&c);
}
