// A statement that reads a whole table calls show_progress() with the place of each row, in whichever process scans it,
// and that process tells.
#include "pg/progress.hpp"

#include "pg/values.hpp"

namespace rewards::pg {

namespace {

constexpr std::uint64_t calls_between_looks = 1024;  // at the clock
constexpr int percent_between_notices = 10;

// What this process has told about the statement that it is in.
struct Told {
    TimestampTz statement;
    TimestampTz looked_at;
    std::uint64_t calls;
    int noticed;  // percent
};
Told told{};
BlockNumber first_page = 0;  // of its scan; not 0 where scans are synchronized
bool is_shown = false;

void take_down(void*) {
    pgstat_report_appname(application_name != nullptr ? application_name : "");
    is_shown = false;
}

// Until the end of the transaction, however it ends.
void show(const char* progress) {
    if (!is_shown) {
        auto* at_end = static_cast<MemoryContextCallback*>(
            MemoryContextAllocZero(TopTransactionContext, sizeof(MemoryContextCallback)));
        at_end->func = take_down;
        MemoryContextRegisterResetCallback(TopTransactionContext, at_end);
        is_shown = true;
    }
    pgstat_report_appname(progress);
}

// Is this its first call in the statement?
bool begin_statement() {
    const TimestampTz statement = GetCurrentStatementStartTimestamp();
    if (told.statement == statement) return false;
    told = {statement, statement, 0, 0};
    return true;
}

void look(std::string_view what, std::int64_t done, std::int64_t total) {
    const TimestampTz now = GetCurrentTimestamp();
    if (now < told.looked_at + USECS_PER_SEC) return;
    told.looked_at = now;
    const int percent = total > 0 ? static_cast<int>(Min(done * 100 / total, 99)) : 0;
    char* progress = psprintf("%.*s: %d %%", static_cast<int>(what.size()), what.data(), percent);
    show(progress);
    if (!IsParallelWorker() && percent >= told.noticed + percent_between_notices) {
        told.noticed = percent;
        ereport(NOTICE, errmsg("%s after " INT64_FORMAT " s", progress, (now - told.statement) / USECS_PER_SEC));
    }
    pfree(progress);
}

}  // namespace

void show_progress(std::string_view what, std::int64_t done, std::int64_t total) {
    begin_statement();
    if (++told.calls % calls_between_looks == 0) look(what, done, total);
}

}  // namespace rewards::pg

extern "C" {

// The processes of a parallel scan take pages from one sequence, so that each of them knows how far all are.
SQL_FUNCTION(rewards_show_progress) {
    using namespace rewards::pg;
    const BlockNumber page = ItemPointerGetBlockNumberNoCheck(reinterpret_cast<ItemPointer>(PG_GETARG_POINTER(1)));
    const std::int64_t pages = PG_GETARG_INT64(2);
    if (begin_statement()) first_page = page;
    const std::int64_t ahead = static_cast<std::int64_t>(page) - first_page;
    show_progress(text_view(PG_GETARG_DATUM(0)), ahead < 0 ? ahead + pages : ahead, pages);
    PG_RETURN_BOOL(true);
}
}
