/* Folders that results are written to. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdbool.h>

/* Makes the folder and those above it, where they are not there. false with a message on standard error. */
bool folder_make(const char *path);

#endif
