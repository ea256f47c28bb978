// A mistake of each kind that sanitizers and valgrind are there for. Each is made on purpose before the tests run, and has to be found.
#include <memory>

#include "pg/postgres.hpp"

namespace {

// Too little for the compiler to know what happens.
volatile int zero = 0;

int beyond_the_end() {
    const auto numbers = std::make_unique<volatile int[]>(4);
    return numbers[4 + zero];
}

int out_of_scope() {
    volatile int* number;
    {
        volatile int inside[4] = {};
        number = &inside[zero];
    }
    return *number;
}

int shifted_too_far() { return 1 << (40 + zero); }

int misaligned() {
    alignas(8) char bytes[16] = {};
    return *reinterpret_cast<volatile int*>(bytes + 1 + zero);
}

int overflowing() { return 2147483647 + (1 + zero); }

int uninitialised() {
    volatile int numbers[4];
    return numbers[zero] == 1 ? 2 : 3;
}

constexpr struct {
    std::string_view name;
    int (*make)();
} mistakes[] = {
    {"beyond the end", beyond_the_end}, {"out of scope", out_of_scope}, {"shifted too far", shifted_too_far},
    {"misaligned", misaligned},         {"overflowing", overflowing},   {"uninitialised", uninitialised},
};

}  // namespace

extern "C" {

PG_MODULE_MAGIC;

SQL_FUNCTION(make_mistake) {
    const std::string_view name{VARDATA_ANY(PG_GETARG_TEXT_PP(0)), VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(0))};
    for (const auto& mistake : mistakes)
        if (mistake.name == name) PG_RETURN_INT32(mistake.make());
    ereport(ERROR, errmsg("there is no such mistake"));
}
}
