// Prints well-formed coupon codes at random, all of one key slot and route: what somebody tries who has seen one code.
//   random_codes COUNT
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "core/coupon_code.hpp"

int main(int argc, char** argv) {
    char* end = nullptr;
    errno = 0;
    const unsigned long long count = argc == 2 ? std::strtoull(argv[1], &end, 10) : 0;
    if (count == 0 || *end != '\0' || errno != 0) {
        std::fprintf(stderr, "usage: %s COUNT\n", argv[0]);
        return 2;
    }
    std::random_device seed;
    std::mt19937_64 random(std::uint64_t{seed()} << 32 | seed());
    for (unsigned long long one = 0; one < count; ++one) {
        std::array<std::uint8_t, 32> entropy{};
        for (std::size_t word = 0; word < 2; ++word) {  // the 65 bits that a code takes
            const std::uint64_t bits = random();
            for (std::size_t byte = 0; byte < 8; ++byte)
                entropy[word * 8 + byte] = static_cast<std::uint8_t>(bits >> byte * 8);
        }
        const auto code = rewards::compose_code(0, 0, entropy, rewards::standard_symbols);
        if (!code.ok() || std::puts(rewards::format_code(code.value).text.data()) == EOF) return 1;
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}
