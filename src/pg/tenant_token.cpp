#include "pg/tenant_token.hpp"

#include "core/tenant_token.hpp"
#include "pg/key_ring.hpp"
#include "pg/raise.hpp"
#include "pg/tenant.hpp"
#include "pg/tenant_token_key.hpp"

namespace rewards::pg {

namespace {

bool require_challenge = false;

// What this transaction has asked to find in its token; one token may have it.
struct Asked {
    bool is_set;
    Challenge challenge;
};
Asked asked{};

void forget_challenge(XactEvent, void*) { asked.is_set = false; }

Audience this_database() { return {GetSystemIdentifier(), MyDatabaseId}; }

TokenRole token_role(Role role) {
    switch (role) {
        case Role::user: return TokenRole::user;
        case Role::service: return TokenRole::service;
        case Role::admin: return TokenRole::admin;
        case Role::cross_company: break;
    }
    ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("cross-company access has no token"));
    pg_unreachable();
}

Role context_role(TokenRole role) {
    switch (role) {
        case TokenRole::user: return Role::user;
        case TokenRole::service: return Role::service;
        case TokenRole::admin: break;
    }
    return Role::admin;
}

// SQL that somebody has injected into a transaction must not take more out of it than is in there.
void require_may_issue(const Uuid& company, Role role) {
    if (!is_sealed()) return;
    if (current_company() != company)
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                errmsg("this transaction is sealed and cannot issue a token of another company"),
                errhint("Issue it in a transaction of that company, or of none."));
    const Context& context = require_context();
    require_back_end(context, "issue company tokens");
    if (role == Role::admin && context.role != Role::admin)
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("a service cannot issue a token of role admin"),
                errhint("Issue it in a transaction of role admin, or of no company."));
}

TimestampTz not_before_argument(const Arguments& arguments, int index, TimestampTz now, std::int64_t ttl) {
    if (arguments.is_null(index)) return now;
    const TimestampTz not_before = finite_timestamp(DatumGetTimestampTz(arguments.datum(index)), "not_before");
    if (not_before > now + USECS_PER_DAY)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("not_before must be at most 24 hours ahead"));
    if (not_before + ttl <= now)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the token would have expired already"),
                errhint("A token is good from not_before for as long as ttl says."));
    return not_before;
}

std::optional<Challenge> challenge_argument(const Arguments& arguments, int index) {
    if (arguments.is_null(index)) return std::nullopt;
    const std::string_view bytes = bytes_view(arguments.datum(index));
    Challenge challenge;
    if (bytes.size() != challenge.size())
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("challenge must have %zu bytes, and has %zu", challenge.size(), bytes.size()),
                errhint("It comes from rewards.get_context_challenge(), in the transaction that the token is for."));
    std::memcpy(challenge.data(), bytes.data(), challenge.size());
    return challenge;
}

void set_actor(CompanyToken& token, std::optional<std::string_view> actor) {
    if (!actor) return;
    token.actor_size = static_cast<std::uint8_t>(actor->size());
    std::memcpy(token.actor.data(), actor->data(), actor->size());
}

// One answer to whoever brings it. Why, and nothing of the token, is for the server's log.
[[noreturn]] void refuse_token(const char* reason) {
    ereport(ERROR, errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION), errmsg("company token is not valid"),
            errdetail_log("It was refused because %s.", reason),
            errhint("A token is for one database and for a short time: ask for a new one where this one came from."));
    pg_unreachable();
}

void require_key_in_use(const TokenKey& key) {
    switch (state_of(key)) {
        case KeyState::in_use: return;
        case KeyState::retired: refuse_token("its key is retired");
        case KeyState::unknown: break;
    }
    refuse_token("its key is not known here");
}

// Only what is in the MAC can be believed, so that comes first; the order of the rest is that of the log's interest.
CompanyToken authentic_token(std::string_view text) {
    const Result<TokenBytes> written = decode_token(text);
    if (!written.ok()) refuse_token(written.error.text);
    require_key_in_use(claimed_key(written.value));
    const Result<CompanyToken> token = open_token(key_ring(false), written.value);
    if (token.error.fault == Fault::malformed) refuse_token(token.error.text);
    return value_or_raise(token);
}

void require_timely(const CompanyToken& token) {
    const std::uint64_t now = unix_microseconds(GetCurrentTimestamp());
    if (now < token.issued_at) refuse_token("it was issued in the future");
    if (now < token.not_before) refuse_token("it is not valid yet");
    if (now >= token.expires_at) refuse_token("it has expired");
}

// Good for one token: whoever has seen it cannot use it again, not in this transaction either.
void take_challenge(const CompanyToken& token) {
    if (!token.challenge && require_challenge) refuse_token("it has no challenge");
    if (!token.challenge) return;
    if (!asked.is_set || asked.challenge != *token.challenge)
        refuse_token("its challenge is not the one of this transaction");
    asked.is_set = false;
}

void enter_with_token(std::string_view text) {
    const CompanyToken token = authentic_token(text);
    if (token.audience != this_database()) refuse_token("it is for another database");
    require_timely(token);
    take_challenge(token);
    const std::string_view actor = token.actor_view();
    enter_context(token.company, context_role(token.role), actor.empty() ? std::nullopt : std::optional(actor));
}

void hide_statement(void*) {
    errhidestmt(true);
    errhidecontext(true);
}

// The bracket in which no error takes the statement, with the token in it, to the server's log.
template <typename Body>
void with_hidden_statement(Body body) {
    ErrorContextCallback hiding;
    hiding.callback = hide_statement;
    hiding.arg = nullptr;
    hiding.previous = error_context_stack;
    error_context_stack = &hiding;
    body();
    error_context_stack = hiding.previous;
}

// A token that is written out in the statement would stay in pg_stat_activity, for every session of the same database
// role to see, and go to the log with any later error of the statement.
void cover_statement(std::string_view token) {
    static const char cover[] = "(hidden: a statement with a company token in it)";
    if (debug_query_string == nullptr || !std::strstr(debug_query_string, pnstrdup(token.data(), token.size()))) return;
    debug_query_string = cover;
    pgstat_report_activity(STATE_RUNNING, cover);
}

}  // namespace

void define_token_settings() {
    DefineCustomBoolVariable("rewards.require_token_challenge",
                             "Refuse company tokens that are not bound to their transaction.",
                             "The transaction asks for a challenge by rewards.get_context_challenge().",
                             &require_challenge, false, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    RegisterXactCallback(forget_challenge, nullptr);
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_issue_company_token) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    rewards::CompanyToken token{};
    token.company = arguments.uuid(0, "company_id");
    const Role role = required_role(arguments, 2);
    require_may_issue(token.company, role);
    token.role = token_role(role);
    set_actor(token, checked_actor(role, arguments.optional_text(1)));
    const TimestampTz now = GetCurrentTimestamp();
    const std::int64_t ttl = arguments.duration(3, "ttl", 24);
    const TimestampTz not_before = not_before_argument(arguments, 4, now, ttl);
    token.issued_at = unix_microseconds(now);
    token.not_before = unix_microseconds(not_before);
    token.expires_at = unix_microseconds(not_before + ttl);
    token.challenge = challenge_argument(arguments, 5);
    token.audience = this_database();
    token.key = key_for_new_tokens();
    return to_datum(value_or_raise(compose_token(key_ring(false), token)).view());
}

SQL_FUNCTION(rewards_set_company_context_token) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    with_hidden_statement([&] {
        const std::optional<std::string_view> token = arguments.optional_text(0);
        if (!token) refuse_token("it is null");
        cover_statement(*token);
        enter_with_token(*token);
    });
    PG_RETURN_VOID();
}

SQL_FUNCTION(rewards_get_context_challenge) {
    using namespace rewards::pg;
    (void)fcinfo;
    asked.is_set = false;
    if (!pg_strong_random(asked.challenge.data(), asked.challenge.size()))
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random bytes"));
    asked.is_set = true;
    return bytea_datum(asked.challenge);
}
}
