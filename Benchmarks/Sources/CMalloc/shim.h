// What Swift's module Glibc leaves out: how much of the heap is in use.
#include <malloc.h>
