#include "environment.h"

#include <stdio.h>
#include <stdlib.h>

void sbr_environment_read(sbr_environment *environment)
{
    *environment = (sbr_environment){0};
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *debug = getenv("SABIR_DEBUG");
    char *folder = environment->cache_folder;
    const size_t size = sizeof environment->cache_folder;
    int length = 0;
    if (cache && cache[0] == '/') length = snprintf(folder, size, "%s/sabir", cache);
    else if (home && home[0] == '/') length = snprintf(folder, size, "%s/.cache/sabir", home);
    if (length < 0 || (size_t)length >= size) folder[0] = '\0';
    if (debug) {
        environment->debug_log = strstr(debug, "log") != NULL;
        environment->debug_validation = strstr(debug, "validation") != NULL;
        environment->debug_poison = strstr(debug, "poison") != NULL;
    }
}
