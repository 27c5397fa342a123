/* Driver faults as data, and clamps that make a device look weaker for tests. Both change capabilities before anybody reads them. */
#ifndef SBR_QUIRKS_H
#define SBR_QUIRKS_H

#include "base/base.h"
#include "sabir/backend.h"

enum {
    SBR_OFF_F64 = 1,
    SBR_OFF_I64 = 2,
    SBR_OFF_F16 = 4,
    SBR_OFF_I8 = 8,
    SBR_OFF_ADDRESSES = 16,
    SBR_OFF_SUBGROUPS = 32,
    SBR_OFF_TIMESTAMPS = 64,
    SBR_OFF_SOFTWARE = 128, /* taken for a GPU: the kernels that one would run */
};

/* A row holds where all that it names fits. */
typedef struct sbr_quirk {
    const char *name;          /* short, for sabir_device_info */
    const char *api;           /* "vulkan", "opencl"; NULL: any */
    uint32_t vendor_id;        /* PCI; 0: any */
    const char *device;        /* part of the device's name; NULL: any */
    const char *driver;        /* part of the driver's text; NULL: any */
    uint32_t first_version, last_version; /* driver_version, both included; 0, 0: all */
    unsigned off;              /* features that are switched off */
} sbr_quirk;

extern const sbr_quirk sbr_quirks[];
extern const uint32_t sbr_quirk_count;

/* Switches off what the rows that fit say; names receives theirs, separated by blanks. */
void sbr_quirks_apply(const sbr_quirk *quirks, uint32_t count, const char *api, sabir_device_caps *caps, char *names, size_t size);

/* "subgroup=8,binding=134217728,allocation=268435456,shared=32768,invocations=128,no-f64,no-i64,no-f16,no-i8,no-addresses,no-subgroups,
 * no-timestamps,no-software" (the last: taken for a GPU).
 * Numbers only lower what the device has. NULL or "": nothing. SABIR_INVALID_ARGUMENT names a key that is unknown. */
sabir_status sbr_clamp_apply(const char *clamp, sabir_device_caps *caps);
#endif
