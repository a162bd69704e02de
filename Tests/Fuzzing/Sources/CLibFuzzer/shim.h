#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer with the arguments of its command line; see its documentation, "Using libFuzzer as a library".
int LLVMFuzzerRunDriver(
    int *_Nonnull argc,
    char *_Nullable *_Nonnull *_Nonnull argv,
    int (*_Nonnull test)(const uint8_t *_Nullable start, size_t count)
);
