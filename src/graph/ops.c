/* The table of operators, from ops.def; the shape column is the functions sbr_rule_NAME of this folder. */
#include "build.h"

#define RESULT_SAME SABIR_TYPE_COUNT
#define RESULT_BOOL SABIR_BOOL
#define RESULT_I32 SABIR_I32

const sbr_op_info sbr_ops[SBR_OP_COUNT] = {
#define EW(name_, inputs_, class_name, result_, expression_, tolerance_, text_)                                                  \
    [SBR_OP_##name_] = {.name = #name_, .text = text_, .least = inputs_, .most = inputs_, .outputs = 1, .flags = SBR_ELEMENTWISE, \
                        .attrs_size = sizeof(sbr_no_attrs), .tolerance = tolerance_, .class_ = SBR_CLASS_##class_name,            \
                        .result = RESULT_##result_, .expression = expression_, .shape = sbr_rule_elementwise},
#define OP(name_, least_, most_, outputs_, attributes_, flags_, tolerance_, text_)                                            \
    [SBR_OP_##name_] = {.name = #name_, .text = text_, .least = least_, .most = most_, .outputs = outputs_, .flags = (flags_), \
                        .attrs_size = sizeof(attributes_), .tolerance = tolerance_, .class_ = SBR_CLASS_ANY,                   \
                        .result = SABIR_TYPE_COUNT, .shape = sbr_rule_##name_},
#include "ops.def"
};

sbr_op sbr_op_find(const char *name)
{
    uint32_t op = 0;
    while (op < SBR_OP_COUNT && (!name || strcmp(sbr_ops[op].name, name) != 0)) op++;
    return (sbr_op)op;
}
