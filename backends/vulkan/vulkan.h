/* The Vulkan backend. Start with internal.h; driver.c, device.c, buffer.c, kernel.c, commands.c and queue.c follow backend.h. */
#ifndef SBR_VULKAN_H
#define SBR_VULKAN_H

#include "sabir/backend.h"

extern const sabir_backend sbr_vulkan_backend;
#endif
