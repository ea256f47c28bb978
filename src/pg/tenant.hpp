// Whose rows are these? The company context: sealed for the transaction, readable everywhere,
// writable only through the functions that enter one.
#pragma once

#include "core/uuid.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

// cross_company is of no company: it reads those of all, where a policy lets it (begin_cross_company_access()).
enum class Role : std::uint8_t { user, service, admin, cross_company };

struct Context {
    bool is_set;
    Role role;
    Uuid company;
    Uuid member;  // of role user: for whom it acts
    std::array<char, 256> actor;
};

// Role user, service or admin.
std::optional<Role> role_of(std::string_view name);
Role required_role(const Arguments& arguments, int index);

// The actor as a context keeps it; an error when it cannot.
std::optional<std::string_view> checked_actor(Role role, std::optional<std::string_view> actor);

// Would a context keep this actor?
bool can_act(Role role, std::optional<std::string_view> actor);

// Seals this transaction; an error when it is sealed for another context. The actor of role user is a
// member's id; no actor: the role that logged in.
void enter_context(const Uuid& company, Role role, std::optional<std::string_view> actor);

// Keeps a transaction that has no context without one until it ends: the default of the database does not stand in.
void remain_without_context();
// Seals this transaction for reading the rows of all companies; an error when it is sealed for one. The actor is the
// role that logged in.
void enter_cross_company();

// The context of this transaction, sealed or the default of the database; an error when there is none.
const Context& require_context();

// The company that rows must be of; nothing: there is no context, or that of all companies.
std::optional<Uuid> current_company();

// Does this transaction cross companies, as begin_cross_company_access() lets it?
bool crosses_companies();

// Has this transaction been given a context, be it gone with a savepoint?
bool is_sealed();

// Runs before a transaction is sealed, and may refuse.
void before_sealing(void (*check)());

// Who acts: the actor of the context or, where there is none, the role that logged in.
const char* current_actor();

// Role user acts for one member only.
void require_member(const Context& context, const Uuid& user);

// Role user does not do this at all; `what` completes "a member cannot ...".
void require_back_end(const Context& context, const char* what);

// What came of a trial: an error's SQLSTATE and message or, without one, what the body noted itself.
struct Trial {
    bool is_error;
    int sqlstate;
    const char* message;
};

using TrialBody = void (*)(void* state);

// Does something in the context of a company, or of none at all, and undoes it, context and seal included: for tests
// of isolation. It gives nobody more than a transaction of its own would: the caller must be allowed to call
// set_company_context(), nothing that was written stays, and in a sealed transaction it is refused, as by
// require_trial_allowed() alone.
void require_trial_allowed();
Trial try_as_company(const std::optional<Uuid>& company, TrialBody body, void* state);

// Defines the setting that carries the context to parallel workers, and rewards.default_company_id.
void define_context_settings();

}  // namespace rewards::pg
