#include "core/timestamp.hpp"

#include <chrono>

namespace rewards {

namespace {

using std::chrono::microseconds;

// What is read is taken off the front of the text.
bool take(std::string_view& text, char symbol) noexcept {
    if (text.empty() || text.front() != symbol) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<int> take_digit(std::string_view& text) noexcept {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    const int digit = text.front() - '0';
    text.remove_prefix(1);
    return digit;
}

std::optional<int> take_number(std::string_view& text, int digits, int most) noexcept {
    int number = 0;
    for (int one = 0; one < digits; ++one) {
        const std::optional<int> digit = take_digit(text);
        if (!digit) return std::nullopt;
        number = number * 10 + *digit;
    }
    if (number > most) return std::nullopt;
    return number;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) noexcept {
    const std::optional<int> year = take_number(text, 4, 9999);
    if (!year || *year == 0 || !take(text, '-')) return std::nullopt;
    const std::optional<int> month = take_number(text, 2, 12);
    if (!month || !take(text, '-')) return std::nullopt;
    const std::optional<int> day = take_number(text, 2, 31);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::optional<microseconds> take_hours(std::string_view& text, int most) noexcept {
    const std::optional<int> hours = take_number(text, 2, most);
    if (!hours || !take(text, ':')) return std::nullopt;
    const std::optional<int> minutes = take_number(text, 2, 59);
    if (!minutes) return std::nullopt;
    return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::optional<microseconds> take_fraction(std::string_view& text) noexcept {
    microseconds fraction{0};
    if (!take(text, '.')) return fraction;
    microseconds place{100'000};
    std::optional<int> digit = take_digit(text);
    if (!digit) return std::nullopt;
    for (; digit && place.count() > 0; digit = take_digit(text), place /= 10) fraction += *digit * place;
    if (digit) return std::nullopt;  // what to round it to is the server's to say
    return fraction;
}

std::optional<microseconds> take_time(std::string_view& text) noexcept {
    const std::optional<microseconds> hours = take_hours(text, 23);
    if (!hours || !take(text, ':')) return std::nullopt;
    const std::optional<int> seconds = take_number(text, 2, 59);
    if (!seconds) return std::nullopt;
    const std::optional<microseconds> fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    return *hours + std::chrono::seconds(*seconds) + *fraction;
}

std::optional<microseconds> take_offset(std::string_view& text) noexcept {
    if (take(text, 'Z')) return microseconds(0);
    const bool is_east = take(text, '+');
    if (!is_east && !take(text, '-')) return std::nullopt;
    const std::optional<microseconds> hours = take_hours(text, 15);  // no place is farther off for the server
    if (!hours) return std::nullopt;
    return is_east ? *hours : -*hours;
}

constexpr std::chrono::sys_days epoch{std::chrono::year(2000) / 1 / 1};

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept {
    const std::optional<std::chrono::sys_days> date = take_date(text);
    if (!date || !take(text, 'T')) return std::nullopt;
    const std::optional<microseconds> time = take_time(text);
    if (!time) return std::nullopt;
    const std::optional<microseconds> offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return (*date - epoch + *time - *offset).count();
}

}  // namespace rewards
