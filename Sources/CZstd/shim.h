#ifndef MUSTER_CZSTD_SHIM_H
#define MUSTER_CZSTD_SHIM_H

#include <zstd.h>

#endif
