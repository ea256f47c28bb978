// A code that is sealed is opened as it was; what was altered, is of another row or was made up is not opened at all, and leaves
// nothing behind.
#include "core/vendor_cipher.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "require.hpp"
#include "take.hpp"

namespace {

using namespace rewards;

constexpr VendorBatch batch{Uuid{1}, Uuid{2}, 0};

KeyRing& ring() {
    static KeyRing* const opened = open_key_ring("slot 0 " + std::string(64, '5')).value;
    return *opened;
}

VendorCipher& cipher() {
    static VendorCipher* const created = [] {
        WrappedKey wrapped;
        return create_vendor_cipher(ring(), batch, wrapped).value;
    }();
    return *created;
}

VendorCodeName take_name(Bytes& input) {
    const auto bytes = take<5>(input);
    return {Uuid{bytes[0]}, static_cast<std::uint32_t>(bytes[1] << 16 | bytes[2] << 8 | bytes[3])};
}

void refuse(const VendorCodeName& name, Bytes sealed) {
    std::vector<std::uint8_t> opened(sealed.size(), 0);
    REQUIRE(open_vendor_code(cipher(), name, sealed, opened).error.fault == Fault::not_authentic);
    REQUIRE(std::ranges::all_of(opened, [](std::uint8_t byte) { return byte == 0; }));
}

// Nobody knows the keys.
void open_made_up(Bytes input) {
    const VendorCodeName name = take_name(input);
    refuse(name, input);
    REQUIRE(open_vendor_cipher(ring(), batch, take<sizeof(WrappedKey)>(input)).error.fault == Fault::not_authentic);
}

void seal_and_alter(Bytes input) {
    const VendorCodeName name = take_name(input);
    const VendorCodeName other = take_name(input);
    const auto alteration = take<3>(input);
    std::vector<std::uint8_t> sealed(input.size() + gcm_tag_size);
    const auto length = seal_vendor_code(cipher(), name, input, sealed);
    REQUIRE(length.ok() && length.value == sealed.size());
    std::vector<std::uint8_t> opened(input.size());
    const auto read = open_vendor_code(cipher(), name, sealed, opened);
    REQUIRE(read.ok() && read.value == input.size() && std::ranges::equal(opened, input));

    const std::size_t place = static_cast<std::size_t>(alteration[1] << 8 | alteration[2]) % sealed.size();
    if (other.id != name.id || other.ordinal != name.ordinal) refuse(other, sealed);
    refuse(name, Bytes(sealed).first(place));
    sealed[place] ^= static_cast<std::uint8_t>(1 + alteration[0] % 255);
    refuse(name, sealed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    open_made_up({data, size});
    seal_and_alter({data, size});
    return 0;
}
