/* Tokens of the dialect, for the checker and the printers. */
#ifndef SBR_DIALECT_SCAN_H
#define SBR_DIALECT_SCAN_H

#include "dialect.h"

typedef enum sbr_token_kind {
    SBR_TOKEN_END,
    SBR_TOKEN_SPACE,  /* white space and comments */
    SBR_TOKEN_NAME,
    SBR_TOKEN_NUMBER,
    SBR_TOKEN_SIGN    /* one character of punctuation */
} sbr_token_kind;

typedef struct sbr_token {
    sbr_token_kind kind;
    const char *text; /* in the source */
    size_t length;
    uint32_t line;    /* from 1 */
} sbr_token;

typedef struct sbr_scan {
    const char *next, *end;
    uint32_t line;
} sbr_scan;

sbr_scan sbr_scan_text(const char *text);
sbr_token sbr_scan_any(sbr_scan *scan);    /* every token, white space too */
sbr_token sbr_scan_token(sbr_scan *scan);  /* skips white space and comments */
sbr_token sbr_scan_peek(const sbr_scan *scan); /* the next token that is not white space */

bool sbr_token_is(sbr_token token, const char *text);
void sbr_token_copy(sbr_token token, char *text, size_t size); /* cut to size - 1 characters */

/* Whether the calls NAME(buffer, ...) reach a buffer or shared array by name, and what they do with it. */
typedef enum sbr_reach { SBR_REACH_NONE, SBR_REACH_LOAD, SBR_REACH_STORE, SBR_REACH_WORD, SBR_REACH_SET_WORD, SBR_REACH_OFFSET,
                         SBR_REACH_ATOMIC } sbr_reach;
sbr_reach sbr_token_reach(sbr_token token);

/* dialect_check.c: the rules of docs/dialect.md. what names the kernel's file. */
sabir_status sbr_dialect_check(const sbr_kernel_desc *desc);
bool sbr_dialect_reserved(sbr_token token); /* a word of GLSL or OpenCL C that no name may be */

/* dialect_print.c: parts that both languages share. */
bool sbr_kernel_in_view(const sbr_kernel_desc *desc, const char *buffer);
int sbr_kernel_shared_index(const sbr_kernel_desc *desc, const char *name);
void sbr_dialect_print_macros(const sbr_kernel_desc *desc, sbr_kernel_variant variant, bool opencl, sbr_text *out);
void sbr_dialect_print_code(const char *code, bool opencl, sbr_text *out); /* rewrites LOAD(x, i) to LOAD_x(i), P.n to P_n, literals */
void sbr_dialect_print_functions(const char *code, bool opencl, sbr_text *out); /* the same, each function static in OpenCL C */
sabir_status sbr_dialect_print_math(const sbr_kernel_desc *desc, sbr_dialect_library library, void *user, bool opencl, sbr_text *out);
sabir_status sbr_dialect_prelude(sbr_dialect_library library, void *user, const char *name, sbr_text *out);
sabir_status sbr_dialect_finish(const sbr_text *out);
bool sbr_dialect_has(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_arith arith); /* whether a buffer or type of the variant is of it */
#endif
