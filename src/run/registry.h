/* The devices of a context: backends opened, devices listed with capabilities, quirks and clamps applied. Read this first, then device.h.
 *
 * The list is made once, by the first call that needs devices, and lives as long as the context. Drivers are opened and closed one at a
 * time in the process, for not all of them bear anything else; what is logged meanwhile is handed over afterwards, without a lock. */
#ifndef SBR_REGISTRY_H
#define SBR_REGISTRY_H

#include "base/context.h"
#include "base/text.h"
#include "sabir/backend.h"
#include "sabir/device.h"

typedef struct sbr_found_device {
    const sabir_backend *backend; /* NULL: the reference */
    sabir_driver *driver;
    uint32_t index;               /* in the driver's list */
    sabir_device_caps caps;       /* quirks and clamps applied */
    sabir_device_info info;
} sbr_found_device;

typedef struct sbr_open_driver { const sabir_backend *backend; sabir_driver *handle; } sbr_open_driver;

/* What drivers log goes through here. */
typedef struct sbr_log_sink {
    sabir_context *context;
    bool keeps;      /* while devices are looked for */
    sbr_text kept;   /* one character for the level, the message, NUL; again and again */
} sbr_log_sink;

typedef struct sbr_registry {
    const sabir_allocator *allocator;
    sbr_log_sink log;
    SBR_VECTOR(sbr_open_driver) drivers;
    SBR_VECTOR(sbr_found_device) devices; /* the reference last */
    sbr_text missing;                     /* what was looked for and not found, one line each */
} sbr_registry;

/* The context's list, made on first use. SABIR_INVALID_ARGUMENT for a clamp that is not understood. */
sabir_status sbr_registry_get(sabir_context *context, const sbr_registry **registry);

/* selector as for sabir_device_open. Logs the choice of a software device or the reference by "auto". */
sabir_status sbr_registry_select(sabir_context *context, const sbr_registry *registry, const char *selector, const sbr_found_device **found);

/* identity.c: fills the ids, names and limits of devices.data[position] from its caps, and same_as from those before it. */
void sbr_identify(sbr_registry *registry, uint32_t position);
#endif
