#include "pg/submit_activity.hpp"

#include "pg/limit.hpp"

namespace rewards::pg {

namespace {

std::int64_t number_in(const Table& row, std::uint8_t column) { return DatumGetInt64(value(row, column)); }

std::optional<TimestampTz> time_in(const Table& row, std::uint8_t column) {
    const std::optional<Datum> time = optional_value(row, column);
    if (!time) return std::nullopt;
    return DatumGetTimestampTz(*time);
}

RowField field_of(const std::optional<TimestampTz>& time) { return time ? TimestampTzGetDatum(*time) : RowField(); }

}  // namespace

Activity read_activity(const Account& account) {
    const Table& row = *account.row;
    return {number_in(row, account_row::submitted),
            time_in(row, account_row::last_submitted_at),
            time_in(row, account_row::last_event_time),
            {number_in(row, account_row::spacing_mean), number_in(row, account_row::spacing_deviation)},
            windows_in(row),
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
    const std::array<Cell, 10> windows = cells_of(activity.windows);
    std::array<Cell, 5 + std::tuple_size_v<decltype(windows)>> cells = {{
        {account_row::submitted, Int64GetDatum(activity.submitted)},
        {account_row::last_submitted_at, field_of(activity.last_submitted_at)},
        {account_row::last_event_time, field_of(activity.last_event_time)},
        {account_row::spacing_mean, Int64GetDatum(activity.spacing.mean_ms)},
        {account_row::spacing_deviation, Int64GetDatum(activity.spacing.deviation_ms)},
    }};
    std::ranges::copy(windows, cells.begin() + 5);
    save_account(account, cells);
}

}  // namespace rewards::pg
