// A key file is refused with a reason or gives a ring that works; a file that we write is read.
#include <algorithm>
#include <string>

#include "core/coupon_key.hpp"
#include "require.hpp"

namespace {

using namespace rewards;

void use(KeyRing& ring) {
    const unsigned slot = newest_slot(ring);
    REQUIRE(kind_of(ring, slot) == KeyKind::derived && key_fingerprint(ring, slot).ok());

    const auto code = derive_code(ring, {slot, 31, long_symbols, 1, Uuid{}});
    REQUIRE(code.ok() && slot_of(code.value) == slot);
    const auto understood = parse_code(code.value.view());
    REQUIRE(understood.ok() && understood.value.view() == code.value.view());
    const auto tag = code_tag(ring, Uuid{}, code.value);
    REQUIRE(tag.ok() && layered_tag(ring, slot, Uuid{}, slot, tag.value).ok());
    for (unsigned other = 0; other < slot_count; ++other) {
        const KeyKind kind = kind_of(ring, other);
        REQUIRE(legacy_tag(ring, other, "code").ok() == (kind == KeyKind::legacy));
        REQUIRE(key_fingerprint(ring, other).ok() == (kind != KeyKind::none));
    }
}

void read(std::string_view text) {
    const auto ring = open_key_ring(text);
    if (!ring.ok()) {
        REQUIRE(ring.error.fault == Fault::key_unusable && ring.error.text[0] != '\0');
        return;
    }
    use(*ring.value);
    close_key_ring(ring.value);
}

// A file that is read can take another line, and is what it was with one slot more.
void extend(std::string_view text) {
    KeyFile before{};
    if (read_key_file(text, before)) return;
    unsigned slot = 0;
    while (slot < slot_count && before.keys[slot].kind != KeyKind::none) ++slot;
    if (slot == slot_count || text.size() > 60000) return;
    Master master{0xaa, 0x55, 0xaa, 0x55};
    std::array<char, key_line_size_max> line;
    const std::size_t length = format_key_line(slot, master, line);
    KeyFile after{};
    REQUIRE(!read_key_file(std::string(text) + "\n" + std::string(line.data(), length), after));
    REQUIRE(after.newest_slot == slot && std::ranges::equal(after.keys[slot].bytes(), master));
    for (unsigned other = 0; other < slot_count; ++other)
        REQUIRE(other == slot || (after.keys[other].kind == before.keys[other].kind &&
                                  std::ranges::equal(after.keys[other].bytes(), before.keys[other].bytes())));
}

void write(std::span<const std::uint8_t> bytes) {
    Master master{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), master.size()), master.begin());
    std::array<char, key_file_size_max> text;
    const std::size_t length = format_key_file(master, text);
    REQUIRE(length <= text.size());

    KeyFile file{};
    REQUIRE(!read_key_file({text.data(), length}, file));
    REQUIRE(file.newest_slot == 0 && file.keys[0].kind == KeyKind::derived &&
            std::ranges::equal(file.keys[0].bytes(), master));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read({reinterpret_cast<const char*>(data), size});
    extend({reinterpret_cast<const char*>(data), size});
    write({data, size});
    return 0;
}
