#include <stdio.h>
#include <string.h>

#include "blas.h"
#include "fftw.h"
#include "program.h"
#include "timing.h"

typedef struct peer_side { const bench_row *row; bench_data *data; } peer_side;

static sabir_status run_peer(void *state, uint32_t times)
{
    const peer_side *side = state;
    const void *operands[BENCH_MAX_OPERANDS];
    for (int i = 0; i < BENCH_MAX_OPERANDS; i++) operands[i] = side->data->operands[i];
    for (uint32_t i = 0; i < times; i++) side->row->peer(side->row, operands, side->data->expected, side->data->scratch);
    return SABIR_OK;
}

/* What the peer is called; "" where there is none. */
static void name_peer(const bench_row *row, int threads, char name[128])
{
    name[0] = '\0';
    if (row->peer_is_blas) {
        if (bench_blas_open(threads)) snprintf(name, 128, "%s%s", row->peer_name ? row->peer_name : "", bench_blas_name());
    } else if (row->peer_is_fftw) {
        if (bench_fftw_open()) snprintf(name, 128, "%s", bench_fftw_name());
    } else if (row->peer) {
        snprintf(name, 128, "%s", row->peer_name);
    }
}

static double problem_bytes(const bench_row *row)
{
    int64_t elements = row->result;
    for (int i = 0; i < BENCH_MAX_OPERANDS && row->operands[i].rank > 0; i++) elements += bench_operand_count(&row->operands[i]);
    return 4.0 * (double)elements;
}

static sabir_status run_reference(sabir_context *context, const bench_row *row, bench_data *data)
{
    sabir_device *device;
    sabir_status status = sabir_device_open(context, "reference", &device);
    if (status != SABIR_OK) return status;
    bench_program program;
    status = bench_program_create(context, device, row, data, &program);
    if (status == SABIR_OK) status = bench_program_run(&program, 1);
    if (status == SABIR_OK) status = bench_program_read(&program, row, data->expected);
    bench_program_free(&program);
    sabir_device_release(device);
    return status;
}

static bench_outcome failed(const bench_row *row, char message[512])
{
    snprintf(message, 512, "%s: %s", row->name, sabir_last_message());
    return BENCH_FAILED;
}

/* Both compute once, which also warms them, and are compared; without a peer the reference is the measure. */
static bench_outcome check(sabir_context *context, const bench_row *row, bench_program *ours, peer_side *peer, bool has_peer, char message[512])
{
    if (bench_program_run(ours, 1) != SABIR_OK || bench_program_read(ours, row, peer->data->ours) != SABIR_OK) return failed(row, message);
    if (has_peer) run_peer(peer, 1);
    else if (run_reference(context, row, peer->data) != SABIR_OK) return failed(row, message);
    int64_t where;
    const double difference = bench_data_difference(row, peer->data, &where);
    if (difference <= row->tolerance) return BENCH_MEASURED;
    snprintf(message, 512, "%s: the result is wrong: at %lld it is %.9g, %s has %.9g; off by %.3g of the largest value, %g is allowed", row->name,
             (long long)where, (double)peer->data->ours[where], has_peer ? "the peer" : "the reference", (double)peer->data->expected[where], difference,
             row->tolerance);
    return BENCH_WRONG;
}

static bench_outcome measure(sabir_context *context, bench_program *ours, peer_side *peer, double seconds, bench_result *result, char message[512])
{
    const bool has_peer = result->peer_name[0] != '\0';
    const bench_outcome outcome = check(context, peer->row, ours, peer, has_peer, message);
    if (outcome != BENCH_MEASURED) return outcome;
    const bench_side sides[2] = {{bench_program_run, ours}, {run_peer, peer}};
    bench_times times[2] = {{.cpu = 0}, {.cpu = 0}};
    if (bench_time(sides, has_peer ? 2 : 1, result->cpu_clock, seconds, times, &result->samples) != SABIR_OK) return failed(peer->row, message);
    result->ours = times[0];
    result->peer = times[1];
    return BENCH_MEASURED;
}

bench_outcome bench_measure(sabir_context *context, sabir_device *device, const bench_row *row, double seconds, bench_result *result, char message[512])
{
    sabir_device_info info = {.size = sizeof info};
    if (sabir_device_info_of(device, &info) != SABIR_OK) return failed(row, message);
    *result = (bench_result){.name = row->name, .flops = row->flops, .bytes = problem_bytes(row), .cpu_clock = info.software != 0};
    name_peer(row, info.software ? 1 : 0, result->peer_name);

    bench_data data;
    bench_program ours = {.program = NULL};
    sabir_counters counters = {.size = sizeof counters};
    bench_outcome outcome = BENCH_FAILED;
    if (!bench_data_create(row, &data)) snprintf(message, 512, "%s: no memory for operands of %.0f bytes", row->name, result->bytes);
    else if (bench_program_create(context, device, row, &data, &ours) != SABIR_OK) failed(row, message);
    else if (sabir_program_counters(ours.program, &counters) != SABIR_OK) failed(row, message);
    else outcome = measure(context, &ours, &(peer_side){row, &data}, seconds, result, message);
    snprintf(result->variant, sizeof result->variant, "%s", counters.busiest);
    bench_program_free(&ours);
    bench_data_free(&data);
    return outcome;
}
