// Cutting matrices and joining them; see ops.h. Forward copies a block, and
// backward adds the same block the other way.
#include "common/ops_inner.h"

#include <string.h>

// Copies, or adds, a block of rows x cols between two row-major arrays.
static void move_block(int rows, int cols, const float *from, int from_cols,
                       float *to, int to_cols, bool add_up)
{
    for (int i = 0; i < rows; i++) {
        const float *a = from + (size_t)i * from_cols;
        float *b = to + (size_t)i * to_cols;
        if (add_up)
            axpy(1, a, b, cols);
        else
            memcpy(b, a, cols * sizeof *b);
    }
}

static void concat_cols_back(const Op *op)
{
    int at = 0;
    for (int k = 0; k < 2; at += op->in[k++]->cols) {
        Matrix *x = op->in[k];
        if (wants_grad(x))
            move_block(x->rows, x->cols, op->out->grad + at, op->out->cols,
                       grad(x), x->cols, true);
    }
}

Matrix *concat_cols(Matrix *a, Matrix *b)
{
    check(a->rows == b->rows, "%d and %d rows cannot stand side by side",
          a->rows, b->rows);
    Op *op = record(concat_cols_back, a->rows, a->cols + b->cols, a, b, NULL);
    Matrix *y = op->out;
    move_block(a->rows, a->cols, a->val, a->cols, y->val, y->cols, false);
    move_block(b->rows, b->cols, b->val, b->cols, y->val + a->cols, y->cols,
               false);
    return y;
}

static void concat_rows_back(const Op *op)
{
    int at = 0;
    for (int k = 0; k < 2; at += op->in[k++]->rows) {
        Matrix *x = op->in[k];
        if (wants_grad(x))
            move_block(x->rows, x->cols, grad_row(op->out, at), x->cols,
                       grad(x), x->cols, true);
    }
}

Matrix *concat_rows(Matrix *a, Matrix *b)
{
    check(a->cols == b->cols, "rows of %d and %d columns cannot be joined",
          a->cols, b->cols);
    Op *op = record(concat_rows_back, a->rows + b->rows, a->cols, a, b, NULL);
    op->out->seq = (Spans){0};
    const int d = a->cols;
    move_block(a->rows, d, a->val, d, op->out->val, d, false);
    move_block(b->rows, d, b->val, d, row(op->out, a->rows), d, false);
    return op->out;
}

static void slice_cols_back(const Op *op)
{
    const int *from = op->keep;
    Matrix *x = op->in[0];
    move_block(x->rows, op->out->cols, op->out->grad, op->out->cols,
               grad(x) + *from, x->cols, true);
}

Matrix *slice_cols(Matrix *x, int from, int to)
{
    check(0 <= from && from <= to && to <= x->cols,
          "columns %d to %d of a matrix of %d", from, to, x->cols);
    Op *op = record(slice_cols_back, x->rows, to - from, x, NULL, NULL);
    int *kept = op->keep = keep(op, 1, sizeof *kept);
    *kept = from;
    move_block(x->rows, to - from, x->val + from, x->cols, op->out->val,
               to - from, false);
    return op->out;
}

static void slice_rows_back(const Op *op)
{
    const int *from = op->keep;
    Matrix *x = op->in[0];
    grad(x);
    move_block(op->out->rows, x->cols, op->out->grad, x->cols,
               grad_row(x, *from), x->cols, true);
}

Matrix *slice_rows(Matrix *x, int from, int to)
{
    check(0 <= from && from <= to && to <= x->rows,
          "rows %d to %d of a matrix of %d", from, to, x->rows);
    Op *op = record(slice_rows_back, to - from, x->cols, x, NULL, NULL);
    if (to - from != x->rows)
        op->out->seq = (Spans){0};
    int *kept = op->keep = keep(op, 1, sizeof *kept);
    *kept = from;
    move_block(to - from, x->cols, row(x, from), x->cols, op->out->val, x->cols,
               false);
    return op->out;
}
