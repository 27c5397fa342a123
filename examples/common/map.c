#include "map.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>

enum { LEFT = 62, TOP = 52, BAR_GAP = 24, BAR = 20, RIGHT = 78, BOTTOM = 44 };
enum { MAP_WIDTH = 1080, MAP_HEIGHT = 540, WIDTH = LEFT + MAP_WIDTH + BAR_GAP + BAR + RIGHT, HEIGHT = TOP + MAP_HEIGHT + BOTTOM };

typedef struct colour { double r, g, b; } colour;

static colour mix(const colour *stops, int count, double t)
{
    const double place = fmin(fmax(t, 0), 1) * (count - 1);
    const int i = place >= count - 1 ? count - 2 : (int)place;
    const double w = place - i;
    return (colour){stops[i].r + w * (stops[i + 1].r - stops[i].r), stops[i].g + w * (stops[i + 1].g - stops[i].g), stops[i].b + w * (stops[i + 1].b - stops[i].b)};
}

static colour colour_of(const map_style *style, double value)
{
    static const colour bright[] = {{.05, .03, .35}, {.13, .19, .62}, {.11, .45, .72}, {.18, .66, .66}, {.45, .80, .47}, {.85, .86, .29}, {.98, .67, .19}, {.86, .28, .13}, {.55, .04, .12}};
    static const colour about[] = {{.02, .19, .38}, {.26, .58, .76}, {.82, .90, .94}, {.97, .97, .97}, {.99, .86, .78}, {.84, .38, .30}, {.40, .00, .12}};
    const double t = (value - style->low) / (style->high - style->low);
    return style->diverging ? mix(about, 7, t) : mix(bright, 9, t);
}

static void set_colour(cairo_t *c, colour k) { cairo_set_source_rgb(c, k.r, k.g, k.b); }

static void text(cairo_t *c, double x, double y, double size, double align, const char *words)
{
    cairo_text_extents_t extents;
    cairo_set_font_size(c, size);
    cairo_text_extents(c, words, &extents);
    cairo_move_to(c, x - align * extents.x_advance, y);
    cairo_show_text(c, words);
}

/* ---- Places ---- */

static double y_of(double latitude) { return TOP + (90 - latitude) / 180 * MAP_HEIGHT; }
static double x_of(double west, double longitude) { return LEFT + (longitude - west) / 360 * MAP_WIDTH; }

/* The land cell at a place, or -1 outside the grid. */
static int land_at(const map_land *land, double latitude, double longitude)
{
    const map_grid *g = &land->grid;
    const int j = (int)floor((latitude - g->south) / g->height);
    const int i = (int)floor(fmod(longitude - g->west + 720, 360) / g->width);
    return j < 0 || j >= g->rows || i < 0 || i >= g->columns ? -1 : j * g->columns + i;
}

/* ---- Parts ---- */

static void draw_cells(cairo_t *c, const map_grid *grid, const float *field, const bool *known, const map_land *land, const map_style *style)
{
    cairo_set_antialias(c, CAIRO_ANTIALIAS_NONE);
    for (int j = 0; j < grid->rows; j++) {
        for (int i = 0; i < grid->columns; i++) {
            const int k = j * grid->columns + i;
            const double south = fmax(grid->south + j * grid->height, -90), north = fmin(grid->south + (j + 1) * grid->height, 90);
            const double west = grid->west + i * grid->width;
            const int on = land_at(land, (south + north) / 2, west + grid->width / 2);
            colour colour = {.93, .93, .93};
            if (on >= 0 && land->land[on]) colour.r = .62, colour.g = .60, colour.b = .56;
            if (!known || known[k]) colour = colour_of(style, (double)field[k]);
            set_colour(c, colour);
            cairo_rectangle(c, x_of(grid->west, west), y_of(north), grid->width / 360 * MAP_WIDTH + .5, y_of(south) - y_of(north) + .5);
            cairo_fill(c);
        }
    }
    cairo_set_antialias(c, CAIRO_ANTIALIAS_DEFAULT);
}

/* Lines between cells of land and cells of sea. */
static void draw_coasts(cairo_t *c, double west, const map_land *land)
{
    const map_grid *g = &land->grid;
    cairo_set_source_rgb(c, .1, .1, .1);
    cairo_set_line_width(c, 1.2);
    for (int j = 0; j < g->rows; j++) {
        for (int i = 0; i < g->columns; i++) {
            const bool here = land->land[j * g->columns + i];
            const double east_edge = west + fmod(g->west + (i + 1) * g->width - west + 720, 360), north_edge = g->south + (j + 1) * g->height;
            const double x = x_of(west, east_edge), y = y_of(north_edge);
            if (here != land->land[j * g->columns + (i + 1) % g->columns]) {
                cairo_move_to(c, x, y);
                cairo_line_to(c, x, y_of(north_edge - g->height));
            }
            if (j + 1 < g->rows && here != land->land[(j + 1) * g->columns + i] && east_edge - g->width >= west) {
                cairo_move_to(c, x - g->width / 360 * MAP_WIDTH, y);
                cairo_line_to(c, x, y);
            }
        }
    }
    cairo_stroke(c);
}

static void draw_axes(cairo_t *c, double west)
{
    char words[32];
    cairo_set_source_rgb(c, .15, .15, .15);
    cairo_set_line_width(c, 1);
    cairo_rectangle(c, LEFT, TOP, MAP_WIDTH, MAP_HEIGHT);
    cairo_stroke(c);
    for (int degrees = -60; degrees <= 60; degrees += 30) {
        const double y = y_of(degrees);
        snprintf(words, sizeof words, "%d\xC2\xB0%s", degrees < 0 ? -degrees : degrees, degrees < 0 ? "S" : degrees > 0 ? "N" : "");
        text(c, LEFT - 8, y + 5, 14, 1, words);
        cairo_move_to(c, LEFT - 5, y);
        cairo_line_to(c, LEFT, y);
        cairo_stroke(c);
    }
    for (int degrees = (int)ceil(west / 60) * 60; degrees <= west + 360; degrees += 60) {
        const double x = x_of(west, degrees);
        const int east = ((degrees % 360) + 360) % 360;
        snprintf(words, sizeof words, "%d\xC2\xB0%s", east > 180 ? 360 - east : east, east == 0 || east == 180 ? "" : east > 180 ? "W" : "E");
        text(c, x, TOP + MAP_HEIGHT + 22, 14, .5, words);
        cairo_move_to(c, x, TOP + MAP_HEIGHT);
        cairo_line_to(c, x, TOP + MAP_HEIGHT + 5);
        cairo_stroke(c);
    }
}

static void draw_bar(cairo_t *c, const map_style *style)
{
    const double x = LEFT + MAP_WIDTH + BAR_GAP;
    for (int y = 0; y < MAP_HEIGHT; y++) {
        set_colour(c, colour_of(style, style->high + (style->low - style->high) * y / (MAP_HEIGHT - 1)));
        cairo_rectangle(c, x, TOP + y, BAR, 1.5);
        cairo_fill(c);
    }
    cairo_set_source_rgb(c, .15, .15, .15);
    cairo_rectangle(c, x, TOP, BAR, MAP_HEIGHT);
    cairo_stroke(c);
    for (int k = 0; k <= 6; k++) {
        char words[32];
        const double y = TOP + MAP_HEIGHT * (1 - k / 6.0), value = style->low + (style->high - style->low) * k / 6;
        snprintf(words, sizeof words, style->diverging && value > 0 ? "+%.3g" : "%.3g", fabs(value) < 1e-9 ? 0 : value);
        text(c, x + BAR + 8, y + 5, 14, 0, words);
    }
    text(c, x + BAR / 2.0, TOP - 12, 14, .5, style->unit);
}

bool map_write(const char *file, const map_grid *grid, const float *field, const bool *known, const map_land *land, map_style style)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
    cairo_t *c = cairo_create(surface);
    cairo_set_source_rgb(c, 1, 1, 1);
    cairo_paint(c);
    cairo_select_font_face(c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    draw_cells(c, grid, field, known, land, &style);
    draw_coasts(c, grid->west, land);
    draw_axes(c, grid->west);
    draw_bar(c, &style);
    text(c, LEFT, 32, 19, 0, style.title);
    cairo_status_t status = cairo_status(c);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png(surface, file);
    cairo_destroy(c);
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS) fprintf(stderr, "%s: %s\n", file, cairo_status_to_string(status));
    return status == CAIRO_STATUS_SUCCESS;
}
