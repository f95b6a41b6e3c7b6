// Tests of plot.c: what is written, that gnuplot draws every kind (also odd
// and empty data) without a complaint, that no title can do harm, and that a
// missing gnuplot or an unwritable directory costs one warning.
#include "common/testing.h"

#include "common/plot.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[512];

static bool is_there(const char *name)
{
    return access(testing_path(name), R_OK) == 0;
}

static void assert_has(const char *name, const char *part)
{
    Buffer text = text_read(testing_path(name));
    if (!strstr(text.at, part))
        fail_msg("%s has no \"%s\":\n%s", name, part, text.at);
    buffer_free(&text);
}

// --- one plot of every kind -------------------------------------------------

static const double up[] = {1, 2, 4, 8}, down[] = {5, 3, NAN, 0.5};
static const char *const names[] = {"one", "two's", "a_b^{c}", "d\"e"};

static Plot *lines(void)
{
    Plot *p = plot_new("Title", "x axis", "y axis");
    plot_line(p, "falling", 4, up, down);
    plot_line(p, NULL, 4, up, up);
    plot_level(p, "a level", 2.5);
    plot_mark(p, "a mark", 3);
    return p;
}

static Plot *logarithmic(void)
{
    Plot *p = plot_new("Powers of two", "n", "y");
    plot_points(p, "p", 4, up, down);
    plot_log(p, true, true);
    return p;
}

static Plot *wide(void)
{
    Plot *p = plot_new("Decades", "n", "y");
    plot_line(p, "p", 3, (double[]){1e-9, 3, 1e6}, (double[]){-1, 0, 1e9});
    plot_log(p, true, true);
    return p;
}

static Plot *bars(void)
{
    Plot *p = plot_new("Bars", NULL, "y");
    plot_bars(p, "first", 4, names, up);
    plot_bars(p, "second", 4, names, down);
    return p;
}

static Plot *below(void)
{
    Plot *p = plot_new(NULL, NULL, NULL);
    plot_bars(p, NULL, 3, names, (double[]){-1, -20.5, -12345});
    return p;
}

static Plot *heat(void)
{
    float v[12] = {0, 0.25f, 0.5f, 1, NAN, 0.1f, 0.2f, 0.3f};
    Plot *p = plot_new("Heat", "key", "query");
    plot_heat(p, 3, 4, v, names, names);
    return p;
}

static Plot *boundary(void)
{
    float v[15] = {0, 1, 2};
    Plot *p = plot_new("Over a range", "x", "y");
    plot_heat(p, 3, 5, v, NULL, NULL);
    plot_range(p, -1, 1.5, -2, 4);
    plot_points(p, "point", 1, (double[]){0.5}, (double[]){1});
    return p;
}

static Plot *big(void)
{
    static float v[130 * 130];
    Plot *p = plot_new("Big", NULL, NULL);
    plot_heat(p, 130, 130, v, NULL, NULL);
    plot_size(p, 400, 300);
    return p;
}

static Plot *gaps(void)
{
    Plot *p = plot_new("Nothing but gaps", NULL, NULL);
    plot_heat(p, 1, 1, (float[]){NAN}, NULL, NULL);
    return p;
}

static Plot *arrow(void)
{
    Plot *p = plot_new("Arrow", "x", "y");
    plot_arrow(p, "to", 0, 1, 2, -3);
    plot_equal(p);
    return p;
}

static Plot *empty(void)
{
    Plot *p = plot_new("Empty", "x", "y");
    plot_line(p, "nothing", 0, NULL, NULL);
    plot_points(p, "not a number", 1, (double[]){NAN}, (double[]){NAN});
    plot_bars(p, "no bars", 0, NULL, NULL);
    return p;
}

static Plot *negative_log(void)
{
    Plot *p = plot_new("No positive number on a logarithmic axis", "x", "y");
    plot_line(p, "l", 2, (double[]){-1, 0}, (double[]){-1, 0});
    plot_log(p, true, true);
    return p;
}

static Plot *constant(void)
{
    Plot *p = plot_new("Constant", "x", "y");
    plot_line(p, "l", 2, (double[]){3, 3}, (double[]){0, 0});
    return p;
}

static Plot *bare(void)
{
    return plot_new("Bare", "x", "y");
}

static const struct {
    const char *name;
    Plot *(*make)(void);
} kinds[] = {
    {"lines", lines},       {"logarithmic", logarithmic},
    {"wide", wide},         {"bars", bars},
    {"below", below},       {"heat", heat},
    {"boundary", boundary}, {"big", big},
    {"gaps", gaps},         {"arrow", arrow},
    {"empty", empty},       {"negative", negative_log},
    {"constant", constant}, {"bare", bare},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void save_all(void *context)
{
    for (int i = 0; i < KINDS; i++)
        plot_save(kinds[i].make(), context, kinds[i].name);
}

static void save_none(void *context)
{
    (void)context;
    save_all(NULL);
}

// --- tests ------------------------------------------------------------------

static bool gnuplot_is_here(void)
{
    return system("gnuplot --version > /dev/null 2>&1") == 0;
}

static void test_written(void **state)
{
    (void)state;
    plot_save(lines(), dir, "lines");
    assert_has("lines.gp", "set output 'lines.svg'\n");
    assert_has("lines.gp", "set title 'Title'");
    assert_has("lines.gp", "$data0 << EOD\n1 5\n2 3\n4 NaN\n8 0.5\nEOD\n");
    assert_has("lines.gp", "title 'falling'");
    assert_has("lines.gp", "first 2.5 to graph 1, first 2.5");
    plot_save(bars(), dir, "bars");
    assert_has("bars.gp", "('one' 0, 'two''s' 1, 'a_b^{c}' 2, 'd\"e' 3)");
    assert_has("bars.gp", "$data0 << EOD\n-0.2 1\n0.8 2\n1.8 4\n2.8 8\nEOD\n");
    assert_has("bars.gp", "$data1 << EOD\n0.2 5\n1.2 3\n2.2 NaN\n3.2 0.5\n");
    plot_save(heat(), dir, "heat");
    assert_has("heat.gp", "$heat << EOD\n0 0.25 0.5 1\nNaN 0.1");
    assert_has("heat.gp", "set yrange [2.5:-0.5]"); // row 0 at the top
    assert_has("heat.gp", "set label '0.25' at first 1, first 0");
    plot_save(logarithmic(), dir, "logarithmic");
    assert_has("logarithmic.gp", "set xtics (1, 2, 4, 8)");
    plot_save(boundary(), dir, "boundary");
    // A cell is 0.5 wide and 2 high; the first is at the top left.
    assert_has("boundary.gp", "(-1+($1+0.5)*0.5):(4-($2+0.5)*2):3");
}

static void test_drawn(void **state)
{
    (void)state;
    char text[4096];
    if (!gnuplot_is_here())
        skip();
    assert_int_equal(testing_outcome(save_all, dir, text, sizeof text), 0);
    assert_string_equal(text, ""); // no complaint
    for (int i = 0; i < KINDS; i++) {
        char svg[64];
        snprintf(svg, sizeof svg, "%s.svg", kinds[i].name);
        assert_has(svg, "</svg>");
    }
    assert_has("lines.svg", "falling");
    assert_has("lines.svg", "a level");
    assert_has("bars.svg", "a_b^{c}"); // as it is, not a subscript
    // The file is enough: in another place it draws the same picture.
    char command[2400];
    snprintf(
        command, sizeof command,
        "mkdir '%s/alone' && cp '%s/heat.gp' '%s/alone' && "
        "cd '%s/alone' && gnuplot heat.gp 2> said && cmp heat.svg ../heat.svg",
        dir, dir, dir, dir);
    assert_int_equal(system(command), 0);
}

// How far down in the picture a text stands, in pixels: gnuplot writes
// "translate(X,Y)" in front of it. (A series' title comes twice; the last is
// what is seen.)
static double depth_of(const char *svg, const char *text)
{
    const char *at = NULL, *found = NULL;
    for (const char *c = svg; (c = strstr(c, text)); c++)
        at = c;
    assert_non_null(at);
    for (const char *c = svg; (c = strstr(c, "translate(")) && c < at; c++)
        found = c;
    assert_non_null(found);
    return strtod(strchr(found, ',') + 1, NULL);
}

// Under the axis stand numbers, its name and the legend: a line each, which is
// 17 pixels high.
static void test_lines_do_not_touch(void **state)
{
    (void)state;
    if (!gnuplot_is_here())
        skip();
    Plot *p = plot_new("Title", "the axis", "y");
    const char *const ticks[] = {"tick", "tack"};
    plot_bars(p, "the legend", 2, ticks, (double[]){1, 2});
    plot_bars(p, "more of it", 2, ticks, (double[]){2, 1});
    plot_save(p, dir, "room");
    Buffer b = text_read(testing_path("room.svg"));
    const double tick = depth_of(b.at, "tick<"), axis = depth_of(b.at, "axis<");
    const double legend = depth_of(b.at, "the legend<");
    buffer_free(&b);
    assert_in_range((uintmax_t)(axis - tick), 19, 30);
    assert_in_range((uintmax_t)(legend - axis), 19, 30);
}

static void test_hostile_text(void **state)
{
    (void)state;
    const char *title =
        "`touch harm`'.system(\"touch harm\").'\n"
        "\"`touch harm`\" <b>&\\ _{^{@x} \x01\x1b \xff\xfe \xc3\xa9";
    const char *label[] = {title};
    Plot *p = plot_new(title, title, title);
    plot_bars(p, title, 1, label, (double[]){1});
    plot_level(p, title, 0.5);
    plot_mark(p, title, 0);
    plot_save(p, dir, "hostile");
    assert_false(is_there("harm"));
    assert_has("hostile.gp", "'`touch harm`''.system(\"touch harm\").'''."
                             "\"\\n\".'\"`touch harm`\" <b>&\\ _{^{@x}    "
                             "\xef\xbf\xbd\xef\xbf\xbd \xc3\xa9'");
    if (gnuplot_is_here()) {
        assert_has("hostile.svg", "&lt;b>&amp;\\ _{^{@x}");
        Buffer svg = text_read(testing_path("hostile.svg"));
        assert_int_equal(utf8_invalid((Text){svg.at, svg.length}), -1);
        buffer_free(&svg);
    }
}

static void save_without_gnuplot(void *context)
{
    setenv("PATH", "/nowhere", 1);
    save_all(context);
}

static void test_no_gnuplot(void **state)
{
    (void)state;
    text_write(testing_path("lines.svg"), "old", 3);
    assert_dies(save_without_gnuplot, dir, 0, "gnuplot cannot be started");
    assert_true(is_there("bare.gp"));
    assert_false(is_there("lines.svg"));
}

static void save_with_fake(void *path)
{
    setenv("PATH", path, 1);
    plot_save(lines(), dir, "lines");
}

static void test_failing_gnuplot(void **state)
{
    (void)state;
    char path[1024], text[4096];
    snprintf(path, sizeof path, "%s/fake", dir);
    assert_int_equal(mkdir(path, 0777), 0);
    text_write(testing_path("fake/gnuplot"),
               "#!/bin/sh\necho bad line; exit 3\n", 33);
    chmod(testing_path("fake/gnuplot"), 0755);
    int status = testing_outcome(save_with_fake, path, text, sizeof text);
    assert_int_equal(status, 0);
    assert_non_null(strstr(text, "could not draw"));
    assert_non_null(strstr(text, "bad line"));
}

static void test_nowhere_to_write(void **state)
{
    (void)state;
    text_write(testing_path("file"), "x", 1);
    char path[1024];
    snprintf(path, sizeof path, "%s", testing_path("file/plots"));
    assert_dies(save_all, path, 0, "cannot be written (Not a directory)");
}

static void test_new_directory(void **state)
{
    (void)state;
    char path[1024];
    snprintf(path, sizeof path, "%s", testing_path("new/and/deep/"));
    plot_save(bare(), path, "bare");
    assert_true(is_there("new/and/deep/bare.gp"));
}

static void save_almost_level(void *unused)
{
    (void)unused;
    Plot *p = plot_new("almost level", NULL, NULL);
    plot_line(p, NULL, 3, (double[]){1, 1 + 1e-12, 1},
              (double[]){0.1 + 0.2, 0.3, 0.3});
    plot_save(p, dir, "level");
}

// Numbers that differ by rounding alone: too little for an axis.
static void test_almost_level(void **state)
{
    (void)state;
    if (!gnuplot_is_here())
        skip();
    char text[1000];
    assert_int_equal(
        testing_outcome(save_almost_level, NULL, text, sizeof text), 0);
    assert_string_equal(text, "");
}

static void test_no_plots(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(testing_outcome(save_none, NULL, text, sizeof text), 0);
    assert_string_equal(text, "");
    save_all(NULL); // here a leak would be seen
}

static int make_dir(void **state)
{
    (void)state;
    char *full = realpath(testing_dir("plot"), NULL);
    snprintf(dir, sizeof dir, "%s", full);
    free(full);
    return 0;
}

// Several plots in one picture: two rows, each cell drawn, no warning.
static void test_grid(void **state)
{
    (void)state;
    Plot *p[] = {lines(), logarithmic(), lines()};
    plot_save_grid(p, 3, 2, dir, "grid");
    assert_true(is_there("grid.svg"));
    assert_has("grid.gp", "size 1440,900");
    assert_has("grid.gp", "set multiplot layout 2,2");
    Buffer text = text_read(testing_path("grid.gp"));
    int resets = 0;
    for (const char *at = text.at; (at = strstr(at, "\nreset\n")); at++)
        resets++;
    assert_int_equal(resets, 3); // nothing of one plot stays for the next
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_written, make_dir),
        cmocka_unit_test_setup(test_drawn, make_dir),
        cmocka_unit_test_setup(test_lines_do_not_touch, make_dir),
        cmocka_unit_test_setup(test_hostile_text, make_dir),
        cmocka_unit_test_setup(test_no_gnuplot, make_dir),
        cmocka_unit_test_setup(test_failing_gnuplot, make_dir),
        cmocka_unit_test_setup(test_nowhere_to_write, make_dir),
        cmocka_unit_test_setup(test_new_directory, make_dir),
        cmocka_unit_test_setup(test_almost_level, make_dir),
        cmocka_unit_test_setup(test_no_plots, make_dir),
        cmocka_unit_test_setup(test_grid, make_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
