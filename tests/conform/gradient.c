/* A case's gradients: by differences on the reference, else on the device against the reference. */
#include "gradient.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

static sabir_status finish(conform_gradient *t, const char *name, sabir_status status)
{
    conform_result *result = t->session->result;
    if (status != SABIR_OK) snprintf(t->message, sizeof t->message, "%s: %s: %s", t->where, sabir_status_name(status), sabir_last_message());
    if (t->plan.overflow) snprintf(t->message, sizeof t->message, "the case has too many %s", t->plan.overflow);
    if (status == SABIR_OK && !t->differs && !t->plan.overflow) {
        result->passed++;
        return SABIR_OK;
    }
    result->failed++;
    return conform_note_add(&result->failures, name, t->message);
}

static sabir_status check(conform_gradient *t)
{
    const bool is_reference = t->session->is_reference;
    t->where = "building";
    CONFORM_STEP(conform_gradient_build(t, is_reference ? SABIR_F64 : SABIR_F32, is_reference));
    if (t->sets[0].count == 0) return SABIR_OK;
    return conform_check_differences(t);
}

sabir_status conform_run_gradient(conform_session *session, const conform_case *one, const char *name, bool *moves)
{
    conform_gradient *t = calloc(1, sizeof *t);
    if (!t) return SABIR_OUT_OF_MEMORY;
    *t = (conform_gradient){.session = session, .of = one, .seed = conform_hash(session->seed, name), .is_exact = strcmp(one->op, "cast") == 0};
    const sabir_status status = check(t);
    *moves = t->moves;
    const sabir_status noted = finish(t, name, status);
    conform_gradient_free(t);
    free(t);
    return noted;
}
