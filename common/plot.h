// Plots: a program adds curves, points, bars or a heat map and saves. Two
// files come out: NAME.gp, self-contained with its data inside, and NAME.svg,
// made from it by gnuplot. Without gnuplot the .gp is written all the same, a
// line says so once, and the program goes on.
//
// The pictures are transparent with mid-grey axes: legible on light and on
// dark paper. Colours are distinguishable for colour-blind readers (Okabe and
// Ito 2008).
#ifndef COMMON_PLOT_H
#define COMMON_PLOT_H

#include <stdbool.h>

typedef struct Plot Plot;

// A plot with its title and the labels of its axes.
Plot *plot_new(const char *title, const char *x_label, const char *y_label);

// Series; label is for the legend, NULL for none. The data are copied. Values
// that are not finite leave a gap.
void plot_line(Plot *p, const char *label, int n, const double *x,
               const double *y);
void plot_points(Plot *p, const char *label, int n, const double *x,
                 const double *y);
// One bar for each of n names; several calls stand side by side.
void plot_bars(Plot *p, const char *label, int n, const char *const *names,
               const double *y);
// rows x cols values as colours, row 0 at the top; the names may be NULL. The
// cells are at 0, 1, 2 ...; or, after a plot_range with four numbers, they
// cover that range (a decision boundary, with plot_points on it).
void plot_heat(Plot *p, int rows, int cols, const float *values,
               const char *const *row_names, const char *const *col_names);
// A horizontal or vertical reference line with a label beside it.
void plot_level(Plot *p, const char *label, double y);
void plot_mark(Plot *p, const char *label, double x);
// An arrow from one point to another (series, so it gets the next colour).
void plot_arrow(Plot *p, const char *label, double x0, double y0, double x1,
                double y1);

void plot_log(Plot *p, bool x, bool y); // logarithmic axes
void plot_range(Plot *p, double x0, double x1, double y0, double y1);
// NAN: chosen by the data
void plot_equal(Plot *p);                       // the same scale on both axes
void plot_size(Plot *p, int width, int height); // pixels; 720 x 450 otherwise

// Writes DIR/NAME.gp and DIR/NAME.svg, making DIR if needed, and frees the
// plot. DIR NULL: only frees it, so callers need not ask whether to plot.
void plot_save(Plot *p, const char *dir, const char *name);

// The same for n plots in one picture, `cols` in a row, each as large as the
// first; maps of colours have neither axes nor a scale.
void plot_save_grid(Plot *const *p, int n, int cols, const char *dir,
                    const char *name);

#endif
