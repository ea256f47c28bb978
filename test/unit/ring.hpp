// How do tests open a key ring?
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/key_ring.hpp"

namespace rewards::test {

inline const std::string one_key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
inline const std::string other_key = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

using Ring = std::unique_ptr<KeyRing, decltype([](KeyRing* ring) { close_key_ring(ring); })>;

// A line of a key file.
inline std::string line(unsigned slot, const std::string& key) {
    return "slot " + std::to_string(slot) + " " + key + "\n";
}

inline Ring open(std::string_view text) {
    const auto opened = open_key_ring(text);
    if (!opened.ok()) throw std::runtime_error(opened.error.text);
    return Ring(opened.value);
}

}  // namespace rewards::test
