// Parameters in safetensors files; the contracts are in params.h and
// params_file.h.
#include "common/params_file.h"

#include "common/check.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

TensorOut param_to_file(const Param *p)
{
    TensorOut out = {p->name, "F32", 0, {0}, p->m.val};
    if (p->m.rows > 1)
        out.shape[out.dims++] = p->m.rows;
    out.shape[out.dims++] = p->m.cols;
    return out;
}

static _Noreturn void die_of_shape(const Param *p, const Tensor *t,
                                   const Safetensors *from)
{
    Buffer shape = {0};
    buffer_print(&shape, t->dims ? "" : "a single number");
    for (int i = 0; i < t->dims; i++)
        buffer_print(&shape, i ? " x %lld" : "%lld", (long long)t->shape[i]);
    die("%s: tensor \"%s\" is %s, this model has %d x %d", from->path, p->name,
        shape.at, p->m.rows, p->m.cols);
}

void param_from_file(Param *p, const Safetensors *from)
{
    const Tensor *t = safetensors_find(from, p->name);
    int rows = p->m.rows, cols = p->m.cols;
    if (!t)
        die("%s: has no tensor \"%s\", which this model needs (%d x %d)",
            from->path, p->name, rows, cols);
    bool table = t->dims == 2 && t->shape[0] == rows && t->shape[1] == cols;
    bool list = t->dims == 1 && rows == 1 && t->shape[0] == cols;
    if (!table && !list)
        die_of_shape(p, t, from);
    tensor_read(from, t, p->m.val, (size_t)rows * cols);
}

void params_save(const Params *p, const char *path)
{
    TensorOut *out = new_array(p->n, sizeof *out);
    for (int i = 0; i < p->n; i++)
        out[i] = param_to_file(p->item[i]);
    safetensors_write(path, out, p->n, NULL, NULL, 0);
    free(out);
}

void params_load(Params *p, const char *path)
{
    Safetensors from = safetensors_open(path);
    // A file that we wrote is checked; others have no checksum of this kind.
    const char *checksum = safetensors_note(&from, "checksum");
    if (checksum && strncmp(checksum, "crc32:", 6) == 0)
        safetensors_verify(&from);
    for (int i = 0; i < p->n; i++)
        param_from_file(p->item[i], &from);
    safetensors_close(&from);
}
