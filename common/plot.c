// Plots: what a program adds is kept as series of numbers; plot_save writes
// them as one gnuplot file with the data inside, and lets gnuplot draw it.
//
// The one idea: everything that depends on the data (where ticks stand,
// whether names must be turned, whether there is room for numbers) is decided
// here, so that the .gp is plain and short, and a reader can change it.
//
// Lifetime rule: a plot owns copies of all it was given; plot_save frees it.
#include "common/plot.h"

#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check.h"
#include "common/folder.h"
#include "common/text.h"

extern char **environ;

typedef enum Kind { LINE, POINTS, BARS, ARROW, LEVEL, MARK } Kind;

typedef struct Series {
    Kind kind;
    char *label; // NULL: none
    int n;
    double *x, *y;
} Series;

struct Plot {
    char *title, *x_label, *y_label;
    Series *series;
    int count;
    char **names; // of the bars' groups
    int groups;
    float *heat; // rows x cols, or NULL
    int rows, cols;
    char **row_names, **col_names; // or NULL
    bool log_x, log_y, equal;
    double range[4]; // x0, x1, y0, y1; NAN: by the data
    int width, height;
};

// Contrast at least 4 to 1 on white and on #16181d alike.
#define GREY "#7d7d7d"

// Okabe and Ito 2008, "Color Universal Design", without black and yellow,
// which vanish on dark or on light paper; the strongest first.
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73",
                                      "#cc79a7", "#e69f00", "#56b4e9",
                                      "#8a6d3b"};
static const char *const dashes[] = {"solid", "(14,5)", "(3,3)", "(14,4,3,4)",
                                     "(7,4)"};
static const int point_types[] = {7, 5, 9, 13, 11, 6, 4};
enum { COLOURS = 7, DASHES = 5 };

// --- collecting -------------------------------------------------------------

static char *copy_or_null(const char *s)
{
    return s ? copy_text(s) : NULL;
}

static double *copy_doubles(const double *from, int n)
{
    double *to = new_array((size_t)n, sizeof *to);
    for (int i = 0; i < n; i++)
        to[i] = from[i];
    return to;
}

static char **copy_names(const char *const *from, int n)
{
    char **to = from ? new_array((size_t)n, sizeof *to) : NULL;
    for (int i = 0; from && i < n; i++)
        to[i] = copy_text(from[i]);
    return to;
}

Plot *plot_new(const char *title, const char *x_label, const char *y_label)
{
    Plot *p = new_array(1, sizeof *p);
    p->title = copy_or_null(title);
    p->x_label = copy_or_null(x_label);
    p->y_label = copy_or_null(y_label);
    for (int i = 0; i < 4; i++)
        p->range[i] = NAN;
    p->width = 720;
    p->height = 450;
    return p;
}

static void add(Plot *p, Kind kind, const char *label, int n, const double *x,
                const double *y)
{
    check(n >= 0, "%d points", n);
    p->series = grow_array(p->series, (size_t)p->count + 1, sizeof *p->series);
    p->series[p->count++] = (Series){kind, copy_or_null(label), n,
                                     copy_doubles(x, n), copy_doubles(y, n)};
}

void plot_line(Plot *p, const char *label, int n, const double *x,
               const double *y)
{
    add(p, LINE, label, n, x, y);
}

void plot_points(Plot *p, const char *label, int n, const double *x,
                 const double *y)
{
    add(p, POINTS, label, n, x, y);
}

void plot_bars(Plot *p, const char *label, int n, const char *const *names,
               const double *y)
{
    check(!p->names || p->groups == n, "%d bars beside %d", n, p->groups);
    if (!p->names)
        p->names = copy_names(names, n);
    p->groups = n;
    add(p, BARS, label, n, y, y);
}

void plot_heat(Plot *p, int rows, int cols, const float *values,
               const char *const *row_names, const char *const *col_names)
{
    check(!p->heat, "one heat map a plot");
    check(rows > 0 && cols > 0, "a heat map of %d x %d", rows, cols);
    size_t n = (size_t)rows * (size_t)cols;
    p->heat = new_array(n, sizeof *p->heat);
    memcpy(p->heat, values, n * sizeof *p->heat);
    p->rows = rows;
    p->cols = cols;
    p->row_names = copy_names(row_names, rows);
    p->col_names = copy_names(col_names, cols);
}

void plot_level(Plot *p, const char *label, double y)
{
    add(p, LEVEL, label, 1, (double[]){NAN}, &y);
}

void plot_mark(Plot *p, const char *label, double x)
{
    add(p, MARK, label, 1, &x, (double[]){NAN});
}

void plot_arrow(Plot *p, const char *label, double x0, double y0, double x1,
                double y1)
{
    add(p, ARROW, label, 2, (double[]){x0, x1}, (double[]){y0, y1});
}

void plot_log(Plot *p, bool x, bool y)
{
    p->log_x = x;
    p->log_y = y;
}

void plot_range(Plot *p, double x0, double x1, double y0, double y1)
{
    memcpy(p->range, (double[]){x0, x1, y0, y1}, sizeof p->range);
}

void plot_equal(Plot *p)
{
    p->equal = true;
}

void plot_size(Plot *p, int width, int height)
{
    check(width >= 100 && height >= 100, "a plot of %d x %d pixels", width,
          height);
    p->width = width;
    p->height = height;
}

static void free_names(char **names, int n)
{
    for (int i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
}

static void plot_free(Plot *p)
{
    for (int i = 0; i < p->count; i++) {
        free(p->series[i].label);
        free(p->series[i].x);
        free(p->series[i].y);
    }
    free_names(p->names, p->groups);
    free_names(p->row_names, p->rows);
    free_names(p->col_names, p->cols);
    free(p->series);
    free(p->heat);
    free(p->title);
    free(p->x_label);
    free(p->y_label);
    free(p);
}

// --- text -------------------------------------------------------------------

// Writes s as a gnuplot string. Between single quotes nothing has a meaning
// but the quote itself; a line break needs double quotes. What is not text
// (control characters, damaged UTF-8) would make the SVG unreadable.
static void put_text(FILE *f, const char *s)
{
    Text rest = text_of(s);
    char bytes[4];
    fputc('\'', f);
    for (int32_t c; (c = utf8_next(&rest)) >= 0;) {
        if (c == '\'')
            fputs("''", f);
        else if (c == '\n')
            fputs("'.\"\\n\".'", f);
        else if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xfffe ||
                 c == 0xffff)
            fputc(' ', f);
        else
            fwrite(bytes, 1, (size_t)utf8_write(c, bytes), f);
    }
    fputc('\'', f);
}

// The number of characters that a text shows.
static int width_of(const char *s)
{
    Text rest = text_of(s);
    int n = 0;
    while (utf8_next(&rest) >= 0)
        n++;
    return n;
}

// --- the extent of the data -------------------------------------------------

typedef struct Extent {
    double x0, x1, y0, y1;
} Extent;

static void widen(double v, bool logarithmic, double *low, double *high)
{
    if (!isfinite(v) || (logarithmic && v <= 0))
        return;
    *low = fmin(*low, v);
    *high = fmax(*high, v);
}

// Of all series, the levels and marks too; low > high where there is nothing.
static Extent extent_of(const Plot *p)
{
    Extent e = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (int i = 0; i < p->count; i++) {
        const Series *s = &p->series[i];
        for (int k = 0; k < s->n; k++) {
            widen(s->kind == BARS ? k : s->x[k], p->log_x, &e.x0, &e.x1);
            widen(s->y[k], p->log_y, &e.y0, &e.y1);
        }
        if (s->kind == BARS && !p->log_y)
            widen(0, false, &e.y0, &e.y1);
    }
    return e;
}

// True if plot_range gave all four sides.
static bool ranged(const Plot *p)
{
    const double *r = p->range;
    return isfinite(r[0]) && isfinite(r[1]) && isfinite(r[2]) && isfinite(r[3]);
}

static int count_of(const Plot *p, Kind kind)
{
    int n = 0;
    for (int i = 0; i < p->count; i++)
        n += p->series[i].kind == kind;
    return n;
}

// --- axes -------------------------------------------------------------------

// What one axis shows, of data between low and high: with some room beside
// them, but not below zero for data that have nothing there.
static void view_axis(double *low, double *high, bool logarithmic, bool tight)
{
    if (*low > *high) { // no data
        *low = logarithmic ? 1 : 0;
        *high = logarithmic ? 10 : 1;
    }
    double a = logarithmic ? log10(*low) : *low;
    double b = logarithmic ? log10(*high) : *high;
    // What differs less is one number in the .gp, whose numbers have 9 digits.
    bool wide = b - a > 1e-7 * (logarithmic ? 1 : fmax(fabs(a), fabs(b)));
    double room = wide ? 0.04 * (b - a) : a != 0 ? 0.1 * fabs(a) : 0.5;
    if (tight && wide)
        room = 0;
    bool floor_zero = !logarithmic && a >= 0 && a < 4 * room;
    a = floor_zero ? 0 : a - room;
    b += room;
    *low = logarithmic ? pow(10, a) : a;
    *high = logarithmic ? pow(10, b) : b;
}

// The part of the plane that the plot shows.
static Extent view_of(const Plot *p)
{
    Extent v = extent_of(p);
    bool bars = count_of(p, BARS) > 0;
    bool tight = !count_of(p, POINTS) && !count_of(p, ARROW);
    view_axis(&v.x0, &v.x1, p->log_x, tight);
    view_axis(&v.y0, &v.y1, p->log_y, false);
    if (bars) {
        v.x0 = -0.6;
        v.x1 = p->groups - 0.4;
        double room = p->log_y ? 0 : 0.04 * (v.y1 - v.y0); // for the numbers
        v.y0 -= v.y0 < 0 ? room : 0;
        v.y1 += v.y1 > 0 ? room : 0;
    }
    if (p->heat && !ranged(p))
        return (Extent){-0.5, p->cols - 0.5, p->rows - 0.5, -0.5};
    double *side[] = {&v.x0, &v.x1, &v.y0, &v.y1};
    for (int i = 0; i < 4; i++)
        if (isfinite(p->range[i]))
            *side[i] = p->range[i];
    return v;
}

static bool is_power_of_two(double v)
{
    int exponent;
    return v > 0 && frexp(v, &exponent) == 0.5;
}

// True if all data on the x axis are powers of two: then so are the ticks.
static bool all_powers_of_two(const Plot *p)
{
    int n = 0;
    for (int i = 0; i < p->count; i++)
        for (int k = 0; k < p->series[i].n; k++, n++)
            if (isfinite(p->series[i].x[k]) &&
                !is_power_of_two(p->series[i].x[k]))
                return false;
    return n > 0;
}

// Ticks of a logarithmic axis: powers of two, or 1 2 5 10 where the axis is
// short, or powers of ten.
static void put_log_ticks(FILE *f, char axis, double low, double high, bool two)
{
    double decades = log10(high / low);
    const char *comma = "";
    fprintf(f, "set logscale %c\n", axis);
    if (!(decades > 0))
        return;
    if (!two && decades > 3) {
        if (decades > 4)
            fprintf(f, "set format %c '10^{%%L}'\n", axis);
        return;
    }
    double step = two ? pow(2, ceil(log2(high / low) / 12)) : 10;
    double from =
        two ? pow(2, ceil(log2(low) - 1e-9)) : pow(10, floor(log10(low)));
    fprintf(f, "set %ctics (", axis);
    for (double at = from; at <= high * 1.000001; at *= step)
        for (int k = 0; k < (two ? 1 : 3); k++) {
            double v = at * (double[]){1, 2, 5}[k];
            if (v < low * 0.999999 || v > high * 1.000001)
                continue;
            fprintf(f, "%s%.9g", comma, v);
            comma = ", ";
        }
    fprintf(f, ")\n");
}

// Names as ticks at 0, 1, 2 ...; `slot` is the number of pixels for each, and
// names that need more are turned, or every second one is left out.
static void put_names(FILE *f, char axis, char **names, int n, double slot)
{
    double widest = 0;
    int step = slot < 16 ? (int)ceil(16 / slot) : 1;
    for (int i = 0; i < n; i++)
        widest = fmax(widest, 8 * width_of(names[i]) + 8);
    fprintf(f, "set %ctics noenhanced scale 0", axis);
    if (axis == 'x' && widest > slot)
        fprintf(f, " rotate by %d right", slot * step < 22 ? 90 : 40);
    fprintf(f, " (");
    for (int i = 0; i < n; i += step) {
        put_text(f, names[i]);
        fprintf(f, " %d%s", i, i + step < n ? ", " : "");
    }
    fprintf(f, ")\n");
}

// --- the file ---------------------------------------------------------------

static void put_terminal(FILE *f, int width, int height, const char *svg)
{
    fprintf(f,
            "set encoding utf8\nset terminal svg size %d,%d enhanced "
            "font 'sans-serif,14'\nset output ",
            width, height);
    put_text(f, svg);
    fprintf(f, "\n");
}

static void put_head(FILE *f, const Plot *p)
{
    const char *texts[] = {p->title, p->x_label, p->y_label};
    const char *commands[] = {"title", "xlabel", "ylabel"};
    const char *extras[] = {" font ',16'", " offset 0,0.4", ""};
    fprintf(f, "set border %d lc rgb '%s'\n", p->heat ? 0 : 3, GREY);
    fprintf(f, "set tics nomirror out scale 0.6 textcolor rgb '%s'\n", GREY);
    for (int i = 0; i < 3; i++)
        if (texts[i]) {
            fprintf(f, "set %s ", commands[i]);
            put_text(f, texts[i]);
            fprintf(f, "%s noenhanced textcolor rgb '%s'\n", extras[i], GREY);
        }
    fprintf(f,
            "set key bmargin center horizontal Left reverse noenhanced "
            "samplen 2.5 height 1 textcolor rgb '%s'\n",
            GREY);
}

static void put_axes(FILE *f, const Plot *p, const Extent *v)
{
    if (!p->heat)
        fprintf(f, "set grid %s lt 1 lw 1 lc rgb '#c0%s' back\n",
                count_of(p, BARS) ? "noxtics ytics" : "", &GREY[1]);
    if (p->log_x && !p->heat && !count_of(p, BARS))
        put_log_ticks(f, 'x', v->x0, v->x1, all_powers_of_two(p));
    if (p->log_y && !p->heat)
        put_log_ticks(f, 'y', v->y0, v->y1, false);
    if (p->names)
        put_names(f, 'x', p->names, p->groups,
                  (p->width - 110.0) / (p->groups ? p->groups : 1));
    fprintf(f, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", v->x0, v->x1,
            v->y0, v->y1);
    if (count_of(p, BARS) && v->y0 < 0)
        fprintf(f, "set xzeroaxis lt 1 lw 1 lc rgb '%s'\n", GREY);
    if (p->equal)
        fprintf(f, "set size ratio -1\n");
}

static bool inside(double v, double a, double b)
{
    return v >= fmin(a, b) && v <= fmax(a, b);
}

// Reference lines: their labels stand outside the frame, where no data are.
static void put_references(FILE *f, const Plot *p, const Extent *v)
{
    int right = 0, above = 0;
    for (int i = 0; i < p->count; i++) {
        const Series *s = &p->series[i];
        bool level = s->kind == LEVEL;
        if ((!level && s->kind != MARK) ||
            (level ? !inside(s->y[0], v->y0, v->y1)
                   : !inside(s->x[0], v->x0, v->x1)))
            continue;
        double at = level ? s->y[0] : s->x[0];
        fprintf(f,
                level ? "set arrow from graph 0, first %.9g to graph 1, "
                        "first %.9g"
                      : "set arrow from first %.9g, graph 0 to first %.9g, "
                        "graph 1",
                at, at);
        fprintf(f, " nohead lw 1.5 dt (6,4) lc rgb '%s'\n", GREY);
        if (!s->label)
            continue;
        fprintf(f, "set label ");
        put_text(f, s->label);
        fprintf(f,
                level ? " at graph 1.015, first %.9g left"
                      : " at first %.9g, graph 1.035 center",
                at);
        fprintf(f, " noenhanced textcolor rgb '%s'\n", GREY);
        right = level ? (int)fmax(right, width_of(s->label)) : right;
        above += !level;
    }
    if (right)
        fprintf(f, "set rmargin %d\n", right * 7 / 8 + 3);
    if (above)
        fprintf(f, "set tmargin 4\nset title offset 0,0.8\n");
}

static void put_number(FILE *f, double v, char after)
{
    if (isfinite(v))
        fprintf(f, "%.9g%c", v, after);
    else
        fprintf(f, "NaN%c", after);
}

// Where the bar of call `g` of `calls` stands in group k.
static double bar_at(int g, int calls, int k)
{
    return k + (g - (calls - 1) / 2.0) * 0.8 / calls;
}

static void put_data(FILE *f, const Plot *p)
{
    int calls = count_of(p, BARS), bar = 0;
    for (int i = 0; i < p->count; i++) {
        const Series *s = &p->series[i];
        if (s->kind == LEVEL || s->kind == MARK)
            continue;
        fprintf(f, "$data%d << EOD\n", i);
        for (int k = 0; k < s->n && s->kind != ARROW; k++) {
            put_number(f, s->kind == BARS ? bar_at(bar, calls, k) : s->x[k],
                       ' ');
            put_number(f, s->y[k], '\n');
        }
        for (int k = 0; k < 4 && s->kind == ARROW; k++)
            put_number(f, k % 2 ? s->y[k / 2] : s->x[k / 2],
                       k == 3 ? '\n' : ' ');
        if (s->n == 0)
            fprintf(f, "NaN NaN\n");
        fprintf(f, "EOD\n");
        bar += s->kind == BARS;
    }
}

// One series as a part of the plot command; `number` chooses its colour.
static void put_series(FILE *f, const Plot *p, int i, int number)
{
    const Series *s = &p->series[i];
    const char *colour = colours[number % COLOURS];
    const char *dash = dashes[number % DASHES];
    int type = point_types[number % COLOURS];
    double size = s->n > 500 ? 0.4 : 0.8;
    if (s->kind == POINTS && p->heat) // a rim that sets it off the colours
        fprintf(f,
                "$data%d using 1:2 with points pt %d ps %g lc rgb 'white' "
                "notitle, \\\n     ",
                i, type, size * 1.5);
    fprintf(f, "$data%d using ", i);
    if (s->kind == POINTS)
        fprintf(f, "1:2 with points pt %d ps %g", type, size);
    if (s->kind == LINE && s->n > 24)
        fprintf(f, "1:2 with lines lw 2 dt %s", dash);
    if (s->kind == LINE && s->n <= 24)
        fprintf(f, "1:2 with linespoints lw 2 pt %d ps 0.7 dt %s", type, dash);
    if (s->kind == BARS)
        fprintf(f, "1:2:(%.9g) with boxes fs solid 1 noborder",
                0.74 / count_of(p, BARS));
    if (s->kind == ARROW)
        fprintf(f, "1:2:($3-$1):($4-$2) with vectors filled head lw 2");
    fprintf(f, " lc rgb '%s' ", colour);
    if (s->label)
        fprintf(f, "title ");
    if (s->label)
        put_text(f, s->label);
    else
        fprintf(f, "notitle");
}

// The numbers at the ends of the bars, where there is room for them.
static void put_bar_numbers(FILE *f, const Plot *p)
{
    int calls = count_of(p, BARS), bar = 0;
    double slot = (p->width - 110.0) / (p->groups * (calls + 0.25));
    for (int i = 0; i < p->count && slot >= 36; i++) {
        const Series *s = &p->series[i];
        if (s->kind != BARS)
            continue;
        for (int k = 0; k < s->n; k++) {
            double v = s->y[k];
            if (!isfinite(v) || (p->log_y && v <= 0))
                continue;
            fprintf(f,
                    fabs(v) >= 1000 && fabs(v) < 1e6 ? "set label '%.0f'"
                                                     : "set label '%.3g'",
                    v);
            fprintf(f,
                    " at first %.9g, first %.9g center offset 0,%s "
                    "font ',13' textcolor rgb '%s'\n",
                    bar_at(bar, calls, k), v, v < 0 ? "-0.6" : "0.5", GREY);
        }
        bar++;
    }
}

// --- heat maps --------------------------------------------------------------

static void heat_extent(const Plot *p, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < p->rows * p->cols; i++)
        widen((double)p->heat[i], false, low, high);
    if (*low > *high) // nothing but gaps
        *low = 0, *high = 1;
    if (*low > 0 && *low < 0.2 * *high)
        *low = 0;
    if (*low == *high)
        *high = *low + (*low != 0 ? fabs(*low) : 1);
}

// The size of a cell in pixels, roughly.
static double heat_cell(const Plot *p, bool square, bool across)
{
    double x = (p->width - 200.0) / p->cols, y = (p->height - 120.0) / p->rows;
    return square ? fmin(x, y) : across ? x : y;
}

static bool heat_square(const Plot *p)
{
    return !ranged(p) &&
           (p->equal || (p->rows <= 4 * p->cols && p->cols <= 4 * p->rows));
}

// The values in the cells, if all fit: whole numbers as they are, others with
// one or two decimals.
static void put_cell_numbers(FILE *f, const Plot *p, double low, double high)
{
    double most = fmax(fabs(low), fabs(high));
    int n = p->rows * p->cols, digits = most < 10 ? 2 : most < 100 ? 1 : 0;
    int widest = 0;
    bool whole = true, square = heat_square(p);
    for (int i = 0; i < n; i++)
        whole = whole &&
                (!isfinite(p->heat[i]) || p->heat[i] == roundf(p->heat[i]));
    digits = whole ? 0 : digits;
    for (int i = 0; i < n; i++)
        if (isfinite(p->heat[i]))
            widest = (int)fmax(
                widest, snprintf(NULL, 0, "%.*f", digits, (double)p->heat[i]));
    if (heat_cell(p, square, true) < 8 * widest + 4 ||
        heat_cell(p, square, false) < 18)
        return;
    for (int i = 0; i < n; i++) {
        double v = (double)p->heat[i];
        if (isfinite(v))
            fprintf(f,
                    "set label '%.*f' at first %d, first %d center front "
                    "font ',13' textcolor rgb '%s'\n",
                    digits, v, i % p->cols, i / p->cols,
                    (v - low) / (high - low) > 0.6 ? "#000000" : "#ffffff");
    }
}

static void put_heat(FILE *f, const Plot *p)
{
    // Viridis (Smith and van der Walt 2015): even steps look even, also in
    // grey and to colour-blind eyes.
    static const char *const viridis[] = {
        "#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c",
        "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725"};
    bool square = heat_square(p);
    double low, high;
    heat_extent(p, &low, &high);
    fprintf(f, "set palette defined (");
    for (int i = 0; i < 11; i++)
        fprintf(f, "%s%d '%s'", i ? ", " : "", i, viridis[i]);
    fprintf(f,
            ")\nset format cb '%%g'\nset cbrange "
            "[%.9g:%.9g]\n",
            low, high);
    if (square)
        fprintf(f, "set size ratio -1\n");
    if (p->col_names)
        put_names(f, 'x', p->col_names, p->cols, heat_cell(p, square, true));
    else if (p->cols <= 20 && !ranged(p))
        fprintf(f, "set xtics 1\n");
    if (p->row_names)
        put_names(f, 'y', p->row_names, p->rows, heat_cell(p, square, false));
    else if (p->rows <= 20 && !ranged(p))
        fprintf(f, "set ytics 1\n");
    fprintf(f, "$heat << EOD\n");
    for (int r = 0; r < p->rows; r++)
        for (int c = 0; c < p->cols; c++)
            put_number(f, (double)p->heat[(size_t)r * p->cols + c],
                       c == p->cols - 1 ? '\n' : ' ');
    fprintf(f, "EOD\n");
    if (!ranged(p))
        put_cell_numbers(f, p, low, high);
}

// The heat map in the plot command: cells at 0, 1, 2 ..., or over the range
// that plot_range gave.
static void put_heat_series(FILE *f, const Plot *p)
{
    const char *style = p->rows * p->cols > 16384 ? "image" : "image pixels";
    const double *r = p->range;
    if (ranged(p))
        fprintf(f,
                "$heat matrix using (%.9g+($1+0.5)*%.9g):"
                "(%.9g-($2+0.5)*%.9g):3 with %s notitle",
                r[0], (r[1] - r[0]) / p->cols, r[3], (r[3] - r[2]) / p->rows,
                style);
    else
        fprintf(f, "$heat matrix with %s notitle", style);
}

// small: a part of a larger picture.
static void put_plot(FILE *f, const Plot *p, bool small)
{
    Extent view = view_of(p);
    int number = 0, parts = 0;
    put_head(f, p);
    put_axes(f, p, &view);
    put_references(f, p, &view);
    put_data(f, p);
    put_bar_numbers(f, p);
    if (p->heat)
        put_heat(f, p);
    if (p->heat)
        fprintf(f, small ? "unset colorbox\nunset tics\n"
                         : "set colorbox noborder\n");
    fprintf(f, "plot ");
    if (p->heat && ++parts)
        put_heat_series(f, p);
    for (int i = 0; i < p->count; i++)
        if (p->series[i].kind != LEVEL && p->series[i].kind != MARK) {
            fprintf(f, "%s", parts++ ? ", \\\n     " : "");
            put_series(f, p, i, number++);
        }
    fprintf(f, "%s\n", parts ? "" : "NaN notitle");
}

// --- saving -----------------------------------------------------------------

// Copies what gnuplot complained about to standard error.
static void show_complaint(FILE *from, const char *path)
{
    char text[1000];
    rewind(from);
    size_t n = fread(text, 1, sizeof text - 1, from);
    text[n] = 0;
    warn("gnuplot could not draw %s:\n%s", path, text);
}

// Runs `gnuplot FILE` in dir; an errno if it cannot be started, -1 if it
// fails. Its messages go to `errors`.
static int run_gnuplot(const char *dir, char *file, FILE *errors)
{
    char program[] = "gnuplot", *argv[] = {program, file, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), 2);
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), 1);
    posix_spawn_file_actions_addchdir_np(&actions, dir);
    int failed = posix_spawnp(&child, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return failed;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void draw(const char *dir, char *gp, const char *path)
{
    static bool told;
    FILE *errors = tmpfile();
    int failed = errors ? run_gnuplot(dir, gp, errors) : errno;
    if (failed > 0 && !told) {
        told = true;
        warn("gnuplot cannot be started (%s): %s and the plots after it are "
             "not drawn, only written",
             strerror(failed), path);
    }
    if (failed < 0)
        show_complaint(errors, path);
    if (errors)
        fclose(errors);
}

static bool write_plots(Plot *const *p, int n, int cols, const char *path,
                        const char *svg)
{
    FILE *f = fopen(path, "w");
    const int rows = (n + cols - 1) / cols;
    if (!f)
        return false;
    put_terminal(f, cols * p[0]->width, rows * p[0]->height, svg);
    if (n > 1)
        fprintf(f, "set multiplot layout %d,%d\n", rows, cols);
    for (int i = 0; i < n; i++) {
        if (n > 1)
            fprintf(f, "reset\n");
        put_plot(f, p[i], n > 1);
    }
    if (n > 1)
        fprintf(f, "unset multiplot\n");
    bool good = !ferror(f);
    return fclose(f) == 0 && good;
}

void plot_save_grid(Plot *const *p, int n, int cols, const char *dir,
                    const char *name)
{
    static bool told;
    check(n >= 1 && cols >= 1, "%d plots in %d columns", n, cols);
    Buffer gp = {0}, svg = {0}, path = {0};
    if (dir) {
        buffer_print(&gp, "%s.gp", name);
        buffer_print(&svg, "%s.svg", name);
        buffer_print(&path, "%s/%s", dir, svg.at);
        unlink(path.at); // an old picture does not stay beside a new .gp
        path.length = 0;
        buffer_print(&path, "%s/%s", dir, gp.at);
        errno = 0;
        if (folder_made(dir) && write_plots(p, n, cols, path.at, svg.at)) {
            draw(dir, gp.at, path.at);
        } else if (!told) {
            warn("%s cannot be written (%s): no plots", path.at,
                 strerror(errno));
            told = true;
        }
    }
    buffer_free(&gp);
    buffer_free(&svg);
    buffer_free(&path);
    for (int i = 0; i < n; i++)
        plot_free(p[i]);
}

void plot_save(Plot *p, const char *dir, const char *name)
{
    plot_save_grid(&p, 1, 1, dir, name);
}
