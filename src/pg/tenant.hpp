// Whose rows are these? The company context: sealed for the transaction, readable everywhere,
// writable only through set_company_context().
#pragma once

#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace rewards::pg {

enum class Role : std::uint8_t { user, service, admin };

struct Context {
    bool is_set;
    Role role;
    Uuid company;
    Uuid member;  // of role user: for whom it acts
    std::array<char, 256> actor;
};

// The context of this transaction; an error when there is none.
const Context& require_context();

// Has this transaction been given a context, be it gone with a savepoint?
bool is_sealed();

// Who acts: the actor of the context or, where there is none, the role that logged in.
const char* current_actor();

// Role user acts for one member only.
void require_member(const Context& context, const Uuid& user);

// Role user does not do this at all; `what` completes "a member cannot ...".
void require_back_end(const Context& context, const char* what);

// Defines the setting that carries the context to parallel workers.
void define_context_setting();

}  // namespace rewards::pg
