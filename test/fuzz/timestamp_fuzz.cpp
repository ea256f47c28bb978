// A moment that is read is the same when it is written anew, in UTC and with all digits, and read again.
#include <chrono>
#include <cstdio>
#include <string_view>

#include "core/timestamp.hpp"
#include "require.hpp"

namespace {

struct Written {
    char text[64];
    bool has_four_digit_year;
};

Written write(std::int64_t moment) {
    using namespace std::chrono;
    const sys_time<microseconds> time{sys_days(year(2000) / 1 / 1) + microseconds(moment)};
    const auto date = floor<days>(time);
    const year_month_day calendar(date);
    const hh_mm_ss<microseconds> clock(time - date);
    Written written{};
    written.has_four_digit_year = calendar.year() >= year(1) && calendar.year() <= year(9999);
    std::snprintf(written.text, sizeof written.text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                  static_cast<int>(calendar.year()), static_cast<unsigned>(calendar.month()),
                  static_cast<unsigned>(calendar.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return written;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto moment = rewards::parse_timestamp({reinterpret_cast<const char*>(data), size});
    if (!moment) return 0;
    const Written written = write(*moment);
    if (written.has_four_digit_year) REQUIRE(rewards::parse_timestamp(written.text) == moment);
    return 0;
}
