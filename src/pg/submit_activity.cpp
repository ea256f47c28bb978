#include "pg/submit_activity.hpp"

namespace rewards::pg {

namespace {

// The five columns of a window follow each other.
constexpr std::uint8_t window_columns = 5;

std::int64_t number_in(const Table& row, std::uint8_t column) { return DatumGetInt64(value(row, column)); }

std::optional<TimestampTz> time_in(const Table& row, std::uint8_t column) {
    const std::optional<Datum> time = optional_value(row, column);
    if (!time) return std::nullopt;
    return DatumGetTimestampTz(*time);
}

Window window_in(const Table& row, std::uint8_t started) {
    return {time_in(row, started).value_or(0), number_in(row, started + 1), number_in(row, started + 2),
            number_in(row, started + 3), number_in(row, started + 4)};
}

void put_window(Cell* cells, std::uint8_t started, const Window& window) {
    cells[0] = {started, TimestampTzGetDatum(window.started)};
    const std::int64_t numbers[] = {window.events, window.points, window.past_events, window.past_points};
    for (std::uint8_t one = 0; one < std::size(numbers); ++one)
        cells[one + 1] = {static_cast<std::uint8_t>(started + 1 + one), Int64GetDatum(numbers[one])};
}

}  // namespace

Activity read_activity(const Account& account) {
    const Table& row = *account.row;
    return {number_in(row, account_row::submitted),
            time_in(row, account_row::last_submitted_at),
            time_in(row, account_row::last_event_time),
            {number_in(row, account_row::spacing_mean), number_in(row, account_row::spacing_deviation)},
            {window_in(row, account_row::hour_started), window_in(row, account_row::day_started)},
            DatumGetTimestampTz(value(row, account_row::opened_at)),
            false};
}

std::optional<std::int64_t> spacing_ms(const Activity& activity, TimestampTz event_time) {
    if (!activity.last_event_time) return std::nullopt;
    return std::abs(event_time - *activity.last_event_time) / 1000;
}

void count_submission(Activity& activity, TimestampTz event_time, std::int64_t points, TimestampTz now) {
    if (const auto spacing = spacing_ms(activity, event_time))
        activity.spacing = next_spacing(activity.spacing, activity.submitted - 1, *spacing);
    activity.windows = add(roll(activity.windows, now), points);
    activity.last_event_time = event_time;
    activity.last_submitted_at = now;
    ++activity.submitted;
    activity.is_changed = true;
}

void save_account(Account& account, const Activity& activity) {
    if (!activity.is_changed) return save_account(account);
    std::array<Cell, 5 + 2 * window_columns> cells = {{
        {account_row::submitted, Int64GetDatum(activity.submitted)},
        {account_row::last_submitted_at, field_of(activity.last_submitted_at)},
        {account_row::last_event_time, field_of(activity.last_event_time)},
        {account_row::spacing_mean, Int64GetDatum(activity.spacing.mean_ms)},
        {account_row::spacing_deviation, Int64GetDatum(activity.spacing.deviation_ms)},
    }};
    put_window(&cells[5], account_row::hour_started, activity.windows.hour);
    put_window(&cells[5 + window_columns], account_row::day_started, activity.windows.day);
    save_account(account, cells);
}

}  // namespace rewards::pg
