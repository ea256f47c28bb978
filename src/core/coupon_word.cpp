#include "core/coupon_word.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace rewards {

namespace {

// Stems of what offends in the languages of most shops. A stem of three letters is in one code of a thousand, one of
// four in one of ten thousand: blocking is cheap, because another generation of the code serves as well.
constexpr auto blocked_words = std::to_array<std::string_view>(
    {// English
     "ANAL", "ANUS", "ARSE", "ASS", "BITCH", "BOOB", "CLIT", "COCK", "COON", "CRAP", "CUM", "CUNT", "DAMN", "DICK",
     "DILDO", "DYKE", "FAG", "FUC", "FUK", "FUX", "GOOK", "HELL", "HOMO", "JIZZ", "KIKE", "KILL", "KKK", "MILF", "MUFF",
     "NAZI", "NIGG", "NIGA", "PAKI", "PEDO", "PENIS", "PISS", "POOP", "PORN", "PUSSY", "RAPE", "SEX", "SHIT", "SLAG",
     "SLUT", "SPIC", "SUCK", "TARD", "TIT", "TURD", "TWAT", "VAGINA", "WANK", "WHORE", "WTF",
     // German
     "ARSCH", "FICK", "FOTZE", "HITLER", "HURE", "KACK", "MUSCHI", "NUTTE", "PIMMEL", "SCHEIS", "SCHLAMP", "SCHWANZ",
     "SIEGHEIL", "TITTE", "WICHS",
     // French, Italian, Spanish, Portuguese
     "BAISE", "BITE", "BORDEL", "CABRON", "CARALHO", "CAZZO", "COJON", "CONNARD", "CULO", "FIGA", "FODA", "JODER",
     "MERD", "MIERDA", "MINCHIA", "NEGRE", "POLLA", "PUTA", "PUTE", "PUTO", "SALOPE", "STRONZ", "TROIA", "VAFFAN",
     // Dutch, Nordic, Finnish
     "FITT", "FORBANN", "HELVET", "HOER", "KANKER", "KLOOT", "KUK", "KURV", "NEUK", "PERKELE", "PERSE", "PILLU", "RUNK",
     "VITTU", "VITUN",
     // Slavic, in Latin letters
     "BLYAD", "CHUJ", "CYKA", "HUJ", "JEBA", "KOKOT", "KURAC", "KURVA", "KURWA", "PICA", "PICKA", "PIZD", "SUKA",
     // A number that is a sign
     "1488"});

// What is taken for the same: codes have no I, L, O or U, which are written 1, 1, 0 and V.
consteval std::array<char, 256> make_looks() {
    std::array<char, 256> looks{};
    for (std::size_t symbol = 0; symbol < looks.size(); ++symbol) looks[symbol] = static_cast<char>(symbol);
    constexpr std::array<std::string_view, 10> alike = {"0O", "1IL", "2Z", "3E", "4A", "5S", "69G", "7T", "8B", "VU"};
    for (const std::string_view group : alike)
        for (const char symbol : group) looks[static_cast<unsigned char>(symbol)] = group.front();
    return looks;
}

constexpr std::array<char, 256> looks = make_looks();

constexpr bool look_alike(char one, char other) noexcept {
    return looks[static_cast<unsigned char>(one)] == looks[static_cast<unsigned char>(other)];
}

static_assert(std::ranges::all_of(blocked_words, [](std::string_view word) { return word.size() >= 3; }));

constexpr unsigned first_look(std::string_view text) noexcept {
    return static_cast<unsigned char>(looks[static_cast<unsigned char>(text.front())]);
}

// Every code is searched, so the words that start alike are next to each other, from first[look] to first[look + 1].
struct WordIndex {
    std::array<std::string_view, blocked_words.size()> words;
    std::array<std::uint16_t, 257> first;
};

consteval WordIndex make_index() {
    WordIndex index{blocked_words, {}};
    std::ranges::sort(index.words, {}, first_look);
    for (const std::string_view word : index.words) ++index.first[first_look(word) + 1];
    for (std::size_t look = 1; look < index.first.size(); ++look)
        index.first[look] = static_cast<std::uint16_t>(index.first[look] + index.first[look - 1]);
    return index;
}

constexpr WordIndex word_index = make_index();

bool starts_with_blocked_word(std::string_view rest) noexcept {
    const unsigned look = first_look(rest);
    for (std::size_t one = word_index.first[look]; one < word_index.first[look + 1]; ++one) {
        const std::string_view word = word_index.words[one];
        if (word.size() <= rest.size() && std::equal(word.begin(), word.end(), rest.begin(), look_alike)) return true;
    }
    return false;
}

}  // namespace

bool has_blocked_word(std::string_view symbols) noexcept {
    for (std::size_t place = 0; place < symbols.size(); ++place)
        if (starts_with_blocked_word(symbols.substr(place))) return true;
    return false;
}

}  // namespace rewards
