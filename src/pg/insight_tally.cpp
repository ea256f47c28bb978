#include "pg/insight_tally.hpp"

namespace rewards::pg {

namespace {

InsightTally& tally_of(InsightTallies& tallies, const Insight& insight) {
    InsightTally*& place = tallies.tallies[place_of(insight.type)];
    if (place != nullptr) return *place;
    place = static_cast<InsightTally*>(MemoryContextAlloc(tallies.memory, sizeof(InsightTally)));
    *place = {};
    place->insight.type = insight.type;
    place->insight.occurrences = 0;
    return *place;
}

// The newest ones, oldest first.
void add_event(InsightTally& tally, const Uuid& event) {
    if (tally.event_count == tally.events.size()) {
        std::copy(tally.events.begin() + 1, tally.events.end(), tally.events.begin());
        --tally.event_count;
    }
    tally.events[tally.event_count++] = event;
}

void replace_details(InsightTallies& tallies, Insight& tallied, Datum details) {
    MemoryContext caller = MemoryContextSwitchTo(tallies.memory);
    if (tallied.details) pfree(DatumGetPointer(*tallied.details));
    tallied.details = datumCopy(details, false, -1);
    MemoryContextSwitchTo(caller);
}

}  // namespace

InsightTallies begin_tallies() { return {CurrentMemoryContext, {}, {}, false}; }

void tally(InsightTallies& tallies, const Insight& insight) {
    InsightTally& tally = tally_of(tallies, insight);
    tally.insight.severity = Max(tally.insight.severity, insight.severity);
    if (insight.score) tally.insight.score = insight.score;
    if (insight.details) replace_details(tallies, tally.insight, *insight.details);
    for (const Uuid& event : insight.events) add_event(tally, event);
    tally.insight.occurrences += insight.occurrences;
}

InsightCounts count_open(Write& write, const AccountKey& account, InsightTallies& tallies) {
    if (!tallies.is_open_read) tallies.open = read_open(write, account);
    tallies.is_open_read = true;
    const auto occurrences = [&](std::size_t place) {
        const InsightTally* tally = tallies.tallies[place];
        return tallies.open[place] + (tally == nullptr ? 0 : tally->insight.occurrences);
    };
    InsightCounts counts{};
    for (std::size_t place = 0; place < tallies.open.size(); ++place) counts.open += occurrences(place) > 0;
    counts.replay_attempts = occurrences(place_of(insight_type::replay_attempt));
    return counts;
}

void write_tallies(Write& write, const AccountKey& account, const InsightTallies& tallies) {
    for (const InsightTally* tally : tallies.tallies) {
        if (tally == nullptr) continue;
        Insight insight = tally->insight;
        insight.events = std::span(tally->events).first(tally->event_count);
        note_insight(write, account, insight);
    }
}

}  // namespace rewards::pg
