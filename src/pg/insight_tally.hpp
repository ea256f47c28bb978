// What looked like fraud in the events of one call? They are counted first and written once: a row that is updated
// thousands of times in one transaction becomes a chain of thousands of versions.
#pragma once

#include "pg/insight.hpp"

namespace rewards::pg {

struct InsightTally {
    Insight insight;  // its events are those below
    std::array<Uuid, most_insight_events> events;
    std::size_t event_count;
};

// Of one account, which has to be locked.
struct InsightTallies {
    MemoryContext memory;  // lives as long as the tallies
    std::array<InsightTally*, insight_type_count> tallies;
    OpenInsights open;  // in the table
    bool is_open_read;
};

// In the current memory context.
InsightTallies begin_tallies();

void tally(InsightTallies& tallies, const Insight& insight);

struct InsightCounts {
    std::int64_t open;             // types of insight
    std::int64_t replay_attempts;  // occurrences of the open replay_attempt
};

// What is open, and what will be.
InsightCounts count_open(Write& write, const AccountKey& account, InsightTallies& tallies);

void write_tallies(Write& write, const AccountKey& account, const InsightTallies& tallies);

}  // namespace rewards::pg
