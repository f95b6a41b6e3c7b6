// Dates in words; see dates.h.
#include "06-recurrent/dates.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// --- the calendar -----------------------------------------------------------

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

// Sakamoto's rule: the year begins in March, and months shift the weekday.
int date_weekday(Date d)
{
    static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    const int y = d.year - (d.month < 3);
    return (y + y / 4 - y / 100 + y / 400 + shift[d.month - 1] + d.day) % 7;
}

bool date_held_out(Date d)
{
    char iso[ISO_SIGNS + 1];
    date_iso(d, iso);
    return text_hash(text_of(iso)) % 10 == 0;
}

Date date_random(Rng *r, bool held_out)
{
    for (;;) {
        Date d = {.year = FIRST_YEAR + rng_below(r, LAST_YEAR - FIRST_YEAR + 1),
                  .month = 1 + rng_below(r, 12)};
        d.day = 1 + rng_below(r, days_in(d.year, d.month));
        if (date_held_out(d) == held_out)
            return d;
    }
}

void date_iso(Date d, char to[ISO_SIGNS + 1])
{
    char all[40];
    snprintf(all, sizeof all, "%04d-%02d-%02d", d.year, d.month, d.day);
    memcpy(to, all, ISO_SIGNS);
    to[ISO_SIGNS] = 0;
}

// --- numbers in words -------------------------------------------------------

static const char *const units[] = {
    "",        "one",     "two",       "three",    "four",
    "five",    "six",     "seven",     "eight",    "nine",
    "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
static const char *const ordinals[] = {
    "",          "first",     "second",      "third",      "fourth",
    "fifth",     "sixth",     "seventh",     "eighth",     "ninth",
    "tenth",     "eleventh",  "twelfth",     "thirteenth", "fourteenth",
    "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth"};
static const char *const tens[] = {"",       "",      "twenty", "thirty",
                                   "forty",  "fifty", "sixty",  "seventy",
                                   "eighty", "ninety"};
static const char *const months[] = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
static const char *const weekdays[] = {"sunday",    "monday",   "tuesday",
                                       "wednesday", "thursday", "friday",
                                       "saturday"};

// Appends a token, and a blank before it unless it is the first.
static void token(Buffer *to, const char *word)
{
    buffer_print(to, "%s%s", to->length ? " " : "", word);
}

// The digits of n, at least `least` of them.
static void digits(Buffer *to, int n, int least)
{
    char all[16];
    snprintf(all, sizeof all, "%0*d", least, n);
    for (const char *p = all; *p; p++)
        token(to, (char[]){*p, 0});
}

// 1 to 99, "ninety - four".
static void number(Buffer *to, int n)
{
    if (n < 20) {
        token(to, units[n]);
        return;
    }
    token(to, tens[n / 10]);
    if (n % 10) {
        token(to, "-");
        token(to, units[n % 10]);
    }
}

// 1 to 31, "twenty - first".
static void ordinal(Buffer *to, int n)
{
    if (n > 20 && n % 10) {
        token(to, tens[n / 10]);
        token(to, "-");
        n %= 10;
    }
    token(to, n == 30 ? "thirtieth" : ordinals[n]);
}

static void year_in_words(Rng *r, Buffer *to, int year)
{
    const int rest = year % 100;
    const bool thousand = year >= 2000 && (rest < 10 || rng_below(r, 2));
    token(to, thousand ? "two" : year < 2000 ? "nineteen" : "twenty");
    if (thousand) {
        token(to, "thousand");
        if (rest && rng_below(r, 2))
            token(to, "and");
    } else if (rest == 0) {
        token(to, "hundred");
    } else if (rest < 10) {
        token(to, "oh");
    }
    if (rest)
        number(to, rest);
}

// --- forms of a date --------------------------------------------------------

// The day: "third", "3 r d" without the blanks, or "3".
static void say_day(Rng *r, Buffer *to, int day)
{
    static const char *const ends[] = {"th", "st", "nd", "rd"};
    const int how = rng_below(r, 3);
    if (how == 0) {
        ordinal(to, day);
        return;
    }
    digits(to, day, 1);
    if (how == 1)
        token(to, day % 10 > 3 || day / 10 == 1 ? "th" : ends[day % 10]);
}

static void say_month(Rng *r, Buffer *to, int month)
{
    const char *name = months[month - 1];
    if (rng_below(r, 3) == 0) // "mar"
        token(to, (char[]){name[0], name[1], name[2], 0});
    else
        token(to, name);
}

static void say_year(Rng *r, Buffer *to, int year)
{
    const int how = rng_below(r, 4);
    if (how == 0 && year >= 1930 && year < 2030) {
        if (rng_below(r, 2))
            token(to, "'");
        digits(to, year % 100, 2);
    } else if (how == 1) {
        digits(to, year, 4);
    } else {
        year_in_words(r, to, year);
    }
}

// 3 . 3 . 1994, 3 / mar / 1994 or 1994 / 03 / 03.
static void say_in_digits(Rng *r, Date d, Buffer *to)
{
    const int how = rng_below(r, 3);
    const char *between = how == 0 ? "." : "/";
    if (how == 2)
        digits(to, d.year, 4);
    else
        digits(to, d.day, 1);
    token(to, between);
    if (how == 1)
        token(to, (char[]){months[d.month - 1][0], months[d.month - 1][1],
                           months[d.month - 1][2], 0});
    else
        digits(to, d.month, how == 2 ? 2 : 1);
    token(to, between);
    if (how == 2)
        digits(to, d.day, 2);
    else
        digits(to, d.year, 4);
}

void date_say(Rng *r, Date d, Buffer *to)
{
    if (rng_below(r, 4) == 0) {
        token(to, weekdays[date_weekday(d)]);
        if (rng_below(r, 2))
            token(to, ",");
    }
    const int how = rng_below(r, 5);
    if (how == 0) {
        say_in_digits(r, d, to);
        return;
    }
    if (how < 3) { // march the third, 1994
        say_month(r, to, d.month);
        if (rng_below(r, 3) == 0)
            token(to, "the");
        say_day(r, to, d.day);
        if (rng_below(r, 2))
            token(to, ",");
    } else { // the third of march 1994
        const bool of = rng_below(r, 2);
        if (of)
            token(to, "the");
        say_day(r, to, d.day);
        if (of)
            token(to, "of");
        say_month(r, to, d.month);
    }
    say_year(r, to, d.year);
}

// --- chatter ----------------------------------------------------------------

static const char *any(Rng *r, const char *const *words, int n)
{
    return words[rng_below(r, n)];
}

#define ANY(r, words) any(r, words, (int)(sizeof(words) / sizeof *(words)))

static const char *const joints[] = {"and", "but", "while", "because", "when"};
static const char *const kinds[] = {"old",  "young", "tired", "happy",
                                    "tall", "quiet", "clever"};
static const char *const people[] = {"baker",  "sailor", "teacher", "aunt",
                                     "farmer", "doctor", "singer",  "boy"};
static const char *const deeds[] = {"sold",   "found",   "painted", "lost",
                                    "wanted", "carried", "mended",  "hid"};
static const char *const amounts[] = {"the",   "some", "my",    "two",
                                      "three", "five", "seven", "many"};
static const char *const things[] = {"kites", "apples", "boats", "letters",
                                     "hats",  "chairs", "bells", "maps"};
static const char *const leads[] = {"we meet on",       "it was on",
                                    "please come on",   "the ship sails on",
                                    "the letter is of", "we married on"};

static void clause(Rng *r, Buffer *to)
{
    token(to, ANY(r, joints));
    token(to, "the");
    token(to, ANY(r, kinds));
    token(to, ANY(r, people));
    token(to, ANY(r, deeds));
    token(to, ANY(r, amounts));
    token(to, ANY(r, things));
}

void date_text(Rng *r, Date d, int clauses, Buffer *to)
{
    const int before = rng_below(r, clauses + 1);
    for (int i = 0; i < before; i++)
        clause(r, to);
    if (before > 0 || rng_below(r, 2))
        token(to, ANY(r, leads));
    date_say(r, d, to);
    for (int i = before; i < clauses; i++)
        clause(r, to);
}

// --- reading what people type -----------------------------------------------

bool date_token(Text *rest, char word[32])
{
    while (rest->length > 0 && isspace((unsigned char)*rest->at)) {
        rest->at++;
        rest->length--;
    }
    size_t n = 0;
    while (n < rest->length && isalpha((unsigned char)rest->at[n]))
        n++;
    Text after = *rest;
    utf8_next(&after); // another sign may have several bytes
    const size_t length = n > 0 ? n : rest->length - after.length;
    for (n = 0; n < length && n < 31; n++)
        word[n] = (char)tolower((unsigned char)rest->at[n]);
    word[n] = 0;
    rest->at += length;
    rest->length -= length;
    return length > 0;
}
