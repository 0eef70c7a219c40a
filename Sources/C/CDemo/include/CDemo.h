#ifndef PODSIGHT_CDEMO_H
#define PODSIGHT_CDEMO_H

#include <stddef.h>

/// One file of the bundled recording of a robot-shop cluster.
typedef struct {
    const char *path;
    const unsigned char *bytes;
    size_t count;
} cdemo_file;

/// The files of the recording, ended by one whose path is null.
const cdemo_file *cdemo_files(void);

#endif
