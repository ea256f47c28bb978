// When vendor codes run low, staff hear of it.
#include "pg/insight.hpp"
#include "pg/vendor_code.hpp"

namespace rewards::pg {

// All templates of a company share its one open insight: its details have the id of each that has been noted, and how
// many codes were left then.
void note_low_stock(Write& write, const Uuid& company, const Uuid& template_id, std::int64_t low_at) {
    const char* name = uuid_text(template_id);
    const std::optional<Datum> noted = open_details(write, company, insight_type::low_stock);
    const bool is_noted =
        noted && DatumGetBool(DirectFunctionCall2(jsonb_exists, *noted, to_datum(std::string_view(name))));
    const std::int64_t still_news = is_noted ? 0 : low_at;
    const std::int64_t left = left_of_vendor_codes(write, template_id, still_news + 1);
    if (left > still_news) return;
    const Datum state =
        DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"%s\": " INT64_FORMAT "}", name, left)));
    if (is_noted && DatumGetBool(DirectFunctionCall2(jsonb_contains, *noted, state))) return;
    Insight insight{};
    insight.type = insight_type::low_stock;
    insight.severity = left == 0 ? Severity::high : Severity::medium;
    insight.details = noted ? DirectFunctionCall2(jsonb_concat, *noted, state) : state;
    insight.occurrences = 1;
    note_company_insight_rarely(write, company, insight, 0);  // so that nobody waits for another who notes one
}

}  // namespace rewards::pg
