#include "folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool folder_make(const char *path)
{
    char part[1024];
    for (size_t i = 1; i <= strlen(path) && i < sizeof part; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        mkdir(part, 0777);
    }
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return true;
    fprintf(stderr, "%s cannot be made\n", path);
    return false;
}
