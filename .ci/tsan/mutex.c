// Tells the thread sanitizer about Swift's Mutex. To be preloaded into test programs, on Linux.
//
// Synchronization.Mutex locks and unlocks with one atomic instruction as long as nobody waits. That code is inlined, so
// it is instrumented with the code around it. A lock that somebody holds is waited for with a futex in _lockSlow() and
// handed on in _unlockSlow(), which lie in libswiftSynchronization.so. The toolchain ships that library without
// instrumentation, so the sanitizer does not see who waited for whom, and reports what a contended Mutex protects as
// a race. Suppressing what happens under a Mutex would hide true races as well. These two functions stand before the
// library's instead: they call them, and tell the sanitizer that the lock was released and acquired.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// Synchronization._MutexHandle._lockSlow(_: UInt32) and ._unlockSlow(), mangled.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Swift's calling convention: `self`, here the address of the handle, comes in a register of its own.
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

typedef SWIFT void lock_function(uint32_t thread, SELF void *mutex);
typedef SWIFT void unlock_function(SELF void *mutex);

// Only programs that were built with the sanitizer have these; children of the tests do not.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

static lock_function *library_lock;
static unlock_function *library_unlock;

__attribute__((constructor)) static void find(void) {
    library_lock = (lock_function *)dlsym(RTLD_NEXT, LOCK);
    library_unlock = (unlock_function *)dlsym(RTLD_NEXT, UNLOCK);
}

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
    library_lock(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF void *mutex) {
    if (__tsan_release) __tsan_release(mutex);
    library_unlock(mutex);
}
