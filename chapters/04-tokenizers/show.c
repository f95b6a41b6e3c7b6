// Cut lines in the terminal and in SVG; see show.h.
#include "04-tokenizers/show.h"

#include "common/folder.h"

#include <stdio.h>
#include <utf8proc.h>

enum { NAME_WIDTH = 12 };

void show_piece(Text piece, Buffer *to)
{
    while (piece.length) {
        Text one = first_character(piece), rest = one;
        int32_t c = utf8_next(&rest);
        if (c == 0x2581)
            buffer_add(to, " ", 1);
        else if (utf8_invalid(one) >= 0 || c < 0x20 || c == 0x7f)
            for (size_t i = 0; i < one.length; i++)
                buffer_print(to, "<%02X>", (uint8_t)one.at[i]);
        else
            buffer_add(to, one.at, one.length);
        piece = (Text){piece.at + one.length, piece.length - one.length};
    }
}

void cut_add(CutLine *line, Text piece)
{
    show_piece(piece, &line->shown);
    ids_add(&line->end, (int)line->shown.length);
}

void cut_free(CutLine *line)
{
    buffer_free(&line->shown);
    ids_free(&line->end);
}

// The i-th piece as it is shown.
static Text shown_piece(const CutLine *line, int i)
{
    int start = i > 0 ? line->end.at[i - 1] : 0;
    return (Text){line->shown.at + start, line->end.at[i] - start};
}

void cut_print(const CutLine *line, bool colour)
{
    static const char *const start[] = {"\x1b[30;46m", "\x1b[30;43m",
                                        "\x1b[30;47m"};
    printf("  %-*s", NAME_WIDTH, line->name);
    for (int i = 0; i < line->end.n; i++) {
        Text piece = shown_piece(line, i);
        const char *before = colour ? start[i % 3] : i > 0 ? "|" : "";
        printf("%s%.*s%s", before, (int)piece.length, piece.at,
               colour ? "\x1b[0m" : "");
    }
    printf("\n");
}

// --- the picture ------------------------------------------------------------

// Columns of a terminal that the text takes.
static int columns(Text text)
{
    int n = 0;
    for (int32_t c; (c = utf8_next(&text)) >= 0;)
        n += utf8proc_charwidth(c);
    return n;
}

static void add_escaped(Buffer *to, Text text)
{
    for (size_t i = 0; i < text.length; i++)
        switch (text.at[i]) {
        case '<':
            buffer_print(to, "&lt;");
            break;
        case '&':
            buffer_print(to, "&amp;");
            break;
        case ' ':
            buffer_print(to, "\xc2\xa0"); // a space that stays at the edge
            break;
        default:
            buffer_add(to, text.at + i, 1);
        }
}

enum { COLUMN = 9, LINE = 30, LEFT = 120, WIDEST = 84 };

static void draw_line(Buffer *svg, const CutLine *line, int *y)
{
    static const char *const fill[] = {"#56b4e9", "#f0c040", "#b8b8b8"};
    int x = LEFT;
    buffer_print(svg, "<text x='%d' y='%d' fill='#808080'>%s</text>\n", 8,
                 *y + 20, line->name);
    for (int i = 0; i < line->end.n; i++) {
        Text piece = shown_piece(line, i);
        int width = columns(piece) * COLUMN;
        if (x + width > LEFT + WIDEST * COLUMN) {
            x = LEFT;
            *y += LINE;
        }
        buffer_print(svg,
                     "<rect x='%d' y='%d' width='%d' height='24' fill='%s'/>"
                     "<text x='%d' y='%d' textLength='%d'>",
                     x, *y + 2, width, fill[i % 3], x, *y + 20, width);
        add_escaped(svg, piece);
        buffer_print(svg, "</text>\n");
        x += width;
    }
    *y += LINE + 6;
}

void cut_draw(const CutLine *lines, int n, const char *dir, const char *name)
{
    if (!dir)
        return;
    Buffer body = {0}, svg = {0}, path = {0};
    int y = 4;
    for (int i = 0; i < n; i++)
        draw_line(&body, &lines[i], &y);
    buffer_print(&svg,
                 "<svg xmlns='http://www.w3.org/2000/svg' "
                 "viewBox='0 0 %d %d' font-family='monospace' "
                 "font-size='15' xml:space='preserve'>\n",
                 LEFT + WIDEST * COLUMN + 8, y);
    buffer_add(&svg, body.at, body.length);
    buffer_print(&svg, "</svg>\n");
    folder_make(dir);
    buffer_print(&path, "%s/%s.svg", dir, name);
    text_write(path.at, svg.at, svg.length);
    buffer_free(&body);
    buffer_free(&svg);
    buffer_free(&path);
}
