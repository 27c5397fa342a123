/* Operators. Each takes values of one graph and returns values of it; shapes and types are checked at once (graph.h says how
 * errors travel). x, y, ...: any rank from 0 to 8 and any extents, 0 included, unless said otherwise. Axes count from 0; negative
 * axes count from the end. "Float types" are f32, f16, bf16, f64; arithmetic on f16 and bf16 is in f32, rounded to the type
 * at the end. docs/operators.md lists what each device type takes; it is generated from the operator table. */
#ifndef SABIR_OPS_H
#define SABIR_OPS_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Elementwise. Operands are broadcast as in numpy: aligned at the last axis, extents of 1 repeat. Operands of one type. ---- */

SABIR_API sabir_value sabir_neg(sabir_graph *graph, sabir_value x); /* minus x; integers wrap */
SABIR_API sabir_value sabir_abs(sabir_graph *graph, sabir_value x); /* absolute value */
SABIR_API sabir_value sabir_sign(sabir_graph *graph, sabir_value x); /* -1, 0 or 1; NaN stays NaN */
SABIR_API sabir_value sabir_square(sabir_graph *graph, sabir_value x); /* x times x */
SABIR_API sabir_value sabir_sqrt(sabir_graph *graph, sabir_value x); /* square root; NaN below 0 */
SABIR_API sabir_value sabir_rsqrt(sabir_graph *graph, sabir_value x); /* 1 / sqrt(x) */
SABIR_API sabir_value sabir_reciprocal(sabir_graph *graph, sabir_value x); /* 1 / x */
SABIR_API sabir_value sabir_exp(sabir_graph *graph, sabir_value x); /* e to the x */
SABIR_API sabir_value sabir_expm1(sabir_graph *graph, sabir_value x); /* e to the x, minus 1, accurate near 0 */
SABIR_API sabir_value sabir_log(sabir_graph *graph, sabir_value x); /* natural logarithm; -inf at 0, NaN below */
SABIR_API sabir_value sabir_log1p(sabir_graph *graph, sabir_value x); /* log(1 + x), accurate near 0 */
SABIR_API sabir_value sabir_sin(sabir_graph *graph, sabir_value x); /* sine, x in radians */
SABIR_API sabir_value sabir_cos(sabir_graph *graph, sabir_value x); /* cosine, x in radians */
SABIR_API sabir_value sabir_tan(sabir_graph *graph, sabir_value x); /* tangent, x in radians */
SABIR_API sabir_value sabir_asin(sabir_graph *graph, sabir_value x); /* inverse sine; NaN outside [-1, 1] */
SABIR_API sabir_value sabir_acos(sabir_graph *graph, sabir_value x); /* inverse cosine; NaN outside [-1, 1] */
SABIR_API sabir_value sabir_atan(sabir_graph *graph, sabir_value x); /* inverse tangent */
SABIR_API sabir_value sabir_tanh(sabir_graph *graph, sabir_value x); /* hyperbolic tangent */
SABIR_API sabir_value sabir_erf(sabir_graph *graph, sabir_value x); /* error function */
SABIR_API sabir_value sabir_lgamma(sabir_graph *graph, sabir_value x); /* logarithm of the absolute value of the gamma function */
SABIR_API sabir_value sabir_floor(sabir_graph *graph, sabir_value x); /* largest integer not above x */
SABIR_API sabir_value sabir_ceil(sabir_graph *graph, sabir_value x); /* smallest integer not below x */
SABIR_API sabir_value sabir_round(sabir_graph *graph, sabir_value x); /* nearest integer, halves to even */
SABIR_API sabir_value sabir_trunc(sabir_graph *graph, sabir_value x); /* x without its fraction */
SABIR_API sabir_value sabir_sigmoid(sabir_graph *graph, sabir_value x); /* 1 / (1 + exp(-x)) */
SABIR_API sabir_value sabir_relu(sabir_graph *graph, sabir_value x); /* max(x, 0) */
SABIR_API sabir_value sabir_gelu(sabir_graph *graph, sabir_value x); /* x times the normal distribution function of x (exact, by erf) */
SABIR_API sabir_value sabir_silu(sabir_graph *graph, sabir_value x); /* x times sigmoid(x) */
SABIR_API sabir_value sabir_softplus(sabir_graph *graph, sabir_value x); /* log(1 + exp(x)), without overflow */
SABIR_API sabir_value sabir_is_nan(sabir_graph *graph, sabir_value x); /* whether x is not a number */
SABIR_API sabir_value sabir_is_finite(sabir_graph *graph, sabir_value x); /* whether x is neither infinite nor NaN */
SABIR_API sabir_value sabir_logical_not(sabir_graph *graph, sabir_value x); /* not x */
SABIR_API sabir_value sabir_bit_not(sabir_graph *graph, sabir_value x); /* every bit turned */
SABIR_API sabir_value sabir_popcount(sabir_graph *graph, sabir_value x); /* number of set bits in the element's own width */

SABIR_API sabir_value sabir_add(sabir_graph *graph, sabir_value x, sabir_value y); /* x + y; integers wrap */
SABIR_API sabir_value sabir_sub(sabir_graph *graph, sabir_value x, sabir_value y); /* x - y; integers wrap */
SABIR_API sabir_value sabir_mul(sabir_graph *graph, sabir_value x, sabir_value y); /* x * y; integers wrap */
SABIR_API sabir_value sabir_div(sabir_graph *graph, sabir_value x, sabir_value y); /* x / y; integers round towards 0 and x / 0 = 0 */
SABIR_API sabir_value sabir_mod(sabir_graph *graph, sabir_value x, sabir_value y); /* x - y * floor(x / y): the sign of y; integers: x mod 0 = 0 */
SABIR_API sabir_value sabir_pow(sabir_graph *graph, sabir_value x, sabir_value y); /* x to the y */
SABIR_API sabir_value sabir_minimum(sabir_graph *graph, sabir_value x, sabir_value y); /* smaller of x and y; NaN if either is */
SABIR_API sabir_value sabir_maximum(sabir_graph *graph, sabir_value x, sabir_value y); /* larger of x and y; NaN if either is */
SABIR_API sabir_value sabir_atan2(sabir_graph *graph, sabir_value x, sabir_value y); /* angle of the point (y, x): first operand is y */
SABIR_API sabir_value sabir_logaddexp(sabir_graph *graph, sabir_value x, sabir_value y); /* log(exp(x) + exp(y)), without overflow */
SABIR_API sabir_value sabir_bit_and(sabir_graph *graph, sabir_value x, sabir_value y); /* bitwise and */
SABIR_API sabir_value sabir_bit_or(sabir_graph *graph, sabir_value x, sabir_value y); /* bitwise or */
SABIR_API sabir_value sabir_bit_xor(sabir_graph *graph, sabir_value x, sabir_value y); /* bitwise exclusive or */
SABIR_API sabir_value sabir_shift_left(sabir_graph *graph, sabir_value x, sabir_value y); /* x << (y mod 32), cut to the element's width */
SABIR_API sabir_value sabir_shift_right(sabir_graph *graph, sabir_value x, sabir_value y); /* x >> (y mod 32); signed types keep the sign */
SABIR_API sabir_value sabir_logical_and(sabir_graph *graph, sabir_value x, sabir_value y); /* x and y */
SABIR_API sabir_value sabir_logical_or(sabir_graph *graph, sabir_value x, sabir_value y); /* x or y */
SABIR_API sabir_value sabir_logical_xor(sabir_graph *graph, sabir_value x, sabir_value y); /* x or y but not both */
SABIR_API sabir_value sabir_equal(sabir_graph *graph, sabir_value x, sabir_value y); /* x == y; false with NaN */
SABIR_API sabir_value sabir_not_equal(sabir_graph *graph, sabir_value x, sabir_value y); /* x != y; true with NaN */
SABIR_API sabir_value sabir_less(sabir_graph *graph, sabir_value x, sabir_value y); /* x < y */
SABIR_API sabir_value sabir_less_equal(sabir_graph *graph, sabir_value x, sabir_value y); /* x <= y */
SABIR_API sabir_value sabir_greater(sabir_graph *graph, sabir_value x, sabir_value y); /* x > y */
SABIR_API sabir_value sabir_greater_equal(sabir_graph *graph, sabir_value x, sabir_value y); /* x >= y */

/* min(max(x, low), high); NaN stays NaN. */
SABIR_API sabir_value sabir_clamp(sabir_graph *graph, sabir_value x, sabir_value low, sabir_value high);
/* x where condition (bool) holds, y elsewhere; broadcasting. */
SABIR_API sabir_value sabir_select(sabir_graph *graph, sabir_value condition, sabir_value x, sabir_value y);

typedef struct sabir_cast_attrs { sabir_type type; } sabir_cast_attrs;
/* Float to integer rounds towards 0, saturates and takes NaN to 0; integers wrap; to bool: x != 0. i64 converts from and to i32, u32, f32 and f64. */
SABIR_API sabir_value sabir_cast(sabir_graph *graph, sabir_value x, sabir_type type);

/* ---- Creation ---- */

typedef struct sabir_extent_attrs { sabir_extent extent; } sabir_extent_attrs;
typedef struct sabir_iota_attrs { sabir_type type; sabir_shape shape; int32_t axis; double start, step; } sabir_iota_attrs;
/* start + step * (index along axis). Any type but bool; integers need whole start and step. */
SABIR_API sabir_value sabir_iota(sabir_graph *graph, sabir_type type, sabir_shape shape, int32_t axis, double start, double step);

typedef struct sabir_one_hot_attrs { sabir_type type; sabir_extent depth; } sabir_one_hot_attrs;
/* indices: i32 [...] -> [..., depth] of type: 1 at the index, 0 elsewhere; all 0 for an index out of range. */
SABIR_API sabir_value sabir_one_hot(sabir_graph *graph, sabir_value indices, sabir_extent depth, sabir_type type);

typedef enum sabir_random_kind { SABIR_RANDOM_BITS, SABIR_RANDOM_UNIFORM, SABIR_RANDOM_NORMAL, SABIR_RANDOM_GUMBEL } sabir_random_kind;
typedef struct sabir_random_attrs { sabir_random_kind kind; sabir_type type; sabir_shape shape; } sabir_random_attrs;
/* Philox 4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011). key: u32 [b..., w], w from 1 to 4; shape starts
 * with b.... For each key, element j of the rest of the shape is word j % 4 of Philox with counter (j / 4, key[2], key[3], 0) and
 * key (key[0], key[1]); absent words are 0. BITS (u32): the word. UNIFORM (f32): (word >> 8) * 2^-24, in [0, 1). The same bits everywhere.
 * NORMAL (f32): Box-Muller, u1 = ((w0 >> 8) + 1) * 2^-24, u2 = (w1 >> 8) * 2^-24 of the words 2 (j % 2) and 2 (j % 2) + 1 of counter j / 2:
 * sqrt(-2 log u1) cos(2 pi u2). GUMBEL (f32): -log(-log(((word >> 9) + 0.5) * 2^-23)).
 * Float kinds also take f16 and bf16 (the f32 number rounded). */
SABIR_API sabir_value sabir_random(sabir_graph *graph, sabir_random_kind kind, sabir_value key, sabir_type type, sabir_shape shape);
/* bool of shape: uniform below probability (f32, broadcast to shape). */
SABIR_API sabir_value sabir_bernoulli(sabir_graph *graph, sabir_value key, sabir_value probability, sabir_shape shape);

/* ---- Views and movement: any type; elements are moved as they are. ---- */

typedef struct sabir_shape_attrs { sabir_shape shape; } sabir_shape_attrs;
typedef struct sabir_axis_attrs { int32_t axis; } sabir_axis_attrs;
/* One extent may be -1 when no dim is involved: it is worked out. (Dims are below -1.) */
SABIR_API sabir_value sabir_reshape(sabir_graph *graph, sabir_value x, sabir_shape shape);
typedef struct sabir_transpose_attrs { sabir_ints axes; } sabir_transpose_attrs;
/* Axis i of the result is axis axes[i] of x. */
SABIR_API sabir_value sabir_transpose(sabir_graph *graph, sabir_value x, sabir_ints axes);
typedef struct sabir_slice_attrs { sabir_ints start; sabir_shape counts; sabir_ints step; } sabir_slice_attrs;
/* Element k along axis i is x at start[i] + k * step[i], counts[i] elements; step may be negative, not 0. All three have the rank of x. */
SABIR_API sabir_value sabir_slice(sabir_graph *graph, sabir_value x, sabir_ints start, sabir_shape counts, sabir_ints step);
/* count elements from start along one axis. */
SABIR_API sabir_value sabir_narrow(sabir_graph *graph, sabir_value x, int32_t axis, int64_t start, sabir_extent count);
SABIR_API sabir_value sabir_flip(sabir_graph *graph, sabir_value x, sabir_ints axes);
SABIR_API sabir_value sabir_broadcast(sabir_graph *graph, sabir_value x, sabir_shape shape);
/* [..., n, m] -> [..., min(n, m)] */
SABIR_API sabir_value sabir_diagonal(sabir_graph *graph, sabir_value x);
/* [..., n] -> [..., n, n] */
SABIR_API sabir_value sabir_diagonal_embed(sabir_graph *graph, sabir_value x);
/* start: i32 [rank of x]; the block of counts is moved inside the bounds where it would stick out. */
SABIR_API sabir_value sabir_dynamic_slice(sabir_graph *graph, sabir_value x, sabir_value start, sabir_shape counts);
/* old with part written at start (i32 [rank of old]), moved inside the bounds. In place where no reader of old comes after it. */
SABIR_API sabir_value sabir_update(sabir_graph *graph, sabir_value old, sabir_value part, sabir_value start);

typedef enum sabir_pad_mode { SABIR_PAD_CONSTANT, SABIR_PAD_EDGE, SABIR_PAD_REFLECT, SABIR_PAD_PERIODIC } sabir_pad_mode;
typedef struct sabir_pad_attrs { sabir_ints before, after; sabir_pad_mode mode; double value; } sabir_pad_attrs;
/* before[i], after[i] >= 0 elements added along axis i. Reflect needs them below the extent, periodic at most the extent. */
SABIR_API sabir_value sabir_pad(sabir_graph *graph, sabir_value x, sabir_ints before, sabir_ints after, sabir_pad_mode mode, double value);
SABIR_API sabir_value sabir_concat(sabir_graph *graph, const sabir_value *parts, uint32_t count, int32_t axis);
typedef struct sabir_roll_attrs { sabir_ints shifts, axes; } sabir_roll_attrs;
/* Element k goes to (k + shift) mod extent, along each axis named. */
SABIR_API sabir_value sabir_roll(sabir_graph *graph, sabir_value x, sabir_ints shifts, sabir_ints axes);
/* x [a..., n, c...], indices i32 [i...] -> [a..., i..., c...]; 0 where an index is outside 0 .. n-1. */
SABIR_API sabir_value sabir_gather(sabir_graph *graph, sabir_value x, sabir_value indices, int32_t axis);
/* Rows of table [n, c...]: gather on axis 0. */
SABIR_API sabir_value sabir_embedding(sabir_graph *graph, sabir_value table, sabir_value indices);
/* indices: i32 of the rank of x, equal to x but along axis; result of the shape of indices. */
SABIR_API sabir_value sabir_take_along(sabir_graph *graph, sabir_value x, sabir_value indices, int32_t axis);
/* x [a..., n, c...], indices i32 [k], updates [a..., k, c...]; an index outside 0 .. n-1 is passed over. Deterministic. */
SABIR_API sabir_value sabir_scatter_set(sabir_graph *graph, sabir_value x, sabir_value indices, sabir_value updates, int32_t axis);
SABIR_API sabir_value sabir_scatter_add(sabir_graph *graph, sabir_value x, sabir_value indices, sabir_value updates, int32_t axis);
SABIR_API sabir_value sabir_scatter_max(sabir_graph *graph, sabir_value x, sabir_value indices, sabir_value updates, int32_t axis);
typedef struct sabir_unfold_attrs { int32_t axis; int64_t size, step; sabir_extent length; } sabir_unfold_attrs;
/* [a..., n, c...] -> [a..., (n - size) / step + 1, c..., size] */
SABIR_API sabir_value sabir_unfold(sabir_graph *graph, sabir_value x, int32_t axis, int64_t size, int64_t step);
/* x [a..., frames, c..., size] -> [a..., length, c...]; length = (frames - 1) * step + size or more (the rest is 0). */
SABIR_API sabir_value sabir_overlap_add(sabir_graph *graph, sabir_value x, int32_t axis, int64_t step, sabir_extent length);
typedef enum sabir_resize_mode { SABIR_RESIZE_NEAREST, SABIR_RESIZE_LINEAR } sabir_resize_mode;
typedef struct sabir_resize_attrs { sabir_resize_mode mode; sabir_shape shape; } sabir_resize_attrs;
/* Half-pixel centres: source = (k + 0.5) * n_in / n_out - 0.5, edges repeated; nearest takes floor((k + 0.5) * n_in / n_out). Linear works on
 * at most 3 axes that change; float types. shape has the rank of x. */
SABIR_API sabir_value sabir_resize(sabir_graph *graph, sabir_value x, sabir_shape shape, sabir_resize_mode mode);
/* The adjoint of resize from shape to that of x, which it takes back to shape. Float types. */
SABIR_API sabir_value sabir_resize_adjoint(sabir_graph *graph, sabir_value x, sabir_shape shape, sabir_resize_mode mode);

/* ---- Reductions, scans, order ---- */

typedef enum sabir_accumulate { SABIR_ACCUMULATE_NATIVE, SABIR_ACCUMULATE_COMPENSATED } sabir_accumulate;
typedef struct sabir_reduce_attrs {
    sabir_ints axes;   /* SABIR_ALL_AXES, or distinct axes; none: every element by itself */
    int32_t keep;      /* non-zero: reduced axes stay with extent 1 */
    sabir_accumulate accumulate; /* sum and mean of float types */
    int32_t wide;      /* sum of integer types: non-zero gives i64 */
} sabir_reduce_attrs;

SABIR_API sabir_value sabir_sum(sabir_graph *graph, sabir_value x, sabir_ints axes); /* sum over axes */
SABIR_API sabir_value sabir_mean(sabir_graph *graph, sabir_value x, sabir_ints axes); /* mean over axes; NaN of nothing */
SABIR_API sabir_value sabir_prod(sabir_graph *graph, sabir_value x, sabir_ints axes); /* product over axes */
SABIR_API sabir_value sabir_max(sabir_graph *graph, sabir_value x, sabir_ints axes); /* largest over axes; NaN if any is; -inf (integers: the lowest) of nothing */
SABIR_API sabir_value sabir_min(sabir_graph *graph, sabir_value x, sabir_ints axes); /* smallest over axes; NaN if any is; inf (integers: the highest) of nothing */
/* The same five with every attribute: "sum", "mean", "prod", "max", "min". */
SABIR_API sabir_value sabir_reduce(sabir_graph *graph, const char *name, sabir_value x, const sabir_reduce_attrs *attrs);
/* The axis goes. */
SABIR_API sabir_value sabir_argmax(sabir_graph *graph, sabir_value x, int32_t axis);
SABIR_API sabir_value sabir_argmin(sabir_graph *graph, sabir_value x, int32_t axis);
typedef struct sabir_cumsum_attrs { int32_t axis, exclusive, reverse; } sabir_cumsum_attrs;
SABIR_API sabir_value sabir_cumsum(sabir_graph *graph, sabir_value x, const sabir_cumsum_attrs *attrs);
/* starts: bool of the shape of x; the running sum starts anew at each true element (with reverse: after it, seen from the end). */
SABIR_API sabir_value sabir_segmented_cumsum(sabir_graph *graph, sabir_value x, sabir_value starts, const sabir_cumsum_attrs *attrs);
typedef struct sabir_sort_attrs { int32_t axis, descending; } sabir_sort_attrs;
/* *indices (NULL allowed): where each came from. NaN sorts last in both directions. */
SABIR_API sabir_value sabir_sort(sabir_graph *graph, sabir_value x, int32_t axis, int32_t descending, sabir_value *indices);
/* Keys sorted along the last axis, ascending and stable, values ([..., n] of the same shape) moved along. */
SABIR_API sabir_value sabir_sort_by_key(sabir_graph *graph, sabir_value keys, sabir_value values, sabir_value *sorted_values);
typedef struct sabir_top_k_attrs { int64_t k; } sabir_top_k_attrs;
/* Of the last axis, largest first, of equals the one with the lower index; NaN counts as larger than anything. k at most its extent. *indices (NULL
 * allowed), i32: where each was. */
SABIR_API sabir_value sabir_top_k(sabir_graph *graph, sabir_value x, int64_t k, sabir_value *indices);
typedef struct sabir_compact_attrs { int64_t capacity; } sabir_compact_attrs;
/* mask: bool [n] -> indices i32 [capacity], ascending, then -1. *count: i32, at most capacity. *overflow: bool. */
SABIR_API sabir_value sabir_compact(sabir_graph *graph, sabir_value mask, int64_t capacity, sabir_value *count, sabir_value *overflow);
typedef struct sabir_histogram_attrs { int64_t bins; } sabir_histogram_attrs;
/* x: i32, any shape -> i32 [bins]; values outside are passed over. */
SABIR_API sabir_value sabir_histogram(sabir_graph *graph, sabir_value x, int64_t bins);

/* ---- Dense algebra ---- */

typedef struct sabir_matmul_attrs { int32_t transpose_a, transpose_b; } sabir_matmul_attrs;
/* a [..., m, k], b [..., k, n] -> [..., m, n]; batch axes broadcast. Float types and i32, u32, i8 (i8: result i32). */
SABIR_API sabir_value sabir_matmul(sabir_graph *graph, sabir_value a, sabir_value b);
/* transpose_a: a is [..., k, m]; transpose_b: b is [..., n, k]. */
SABIR_API sabir_value sabir_matmul_transposed(sabir_graph *graph, sabir_value a, sabir_value b, int32_t transpose_a, int32_t transpose_b);
typedef struct sabir_conv_attrs {
    int64_t stride[3], dilation[3];       /* 0 counts as 1 */
    int64_t before[3], after[3];          /* padding by side; conv_transpose: what is cut from the full result */
    int64_t output_extra[3];              /* conv_transpose only: rows added at the end, below the stride */
    int64_t groups;                       /* 0 counts as 1 */
    int32_t periodic;                     /* padding repeats the other side (conv only) instead of 0 */
} sabir_conv_attrs;
/* x [n, c, s...] (1 to 3 spatial axes), weights [o, c / groups, w...], bias [o] or SABIR_NONE. attrs NULL: all defaults. */
SABIR_API sabir_value sabir_conv(sabir_graph *graph, sabir_value x, sabir_value weights, sabir_value bias, const sabir_conv_attrs *attrs);
/* weights [c, o / groups, w...]; s' = (s - 1) * stride + dilation * (w - 1) + 1 - before - after + output_extra */
SABIR_API sabir_value sabir_conv_transpose(sabir_graph *graph, sabir_value x, sabir_value weights, sabir_value bias, const sabir_conv_attrs *attrs);
typedef struct sabir_pool_attrs {
    int64_t window[3], stride[3], dilation[3], before[3], after[3]; /* window 0 counts as 1; stride 0 as the window */
    int32_t count_padding; /* avg_pool: padding counts as zeros; otherwise the mean is over the elements inside */
} sabir_pool_attrs;
/* x [n, c, s...]. Padding of max_pool never wins; a window of padding alone gives -inf (integers: the lowest), and 0 from avg_pool. */
SABIR_API sabir_value sabir_max_pool(sabir_graph *graph, sabir_value x, const sabir_pool_attrs *attrs);
SABIR_API sabir_value sabir_avg_pool(sabir_graph *graph, sabir_value x, const sabir_pool_attrs *attrs);
SABIR_API sabir_value sabir_softmax(sabir_graph *graph, sabir_value x, int32_t axis);
SABIR_API sabir_value sabir_log_softmax(sabir_graph *graph, sabir_value x, int32_t axis);
typedef struct sabir_norm_attrs { double epsilon; int64_t groups; } sabir_norm_attrs;
/* scale, shift: [last extent] of the type of x, or SABIR_NONE (shift only with scale). */
SABIR_API sabir_value sabir_layer_norm(sabir_graph *graph, sabir_value x, sabir_value scale, sabir_value shift, double epsilon);
SABIR_API sabir_value sabir_rms_norm(sabir_graph *graph, sabir_value x, sabir_value scale, double epsilon);
/* x [n, c, ...], groups divides c; scale, shift [c] or SABIR_NONE. */
SABIR_API sabir_value sabir_group_norm(sabir_graph *graph, sabir_value x, sabir_value scale, sabir_value shift, int64_t groups, double epsilon);
typedef struct sabir_rope_attrs { double base; int64_t rotated; } sabir_rope_attrs;
/* x [..., d], positions i32 broadcast to x without its last axis. The first `rotated` (even, at most d; 0: all d) elements turn:
 * pairs (x[i], x[i + rotated / 2]) by the angle position * base^(-2 i / rotated). Su et al., RoFormer (2021). */
SABIR_API sabir_value sabir_rope(sabir_graph *graph, sabir_value x, sabir_value positions, double base, int64_t rotated);
/* logits [..., c] (float), labels i32 [...] -> [...] */
SABIR_API sabir_value sabir_cross_entropy(sabir_graph *graph, sabir_value logits, sabir_value labels);

/* ---- Attention ---- */

/* What attention reads; a value left at zero ({0}) is absent. b...: batch axes, numpy broadcasting to those of q where nothing else is said.
 *   q [b..., hq, nq, d], k [b..., hkv, nk, d], v [b..., hkv, nk, dv]: hkv divides hq, query head h reads key head h / (hq / hkv); d and dv numbers up
 *     to 256. Any float types, f64 only all together.
 *   bias: float, broadcast to [b..., hq, nq, nk], added to the scaled products; with rows: [b..., hq, e], one number an edge.
 *   mask: u32 [b..., hq, ceil(nq / mask_queries), words], words = ceil(ceil(nk / mask_keys) / 32), axes before the last broadcast: bit j % 32 of word j / 32
 *     says whether the queries of that row see keys mask_keys j and the mask_keys - 1 after.
 *   rows i32 [nq + 1], columns i32 [e]: adjacency in CSR form: query i sees keys columns[rows[i]] .. columns[rows[i + 1] - 1]; a column outside 0 .. nk - 1
 *     is passed over. Not with mask or blocks.
 *   q_positions i32 [b..., nq], k_positions i32 [b..., nk], within 2^30: what causal and window compare; else key j stands at j and query i at
 *     k_length - q_length + i, the last query beside the last key.
 *   q_lengths, k_lengths i32 [b...]: how many queries and keys of a batch row count, from the first on.
 *   blocks i32 [b..., nq or 1, l, 3 or 4]: each query's list (1: one list for all queries) of blocks of keys: block, start offset, length, first (0 where the
 *     last extent is 3). k is then a pool [blocks, hkv, block, d], v likewise: the item stands for keys 0 .. length - 1 of its block, which stand at
 *     positions start + first + 0, 1, ...; an item whose block is outside the pool, or of length 0 or less, is empty. Where rope_base is given, stored
 *     keys are turned as if their block began at position 0 (key t by first + t): each query is turned back by start before it meets
 *     the block, as rope does with -start. Not with k_positions, k_lengths, bias, mask, rows.
 *   prefix_k [b..., hkv, np, d], prefix_v [b..., hkv, np, dv]: more keys, which every query sees as they are.
 *   partial_out [b..., hq, nq, dv], partial_lse [b..., hq, nq]: what attention over other keys gave (f32; f64 for f64); the result is that over both. */
typedef struct sabir_attention_operands {
    sabir_value q, k, v;
    sabir_value bias, mask, rows, columns;
    sabir_value q_positions, k_positions, q_lengths, k_lengths;
    sabir_value blocks;
    sabir_value prefix_k, prefix_v;
    sabir_value partial_out, partial_lse;
} sabir_attention_operands;

typedef struct sabir_attention_attrs {
    double scale;                    /* of the products; 0: 1 / sqrt(d) */
    int64_t window;                  /* 0: none; else a key is seen at a distance below it, before the query or, unless causal, after it */
    int64_t mask_queries, mask_keys; /* queries and keys that a bit of mask stands for; 0 counts as 1 */
    double rope_base;                /* blocks: as for sabir_rope; 0: keys are met as they are stored */
    int64_t rope_rotated;            /* 0: all d */
    int32_t causal;                  /* non-zero: keys at the query's position and before */
    int32_t wide;                    /* non-zero: out is f32 where q is f16 or bf16 */
} sabir_attention_attrs;

/* softmax(scale q k' + bias) v over the keys that a query sees, [b..., hq, nq, dv] of the type of q. *lse (NULL allowed) [b..., hq, nq]: logarithm of the
 * sum of exponentials, f32 (f64 for f64), by which partial results merge. A query that sees no key gives 0, and -inf. attrs NULL: all defaults.
 * Online softmax by tiles, no [nq, nk] array: Dao et al., FlashAttention (2022). */
SABIR_API sabir_value sabir_attention(sabir_graph *graph, const sabir_attention_operands *operands, const sabir_attention_attrs *attrs, sabir_value *lse);
/* Gradient of q; *d_k and *d_v (NULL allowed): of k and v, with all batch axes of q (blocks: of the pool's shape). Each of its operand's type. From out and lse
 * of attention, or of whatever its keys are a part of (a prefix, a partial result, a ring), and the gradients of both; d_lse may be absent (SABIR_NONE).
 * Probabilities are computed again, tile by tile; each sum is made in one order, without atomics. prefix_ and partial_ operands are not looked at. */
SABIR_API sabir_value sabir_attention_gradient(sabir_graph *graph, const sabir_attention_operands *operands, const sabir_attention_attrs *attrs, sabir_value out,
                                               sabir_value lse, sabir_value d_out, sabir_value d_lse, sabir_value *d_k, sabir_value *d_v);
/* Gradient of bias, of its type and shape, likewise. */
SABIR_API sabir_value sabir_attention_bias_gradient(sabir_graph *graph, const sabir_attention_operands *operands, const sabir_attention_attrs *attrs,
                                                    sabir_value out, sabir_value lse, sabir_value d_out, sabir_value d_lse);

/* ---- Losses of softmax ---- */

typedef struct sabir_softmax_losses_attrs { double smoothing, temperature; } sabir_softmax_losses_attrs;
/* Of p = softmax(logits / temperature), logits [..., c] (float), by row: the cross-entropy -sum over c of t[c] log p[c], times weight, where t is
 * (1 - smoothing) one_hot(label) + smoothing / c; *entropy -sum p log p; *lse the logarithm of the sum of exponentials (each NULL allowed). All
 * [...], f32 (f64 for f64). labels i32 [...], weights [...] of the result's type or SABIR_NONE. A label outside 0 .. c - 1 and a weight of 0 give 0.
 * attrs NULL: smoothing 0, temperature 1 (0 counts as 1). */
SABIR_API sabir_value sabir_softmax_losses(sabir_graph *graph, sabir_value logits, sabir_value labels, sabir_value weights,
                                           const sabir_softmax_losses_attrs *attrs, sabir_value *entropy, sabir_value *lse);
/* Gradient of logits from those of the cross-entropy and of the entropy (each SABIR_NONE allowed), with entropy and lse as sabir_softmax_losses gave them. */
SABIR_API sabir_value sabir_softmax_losses_gradient(sabir_graph *graph, sabir_value logits, sabir_value labels, sabir_value weights,
                                                    const sabir_softmax_losses_attrs *attrs, sabir_value entropy, sabir_value lse, sabir_value d_loss,
                                                    sabir_value d_entropy);

/* ---- Grids and sparse ---- */

typedef enum sabir_boundary { SABIR_BOUNDARY_PERIODIC, SABIR_BOUNDARY_DIRICHLET, SABIR_BOUNDARY_NEUMANN } sabir_boundary;
typedef struct sabir_stencil_attrs {
    int32_t axes;               /* 1 to 3: the last axes of x */
    sabir_boundary boundary[3]; /* by axis: wrap; a fixed value outside; the edge repeated */
    double value[3];            /* Dirichlet: the value outside, by axis (the first axis outside decides) */
} sabir_stencil_attrs;
/* x [..., s...], weights [2 h + 1, ...] (one odd extent an axis: the halo h), mask bool [s...] or SABIR_NONE. Result of the shape of x:
 * sum over offsets o of weights[o + h] * x[p + o]. A neighbour that the mask excludes takes the value of the centre; a centre that
 * it excludes gives 0. Float types. */
SABIR_API sabir_value sabir_stencil(sabir_graph *graph, sabir_value x, sabir_value weights, sabir_value mask, const sabir_stencil_attrs *attrs);
/* x [e, f...], rows i32 [n + 1] ascending from 0 to e -> [n, f...]. Row pointers outside 0 .. e are moved inside. */
SABIR_API sabir_value sabir_segment_sum(sabir_graph *graph, sabir_value x, sabir_value rows);
SABIR_API sabir_value sabir_segment_mean(sabir_graph *graph, sabir_value x, sabir_value rows);
SABIR_API sabir_value sabir_segment_max(sabir_graph *graph, sabir_value x, sabir_value rows);
/* rows i32 [n + 1], columns i32 [e], values [e] or SABIR_NONE (all 1), x [m, f...] -> [n, f...]: y[r] = sum over e of r of
 * values[e] * x[columns[e]]. Values may also have leading axes of the features, [e, h] for x [m, h, f]: each head its own.
 * A column outside 0 .. m-1 counts as a row of zeros. sparse.h has more of sparse matrices. */
SABIR_API sabir_value sabir_spmm(sabir_graph *graph, sabir_value rows, sabir_value columns, sabir_value values, sabir_value x);

/* ---- Transforms, line solves, interpolation ---- */

typedef struct sabir_fft_attrs { sabir_ints axes; int32_t inverse; double scale; } sabir_fft_attrs;
/* x [..., 2], f32 or f64: complex numbers, real part first. axes: 1 to 3, distinct, none of them the last; their extents are numbers, of any factors.
 * X[k] = sum over j of x[j] exp(-2 pi i j k / n) along each axis; inverse: exp(+...), divided by the product of the extents. */
SABIR_API sabir_value sabir_fft(sabir_graph *graph, sabir_value x, sabir_ints axes, int32_t inverse);
/* The same times scale instead of 1 or 1 / n; any finite number but 0. */
SABIR_API sabir_value sabir_fft_scaled(sabir_graph *graph, sabir_value x, const sabir_fft_attrs *attrs);
/* x [..., n, ...], real -> [..., n / 2 + 1, ..., 2]: the terms 0 .. n / 2 of the transform along axis. */
SABIR_API sabir_value sabir_rfft(sabir_graph *graph, sabir_value x, int32_t axis);
/* Its inverse: x [..., n / 2 + 1, ..., 2] -> [..., n, ...], real. axis counts in the result; the imaginary parts of term 0, and of term n / 2 where n
 * is even, are not read. */
SABIR_API sabir_value sabir_irfft(sabir_graph *graph, sabir_value x, int32_t axis, int64_t n);
typedef struct sabir_tridiagonal_attrs { int32_t axis; int32_t transposed; } sabir_tridiagonal_attrs;
/* Along axis, for each line: lower[k] x[k-1] + diagonal[k] x[k] + upper[k] x[k+1] = right[k]; lower[0] and upper[n-1] are not read. lower, diagonal and
 * upper are broadcast to the shape of right; float types. Elimination without pivoting: for diagonally dominant or positive definite systems. */
SABIR_API sabir_value sabir_tridiagonal(sabir_graph *graph, sabir_value lower, sabir_value diagonal, sabir_value upper, sabir_value right, int32_t axis);
/* With attrs->transposed non-zero: the system of the transposed matrix. */
SABIR_API sabir_value sabir_tridiagonal_with(sabir_graph *graph, sabir_value lower, sabir_value diagonal, sabir_value upper, sabir_value right,
                                             const sabir_tridiagonal_attrs *attrs);
typedef enum sabir_interpolation { SABIR_INTERPOLATE_LINEAR, SABIR_INTERPOLATE_CUBIC } sabir_interpolation;
typedef struct sabir_interpolate_attrs {
    int32_t axes;               /* 1 to 3: the last axes of x */
    sabir_interpolation order;  /* cubic: Catmull-Rom, 4 elements an axis */
    int32_t periodic[3];        /* by axis, non-zero: positions wrap; otherwise they are moved to 0 .. n - 1, and edges repeat */
    int32_t derivative[3];      /* by axis: how often the interpolant is differentiated in the position; where a position is moved inside it is constant */
} sabir_interpolate_attrs;
/* x [b..., s...], positions [b..., axes, q...] -> [b..., q...]: x at positions counted in elements, 0 the first. positions are f64 where x is f64,
 * else f32. A position that is NaN gives NaN, a grid without elements 0. */
SABIR_API sabir_value sabir_interpolate(sabir_graph *graph, sabir_value x, sabir_value positions, const sabir_interpolate_attrs *attrs);

#ifdef __cplusplus
}
#endif

/* The macros record the caller's file and line. */
#ifndef SABIR_PLAIN_NAMES
#  define sabir_neg(...) SABIR_HERE((sabir_neg)(__VA_ARGS__))
#  define sabir_abs(...) SABIR_HERE((sabir_abs)(__VA_ARGS__))
#  define sabir_sign(...) SABIR_HERE((sabir_sign)(__VA_ARGS__))
#  define sabir_square(...) SABIR_HERE((sabir_square)(__VA_ARGS__))
#  define sabir_sqrt(...) SABIR_HERE((sabir_sqrt)(__VA_ARGS__))
#  define sabir_rsqrt(...) SABIR_HERE((sabir_rsqrt)(__VA_ARGS__))
#  define sabir_reciprocal(...) SABIR_HERE((sabir_reciprocal)(__VA_ARGS__))
#  define sabir_exp(...) SABIR_HERE((sabir_exp)(__VA_ARGS__))
#  define sabir_expm1(...) SABIR_HERE((sabir_expm1)(__VA_ARGS__))
#  define sabir_log(...) SABIR_HERE((sabir_log)(__VA_ARGS__))
#  define sabir_log1p(...) SABIR_HERE((sabir_log1p)(__VA_ARGS__))
#  define sabir_sin(...) SABIR_HERE((sabir_sin)(__VA_ARGS__))
#  define sabir_cos(...) SABIR_HERE((sabir_cos)(__VA_ARGS__))
#  define sabir_tan(...) SABIR_HERE((sabir_tan)(__VA_ARGS__))
#  define sabir_asin(...) SABIR_HERE((sabir_asin)(__VA_ARGS__))
#  define sabir_acos(...) SABIR_HERE((sabir_acos)(__VA_ARGS__))
#  define sabir_atan(...) SABIR_HERE((sabir_atan)(__VA_ARGS__))
#  define sabir_tanh(...) SABIR_HERE((sabir_tanh)(__VA_ARGS__))
#  define sabir_erf(...) SABIR_HERE((sabir_erf)(__VA_ARGS__))
#  define sabir_lgamma(...) SABIR_HERE((sabir_lgamma)(__VA_ARGS__))
#  define sabir_floor(...) SABIR_HERE((sabir_floor)(__VA_ARGS__))
#  define sabir_ceil(...) SABIR_HERE((sabir_ceil)(__VA_ARGS__))
#  define sabir_round(...) SABIR_HERE((sabir_round)(__VA_ARGS__))
#  define sabir_trunc(...) SABIR_HERE((sabir_trunc)(__VA_ARGS__))
#  define sabir_sigmoid(...) SABIR_HERE((sabir_sigmoid)(__VA_ARGS__))
#  define sabir_relu(...) SABIR_HERE((sabir_relu)(__VA_ARGS__))
#  define sabir_gelu(...) SABIR_HERE((sabir_gelu)(__VA_ARGS__))
#  define sabir_silu(...) SABIR_HERE((sabir_silu)(__VA_ARGS__))
#  define sabir_softplus(...) SABIR_HERE((sabir_softplus)(__VA_ARGS__))
#  define sabir_is_nan(...) SABIR_HERE((sabir_is_nan)(__VA_ARGS__))
#  define sabir_is_finite(...) SABIR_HERE((sabir_is_finite)(__VA_ARGS__))
#  define sabir_logical_not(...) SABIR_HERE((sabir_logical_not)(__VA_ARGS__))
#  define sabir_bit_not(...) SABIR_HERE((sabir_bit_not)(__VA_ARGS__))
#  define sabir_popcount(...) SABIR_HERE((sabir_popcount)(__VA_ARGS__))
#  define sabir_add(...) SABIR_HERE((sabir_add)(__VA_ARGS__))
#  define sabir_sub(...) SABIR_HERE((sabir_sub)(__VA_ARGS__))
#  define sabir_mul(...) SABIR_HERE((sabir_mul)(__VA_ARGS__))
#  define sabir_div(...) SABIR_HERE((sabir_div)(__VA_ARGS__))
#  define sabir_mod(...) SABIR_HERE((sabir_mod)(__VA_ARGS__))
#  define sabir_pow(...) SABIR_HERE((sabir_pow)(__VA_ARGS__))
#  define sabir_minimum(...) SABIR_HERE((sabir_minimum)(__VA_ARGS__))
#  define sabir_maximum(...) SABIR_HERE((sabir_maximum)(__VA_ARGS__))
#  define sabir_atan2(...) SABIR_HERE((sabir_atan2)(__VA_ARGS__))
#  define sabir_logaddexp(...) SABIR_HERE((sabir_logaddexp)(__VA_ARGS__))
#  define sabir_bit_and(...) SABIR_HERE((sabir_bit_and)(__VA_ARGS__))
#  define sabir_bit_or(...) SABIR_HERE((sabir_bit_or)(__VA_ARGS__))
#  define sabir_bit_xor(...) SABIR_HERE((sabir_bit_xor)(__VA_ARGS__))
#  define sabir_shift_left(...) SABIR_HERE((sabir_shift_left)(__VA_ARGS__))
#  define sabir_shift_right(...) SABIR_HERE((sabir_shift_right)(__VA_ARGS__))
#  define sabir_logical_and(...) SABIR_HERE((sabir_logical_and)(__VA_ARGS__))
#  define sabir_logical_or(...) SABIR_HERE((sabir_logical_or)(__VA_ARGS__))
#  define sabir_logical_xor(...) SABIR_HERE((sabir_logical_xor)(__VA_ARGS__))
#  define sabir_equal(...) SABIR_HERE((sabir_equal)(__VA_ARGS__))
#  define sabir_not_equal(...) SABIR_HERE((sabir_not_equal)(__VA_ARGS__))
#  define sabir_less(...) SABIR_HERE((sabir_less)(__VA_ARGS__))
#  define sabir_less_equal(...) SABIR_HERE((sabir_less_equal)(__VA_ARGS__))
#  define sabir_greater(...) SABIR_HERE((sabir_greater)(__VA_ARGS__))
#  define sabir_greater_equal(...) SABIR_HERE((sabir_greater_equal)(__VA_ARGS__))
#  define sabir_clamp(...) SABIR_HERE((sabir_clamp)(__VA_ARGS__))
#  define sabir_select(...) SABIR_HERE((sabir_select)(__VA_ARGS__))
#  define sabir_cast(...) SABIR_HERE((sabir_cast)(__VA_ARGS__))
#  define sabir_iota(...) SABIR_HERE((sabir_iota)(__VA_ARGS__))
#  define sabir_one_hot(...) SABIR_HERE((sabir_one_hot)(__VA_ARGS__))
#  define sabir_random(...) SABIR_HERE((sabir_random)(__VA_ARGS__))
#  define sabir_bernoulli(...) SABIR_HERE((sabir_bernoulli)(__VA_ARGS__))
#  define sabir_reshape(...) SABIR_HERE((sabir_reshape)(__VA_ARGS__))
#  define sabir_transpose(...) SABIR_HERE((sabir_transpose)(__VA_ARGS__))
#  define sabir_slice(...) SABIR_HERE((sabir_slice)(__VA_ARGS__))
#  define sabir_narrow(...) SABIR_HERE((sabir_narrow)(__VA_ARGS__))
#  define sabir_flip(...) SABIR_HERE((sabir_flip)(__VA_ARGS__))
#  define sabir_broadcast(...) SABIR_HERE((sabir_broadcast)(__VA_ARGS__))
#  define sabir_diagonal(...) SABIR_HERE((sabir_diagonal)(__VA_ARGS__))
#  define sabir_diagonal_embed(...) SABIR_HERE((sabir_diagonal_embed)(__VA_ARGS__))
#  define sabir_dynamic_slice(...) SABIR_HERE((sabir_dynamic_slice)(__VA_ARGS__))
#  define sabir_update(...) SABIR_HERE((sabir_update)(__VA_ARGS__))
#  define sabir_pad(...) SABIR_HERE((sabir_pad)(__VA_ARGS__))
#  define sabir_concat(...) SABIR_HERE((sabir_concat)(__VA_ARGS__))
#  define sabir_roll(...) SABIR_HERE((sabir_roll)(__VA_ARGS__))
#  define sabir_gather(...) SABIR_HERE((sabir_gather)(__VA_ARGS__))
#  define sabir_embedding(...) SABIR_HERE((sabir_embedding)(__VA_ARGS__))
#  define sabir_take_along(...) SABIR_HERE((sabir_take_along)(__VA_ARGS__))
#  define sabir_scatter_set(...) SABIR_HERE((sabir_scatter_set)(__VA_ARGS__))
#  define sabir_scatter_add(...) SABIR_HERE((sabir_scatter_add)(__VA_ARGS__))
#  define sabir_scatter_max(...) SABIR_HERE((sabir_scatter_max)(__VA_ARGS__))
#  define sabir_unfold(...) SABIR_HERE((sabir_unfold)(__VA_ARGS__))
#  define sabir_overlap_add(...) SABIR_HERE((sabir_overlap_add)(__VA_ARGS__))
#  define sabir_resize(...) SABIR_HERE((sabir_resize)(__VA_ARGS__))
#  define sabir_resize_adjoint(...) SABIR_HERE((sabir_resize_adjoint)(__VA_ARGS__))
#  define sabir_sum(...) SABIR_HERE((sabir_sum)(__VA_ARGS__))
#  define sabir_mean(...) SABIR_HERE((sabir_mean)(__VA_ARGS__))
#  define sabir_prod(...) SABIR_HERE((sabir_prod)(__VA_ARGS__))
#  define sabir_max(...) SABIR_HERE((sabir_max)(__VA_ARGS__))
#  define sabir_min(...) SABIR_HERE((sabir_min)(__VA_ARGS__))
#  define sabir_reduce(...) SABIR_HERE((sabir_reduce)(__VA_ARGS__))
#  define sabir_argmax(...) SABIR_HERE((sabir_argmax)(__VA_ARGS__))
#  define sabir_argmin(...) SABIR_HERE((sabir_argmin)(__VA_ARGS__))
#  define sabir_cumsum(...) SABIR_HERE((sabir_cumsum)(__VA_ARGS__))
#  define sabir_segmented_cumsum(...) SABIR_HERE((sabir_segmented_cumsum)(__VA_ARGS__))
#  define sabir_sort(...) SABIR_HERE((sabir_sort)(__VA_ARGS__))
#  define sabir_sort_by_key(...) SABIR_HERE((sabir_sort_by_key)(__VA_ARGS__))
#  define sabir_top_k(...) SABIR_HERE((sabir_top_k)(__VA_ARGS__))
#  define sabir_compact(...) SABIR_HERE((sabir_compact)(__VA_ARGS__))
#  define sabir_histogram(...) SABIR_HERE((sabir_histogram)(__VA_ARGS__))
#  define sabir_matmul(...) SABIR_HERE((sabir_matmul)(__VA_ARGS__))
#  define sabir_matmul_transposed(...) SABIR_HERE((sabir_matmul_transposed)(__VA_ARGS__))
#  define sabir_conv(...) SABIR_HERE((sabir_conv)(__VA_ARGS__))
#  define sabir_conv_transpose(...) SABIR_HERE((sabir_conv_transpose)(__VA_ARGS__))
#  define sabir_max_pool(...) SABIR_HERE((sabir_max_pool)(__VA_ARGS__))
#  define sabir_avg_pool(...) SABIR_HERE((sabir_avg_pool)(__VA_ARGS__))
#  define sabir_softmax(...) SABIR_HERE((sabir_softmax)(__VA_ARGS__))
#  define sabir_log_softmax(...) SABIR_HERE((sabir_log_softmax)(__VA_ARGS__))
#  define sabir_layer_norm(...) SABIR_HERE((sabir_layer_norm)(__VA_ARGS__))
#  define sabir_rms_norm(...) SABIR_HERE((sabir_rms_norm)(__VA_ARGS__))
#  define sabir_group_norm(...) SABIR_HERE((sabir_group_norm)(__VA_ARGS__))
#  define sabir_rope(...) SABIR_HERE((sabir_rope)(__VA_ARGS__))
#  define sabir_cross_entropy(...) SABIR_HERE((sabir_cross_entropy)(__VA_ARGS__))
#  define sabir_attention(...) SABIR_HERE((sabir_attention)(__VA_ARGS__))
#  define sabir_attention_gradient(...) SABIR_HERE((sabir_attention_gradient)(__VA_ARGS__))
#  define sabir_attention_bias_gradient(...) SABIR_HERE((sabir_attention_bias_gradient)(__VA_ARGS__))
#  define sabir_softmax_losses(...) SABIR_HERE((sabir_softmax_losses)(__VA_ARGS__))
#  define sabir_softmax_losses_gradient(...) SABIR_HERE((sabir_softmax_losses_gradient)(__VA_ARGS__))
#  define sabir_stencil(...) SABIR_HERE((sabir_stencil)(__VA_ARGS__))
#  define sabir_segment_sum(...) SABIR_HERE((sabir_segment_sum)(__VA_ARGS__))
#  define sabir_segment_mean(...) SABIR_HERE((sabir_segment_mean)(__VA_ARGS__))
#  define sabir_segment_max(...) SABIR_HERE((sabir_segment_max)(__VA_ARGS__))
#  define sabir_spmm(...) SABIR_HERE((sabir_spmm)(__VA_ARGS__))
#  define sabir_fft(...) SABIR_HERE((sabir_fft)(__VA_ARGS__))
#  define sabir_fft_scaled(...) SABIR_HERE((sabir_fft_scaled)(__VA_ARGS__))
#  define sabir_rfft(...) SABIR_HERE((sabir_rfft)(__VA_ARGS__))
#  define sabir_irfft(...) SABIR_HERE((sabir_irfft)(__VA_ARGS__))
#  define sabir_tridiagonal(...) SABIR_HERE((sabir_tridiagonal)(__VA_ARGS__))
#  define sabir_tridiagonal_with(...) SABIR_HERE((sabir_tridiagonal_with)(__VA_ARGS__))
#  define sabir_interpolate(...) SABIR_HERE((sabir_interpolate)(__VA_ARGS__))
#endif
#endif
