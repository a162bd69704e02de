// Parts of Linux and glibc that Swift's Glibc module leaves out.
#ifndef MUSTER_CLINUX_SHIM_H
#define MUSTER_CLINUX_SHIM_H

#include <mntent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

/// Names the calling thread, in at most 15 bytes; Swift cannot call functions with a variable number of arguments.
static inline void muster_set_thread_name(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

#endif
