/* Families of operators, as patterns of names; together they are the whole table. */
#ifndef SABIR_CONFORM_FAMILIES_H
#define SABIR_CONFORM_FAMILIES_H

#define EW(name, inputs, class, result, expression, tolerance, text) #name "|"
#define OP(name, least, most, outputs, attributes, flags, tolerance, text)
static const char elementwise[] = "^("
#include "graph/ops.def"
                                  "cast|select)$";

static const char leaves[] = "^(input|variable|scalar|constant|dim_value|assign|loop|carry)$";
static const char aliases[] = "^(stop_gradient|custom_gradient|after)$";
static const char creation[] = "^(iota|one_hot|random)$";
static const char views[] = "^(reshape|transpose|slice|broadcast|diagonal|dynamic_slice|update)$";
static const char movement[] = "^(pad|concat|roll|diagonal_embed|unfold|overlap_add|resize|resize_adjoint)$";
static const char indexing[] = "^(gather|take_along|scatter_set|scatter_add|scatter_max)$";
static const char reductions[] = "^(sum|mean|prod|max|min|argmax|argmin|cumsum)$";
static const char order[] = "^(sort|top_k|compact|histogram)$";
static const char dense[] = "^(matmul|conv|conv_transpose|max_pool|avg_pool)$";
static const char norms[] = "^(softmax|log_softmax|layer_norm|rms_norm|group_norm|rope|cross_entropy)$";
static const char attentions[] = "^(attention|attention_gradient|attention_bias_gradient|softmax_losses|softmax_losses_gradient)$";
static const char grids[] = "^stencil$";
static const char sparse[] = "^(segment_(sum|mean|max|min|softmax|ids)|spmm|sddmm)$";
static const char experts[] = "^(group_by|grouped_matmul|grouped_outer)$";
static const char transforms[] = "^(fft|tridiagonal|interpolate)$";

static const char *const families[] = {elementwise, leaves, aliases,    creation, views,  movement, indexing, reductions,
                                        order,       dense,  norms,      attentions, grids, sparse,   experts,  transforms};

#endif
