// How does a fuzz target say what must hold?
#pragma once

#include <cstdio>
#include <cstdlib>

// Not assert(): it must hold in release builds, too.
#define REQUIRE(condition)                                                               \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                \
        }                                                                                \
    } while (false)
