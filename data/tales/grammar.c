// Reads the compiled-in grammar.txt into tables; see grammar.h.
//
// A mistake in the grammar is a mistake in the code: check() stops with the
// line. Everything that is read here lives to the end of the program.
#include "data/tales/grammar.h"

#include "common/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Made by the build from grammar.txt: its lines, ended by NULL.
extern const char *const tales_grammar_lines[];

typedef struct Share {
    const char *name;
    char **way;
    int ways;
} Share;

// Where the reader stands.
typedef struct Reader {
    Grammar *g;
    int line; // the last line of the statement
    Share *share;
    int shares;
    enum { NOWHERE, IN_TABLE, IN_SHARE, IN_PLOT, IN_BEAT } where;
} Reader;

static void require(const Reader *r, bool right, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// --- small helpers ----------------------------------------------------------

static void require(const Reader *r, bool right, const char *format, ...)
{
    if (right)
        return;
    char message[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    check(right, "grammar.txt:%d: %s", r->line, message);
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

// The text up to `separator`, without blanks around it; *rest moves behind it.
// NULL at the end.
static char *field(char **rest, char separator)
{
    char *at = *rest;
    if (!at)
        return NULL;
    char *end = strchr(at, separator);
    *rest = end ? end + 1 : NULL;
    if (!end)
        end = at + strlen(at);
    while (*at == ' ')
        at++;
    while (end > at && end[-1] == ' ')
        end--;
    *end = 0;
    return at;
}

const char *article_for(const char *next)
{
    return strchr("aeiouAEIOU", *next) ? "an" : "a";
}

// --- people -----------------------------------------------------------------

// The columns of the people: the name, four pronouns, two nouns, the cast.
enum { PERSON_SLOTS = 7, CAST = PERSON_SLOTS };

static const char *const boys[] = {"he",      "him", "his",
                                   "himself", "boy", "brother"};
static const char *const girls[] = {"she",     "her",  "her",
                                    "herself", "girl", "sister"};

// The slots of the hero and of the friend, in the order of the columns. A
// sentence is written as if the hero were a boy and the friend a girl.
static const char *const hero_slots[] = {"A",       "he",  "him",    "his",
                                         "himself", "boy", "brother"};
static const char *const friend_slots[] = {"B",       "she",  "her",   "hers",
                                           "herself", "girl", "sister"};

// "people child boy: Tom Ben": a row for each name.
static void read_people(Reader *r, char *s)
{
    Table *t = &r->g->table[PEOPLE];
    char *cast = field(&s, ' '), *gender = field(&s, ':');
    require(r, s != NULL, "expected \"people CAST GENDER: NAMES\"");
    const char *const *words = strcmp(gender, "boy") ? girls : boys;
    while (s) {
        char *name = field(&s, ' ');
        if (!*name)
            continue;
        require(r, t->rows < MAX_ROWS, "too many people");
        t->cell[t->rows][NAME] = name;
        for (int i = 0; i < PERSON_SLOTS - 1; i++)
            t->cell[t->rows][PRONOUNS + i] = words[i];
        t->cell[t->rows++][CAST] = cast;
    }
    t->columns = PERSON_SLOTS;
}

bool person_of_cast(const Grammar *g, int row, const char *cast)
{
    return strcmp(g->table[PEOPLE].cell[row][CAST], cast) == 0;
}

bool same_gender(const Grammar *g, int a, int b)
{
    return g->table[PEOPLE].cell[a][PRONOUNS] ==
           g->table[PEOPLE].cell[b][PRONOUNS];
}

// --- tables -----------------------------------------------------------------

// "table NAME: COLUMN | COLUMN"
static void read_table(Reader *r, char *s)
{
    require(r, r->g->tables < MAX_TABLES, "too many tables");
    Table *t = &r->g->table[r->g->tables++];
    t->name = field(&s, ':');
    while (s) {
        require(r, t->columns < MAX_COLUMNS, "too many columns");
        t->column[t->columns++] = field(&s, '|');
    }
    require(r, t->columns > 0, "expected \"table NAME: COLUMN | ...\"");
    r->where = IN_TABLE;
}

static void read_row(Reader *r, char *s)
{
    Table *t = &r->g->table[r->g->tables - 1];
    require(r, t->rows < MAX_ROWS, "too many rows in %s", t->name);
    int n = 0;
    while (s) {
        require(r, n < t->columns, "a row of %s has too many cells", t->name);
        t->cell[t->rows][n] = field(&s, '|');
        require(r, t->cell[t->rows][n][0] != 0, "an empty cell");
        n++;
    }
    require(r, n == t->columns, "a row of %s has %d cells, not %d", t->name, n,
            t->columns);
    t->rows++;
}

// --- ways to tell -----------------------------------------------------------

static Plot *plot_now(Reader *r)
{
    require(r, r->g->plots > 0, "no plot yet");
    return &r->g->plot[r->g->plots - 1];
}

// Looks `name` up among the people and what the plot picks.
static bool find_slot(const Reader *r, const char *name, Slot *slot)
{
    const Plot *p = &r->g->plot[r->g->plots - 1];
    for (int i = 0; i < PERSON_SLOTS; i++) {
        bool hero = strcmp(name, hero_slots[i]) == 0;
        if (hero || strcmp(name, friend_slots[i]) == 0) {
            slot->variable = hero ? HERO : FRIEND;
            slot->column = i;
            return true;
        }
    }
    for (int k = 0; k < p->picks; k++) {
        const Table *t = &r->g->table[variable_table(p->pick[k])];
        for (int c = 0; c < t->columns; c++) {
            size_t n = strlen(t->column[c]);
            if (strncmp(name, t->column[c], n))
                continue;
            bool second = p->pick[k] % 2;
            if (strcmp(name + n, second ? "2" : ""))
                continue;
            slot->variable = p->pick[k];
            slot->column = c;
            return true;
        }
    }
    return false;
}

// "thing", "a thing", "A thing", "Thing", "A" (the hero).
static Slot read_slot(const Reader *r, const char *s, int n)
{
    char name[64];
    require(r, n > 0 && n < (int)sizeof name, "bad slot");
    memcpy(name, s, (size_t)n);
    name[n] = 0;
    Slot slot = {0};
    if (find_slot(r, name, &slot))
        return slot;
    char first = name[0];
    slot.capital = first >= 'A' && first <= 'Z';
    if (slot.capital)
        name[0] = (char)(first + 'a' - 'A');
    slot.article = begins(name, "a ");
    require(r, find_slot(r, slot.article ? name + 2 : name, &slot),
            "what is [%s]?", name);
    return slot;
}

static void add_piece(Line *line, Piece piece)
{
    line->piece =
        grow_array(line->piece, (size_t)line->pieces + 1, sizeof(Piece));
    line->piece[line->pieces++] = piece;
}

static Line read_line(Reader *r, const char *s)
{
    Line line = {0};
    int open = -1;
    while (*s) {
        int n = (int)strcspn(s, "[{|}");
        if (n > 0) {
            add_piece(&line, (Piece){.kind = TEXT, .text = s, .length = n});
            s += n;
            continue;
        }
        if (*s == '[') {
            n = (int)strcspn(s, "]");
            require(r, s[n] != 0, "[ without ]");
            add_piece(&line, (Piece){.kind = SLOT,
                                     .slot = read_slot(r, s + 1, n - 1)});
            s += n + 1;
            continue;
        }
        PieceKind kind = *s == '{' ? OPEN : *s == '|' ? BAR : CLOSE;
        require(r, (kind == OPEN) == (open < 0), "braces do not nest");
        add_piece(&line, (Piece){.kind = kind, .options = 1});
        if (kind == OPEN)
            open = line.pieces - 1;
        else if (kind == BAR)
            line.piece[open].options++;
        else
            open = -1;
        s++;
    }
    require(r, open < 0, "{ without }");
    return line;
}

static void add_way(Reader *r, const char *s)
{
    Plot *p = plot_now(r);
    Beat *b = &p->beat[p->beats - 1];
    if (*s != '@') {
        b->line = grow_array(b->line, (size_t)b->lines + 1, sizeof(Line));
        b->line[b->lines++] = read_line(r, s);
        return;
    }
    for (int i = 0; i < r->shares; i++)
        if (strcmp(r->share[i].name, s + 1) == 0) {
            for (int k = 0; k < r->share[i].ways; k++)
                add_way(r, r->share[i].way[k]);
            return;
        }
    require(r, false, "there is no share %s", s + 1);
}

// --- plots ------------------------------------------------------------------

// "plot NAME: CAST"
static void read_plot(Reader *r, char *s)
{
    require(r, r->g->plots < MAX_PLOTS, "too many plots");
    Plot *p = &r->g->plot[r->g->plots++];
    p->name = field(&s, ':');
    p->cast = field(&s, ':');
    require(r, p->cast != NULL, "expected \"plot NAME: CAST\"");
    r->where = IN_PLOT;
}

// "pick TABLE TABLE TABLE2": TABLE2 is the second row of a table.
static void read_pick(Reader *r, char *s)
{
    Plot *p = plot_now(r);
    while (s) {
        char *name = field(&s, ' ');
        size_t n = strlen(name);
        bool second = n > 0 && name[n - 1] == '2';
        if (second)
            name[n - 1] = 0;
        int t = 1;
        while (t < r->g->tables && strcmp(r->g->table[t].name, name))
            t++;
        require(r, t < r->g->tables, "there is no table %s", name);
        require(r, p->picks < MAX_PICKS, "too many picks");
        p->pick[p->picks++] = 2 * t + 2 + second;
    }
}

static void read_beat(Reader *r, BeatKind kind, char *name)
{
    Plot *p = plot_now(r);
    require(r, p->beats < MAX_BEATS, "too many beats");
    p->beat[p->beats++] = (Beat){.name = name, .kind = kind};
    r->where = IN_BEAT;
}

static void read_share(Reader *r, char *name)
{
    r->share = grow_array(r->share, (size_t)r->shares + 1, sizeof(Share));
    r->share[r->shares++] = (Share){.name = name};
    r->where = IN_SHARE;
}

static void read_item(Reader *r, char *s)
{
    if (r->where == IN_TABLE) {
        read_row(r, s);
    } else if (r->where == IN_BEAT) {
        add_way(r, s);
    } else {
        require(r, r->where == IN_SHARE, "an item belongs to nothing");
        Share *share = &r->share[r->shares - 1];
        share->way =
            grow_array(share->way, (size_t)share->ways + 1, sizeof(char *));
        share->way[share->ways++] = s;
    }
}

// s is a whole statement, its lines joined; what it points into is kept.
static void read_statement(Reader *r, char *s)
{
    char *word = s, *rest = strchr(s, ' ');
    require(r, rest != NULL, "\"%s\" is no statement", s);
    *rest++ = 0;
    if (strcmp(word, "-") == 0)
        read_item(r, rest);
    else if (strcmp(word, "people") == 0)
        read_people(r, rest);
    else if (strcmp(word, "table") == 0)
        read_table(r, rest);
    else if (strcmp(word, "share") == 0)
        read_share(r, rest);
    else if (strcmp(word, "plot") == 0)
        read_plot(r, rest);
    else if (strcmp(word, "pick") == 0)
        read_pick(r, rest);
    else if (strcmp(word, "beat") == 0)
        read_beat(r, BEAT, rest);
    else if (strcmp(word, "maybe") == 0)
        read_beat(r, MAYBE, rest);
    else if (strcmp(word, "wish") == 0)
        read_beat(r, WISH, rest);
    else if (strcmp(word, "end") == 0)
        read_beat(r, END, rest);
    else
        require(r, false, "\"%s\" begins no statement", word);
}

// The statement that begins at line *n, with the lines that continue it (they
// begin with a blank), joined by single blanks; NULL at the end.
static char *next_statement(int *n)
{
    const char *const *line = tales_grammar_lines;
    while (line[*n] && (!line[*n][0] || line[*n][0] == '#'))
        ++*n;
    if (!line[*n])
        return NULL;
    char *s = copy_text(line[(*n)++]);
    while (line[*n] && line[*n][0] == ' ') {
        const char *more = line[(*n)++];
        more += strspn(more, " ");
        size_t length = strlen(s);
        s = grow_array(s, length + strlen(more) + 2, 1);
        s[length] = ' ';
        strcpy(s + length + 1, more);
    }
    return s;
}

const Grammar *tales_grammar(void)
{
    static Grammar *kept;
    if (kept)
        return kept;
    Reader r = {.g = new_array(1, sizeof(Grammar))};
    r.g->table[PEOPLE].name = "people";
    r.g->tables = 1;
    for (char *s; (s = next_statement(&r.line));) {
        require(&r, r.g->statements < MAX_STATEMENTS, "too many statements");
        r.g->statement[r.g->statements++] = s;
        read_statement(&r, s);
    }
    for (int i = 0; i < r.shares; i++)
        free(r.share[i].way);
    free(r.share);
    return kept = r.g;
}
