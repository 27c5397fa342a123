/* The operators without a gradient, by name; leaves and state are in leaves.c. */
#ifndef SBR_GRAD_NONE_H
#define SBR_GRAD_NONE_H

#include "grad.h"

#define SBR_GRAD_NONE(ROW)                                                                                     \
    /* steps */                                                                                                \
    ROW(sign) ROW(floor) ROW(ceil) ROW(round) ROW(trunc)                                                       \
    /* bool and integers */                                                                                    \
    ROW(is_nan) ROW(is_finite) ROW(logical_not) ROW(logical_and) ROW(logical_or) ROW(logical_xor)              \
    ROW(equal) ROW(not_equal) ROW(less) ROW(less_equal) ROW(greater) ROW(greater_equal)                        \
    ROW(bit_not) ROW(popcount) ROW(bit_and) ROW(bit_or) ROW(bit_xor) ROW(shift_left) ROW(shift_right)          \
    ROW(argmax) ROW(argmin) ROW(compact) ROW(histogram) ROW(group_by) ROW(segment_ids)                         \
    /* made of integers */                                                                                     \
    ROW(iota) ROW(one_hot) ROW(random)

#endif
