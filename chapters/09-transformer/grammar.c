// Meanings, and how to say them in English and in German; see grammar.h.
//
// \u00e4 \u00f6 \u00fc \u00df are the German letters a, o, u with two dots
// and the sharp s.
#include "09-transformer/grammar.h"

#include <stdio.h>
#include <string.h>

// --- words ------------------------------------------------------------------

typedef enum Gender { HE, SHE, IT, MANY } Gender; // MANY: any plural
typedef enum Case { SUBJECT, OBJECT, RECEIVER } Case;

typedef struct Noun {
    const char *one, *more;   // English
    Gender gender;            // in German
    const char *eins, *viele; // German
    const char *bent;         // German, singular, when not the subject
} Noun;

enum { ALIVE = 14 }; // the first of them can do something

static const Noun nouns[] = {
    {"man", "men", HE, "Mann", "M\u00e4nner", "Mann"},
    {"woman", "women", SHE, "Frau", "Frauen", "Frau"},
    {"child", "children", IT, "Kind", "Kinder", "Kind"},
    {"boy", "boys", HE, "Junge", "Jungen", "Jungen"},
    {"girl", "girls", IT, "M\u00e4dchen", "M\u00e4dchen", "M\u00e4dchen"},
    {"friend", "friends", HE, "Freund", "Freunde", "Freund"},
    {"teacher", "teachers", HE, "Lehrer", "Lehrer", "Lehrer"},
    {"sister", "sisters", SHE, "Schwester", "Schwestern", "Schwester"},
    {"neighbour", "neighbours", HE, "Nachbar", "Nachbarn", "Nachbarn"},
    {"dog", "dogs", HE, "Hund", "Hunde", "Hund"},
    {"cat", "cats", SHE, "Katze", "Katzen", "Katze"},
    {"horse", "horses", IT, "Pferd", "Pferde", "Pferd"},
    {"bird", "birds", HE, "Vogel", "V\u00f6gel", "Vogel"},
    {"cow", "cows", SHE, "Kuh", "K\u00fche", "Kuh"},
    {"book", "books", IT, "Buch", "B\u00fccher", "Buch"},
    {"apple", "apples", HE, "Apfel", "\u00c4pfel", "Apfel"},
    {"flower", "flowers", SHE, "Blume", "Blumen", "Blume"},
    {"car", "cars", IT, "Auto", "Autos", "Auto"},
    {"house", "houses", IT, "Haus", "H\u00e4user", "Haus"},
    {"tree", "trees", HE, "Baum", "B\u00e4ume", "Baum"},
    {"lamp", "lamps", SHE, "Lampe", "Lampen", "Lampe"},
    {"picture", "pictures", IT, "Bild", "Bilder", "Bild"},
    {"chair", "chairs", HE, "Stuhl", "St\u00fchle", "Stuhl"},
    {"clock", "clocks", SHE, "Uhr", "Uhren", "Uhr"},
};

static const char *const adjectives[][2] = {
    {"small", "klein"},
    {"big", "gro\u00df"},
    {"old", "alt"},
    {"new", "neu"},
    {"red", "rot"},
    {"green", "gr\u00fcn"},
    {"happy", "froh"},
    {"beautiful", "sch\u00f6n"},
    {"tired", "m\u00fcd"},
    {"strange", "seltsam"},
    {"expensive", "wertvoll"},
    {"famous", "bekannt"},
};

typedef struct Verb {
    const char *does, *plain, *done; // sees, see, seen; the last may be " for"
    const char *with;                // looks `for`
    const char *er, *sie, *getan;    // sieht, sehen, gesehen
    const char *prefix;              // of a verb in two pieces: ruft ... an
    bool is;                         // ist gekommen, not hat gekommen
} Verb;

static const Verb transitive[] = {
    {"sees", "see", "seen", "", "sieht", "sehen", "gesehen", "", 0},
    {"finds", "find", "found", "", "findet", "finden", "gefunden", "", 0},
    {"loves", "love", "loved", "", "liebt", "lieben", "geliebt", "", 0},
    {"buys", "buy", "bought", "", "kauft", "kaufen", "gekauft", "", 0},
    {"hears", "hear", "heard", "", "h\u00f6rt", "h\u00f6ren", "geh\u00f6rt", "",
     0},
    {"looks", "look", "looked", "for", "sucht", "suchen", "gesucht", "", 0},
    {"waits", "wait", "waited", "for", "erwartet", "erwarten", "erwartet", "",
     0},
    {"draws", "draw", "drawn", "", "zeichnet", "zeichnen", "gezeichnet", "", 0},
    {"carries", "carry", "carried", "", "tr\u00e4gt", "tragen", "getragen", "",
     0},
    {"washes", "wash", "washed", "", "w\u00e4scht", "waschen", "gewaschen", "",
     0},
    {"calls", "call", "called", "", "ruft", "rufen", "gerufen", "an", 0},
    {"looks", "look", "looked", "at", "sieht", "sehen", "gesehen", "an", 0},
    {"fetches", "fetch", "fetched", "", "holt", "holen", "geholt", "ab", 0},
    {"paints", "paint", "painted", "", "malt", "malen", "gemalt", "an", 0},
};

static const Verb intransitive[] = {
    {"sleeps", "sleep", "slept", "", "schl\u00e4ft", "schlafen", "geschlafen",
     "", 0},
    {"laughs", "laugh", "laughed", "", "lacht", "lachen", "gelacht", "", 0},
    {"sings", "sing", "sung", "", "singt", "singen", "gesungen", "", 0},
    {"works", "work", "worked", "", "arbeitet", "arbeiten", "gearbeitet", "",
     0},
    {"comes", "come", "come", "", "kommt", "kommen", "gekommen", "", 1},
    {"runs", "run", "run", "", "l\u00e4uft", "laufen", "gelaufen", "", 1},
    {"gets", "get", "got", "up", "steht", "stehen", "gestanden", "auf", 1},
    {"falls", "fall", "fallen", "asleep", "schl\u00e4ft", "schlafen",
     "geschlafen", "ein", 1},
};

static const Verb giving[] = {
    {"gives", "give", "given", "", "gibt", "geben", "gegeben", "", 0},
    {"shows", "show", "shown", "", "zeigt", "zeigen", "gezeigt", "", 0},
    {"brings", "bring", "brought", "", "bringt", "bringen", "gebracht", "", 0},
    {"sends", "send", "sent", "", "schickt", "schicken", "geschickt", "", 0},
};

// English, and German for one and for many.
static const char *const modals[][3] = {
    {"can", "kann", "k\u00f6nnen"},
    {"must", "muss", "m\u00fcssen"},
    {"should", "soll", "sollen"},
};

static const char *const times[][2] = {
    {"today", "heute"}, {"now", "jetzt"},        {"often", "oft"},
    {"here", "hier"},   {"maybe", "vielleicht"},
};

static const char *const places[][2] = {
    {"in the garden", "im Garten"},
    {"at home", "zu Hause"},
    {"in the city", "in der Stadt"},
    {"on the street", "auf der Stra\u00dfe"},
};

static const char *const joints[][2] = {
    {"because", "weil"},
    {"when", "wenn"},
    {"although", "obwohl"},
    {"before", "bevor"},
};

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

// --- meanings ---------------------------------------------------------------

typedef enum Article { THE, A, THIS, MY, TWO, ARTICLES } Article;

typedef struct Phrase {
    int noun, adjective; // adjective -1: none
    bool many;
    Article article;
} Phrase;

typedef enum Tense { NOW, PERFECT, MODAL } Tense;

// Who does what to whom; and what is said about `who` besides.
typedef struct Clause {
    Phrase who, what, whom;
    const Verb *verb;
    int objects; // 0; 1: what; 2: what, and whom it is given to
    Tense tense;
    int modal, place, time; // place, time -1: none
    const Verb *besides;    // who, that sees `other`; NULL: nothing is said
    bool besides_object;    // who, that `other` sees
    Phrase other;
} Clause;

static Phrase phrase_new(Rng *r, int below)
{
    Phrase p = {.noun = rng_below(r, below), .many = rng_below(r, 3) == 0};
    p.adjective = rng_below(r, 2) ? rng_below(r, COUNT(adjectives)) : -1;
    do
        p.article = (Article)rng_below(r, ARTICLES);
    while (p.many ? p.article == A : p.article == TWO);
    return p;
}

static Clause clause_new(Rng *r, bool simple)
{
    Clause c = {.place = -1, .time = -1};
    c.who = phrase_new(r, ALIVE);
    c.what = phrase_new(r, COUNT(nouns));
    c.whom = phrase_new(r, ALIVE);
    c.objects = "\0\1\1\1\1\2"[rng_below(r, 6)];
    c.verb = c.objects == 0   ? &intransitive[rng_below(r, COUNT(intransitive))]
             : c.objects == 1 ? &transitive[rng_below(r, COUNT(transitive))]
                              : &giving[rng_below(r, COUNT(giving))];
    c.time = rng_below(r, 3) == 0 ? rng_below(r, COUNT(times)) : -1;
    if (simple)
        return c;
    c.tense = (Tense)rng_below(r, 3);
    c.modal = rng_below(r, COUNT(modals));
    c.place = rng_below(r, 4) == 0 ? rng_below(r, COUNT(places)) : -1;
    if (rng_below(r, 4) == 0) {
        c.besides = &transitive[rng_below(r, COUNT(transitive))];
        c.besides_object = rng_below(r, 2);
        c.other = phrase_new(r, c.besides_object ? ALIVE : COUNT(nouns));
    }
    return c;
}

// --- what is held out -------------------------------------------------------

static bool odd_phrase(Phrase p)
{
    return p.adjective >= 0 && (7 * p.adjective + p.noun) % 11 == 0;
}

static bool odd_object(const Verb *v, Phrase p)
{
    return (5 * (int)(v - transitive) + p.noun) % 13 == 0;
}

static bool unusual(const Clause *c)
{
    bool odd = odd_phrase(c->who);
    if (c->objects > 0)
        odd |= odd_phrase(c->what);
    if (c->objects == 1)
        odd |= odd_object(c->verb, c->what);
    if (c->objects == 2)
        odd |= odd_phrase(c->whom);
    if (c->besides)
        odd |= odd_phrase(c->other) ||
               odd_object(c->besides, c->besides_object ? c->who : c->other);
    return odd;
}

// --- English ----------------------------------------------------------------

static void say(Buffer *b, const char *word)
{
    if (*word)
        buffer_print(b, b->length ? " %s" : "%s", word);
}

static void english_phrase(Buffer *b, Phrase p)
{
    static const char *const word[][2] = {{"the", "the"},
                                          {"a", ""},
                                          {"this", "these"},
                                          {"my", "my"},
                                          {"", "two"}};
    const Noun *n = &nouns[p.noun];
    const char *noun = p.many ? n->more : n->one;
    const char *next = p.adjective < 0 ? noun : adjectives[p.adjective][0];
    if (p.article == A)
        say(b, strchr("aeiou", *next) ? "an" : "a");
    else
        say(b, word[p.article][p.many]);
    if (p.adjective >= 0)
        say(b, next);
    say(b, noun);
}

static void english_verb(Buffer *b, const Clause *c)
{
    if (c->tense == PERFECT)
        say(b, c->who.many ? "have" : "has");
    if (c->tense == MODAL)
        say(b, modals[c->modal][0]);
    say(b, c->tense == PERFECT                ? c->verb->done
           : c->tense == MODAL || c->who.many ? c->verb->plain
                                              : c->verb->does);
    say(b, c->verb->with);
}

static void english_clause(Buffer *b, const Clause *c)
{
    if (c->time >= 0)
        say(b, times[c->time][0]);
    english_phrase(b, c->who);
    if (c->besides) {
        say(b, "that");
        if (c->besides_object)
            english_phrase(b, c->other);
        bool many = c->besides_object ? c->other.many : c->who.many;
        say(b, many ? c->besides->plain : c->besides->does);
        say(b, c->besides->with);
        if (!c->besides_object)
            english_phrase(b, c->other);
    }
    english_verb(b, c);
    if (c->objects == 2)
        english_phrase(b, c->whom);
    if (c->objects > 0)
        english_phrase(b, c->what);
    if (c->place >= 0)
        say(b, places[c->place][0]);
}

// --- German -----------------------------------------------------------------

static Gender gender_of(Phrase p)
{
    return p.many ? MANY : nouns[p.noun].gender;
}

// By article, case and gender; the endings of dies- and mein-.
static const char *const the[3][4] = {{"der", "die", "das", "die"},
                                      {"den", "die", "das", "die"},
                                      {"dem", "der", "dem", "den"}};
static const char *const strong[3][4] = {
    {"er", "e", "es", "e"}, {"en", "e", "es", "e"}, {"em", "er", "em", "en"}};
static const char *const weak[3][4] = {
    {"e", "e", "e", "en"}, {"en", "e", "e", "en"}, {"en", "en", "en", "en"}};

// ein and mein have no ending where others say der or das.
static bool bare(Case k, Gender g)
{
    return (k == SUBJECT && g == HE) || (k != RECEIVER && g == IT);
}

static void german_phrase(Buffer *b, Phrase p, Case k)
{
    const Gender g = gender_of(p);
    const Noun *n = &nouns[p.noun];
    const char *end = strong[k][g];
    char word[32];
    if (p.article == THE)
        say(b, the[k][g]);
    else if (p.article == TWO)
        say(b, "zwei");
    else {
        bool none = p.article != THIS && bare(k, g);
        snprintf(word, sizeof word, "%s%s",
                 p.article == A      ? "ein"
                 : p.article == THIS ? "dies"
                                     : "mein",
                 none ? "" : end);
        say(b, word);
    }
    if (p.adjective >= 0) {
        // Whoever shows case and gender, the article or else the adjective,
        // has the strong ending; the other one the weak.
        bool shown = p.article == THE || p.article == THIS ||
                     (p.article != TWO && !bare(k, g));
        snprintf(word, sizeof word, "%s%s", adjectives[p.adjective][1],
                 shown ? weak[k][g] : end);
        say(b, word);
    }
    const char *noun = p.many ? n->viele : k == SUBJECT ? n->eins : n->bent;
    const char last = noun[strlen(noun) - 1];
    bool more = p.many && k == RECEIVER && last != 'n' && last != 's';
    snprintf(word, sizeof word, "%s%s", noun, more ? "n" : "");
    say(b, word);
}

// The verb in two pieces: what stands second in a main clause, and what
// stands last.
typedef struct Pieces {
    char second[32], last[32];
} Pieces;

static Pieces german_verb(const Verb *v, bool many, Tense tense, int modal)
{
    Pieces p = {{0}, {0}};
    if (tense == NOW) {
        snprintf(p.second, sizeof p.second, "%s", many ? v->sie : v->er);
        snprintf(p.last, sizeof p.last, "%s", v->prefix);
    } else if (tense == PERFECT) {
        snprintf(p.second, sizeof p.second, "%s",
                 v->is  ? (many ? "sind" : "ist")
                 : many ? "haben"
                        : "hat");
        snprintf(p.last, sizeof p.last, "%s%s", v->prefix, v->getan);
    } else {
        snprintf(p.second, sizeof p.second, "%s", modals[modal][1 + many]);
        snprintf(p.last, sizeof p.last, "%s%s", v->prefix, v->sie);
    }
    return p;
}

// The end of a subordinate clause: both pieces, in one word or two.
static void german_verb_last(Buffer *b, const Verb *v, bool many, Tense tense,
                             int modal)
{
    Pieces p = german_verb(v, many, tense, modal);
    char word[64];
    snprintf(word, sizeof word, "%s%s", p.last, p.second);
    if (tense == NOW) {
        say(b, word); // anruft
    } else {
        say(b, p.last); // angerufen hat
        say(b, p.second);
    }
}

static void german_subject(Buffer *b, const Clause *c)
{
    german_phrase(b, c->who, SUBJECT);
    if (!c->besides)
        return;
    say(b, ",");
    say(b, the[c->besides_object ? OBJECT : SUBJECT][gender_of(c->who)]);
    german_phrase(b, c->other, c->besides_object ? SUBJECT : OBJECT);
    bool many = c->besides_object ? c->other.many : c->who.many;
    german_verb_last(b, c->besides, many, NOW, 0);
    say(b, ",");
}

static void german_clause(Buffer *b, const Clause *c, bool subordinate)
{
    Pieces verb = german_verb(c->verb, c->who.many, c->tense, c->modal);
    if (!subordinate) {
        if (c->time >= 0)
            say(b, times[c->time][1]);
        else
            german_subject(b, c);
        say(b, verb.second);
        if (c->time >= 0)
            german_subject(b, c);
    } else {
        german_subject(b, c);
    }
    if (c->objects == 2)
        german_phrase(b, c->whom, RECEIVER);
    if (c->objects > 0)
        german_phrase(b, c->what, OBJECT);
    if (c->place >= 0)
        say(b, places[c->place][1]);
    if (subordinate)
        german_verb_last(b, c->verb, c->who.many, c->tense, c->modal);
    else
        say(b, verb.last);
}

// --- sentences --------------------------------------------------------------

void grammar_sentence(Rng *r, bool simple, Combinations which, Buffer *english,
                      Buffer *german)
{
    Clause main, side;
    int joint;
    do {
        main = clause_new(r, simple);
        side = clause_new(r, simple);
        joint = simple || rng_below(r, 3) ? -1 : rng_below(r, COUNT(joints));
        if (joint >= 0) { // one aside a sentence is enough
            side.besides = main.besides = NULL;
            side.time = -1;
        }
    } while ((unusual(&main) || (joint >= 0 && unusual(&side))) !=
             (which == UNUSUAL));
    Buffer en = {0}, de = {0};
    english_clause(&en, &main);
    german_clause(&de, &main, false);
    if (joint >= 0) {
        say(&en, joints[joint][0]);
        english_clause(&en, &side);
        say(&de, ",");
        say(&de, joints[joint][1]);
        german_clause(&de, &side, true);
    }
    say(&en, ".");
    say(&de, ".");
    buffer_add(english, en.at, en.length);
    buffer_add(german, de.at, de.length);
    buffer_free(&en);
    buffer_free(&de);
}
