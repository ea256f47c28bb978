// How do tests read coupon_vectors.txt?
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "hex.hpp"

namespace rewards::test {

struct Vector {
    std::string line;
    std::vector<std::string> words;
    std::string expected;
};

// All lines of one kind. Their last word is what the rest must lead to.
inline std::vector<Vector> vectors(std::string_view kind) {
    std::ifstream file(COUPON_VECTORS);
    if (!file) throw std::runtime_error("could not open " COUPON_VECTORS);

    std::vector<Vector> found;
    for (std::string line; std::getline(file, line);) {
        std::istringstream in(line);
        std::string word;
        if (!(in >> word) || word != kind) continue;
        Vector vector{line, {}, {}};
        while (in >> word) vector.words.push_back(word);
        if (vector.words.empty()) throw std::runtime_error("no expected value: " + line);
        vector.expected = vector.words.back();
        vector.words.pop_back();
        found.push_back(vector);
    }
    return found;
}

inline std::string text_from_hex(std::string_view hex_text) {
    const auto bytes = unhex(hex_text);
    return {bytes.begin(), bytes.end()};
}

}  // namespace rewards::test
