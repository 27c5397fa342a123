/* The operator table as data, for people. */
#ifndef CLI_OPERATOR_H
#define CLI_OPERATOR_H

#include "cli.h"

/* Operators that compute; leaves, state and loops are not counted. */
int cli_operator_count(void);
/* Prints the row of that name; without one, says which names are like it. */
int cli_operator_print(const cli_call *call, const char *name);
/* Array of their names. */
cJSON *cli_operator_names(void);

#endif
