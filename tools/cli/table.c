#include <string.h>

#include "cli.h"

/* Characters, not bytes, of UTF-8 text. */
static int text_width(const char *text)
{
    int width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void print_spaces(int count)
{
    while (count-- > 0) putchar(' ');
}

void cli_print_table(const char *const *cells, int rows, const char *columns)
{
    const int count = (int)strlen(columns);
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < count; column++) {
            int width = 0;
            for (int i = 0; i < rows; i++) {
                const int other = text_width(cells[i * count + column]);
                if (other > width) width = other;
            }
            const char *cell = cells[row * count + column];
            const int space = width - text_width(cell);
            if (columns[column] == 'r') print_spaces(space);
            fputs(cell, stdout);
            if (column + 1 < count) print_spaces((columns[column] == 'r' ? 0 : space) + 2);
        }
        putchar('\n');
    }
}
