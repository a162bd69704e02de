#ifndef MUSTER_CPOSTGRES_SHIM_H
#define MUSTER_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

#endif
