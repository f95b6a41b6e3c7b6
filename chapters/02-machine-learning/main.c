#include "02-machine-learning/evaluate.h"
#include "02-machine-learning/methods.h"
#include "common/cli.h"
#include "common/digits.h"
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    cli_parse(argc, argv, "x", (const Option[]){{0}}, &run);
    Rng r = rng_new(run.seed);
    Digits d = digits_mnist(&run);
    digits_shuffle(&d, &r);
    Examples all = {d.n, PIXELS, 10, d.pixel, d.label};
    int *order = shuffled(&r, d.n);
    Examples tr = examples_pick(&all, order, 8000),
             te = examples_pick(&all, order + 8000, 2000);
    int guess[2000];
    for (int m = 0; m < METHODS; m++) {
        double f, p;
        learn_and_guess(&methods[m], &for_digits, &tr, te.x, te.n, guess, &f,
                        &p);
        printf("%-24s %.4f %.3f %.3f\n", methods[m].name,
               accuracy(guess, te.label, te.n), f, p);
        fflush(stdout);
    }
}
