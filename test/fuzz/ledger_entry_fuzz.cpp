// Two entries have the same hash only if they are the same, field by field.
#include <algorithm>
#include <vector>

#include "core/ledger_chain.hpp"
#include "require.hpp"

namespace {

using namespace rewards;

std::string_view take(std::string_view& rest, std::size_t size) {
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(taken.size());
    return taken;
}

// A byte says what follows: 0 a null, 1 a number of one byte, 2 a UUID as far as there are 16 bytes, 3 and a length a text
// of as many bytes, 4 and a length one of a hundred times as many; anything else ends the entry.
std::vector<EntryField> take_entry(std::string_view& rest, std::vector<std::vector<char>>& long_texts) {
    std::vector<EntryField> fields;
    while (!rest.empty()) {
        const char form = take(rest, 1).front();
        const auto byte = [&] { return rest.empty() ? 0U : static_cast<unsigned char>(take(rest, 1).front()); };
        if (form == 0)
            fields.emplace_back();
        else if (form == 1)
            fields.push_back(EntryField::of(static_cast<signed char>(byte())));
        else if (form == 2 && rest.size() >= sizeof(Uuid))
            fields.push_back({EntryField::Form::uuid, 0, take(rest, sizeof(Uuid))});
        else if (form == 3)
            fields.push_back(EntryField::of_text(take(rest, byte())));
        else if (form == 4) {
            const std::vector<char>& text = long_texts.emplace_back(100 * byte(), 'x');
            fields.push_back(EntryField::of_text({text.data(), text.size()}));
        } else
            break;
    }
    return fields;
}

bool same(const EntryField& one, const EntryField& other) {
    return one.form == other.form && one.number == other.number && one.bytes == other.bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::vector<std::vector<char>> long_texts;
    long_texts.reserve(size);  // fields look at them
    const std::vector<EntryField> first = take_entry(rest, long_texts);
    const std::vector<EntryField> second = take_entry(rest, long_texts);
    const Digest previous{};
    const auto first_hash = entry_hash(previous, EntryKind::event, first);
    const auto second_hash = entry_hash(previous, EntryKind::event, second);
    REQUIRE(first_hash.ok() && second_hash.ok());
    REQUIRE((first_hash.value == second_hash.value) == std::ranges::equal(first, second, same));
    return 0;
}
