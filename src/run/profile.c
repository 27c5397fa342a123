#include "profile.h"

#include <stdio.h>

void sbr_profile_begin_run(sbr_profile *profile) { profile->spans.count = 0; }

static sbr_profile_row *find_row(sbr_profile *profile, const char *name)
{
    for (uint32_t i = 0; i < profile->rows.count; i++)
        if (strcmp(profile->rows.data[i].name, name) == 0) return &profile->rows.data[i];
    sbr_profile_row row = {.launches = 0};
    snprintf(row.name, sizeof row.name, "%s", name);
    return sbr_push(profile->allocator, &profile->rows, row) ? &profile->rows.data[profile->rows.count - 1] : NULL;
}

void sbr_profile_add(sbr_profile *profile, const char *name, uint64_t begin, uint64_t end, uint64_t flops, uint64_t bytes)
{
    sbr_profile_row *row = find_row(profile, name);
    if (!row) return;
    row->launches++;
    row->flops += flops;
    row->bytes += bytes;
    row->seconds += end > begin ? (double)(end - begin) * 1e-9 : 0;
    const sbr_profile_span span = {(uint32_t)(row - profile->rows.data), begin, end > begin ? end : begin};
    (void)sbr_push(profile->allocator, &profile->spans, span);
}

void sbr_profile_clear(sbr_profile *profile)
{
    profile->rows.count = 0;
    profile->spans.count = 0;
}

void sbr_profile_free(sbr_profile *profile)
{
    sbr_vector_free(profile->allocator, &profile->rows);
    sbr_vector_free(profile->allocator, &profile->spans);
}

void sbr_profile_print_table(const sbr_profile *profile, sbr_text *text)
{
    double all = 0;
    for (uint32_t i = 0; i < profile->rows.count; i++) all += profile->rows.data[i].seconds;
    sbr_text_printf(text, "%-44s %10s %12s %7s %10s %10s\n", "kernel", "launches", "seconds", "share", "GFLOP/s", "GB/s");
    /* Largest first; few rows, so each is looked for. */
    double below = 1e300;
    uint32_t last = UINT32_MAX;
    for (uint32_t printed = 0; printed < profile->rows.count; printed++) {
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < profile->rows.count; i++) {
            const double seconds = profile->rows.data[i].seconds;
            const bool left = seconds < below || (seconds == below && last != UINT32_MAX && i > last);
            if (left && (next == UINT32_MAX || seconds > profile->rows.data[next].seconds)) next = i;
        }
        if (next == UINT32_MAX) break;
        const sbr_profile_row *row = &profile->rows.data[next];
        const double rate = row->seconds > 0 ? 1e-9 / row->seconds : 0;
        sbr_text_printf(text, "%-44s %10llu %12.6f %6.1f%% %10.2f %10.2f\n", row->name, (unsigned long long)row->launches, row->seconds,
                        all > 0 ? 100 * row->seconds / all : 0, (double)row->flops * rate, (double)row->bytes * rate);
        below = row->seconds;
        last = next;
    }
    sbr_text_printf(text, "%-44s %10s %12.6f\n", "all", "", all);
}

static void print_json_string(const char *string, sbr_text *text)
{
    sbr_text_puts(text, "\"");
    for (; *string; string++) {
        const unsigned char c = (unsigned char)*string;
        if (c == '"' || c == '\\') sbr_text_printf(text, "\\%c", c);
        else if (c < 0x20) sbr_text_printf(text, "\\u%04x", c);
        else sbr_text_append(text, string, 1);
    }
    sbr_text_puts(text, "\"");
}

void sbr_profile_print_trace(const sbr_profile *profile, sbr_text *text)
{
    const uint64_t start = profile->spans.count ? profile->spans.data[0].begin : 0;
    sbr_text_puts(text, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    for (uint32_t i = 0; i < profile->spans.count; i++) {
        const sbr_profile_span *span = &profile->spans.data[i];
        sbr_text_puts(text, i ? ",\n{\"name\":" : "\n{\"name\":");
        print_json_string(profile->rows.data[span->row].name, text);
        sbr_text_printf(text, ",\"cat\":\"kernel\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":%.3f,\"dur\":%.3f}",
                        (double)(span->begin > start ? span->begin - start : 0) * 1e-3, (double)(span->end - span->begin) * 1e-3);
    }
    sbr_text_puts(text, "\n]}\n");
}
