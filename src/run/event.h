/* A run, from submission to its end; the public event is a reference to it. */
#ifndef SBR_EVENT_H
#define SBR_EVENT_H

#include <stdatomic.h>

#include "base/base.h"
#include "sabir/program.h"

struct sbr_recording;

struct sabir_event {
    atomic_uint references;   /* the caller's, the program's while the run is not finished */
    sabir_device *device;     /* retained */
    atomic_bool finished;     /* everything below is final */
    sabir_status status;      /* the first failure */
    char message[512];
    double seconds;           /* on the device; 0: unknown */
    /* until finished, under the device's lock */
    sabir_program *program;
    struct sbr_recording *recording;
    uint64_t number;          /* of the run, from 1 */
    uint32_t next, count;     /* submissions made, all of them */
    uint64_t ticket;          /* of the last submission; 0: none yet */
    SBR_VECTOR(sabir_tensor *) tensors; /* in use: retained */
    uint32_t first_written;   /* those from here on are outputs and variables being assigned */
};

sabir_status sbr_event_create(sabir_program *program, sabir_event **event);
void sbr_event_retain(sabir_event *event);
/* Retains everything that the program has bound and its variables. */
sabir_status sbr_event_keep(sabir_event *event, const sabir_program *program);
/* What a failed run was writing is neither old nor new. */
void sbr_event_poison(const sabir_event *event);
/* A run that began writes its outputs: what a failed one left there does not matter any more. */
void sbr_event_heal(const sabir_event *event);
/* Keeps the first failure with the thread's last message. */
void sbr_event_fail(sabir_event *event, sabir_status status);
/* status again, with its message as the thread's last. */
sabir_status sbr_event_status(const sabir_event *event);
#endif
