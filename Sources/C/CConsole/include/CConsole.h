#ifndef PODSIGHT_CCONSOLE_H
#define PODSIGHT_CCONSOLE_H

#include <stddef.h>

/// One file of the web console; `bytes` is null where the console was not built.
typedef struct {
    const char *path;
    const unsigned char *bytes;
    size_t count;
} cconsole_file;

/// The files of the console, ended by one whose path is null.
const cconsole_file *cconsole_files(void);

#endif
