#include "operator.h"

#include <string.h>

/* The flags of the table. */
enum { SBR_VIEW = 1, SBR_LEAF = 2, SBR_STATE = 4, SBR_REGION = 8, SBR_EXACT = 16, ELEMENTWISE = 32, SBR_ALIAS = 64 };
enum { FLOAT, INT, NUMBER, ANY, LOGIC, BY_RULE };
enum { SAME, BOOL, RESULT_BY_RULE };

typedef struct operator_row {
    const char *name, *text;
    int least, most, outputs, flags;
    int class, result; /* elementwise: which types it takes and gives */
    double tolerance;
} operator_row;

static const operator_row rows[] = {
#define EW(name, inputs, class, result, expression, tolerance, text) {#name, text, inputs, inputs, 1, ELEMENTWISE, class, result, tolerance},
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) \
    {#name, text, least, most, outputs, flags, BY_RULE, RESULT_BY_RULE, tolerance},
#include "graph/ops.def"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const char *const class_types[] = {"f32 f16 bf16 f64", "i32 u32 i8 u8", "f32 f16 bf16 f64 i32 u32 i8 u8",
                                          "f32 f16 bf16 f64 i32 u32 i8 u8 bool", "bool"};

static bool computes(const operator_row *row)
{
    return (row->flags & (SBR_LEAF | SBR_STATE | SBR_REGION)) == 0;
}

int cli_operator_count(void)
{
    int count = 0;
    for (int i = 0; i < ROWS; i++) count += computes(&rows[i]);
    return count;
}

cJSON *cli_operator_names(void)
{
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < ROWS; i++)
        if (computes(&rows[i])) cJSON_AddItemToArray(array, cJSON_CreateString(rows[i].name));
    return array;
}

/* "sabir_matmul" is found as "matmul". */
static const operator_row *find(const char *name)
{
    if (strncmp(name, "sabir_", 6) == 0) name += 6;
    for (int i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

static int print_json(const operator_row *row)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", row->name);
    cJSON_AddStringToObject(object, "text", row->text);
    cJSON_AddBoolToObject(object, "elementwise", row->flags & ELEMENTWISE);
    cJSON_AddNumberToObject(object, "operands_least", row->least);
    cJSON_AddNumberToObject(object, "operands_most", row->most);
    cJSON_AddNumberToObject(object, "results", row->outputs);
    if (row->class == BY_RULE) cJSON_AddNullToObject(object, "types");
    else cJSON_AddStringToObject(object, "types", class_types[row->class]);
    cJSON_AddNumberToObject(object, "tolerance", row->tolerance);
    return cli_print_json(object);
}

static void print_row(const operator_row *row)
{
    printf("%s: %s\n\n", row->name, row->text);
    if (row->least == row->most) printf("operands   %d\n", row->least);
    else if (row->most > 1000) printf("operands   any number\n");
    else printf("operands   %d to %d\n", row->least, row->most);
    if (row->outputs > 1000) printf("results    any number\n");
    else printf("results    %d\n", row->outputs);
    if (row->class != BY_RULE) {
        printf("types      %s\n", class_types[row->class]);
        printf("gives      %s\n", row->result == BOOL ? "bool" : "the type of its operands");
        printf("shapes     broadcast as in numpy\n");
    }
    if (row->flags & SBR_VIEW) printf("memory     a view where the operand allows\n");
    if (!computes(row)) return;
    if (row->tolerance > 0) printf("tolerance  %g relative to max(1, |value|), for f32 against the reference\n", row->tolerance);
    else printf("tolerance  exact\n");
}

static int unknown(const cli_call *call, const char *name)
{
    char alike[512] = "";
    size_t length = 0;
    for (int i = 0; i < ROWS && length < sizeof alike - 64; i++)
        if (name[0] && strstr(rows[i].name, name)) length += (size_t)sprintf(alike + length, "%s%s", length ? ", " : "", rows[i].name);
    return cli_usage(call, "there is no operator '%s'%s%s", name, length ? "; alike: " : "; sabir info --json lists them", alike);
}

int cli_operator_print(const cli_call *call, const char *name)
{
    const operator_row *row = find(name);
    if (!row) return unknown(call, name);
    if (call->json) return print_json(row);
    print_row(row);
    return CLI_DONE;
}
