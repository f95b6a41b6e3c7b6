// A small random example of each operation; see checks.h.
#include "03-autograd/checks.h"

#include "common/check.h"
#include "common/ops.h"

#include <math.h>

enum { T = 5, D = 6 }; // rows and columns of the examples

static const int targets[T] = {2, 0, -1, 5, 3};
static const int tokens[T] = {1, 4, 4, 0, 2};
static const float aims[T * D] = {1, -1, 0.5f};

typedef Matrix *(*Example)(Tape *, Matrix *x, Matrix *y, Matrix *z);

static Matrix *embed_example(Tape *t, Matrix *x, Matrix *y, Matrix *z)
{
    (void)y, (void)z;
    return embed(t, x, (Tokens){T, tokens, {0}});
}

// An example that needs no more than a call: x is T x D, y is D x D, z is
// 1 x D.
#define EXAMPLE(name, call)                                                    \
    static Matrix *name##_example(Tape *t, Matrix *x, Matrix *y, Matrix *z)    \
    {                                                                          \
        (void)t, (void)y, (void)z;                                             \
        return call;                                                           \
    }

EXAMPLE(matmul, matmul(x, y))
EXAMPLE(matmul_t, matmul_t(x, y))
EXAMPLE(linear, linear(x, (Linear){.w = y, .b = z}))
EXAMPLE(add, add(x, z))
EXAMPLE(mul, mul(x, z))
EXAMPLE(scale, scale(x, -1.5f))
EXAMPLE(relu, relu(x))
EXAMPLE(gelu, gelu(x))
EXAMPLE(silu, silu(x))
EXAMPLE(tanh, tanh_of(x))
EXAMPLE(sigmoid, sigmoid(x))
EXAMPLE(dropout, dropout(x, 0.25f))
EXAMPLE(softmax, softmax(x))
EXAMPLE(layer_norm, layer_norm(x, (Norm){z, z, 1e-5f}))
EXAMPLE(rms_norm, rms_norm(x, z, 1e-5f))
EXAMPLE(attention, attention(x, matmul(x, y), x, 2, CAUSAL))
EXAMPLE(concat_cols, concat_cols(x, x))
EXAMPLE(concat_rows, concat_rows(x, z))
EXAMPLE(slice_cols, slice_cols(x, 1, 4))
EXAMPLE(slice_rows, slice_rows(x, 1, 4))
EXAMPLE(pick_rows, pick_rows(x, tokens, T))
EXAMPLE(cross_entropy, cross_entropy(x, targets, 0.1f))
EXAMPLE(mean_squared_error, mean_squared_error(x, aims))
EXAMPLE(mean, mean(x))

static Matrix *rope_example(Tape *t, Matrix *x, Matrix *y, Matrix *z)
{
    (void)y, (void)z;
    RopeTable table = rope_table(&t->arena, T, D, 10000, 1);
    return rope(x, &table, 0, ADJACENT);
}

static const struct {
    const char *name;
    Example example;
} checks[] = {
    {"embed", embed_example},
    {"matmul", matmul_example},
    {"matmul_t", matmul_t_example},
    {"linear", linear_example},
    {"add", add_example},
    {"mul", mul_example},
    {"scale", scale_example},
    {"relu", relu_example},
    {"gelu", gelu_example},
    {"silu", silu_example},
    {"tanh", tanh_example},
    {"sigmoid", sigmoid_example},
    {"dropout", dropout_example},
    {"softmax", softmax_example},
    {"layer_norm", layer_norm_example},
    {"rms_norm", rms_norm_example},
    {"rope", rope_example},
    {"attention", attention_example},
    {"concat_cols", concat_cols_example},
    {"concat_rows", concat_rows_example},
    {"slice_cols", slice_cols_example},
    {"slice_rows", slice_rows_example},
    {"pick_rows", pick_rows_example},
    {"cross_entropy", cross_entropy_example},
    {"mean_squared_error", mean_squared_error_example},
    {"mean", mean_example},
};

const char check_names[] =
    "embed|matmul|matmul_t|linear|add|mul|scale|relu|gelu|silu|tanh|sigmoid|"
    "dropout|softmax|layer_norm|rms_norm|rope|attention|concat_cols|"
    "concat_rows|slice_cols|slice_rows|pick_rows|cross_entropy|"
    "mean_squared_error|mean";

int check_count(void)
{
    return sizeof checks / sizeof *checks;
}

const char *check_name(int op)
{
    check(op >= 0 && op < check_count(), "there is no operation %d", op);
    return checks[op].name;
}

typedef struct Inputs {
    Example example;
    Matrix *x, *y, *z;
} Inputs;

// The mean of w * output, with another weight w for each element: a loss that
// no error can hide from by being the same everywhere.
static Matrix *loss_of(Tape *t, void *context)
{
    const Inputs *in = context;
    Matrix *out = in->example(t, on_tape(t, in->x), in->y, in->z);
    Matrix *w = matrix(t, out->rows, out->cols);
    for (int i = 0; i < out->rows * out->cols; i++)
        w->val[i] = (float)(1 + i % 7);
    return mean(mul(out, w));
}

GradError check_op(int op, double h, uint64_t seed)
{
    check_name(op);
    Params *p = params_new(seed);
    Inputs in = {.example = checks[op].example};
    in.x = param_normal(p, T, D, 1, "x");
    in.y = param_normal(p, D, D, 1, "y");
    in.z = param_normal(p, 1, D, 1, "z");
    // relu has a kink at 0, where there is no slope to compare with.
    for (int i = 0; i < T * D; i++)
        if (fabsf(in.x->val[i]) < 0.1f)
            in.x->val[i] += copysignf(0.1f, in.x->val[i]);
    GradError e = gradcheck(p, loss_of, &in, h, T * D, seed);
    params_free(p);
    return e;
}
