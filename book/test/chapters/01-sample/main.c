// A chapter as small as can be, for the test of the book's frame: it prints,
// draws one plot, and defines a thing of every kind that a listing can show.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// A macro of two lines.
#define FIT(x, most) ((x) > (most) ? (most) : (x))
#define SIDES        6

typedef struct Die Die;

// How a die is thrown.
typedef enum Throw { FAIR, LOADED } Throw;

enum { FIRST = 1, LAST = SIDES };

struct Die {
    int faces; // how many
    Throw way;
};

typedef int (*Chance)(const Die *);

// The faces, most likely first.
static const char *const names[] = {
    "one",
    "two {", // a string with a brace
};

static int (*const table[])(const Die *) = {NULL};

static int roll(const Die *die, int seed);

/* Rolls the die: not random at all, and that is the
   point of it. */
static int roll(const Die *die, int seed)
{
    // [wrap
    if (seed > die->faces) {
        seed = seed % die->faces;
    }
    // wrap]
    return seed; // not "roll(die)", though it says so
}

static void draw(const char *dir)
{
    char path[256];
    snprintf(path, sizeof path, "%s/throws.svg", dir);
    FILE *file = fopen(path, "w");
    if (!file)
        return;
    fputs("<svg xmlns='http://www.w3.org/2000/svg' width='90' height='60'>"
          "<rect width='30' height='60' fill='#888'/></svg>\n",
          file);
    fclose(file);
}

int main(int argc, char **argv)
{
    Die die = {.faces = SIDES, .way = FAIR};
    Chance none = table[0];
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("  --quick       the short form\n  --plots DIR   draw");
        return 0;
    }
    if (argc > 3)
        draw(argv[3]);
    printf("a die of %d faces, %s\n", FIT(die.faces, 6), names[0]);
    printf("rolled %d\n", roll(&die, FIRST + LAST));
    puts("=> it fell");
    return none != NULL;
}
