#include "plot.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct colour { double r, g, b; } colour;
typedef struct frame { double left, top, width, height, low, high; int count; } frame; /* where a curve is drawn; range of y; points along x */

static const colour ink = {.15, .15, .15};
static const colour hues[PLOT_MOST_LINES] = {{.12, .35, .65}, {.80, .30, .12}, {.16, .52, .28}, {.50, .25, .60}, {.62, .48, .10}, {.35, .35, .35}};

static void set_colour(cairo_t *c, colour k, double opacity) { cairo_set_source_rgba(c, k.r, k.g, k.b, opacity); }

static void text(cairo_t *c, double x, double y, double size, double align, const char *words)
{
    cairo_text_extents_t extents;
    cairo_set_font_size(c, size);
    cairo_text_extents(c, words, &extents);
    cairo_move_to(c, x - align * extents.x_advance, y);
    cairo_show_text(c, words);
}

static void turned_text(cairo_t *c, double x, double y, double size, const char *words)
{
    cairo_save(c);
    cairo_translate(c, x, y);
    cairo_rotate(c, -1.5707963267948966);
    text(c, 0, 0, size, .5, words);
    cairo_restore(c);
}

static cairo_t *open_page(int width, int height)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *c = cairo_create(surface);
    cairo_surface_destroy(surface);
    cairo_set_source_rgb(c, 1, 1, 1);
    cairo_paint(c);
    cairo_select_font_face(c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    return c;
}

static bool close_page(cairo_t *c, const char *file)
{
    cairo_status_t status = cairo_status(c);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png(cairo_get_target(c), file);
    cairo_destroy(c);
    if (status != CAIRO_STATUS_SUCCESS) fprintf(stderr, "%s: %s\n", file, cairo_status_to_string(status));
    return status == CAIRO_STATUS_SUCCESS;
}

/* ---- Curves ---- */

/* 1, 2 or 5 times a power of ten. */
static double tick_of(double range)
{
    const double power = pow(10, floor(log10(range / 7))), share = range / 7 / power;
    return power * (share < 2 ? share < 1 ? 1 : 2 : share < 5 ? 5 : 10);
}

static double x_of(const frame *f, double x) { return f->left + (f->count > 1 ? (x - 1) / (f->count - 1) : .5) * f->width; }
static double y_of(const frame *f, double y) { return f->top + (f->high - y) / (f->high - f->low) * f->height; }

static void find_range(frame *f, const plot_line *lines, int count)
{
    f->low = INFINITY;
    f->high = -INFINITY;
    for (int l = 0; l < count; l++) {
        if (lines[l].count > f->count) f->count = lines[l].count;
        for (int i = 0; i < lines[l].count; i++) {
            if (!isfinite(lines[l].y[i])) continue;
            f->low = fmin(f->low, (double)lines[l].y[i]);
            f->high = fmax(f->high, (double)lines[l].y[i]);
        }
    }
    if (!(f->low < f->high)) {
        const double middle = isfinite(f->low) ? f->low : 0;
        f->low = middle - .5;
        f->high = middle + .5;
    }
    const double tick = tick_of(f->high - f->low);
    f->low = floor(f->low / tick) * tick;
    f->high = ceil(f->high / tick) * tick;
}

static void draw_axes(cairo_t *c, const frame *f, const plot_style *style)
{
    char words[32];
    const double tick_y = tick_of(f->high - f->low), tick_x = f->count > 4 ? tick_of(f->count) : 1;
    cairo_set_line_width(c, 1);
    const int rows = (int)((f->high - f->low) / tick_y + .5), columns = (int)(f->count / tick_x);
    for (int i = 0; i <= rows; i++) {
        const double y = f->low + i * tick_y;
        set_colour(c, ink, .12);
        cairo_move_to(c, f->left, y_of(f, y));
        cairo_line_to(c, f->left + f->width, y_of(f, y));
        cairo_stroke(c);
        set_colour(c, ink, 1);
        snprintf(words, sizeof words, "%.4g", fabs(y) < tick_y * 1e-6 ? 0 : y);
        text(c, f->left - 8, y_of(f, y) + 5, 13, 1, words);
    }
    for (int i = 1; i <= columns; i++) {
        const double x = i * tick_x;
        snprintf(words, sizeof words, "%.0f", x);
        text(c, x_of(f, x), f->top + f->height + 20, 13, .5, words);
    }
    cairo_rectangle(c, f->left, f->top, f->width, f->height);
    cairo_stroke(c);
    text(c, f->left, 30, 18, 0, style->title);
    text(c, f->left + f->width / 2, f->top + f->height + 44, 14, .5, style->x);
    turned_text(c, 22, f->top + f->height / 2, 14, style->y);
}

/* The mean of the points within half a window: 0 for the points themselves. */
static void draw_curve(cairo_t *c, const frame *f, const plot_line *line, int half)
{
    bool begun = false;
    for (int i = 0; i < line->count; i++) {
        double sum = 0;
        int found = 0;
        for (int k = i - half < 0 ? 0 : i - half; k <= i + half && k < line->count; k++) {
            if (!isfinite(line->y[k])) continue;
            sum += (double)line->y[k];
            found++;
        }
        if (!found) continue;
        if (begun) cairo_line_to(c, x_of(f, i + 1), y_of(f, sum / found));
        else cairo_move_to(c, x_of(f, i + 1), y_of(f, sum / found));
        begun = true;
    }
    cairo_stroke(c);
}

bool plot_lines(const char *file, const plot_style *style, const plot_line *lines, int count)
{
    frame f = {.left = 84, .top = 50, .width = 680, .height = 380};
    if (count > PLOT_MOST_LINES) count = PLOT_MOST_LINES;
    find_range(&f, lines, count);
    cairo_t *c = open_page(800, 500);
    draw_axes(c, &f, style);
    for (int l = 0; l < count; l++) {
        const bool many = lines[l].count > 60;
        cairo_set_line_width(c, many ? 1 : 2);
        set_colour(c, hues[l], many ? .35 : 1);
        draw_curve(c, &f, &lines[l], 0);
        if (many) {
            cairo_set_line_width(c, 2.2);
            set_colour(c, hues[l], 1);
            draw_curve(c, &f, &lines[l], lines[l].count / 40);
        }
        set_colour(c, hues[l], 1);
        text(c, f.left + f.width - 10, f.top + 22 + 20 * l, 14, 1, lines[l].name);
    }
    return close_page(c, file);
}

/* ---- Matrices ---- */

bool plot_matrix(const char *file, const plot_style *style, const int *counts, int n, const char *const *names)
{
    enum { CELL = 56, LEFT = 150, TOP = 60, BELOW = 130 };
    cairo_t *c = open_page(LEFT + n * CELL + 60, TOP + n * CELL + BELOW);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < n; k++) sum += counts[i * n + k];
        for (int k = 0; k < n; k++) {
            char words[32];
            const double share = sum > 0 ? counts[i * n + k] / sum : 0, shade = sqrt(share);
            const colour fill = {1 - .90 * shade, 1 - .70 * shade, 1 - .40 * shade};
            set_colour(c, fill, 1);
            cairo_rectangle(c, LEFT + k * CELL, TOP + i * CELL, CELL - 1, CELL - 1);
            cairo_fill(c);
            if (counts[i * n + k] == 0) continue;
            set_colour(c, shade > .6 ? (colour){1, 1, 1} : ink, 1);
            snprintf(words, sizeof words, "%d", counts[i * n + k]);
            text(c, LEFT + k * CELL + CELL / 2.0, TOP + i * CELL + CELL / 2.0 + 5, 14, .5, words);
        }
        set_colour(c, ink, 1);
        text(c, LEFT - 10, TOP + i * CELL + CELL / 2.0 + 5, 13, 1, names[i]);
        cairo_save(c);
        cairo_translate(c, LEFT + i * CELL + CELL / 2.0, TOP + n * CELL + 14);
        cairo_rotate(c, .7);
        text(c, 0, 6, 13, 0, names[i]);
        cairo_restore(c);
    }
    text(c, LEFT, 32, 18, 0, style->title);
    text(c, LEFT + n * CELL / 2.0, TOP + n * CELL + BELOW - 14, 14, .5, style->x);
    turned_text(c, 22, TOP + n * CELL / 2.0, 14, style->y);
    return close_page(c, file);
}
