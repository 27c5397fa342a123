/* Lowering: an operator to kernel launches. One file an operator family, one function an operator:
 *     sabir_status sbr_lower_matmul(sbr_lowering *lowering, const sbr_node *node);
 * It reads the views of the node's inputs, makes the views of its outputs (a new slot, or a view of an operand), and launches.
 * Everything it makes lives in the module. It knows nothing of any backend: it asks lowering->options for limits.
 *
 * Rules for kernels' operands: a launch reads any storage type and any view whose strides it passes; it writes dense views from
 * their slot's start. Non-map kernels write whole words only: the launcher puts a temporary and a cast behind them for
 * 8- and 16-bit outputs, so families need not care. */
#ifndef SBR_LOWER_H
#define SBR_LOWER_H

#include "kernel/builtin.h"
#include "module.h"

typedef struct sbr_lowering {
    const sabir_graph *graph; /* simplified; nodes in order */
    const sbr_lower_options *options;
    sbr_module *module;
    sbr_view *views;          /* by value of the graph; slot UINT32_MAX: not made yet */
    uint32_t *last_use;       /* by value: the last node that reads it through any view, outputs and assigns counted; 0 none */
    uint32_t node;            /* being lowered */
    uint32_t gate;            /* of the loop we are in; 0 outside */
    struct sbr_kernel_set *kernels; /* descriptors read so far */
} sbr_lowering;

typedef sabir_status sbr_lower_function(sbr_lowering *lowering, const sbr_node *node);
extern sbr_lower_function *const sbr_lower_functions[SBR_OP_COUNT]; /* NULL for EW rows (elementwise.c has one for all) and what the driver does itself */

/* ---- Extents ---- */
sbr_expr sbr_num(sbr_lowering *lowering, int64_t number);
sbr_expr sbr_ext(sbr_lowering *lowering, sabir_extent extent);
sbr_expr sbr_mul(sbr_lowering *lowering, sbr_expr a, sbr_expr b);
sbr_expr sbr_add(sbr_lowering *lowering, sbr_expr a, sbr_expr b);
sbr_expr sbr_ceil_div(sbr_lowering *lowering, sbr_expr a, int64_t b);
bool sbr_known(const sbr_lowering *lowering, sbr_expr expr, int64_t *number); /* whether it is a number */
/* Product of extents [first, end) of a view. */
sbr_expr sbr_extents_product(sbr_lowering *lowering, const sbr_view *view, int32_t first, int32_t end);
sbr_expr sbr_view_count(sbr_lowering *lowering, const sbr_view *view);

/* ---- Views ---- */
/* The view of input number i of the node. */
const sbr_view *sbr_in(const sbr_lowering *lowering, const sbr_node *node, uint32_t i);
/* A new dense slot of a type and shape. */
sabir_status sbr_temp(sbr_lowering *lowering, sabir_type type, int32_t rank, const sbr_expr *extents, sbr_view *view);
/* A new dense slot for output number i of the node; the view is also entered as the output's. */
sabir_status sbr_out(sbr_lowering *lowering, const sbr_node *node, uint32_t i, sbr_view *view);
/* Words that are known here, as a u32 constant of the module; data lives as long as it. */
sabir_status sbr_constant_words(sbr_lowering *lowering, const uint32_t *data, int64_t count, sbr_view *view);
/* Output number i is this view (of an operand). */
void sbr_alias(sbr_lowering *lowering, const sbr_node *node, uint32_t i, const sbr_view *view);
bool sbr_is_dense(const sbr_lowering *lowering, const sbr_view *view); /* row-major without gaps; the offset may be anything */
/* The same elements dense: the view itself, or a copy. */
sabir_status sbr_dense(sbr_lowering *lowering, const sbr_view *view, sbr_view *dense);
/* A view with another shape over the same elements; false where strides do not allow it (then take sbr_dense first). */
bool sbr_view_reshape(sbr_lowering *lowering, const sbr_view *view, int32_t rank, const sbr_expr *extents, sbr_view *reshaped);
/* The view broadcast to extents, aligned at the last axis (strides of 0). */
void sbr_view_broadcast(sbr_lowering *lowering, const sbr_view *view, int32_t rank, const sbr_expr *extents, sbr_view *result);
void sbr_view_dense(sbr_lowering *lowering, uint32_t slot, sabir_type type, int32_t rank, const sbr_expr *extents, sbr_view *view); /* over a slot's start */
/* Axes moved: result axis i is axes[i]. */
void sbr_view_transpose(const sbr_view *view, const int64_t *axes, sbr_view *result);
/* Whether the slot under the view may be overwritten by this node: no later reader, and nobody else's memory. */
bool sbr_may_overwrite(const sbr_lowering *lowering, uint32_t value);

/* ---- Launches ----
 *     sbr_launcher l;
 *     SABIR_TRY(sbr_launch_begin(&l, lowering, "row_sum", SBR_ARITH_F32, SBR_ARITH_F32));
 *     sbr_read(&l, "x", &x);  sbr_write(&l, "y", &y);  sbr_uint(&l, "columns", columns);
 *     SABIR_TRY(sbr_launch_end(&l, groups, flops));
 * Mistakes (unknown or missing names, a strided view without `view` params) are kept and reported by sbr_launch_end as SABIR_INTERNAL. */
enum { SBR_LAUNCH_WORDS = 256 };
typedef struct sbr_launcher {
    sbr_lowering *lowering;
    const sbr_kernel_desc *desc;
    sbr_launch launch;
    sbr_control_word words[SBR_LAUNCH_WORDS];
    uint32_t word_count;
    sbr_view operand_views[SBR_MAX_BUFFERS];
    bool strided[SBR_MAX_BUFFERS];
    int32_t space_rank;
    sbr_expr space[SABIR_MAX_RANK];
    sbr_view outputs[4], finals[4]; /* where a sub-word output needs a temporary */
    uint32_t output_count;
    uint32_t set_buffers;
    uint64_t set_params;
    sabir_status status;
} sbr_launcher;

/* result: same as arith unless the kernel has results. */
sabir_status sbr_launch_begin(sbr_launcher *launcher, sbr_lowering *lowering, const char *kernel, sbr_arith arith, sbr_arith result);
/* The same for text made here (fusion): desc in the module's arena. */
sabir_status sbr_launch_text(sbr_launcher *launcher, sbr_lowering *lowering, const sbr_kernel_desc *desc, sbr_arith arith, sbr_arith result);
void sbr_read(sbr_launcher *launcher, const char *buffer, const sbr_view *view);  /* offset and storage; if the kernel's `view` names the buffer, also strides */
void sbr_write(sbr_launcher *launcher, const char *buffer, const sbr_view *view); /* for a buffer that is `write` or `update` */
/* For kernels with `view` lines: rank and extents of the index space; before sbr_read of its buffers. Views of the index space's rank. Where all
 * operands allow, neighbouring axes are merged when the launch ends, so kernels see as few axes as possible. */
void sbr_space(sbr_launcher *launcher, int32_t rank, const sbr_expr *extents);
void sbr_uint(sbr_launcher *launcher, const char *param, sbr_expr value);
void sbr_uint_at(sbr_launcher *launcher, const char *param, uint32_t index, sbr_expr value);
void sbr_int(sbr_launcher *launcher, const char *param, int64_t value); /* any integer parameter, uint int or idx */
void sbr_idx(sbr_launcher *launcher, const char *param, sbr_expr value);
void sbr_idx_at(sbr_launcher *launcher, const char *param, uint32_t index, sbr_expr value);
/* The constant's value in a kernel made for this launch alone, where one is (specialise.c); elsewhere it keeps the one of the kernel's file. */
void sbr_own_constant(sbr_launcher *launcher, const char *constant, uint32_t value);
/* Output may share the memory of this read operand (each word read only by the invocation that writes it). Map kernels with equal dense views get
 * this by themselves. */
void sbr_may_share(sbr_launcher *launcher, const char *buffer);
/* For map kernels: n and groups come from the written view; pass SBR_EXPR_NONE as groups. flops: of the whole launch at the dims' maxima. */
sabir_status sbr_launch_end(sbr_launcher *launcher, sbr_expr groups, uint64_t flops);
/* Elements of from (any strides) into to (dense), same type. */
sabir_status sbr_copy_view(sbr_lowering *lowering, const sbr_view *from, const sbr_view *to);
/* The same with a cast between types. */
sabir_status sbr_cast_view(sbr_lowering *lowering, const sbr_view *from, const sbr_view *to);
sabir_status sbr_fill_view(sbr_lowering *lowering, const sbr_view *to, double number);

/* ---- Types ---- */
/* The arithmetic type in which a type is computed: f32 f16 bf16 -> F32, i32 i8 -> I32, u32 u8 bool -> U32. */
sbr_arith sbr_arith_of(sabir_type type);

/* ---- The driver's passes, one file each ---- */
sabir_status sbr_simplify(const sabir_graph *graph, const sabir_allocator *allocator, const sbr_lower_options *options, sabir_graph **simplified);
/* Groups of nodes that run as one kernel: group[node] is the group's last node; UINT32_MAX: by itself. */
sabir_status sbr_fuse(const sabir_graph *graph, const sbr_lower_options *options, uint32_t *group);
sabir_status sbr_lower_group(sbr_lowering *lowering, const uint32_t *nodes, uint32_t count);
sabir_status sbr_forward_destinations(sbr_module *module);
/* Chooses the launches for which kernels are made of their own; all launches of a module stand. */
sabir_status sbr_specialise(sbr_module *module, sabir_specialise how);
sabir_status sbr_plan(sbr_module *module, const sbr_lower_options *options);
/* The descriptor of a built-in kernel, read once a module. */
sabir_status sbr_kernel_descriptor(sbr_lowering *lowering, const char *name, const sbr_kernel_desc **desc);

#endif
