// Dates as people say and write them, and what a computer wants to have:
//
//     we meet on thursday , the third of march nineteen ninety - four
//     1994-03-03
//
// Around a date there may be chatter: clauses of about seven words that say
// nothing about it, though some have numbers in them. A text is made of tokens
// with blanks between: words, single digits, and single signs.
//
// Every tenth day of the calendar or so is held out: it never occurs in a text
// to learn from, in whatever form.
#ifndef RECURRENT_DATES_H
#define RECURRENT_DATES_H

#include "common/rng.h"
#include "common/text.h"

enum { FIRST_YEAR = 1900, LAST_YEAR = 2099, ISO_SIGNS = 10 };

typedef struct Date {
    int year, month, day; // month and day from 1
} Date;

// A day between both years, one that is held out or one that is not.
Date date_random(Rng *r, bool held_out);

bool date_held_out(Date d);

// 0 for Sunday.
int date_weekday(Date d);

// "1994-03-03".
void date_iso(Date d, char to[ISO_SIGNS + 1]);

// Appends the date in one of the usual forms, and says it in such a way that
// there is only one reading: a year of two digits is one from 1930 to 2029,
// and a month in digits stands behind the day, or between year and day.
void date_say(Rng *r, Date d, Buffer *to);

// Appends a text with the date and so many clauses of chatter, in random
// shares before and behind it.
void date_text(Rng *r, Date d, int clauses, Buffer *to);

// The next token of a text as people type it: a run of letters, in lower case
// (ASCII), a digit, or any other sign; false at the end.
bool date_token(Text *rest, char token[32]);

#endif
