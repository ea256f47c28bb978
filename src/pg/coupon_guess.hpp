// Who tries codes that do not exist, and has to wait? Counted for each claimer, device and company: in the server's
// memory where the library is preloaded, which no rollback reaches, and in a table otherwise.
#pragma once

#include "pg/raise.hpp"
#include "pg/table.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

// Whose guess it would be. Both as the company's back end names them.
struct Guesser {
    std::string_view claimed_by;
    std::optional<std::string_view> device_id;
};

// When to come back, for refuse(refusal::try_later, ...); nothing: a code may be looked up. To be asked before that, so
// that whoever has to wait learns nothing about any code.
std::optional<Retry> guess_blocked(Write& write, const Context& context, const Guesser& guesser);

// A code was looked up and does not exist. Not for typing errors, nor for codes that exist and are of no use any more:
// customers have those.
void note_guess(Write& write, const Context& context, const Guesser& guesser);

}  // namespace rewards::pg
