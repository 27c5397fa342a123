/* Building blocks of networks: functions that make parameters by name and return values. A block is nothing but operators: whatever it builds can be
 * differentiated, printed, and mixed with one's own.
 *
 *   sabir_params *p;
 *   sabir_params_create(g, NULL, &p);
 *   sabir_value hidden = sabir_relu(g, sabir_linear(p, "hidden", x, 64, NULL));
 *   sabir_value logits = sabir_linear(p, "logits", hidden, 10, NULL);
 *   ... sabir_minimize (optim.h), sabir_compile ...
 *   sabir_params_initialise(p, store);
 *
 * Mistakes are kept in the graph, as operators keep them (graph.h). */
#ifndef SABIR_NN_H
#define SABIR_NN_H

#include "moe.h"
#include "ops.h"
#include "optim.h"
#include "sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Parameters ---- */

typedef struct sabir_params sabir_params; /* of one graph and, like it, of one thread at a time */

typedef enum sabir_init_kind {
    SABIR_INIT_ZEROS,
    SABIR_INIT_ONES,
    SABIR_INIT_NORMAL,           /* deviation scale */
    SABIR_INIT_TRUNCATED_NORMAL, /* deviation scale before what lies beyond 2 of it is drawn again */
    SABIR_INIT_UNIFORM,          /* from -scale to scale */
    SABIR_INIT_XAVIER,           /* Glorot and Bengio (2010): uniform, half width scale sqrt(6 / (inputs + outputs)) */
    SABIR_INIT_KAIMING           /* He et al. (2015): normal, deviation scale sqrt(2 / inputs) */
} sabir_init_kind;

/* inputs, outputs: how many elements one result is made of, and how many results one element goes into; 0: by the shape: [inputs, outputs] for rank 2,
 * [outputs, channels, window...] above, the extent for rank 1. */
typedef struct sabir_init {
    sabir_init_kind kind;
    double scale; /* 0 counts as 1 */
    int64_t inputs, outputs;
} sabir_init;

typedef struct sabir_params_options {
    size_t size;
    uint64_t seed;
    sabir_type type; /* of every parameter; 0 is SABIR_F32 */
} sabir_params_options;

#define SABIR_PARAMS_OPTIONS {.size = sizeof(sabir_params_options)}

/* options may be NULL. */
SABIR_API sabir_status sabir_params_create(sabir_graph *graph, const sabir_params_options *options, sabir_params **params);
SABIR_API void sabir_params_destroy(sabir_params *params); /* NULL is allowed; the values live on */
SABIR_API sabir_graph *sabir_params_graph(const sabir_params *params);

/* Names made until leave are put behind "name/", or "nameI/" for a number I >= 0. */
SABIR_API void sabir_params_enter(sabir_params *params, const char *name, int64_t number);
SABIR_API void sabir_params_leave(sabir_params *params);
/* The parameter of that name (in the scopes entered), made if there is none: asked for again, with the same shape, it is the same one. */
SABIR_API sabir_value sabir_param(sabir_params *params, const char *name, sabir_shape shape, sabir_init init);

SABIR_API uint32_t sabir_params_count(const sabir_params *params);
/* In the order they were made; names by sabir_value_name. Valid until another one is made. */
SABIR_API const sabir_value *sabir_params_values(const sabir_params *params);
/* Those whose names begin with prefix: their number, and the first `room` of them in values. */
SABIR_API uint32_t sabir_params_under(const sabir_params *params, const char *prefix, sabir_value *values, uint32_t room);
/* For sabir_minimize: groups[0] what has rank 2 or more, groups[1] the rest (biases, norms), without weight decay. Valid as sabir_params_values is. */
SABIR_API void sabir_params_groups(sabir_params *params, sabir_parameter_group groups[2]);

/* Writes the initial value of every parameter into the store's variable of its name, made if there is none. Numbers are Philox's (ops.h), keyed by the seed and
 * the name, so that neither the order of making nor other parameters matter, and the same on every device. The graph is still there. */
SABIR_API sabir_status sabir_params_initialise(const sabir_params *params, sabir_store *store);

/* ---- Layers ----
 * x has the type of the parameters. Names are not empty. A block that refuses its arguments leaves the graph's error, which names it with its scopes. */

typedef enum sabir_activation {
    SABIR_ACTIVATION_NONE,
    SABIR_ACTIVATION_RELU,
    SABIR_ACTIVATION_GELU,
    SABIR_ACTIVATION_SILU,
    SABIR_ACTIVATION_TANH,
    SABIR_ACTIVATION_SIGMOID
} sabir_activation;

SABIR_API sabir_value sabir_activate(sabir_graph *graph, sabir_value x, sabir_activation activation);

typedef struct sabir_linear_options {
    size_t size;
    int no_bias;
    sabir_init weight; /* kind ZEROS with scale 0, as left alone: uniform, half width 1 / sqrt(inputs) */
} sabir_linear_options;

#define SABIR_LINEAR_OPTIONS {.size = sizeof(sabir_linear_options)}

/* x [..., inputs] -> [..., outputs]: x weight + bias. Parameters name/weight [inputs, outputs], name/bias [outputs], which begins as 0.
 * inputs is a number, the other extents may be dims. */
SABIR_API sabir_value sabir_linear(sabir_params *params, const char *name, sabir_value x, int64_t outputs, const sabir_linear_options *options);

/* Linear layers name/0, name/1, ... of these widths, with the activation between them. */
SABIR_API sabir_value sabir_mlp(sabir_params *params, const char *name, sabir_value x, const int64_t *widths, uint32_t count, sabir_activation activation);

typedef struct sabir_conv_options {
    size_t size;
    int64_t window[3];   /* by spatial axis; 0: 3 */
    int64_t stride[3];   /* 0: 1 */
    int64_t dilation[3]; /* 0: 1 */
    int64_t groups;      /* 0: 1 */
    int no_padding;      /* otherwise dilation (window - 1) elements of 0 are put around, half on each side, the odd one behind */
    int periodic;        /* the padding repeats the other side */
    int64_t norm_groups; /* above 0: a group norm of so many groups comes between (and there is no bias) */
    sabir_activation activation;
} sabir_conv_options;

#define SABIR_CONV_OPTIONS {.size = sizeof(sabir_conv_options)}

/* x [n, channels, 1 to 3 spatial axes] -> [n, outputs, ...]: convolution, bias or norm, activation. Parameters name/weight [outputs, channels / groups, window...],
 * name/bias [outputs] or name/scale and name/shift [outputs]. The weight begins as KAIMING. options may be NULL. */
SABIR_API sabir_value sabir_conv_block(sabir_params *params, const char *name, sabir_value x, int64_t outputs, const sabir_conv_options *options);

/* ---- Transformers ---- */

typedef enum sabir_feed_forward_kind {
    SABIR_FEED_FORWARD_SWIGLU, /* down(silu(gate x) * up x): Shazeer, "GLU variants improve transformer" (2020) */
    SABIR_FEED_FORWARD_GEGLU,  /* the same with gelu */
    SABIR_FEED_FORWARD_GELU,   /* down(gelu(up x)) */
    SABIR_FEED_FORWARD_RELU
} sabir_feed_forward_kind;

/* x [..., width] -> [..., width]. Parameters name/gate (of the first two kinds), name/up [width, hidden] and name/down [hidden, width], without biases
 * unless asked for. */
SABIR_API sabir_value sabir_feed_forward(sabir_params *params, const char *name, sabir_value x, int64_t hidden, sabir_feed_forward_kind kind, int bias);

typedef struct sabir_experts_options {
    size_t size;
    int64_t experts;               /* at least 1 */
    int64_t hidden;                /* inside an expert; 0: 4 times the width */
    sabir_feed_forward_kind kind;
    sabir_route_options route;     /* weights is made here; k, gate, capacity_factor and the rest as in moe.h. size 0, as left alone: all defaults */
} sabir_experts_options;

#define SABIR_EXPERTS_OPTIONS {.size = sizeof(sabir_experts_options)}

/* A mixture of experts in the place of a feed-forward part: x [..., width] -> [..., width], every token through k of the experts. Parameters name/router
 * [width, experts], name/gate, name/up [experts, width, hidden] and name/down [experts, hidden, width]. *routing (NULL allowed) has the losses that
 * balance it, and the counts. */
SABIR_API sabir_value sabir_experts_block(sabir_params *params, const char *name, sabir_value x, const sabir_experts_options *options, sabir_routing *routing);

typedef struct sabir_transformer_options {
    size_t size;
    int64_t heads;          /* at least 1: the options are needed */
    int64_t kv_heads;       /* heads of keys and values, a divisor of heads (grouped-query attention); 0: heads */
    int64_t head;           /* width of a head, even, up to 256; 0: width / heads */
    int64_t hidden;         /* of the feed-forward part; 0: 4 times the width */
    sabir_feed_forward_kind kind;
    const sabir_experts_options *experts; /* NULL; or experts in the place of the feed-forward part */
    sabir_routing *routing; /* NULL, or where the experts' routing is written */
    int layer_norm;         /* layer norm with scale and shift in the place of RMS norm */
    int bias;               /* non-zero: linear layers have biases */
    int not_causal;
    int64_t window;         /* keys are seen at a distance below it; 0: all */
    double rope_base;       /* 0: 10000; below 0: no rotary positions */
    double epsilon;         /* of the norms; 0: 1e-5 */
    sabir_value positions;  /* i32 [n] or [batch..., n]; left alone: 0, 1, ... */
    sabir_value lengths;    /* i32 [batch...]: tokens of each sequence that count, from the first on; left alone: all */
} sabir_transformer_options;

#define SABIR_TRANSFORMER_OPTIONS {.size = sizeof(sabir_transformer_options)}

/* x [batch..., n, width] -> the same: x += attention(norm(x)), x += feed_forward(norm(x)) (pre-norm). Extents before the width may be dims. Parameters
 * name/attention_norm, name/attention/query, key, value, out, name/feed_forward_norm, name/feed_forward/... (experts: name/experts/...). */
SABIR_API sabir_value sabir_transformer_block(sabir_params *params, const char *name, sabir_value x, const sabir_transformer_options *options);

/* ---- Graphs ---- */

typedef struct sabir_message_options {
    size_t size;
    int64_t hidden;            /* width of the messages; 0: outputs */
    sabir_gathering gathering;
    sabir_activation activation; /* NONE, as left alone, is SILU */
    int no_residual;           /* otherwise x is added where it has as many features as the result */
} sabir_message_options;

#define SABIR_MESSAGE_OPTIONS {.size = sizeof(sabir_message_options)}

/* Message passing on a graph of n nodes (a square matrix): x [n, f] -> [n, outputs]. The message of an edge is activation(source x[from] + target x[to] + edge e),
 * linear in each; what arrives at a node is gathered, and the result is update(activation(self x + message gathered)). Where kernels are fused, nothing of the
 * size of the edges is written. edges [entries, g] or SABIR_NONE. Parameters name/source, name/target, name/edge, name/self, name/message, name/update.
 * (Gilmer et al., "Neural message passing for quantum chemistry", 2017.) */
SABIR_API sabir_value sabir_message_block(sabir_params *params, const char *name, const sabir_sparse *matrix, sabir_value x, sabir_value edges, int64_t outputs,
                                          const sabir_message_options *options);

#ifdef __cplusplus
}
#endif

#ifndef SABIR_PLAIN_NAMES
#  define sabir_feed_forward(...) SABIR_HERE((sabir_feed_forward)(__VA_ARGS__))
#  define sabir_experts_block(...) SABIR_HERE((sabir_experts_block)(__VA_ARGS__))
#  define sabir_transformer_block(...) SABIR_HERE((sabir_transformer_block)(__VA_ARGS__))
#  define sabir_message_block(...) SABIR_HERE((sabir_message_block)(__VA_ARGS__))
#  define sabir_param(...) SABIR_HERE((sabir_param)(__VA_ARGS__))
#  define sabir_activate(...) SABIR_HERE((sabir_activate)(__VA_ARGS__))
#  define sabir_linear(...) SABIR_HERE((sabir_linear)(__VA_ARGS__))
#  define sabir_mlp(...) SABIR_HERE((sabir_mlp)(__VA_ARGS__))
#  define sabir_conv_block(...) SABIR_HERE((sabir_conv_block)(__VA_ARGS__))
#endif
#endif
