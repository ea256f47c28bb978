// Which trust rules hold for a company, and what did they say of an event?
#pragma once

#include "core/trust.hpp"
#include "pg/table.hpp"

namespace rewards::pg {

// Versions below belong to the defaults, those from here on to the companies: the number alone says
// whose rules an event was scored by.
inline constexpr std::int32_t first_company_version = 1000;

// The rules of that version or, without one, the newest of the company, else the newest defaults; an
// error where there are none. They are kept by the backend until they change, and what was returned
// stays as it is through the call, whatever changes meanwhile.
const TrustRules& trust_rules(const Uuid& company, std::optional<std::int32_t> version);

// int4[] as points_events.trust_features has it: unknown ones are null, or missing at the end.
Datum features_datum(const Features& features);
Features features_of(Datum array);

// text[]: the names of the rules that applied and weigh something, the heaviest first, without the
// one that everybody starts from.
Datum reasons_datum(const TrustRules& rules, std::uint64_t matched);

}  // namespace rewards::pg
