// How far is a statement that reads a whole table? It calls show_progress() with the place of each row, in whichever
// process scans it, and that process says so in pg_stat_activity, where other sessions look.
#include "pg/postgres.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

namespace {

constexpr std::uint64_t calls_between_looks = 1024;  // at the clock
constexpr int percent_between_notices = 10;

// The scan that this process is in.
struct Scan {
    TimestampTz statement;
    TimestampTz looked_at;
    BlockNumber first;  // not 0 where scans are synchronized
    std::uint64_t calls;
    int noticed;  // percent
};
Scan scan{};
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

// The processes of a parallel scan take pages from one sequence, so that each of them knows how far all are.
int percent_of(BlockNumber page, std::int64_t pages) {
    if (pages <= 0) return 0;
    const std::int64_t ahead = static_cast<std::int64_t>(page) - scan.first;
    return static_cast<int>(Min((ahead < 0 ? ahead + pages : ahead) * 100 / pages, 99));
}

void look(std::string_view what, BlockNumber page, std::int64_t pages) {
    const TimestampTz now = GetCurrentTimestamp();
    if (now < scan.looked_at + USECS_PER_SEC) return;
    scan.looked_at = now;
    const int percent = percent_of(page, pages);
    char* progress = psprintf("%.*s: %d %%", static_cast<int>(what.size()), what.data(), percent);
    show(progress);
    if (!IsParallelWorker() && percent >= scan.noticed + percent_between_notices) {
        scan.noticed = percent;
        ereport(NOTICE, errmsg("%s after " INT64_FORMAT " s", progress, (now - scan.statement) / USECS_PER_SEC));
    }
    pfree(progress);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_show_progress) {
    using namespace rewards::pg;
    const BlockNumber page = ItemPointerGetBlockNumberNoCheck(reinterpret_cast<ItemPointer>(PG_GETARG_POINTER(1)));
    const TimestampTz statement = GetCurrentStatementStartTimestamp();
    if (scan.statement != statement) scan = {statement, statement, page, 0, 0};
    if (++scan.calls % calls_between_looks == 0) look(text_view(PG_GETARG_DATUM(0)), page, PG_GETARG_INT64(2));
    PG_RETURN_BOOL(true);
}
}
