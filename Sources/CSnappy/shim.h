#ifndef MUSTER_CSNAPPY_SHIM_H
#define MUSTER_CSNAPPY_SHIM_H

#include <snappy-c.h>

#endif
