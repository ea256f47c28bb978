// How is the context kept from forgery? Its setting refuses every value but the one that our setter
// is offering at that moment, or that a parallel worker receives from its leader. The seal, in
// static memory, keeps a transaction to its first context, whatever the setting is rolled back to.
#include "pg/tenant.hpp"

#include "pg/raise.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

namespace {

constexpr std::string_view role_names[] = {"user", "service", "admin", "cross_company"};
constexpr const char* closed = "closed";  // what the setting says where there is no context, nor may be one

Context active{};               // what the setting says now
Context seal{};                 // what this transaction was first given
Context stand_in{};             // what rewards.default_company_id says
bool is_closed = false;         // by the setting
std::array<char, 512> offer{};  // the value that our setter is about to set; empty: none
char* setting = nullptr;
char* default_company = nullptr;
void (*sealing_check)() = nullptr;

std::optional<Role> any_role_of(std::string_view name) {
    for (std::size_t role = 0; role < std::size(role_names); ++role)
        if (role_names[role] == name) return static_cast<Role>(role);
    return std::nullopt;
}

// The setting's text: "<company uuid> <role> <actor>", or closed.
std::optional<Context> parse_context(std::string_view text) {
    if (text == closed) return Context{};
    if (text.size() <= uuid_text_size) return std::nullopt;
    const std::size_t role_end = text.find(' ', uuid_text_size + 1);
    if (role_end == std::string_view::npos) return std::nullopt;
    const std::string_view actor = text.substr(role_end + 1);
    const std::optional<Uuid> company = parse_uuid(text.substr(0, uuid_text_size));
    const std::optional<Role> role = any_role_of(text.substr(uuid_text_size + 1, role_end - uuid_text_size - 1));
    Context context{};
    if (!company || !role || actor.size() >= context.actor.size()) return std::nullopt;
    context.is_set = true;
    context.company = *company;
    context.role = *role;
    std::memcpy(context.actor.data(), actor.data(), actor.size());
    if (*role == Role::user) {
        const std::optional<Uuid> member = parse_uuid(actor);
        if (!member) return std::nullopt;
        context.member = *member;
    }
    return context;
}

bool same(const Context& one, const Context& other) {
    return one.is_set == other.is_set && one.role == other.role && one.company == other.company &&
           one.actor == other.actor;
}

void* keep_for_setting(const Context& context) {
#if PG_VERSION_NUM >= 160000
    void* extra = guc_malloc(LOG, sizeof(Context));
#else
    void* extra = std::malloc(sizeof(Context));
#endif
    if (extra != nullptr) std::memcpy(extra, &context, sizeof(Context));
    return extra;
}

bool refuse_setting() {
    GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
    GUC_check_errmsg("the company context cannot be set by SET");
    GUC_check_errhint("Call rewards.set_company_context().");
    return false;
}

bool check_setting(char** value, void** extra, GucSource) {
    const bool from_setter = offer[0] != '\0' && std::strcmp(*value, offer.data()) == 0;
    offer[0] = '\0';  // it is good for one value
    if (**value == '\0') return !seal.is_set || InitializingParallelWorker || refuse_setting();
    if (!from_setter && !InitializingParallelWorker) return refuse_setting();
    const std::optional<Context> context = parse_context(*value);
    if (!context) return refuse_setting();
    *extra = keep_for_setting(*context);
    return *extra != nullptr;
}

// RESET asks no check hook, and 15 has no flag that forbids it. An assignment may fail as long as it is not part of a
// rollback.
void refuse_reset(void* extra) {
    if (extra == nullptr && seal.is_set && (active.is_set || is_closed) && IsTransactionState())
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                errmsg("the company context cannot be taken away before the transaction ends"));
}

void assign_setting(const char*, void* extra) {
    refuse_reset(extra);
    if (extra != nullptr)
        std::memcpy(&active, extra, sizeof(Context));
    else
        active.is_set = false;
    is_closed = extra != nullptr && !active.is_set;
}

bool check_default_company(char** value, void** extra, GucSource) {
    if (**value == '\0') return true;
    const std::optional<Uuid> company = parse_uuid(*value);
    if (!company) {
        GUC_check_errdetail("It is the id of a company, a UUID.");
        return false;
    }
    Context context{};
    context.is_set = true;
    context.role = Role::service;
    context.company = *company;
    *extra = keep_for_setting(context);
    return *extra != nullptr;
}

void assign_default_company(const char*, void* extra) {
    if (extra != nullptr)
        std::memcpy(&stand_in, extra, sizeof(Context));
    else
        stand_in.is_set = false;
}

// The default stands in where nobody has set a context, and never for one that is gone with a savepoint.
const Context* context_in_force() {
    if (active.is_set) return &active;
    return stand_in.is_set && !seal.is_set && !is_closed ? &stand_in : nullptr;
}

// A result is a copy, because a procedure keeps its arguments by reference, beyond the transaction. A scan asks for each
// row, so the copy belongs to the calling expression, which gets a new one when the value is another.
Datum lasting_result(FunctionCallInfo call, const Uuid& value) {
    FmgrInfo* caller = call->flinfo;
    auto* kept = static_cast<Uuid*>(caller->fn_extra);
    if (kept == nullptr || *kept != value) {
        kept = static_cast<Uuid*>(MemoryContextAlloc(caller->fn_mcxt, sizeof(Uuid)));
        *kept = value;
        caller->fn_extra = kept;
    }
    return PointerGetDatum(kept);
}

bool acts_for_member() { return active.is_set && active.role == Role::user; }

void unseal(XactEvent event, void*) {
    switch (event) {
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_ABORT:
        case XACT_EVENT_PREPARE:
        case XACT_EVENT_PARALLEL_COMMIT:
        case XACT_EVENT_PARALLEL_ABORT:
            seal.is_set = false;
            offer[0] = '\0';
            break;
        default: break;
    }
}

void set_setting(const char* value) {
    strlcpy(offer.data(), value, offer.size());
    set_config_option("rewards.context", value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

// A context is gone with its savepoint. Parallel workers know the setting alone, and have to hear of it.
void follow_savepoint(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
    offer[0] = '\0';
    if (event == SUBXACT_EVENT_START_SUB && seal.is_set && !active.is_set && !is_closed) set_setting(closed);
}

// Seals first: a transaction that fails between the two has a seal without a context, which is safe.
void seal_context(const char* value, const Context& context) {
    if (seal.is_set && !same(seal, context))
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                errmsg("this transaction is sealed for another company context"),
                errhint("One transaction serves one company and one actor: COMMIT or ROLLBACK first."));
    if (same(active, context)) return;
    if (!seal.is_set && sealing_check != nullptr) sealing_check();
    seal = context;
    set_setting(value);
}

const char* checked_member(std::string_view member) {
    return uuid_text(uuid_of(DirectFunctionCall1(uuid_in, CStringGetDatum(pnstrdup(member.data(), member.size())))));
}

constexpr std::size_t longest_actor = std::tuple_size_v<decltype(Context::actor)> - 1;

const char* checked_name(std::string_view actor) {
    if (actor.empty() || actor.size() > longest_actor) raise_length("actor", actor.size(), longest_actor);
    if (has_control_character(actor))
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("actor must not contain control characters"));
    return pnstrdup(actor.data(), actor.size());
}

const char* role_that_logged_in() { return GetUserNameFromId(GetSessionUserId(), false); }

bool must_go_on(const ErrorData* error) {
    return error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_OUT_OF_MEMORY;
}

void enter(const Uuid& company, Role role, std::string_view actor) {
    const char* name = role_names[static_cast<int>(role)].data();
    const char* value = psprintf("%s %s %.*s", uuid_text(company), name, static_cast<int>(actor.size()), actor.data());
    const std::optional<Context> context = parse_context(value);
    if (!context) ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("actor is not usable"));
    seal_context(value, *context);
}

}  // namespace

std::optional<Role> role_of(std::string_view name) {
    const std::optional<Role> role = any_role_of(name);
    return role == Role::cross_company ? std::nullopt : role;
}

Role required_role(const Arguments& arguments, int index) {
    const std::optional<Role> role = role_of(text_view(arguments.required(index, "role")));
    if (!role) ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("role must be user, service or admin"));
    return *role;
}

std::optional<std::string_view> checked_actor(Role role, std::optional<std::string_view> actor) {
    if (!actor && role == Role::user)
        ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("actor of role user must not be null"));
    if (!actor) return std::nullopt;
    return role == Role::user ? checked_member(*actor) : checked_name(*actor);
}

bool can_act(Role role, std::optional<std::string_view> actor) {
    if (role == Role::user) return actor && parse_uuid(*actor);
    return !actor || (!actor->empty() && actor->size() <= longest_actor && !has_control_character(*actor));
}

void enter_context(const Uuid& company, Role role, std::optional<std::string_view> actor) {
    const std::optional<std::string_view> given = checked_actor(role, actor);
    enter(company, role, given ? *given : role_that_logged_in());
}

void enter_cross_company() { enter(Uuid{}, Role::cross_company, role_that_logged_in()); }

void before_sealing(void (*check)()) { sealing_check = check; }

void remain_without_context() {
    if (is_sealed()) return;
    seal = {};
    seal.is_set = true;
    set_setting(closed);
}

bool is_sealed() { return seal.is_set || active.is_set; }

const Context& require_context() {
    const Context* context = context_in_force();
    if (context == nullptr)
        ereport(ERROR, errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION), errmsg("no company context is set"),
                errhint("Call rewards.set_company_context() first, in the same transaction."));
    if (context->role == Role::cross_company)
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("cross-company access is of no company"),
                errhint("It reads tables. What acts for a company takes a transaction with set_company_context()."));
    if (context == &stand_in) strlcpy(stand_in.actor.data(), role_that_logged_in(), stand_in.actor.size());
    return *context;
}

std::optional<Uuid> current_company() {
    const Context* context = context_in_force();
    if (context == nullptr || context->role == Role::cross_company) return std::nullopt;
    return context->company;
}

bool crosses_companies() { return active.is_set && active.role == Role::cross_company; }

const char* current_actor() { return active.is_set ? active.actor.data() : role_that_logged_in(); }

void require_member(const Context& context, const Uuid& user) {
    if (context.role == Role::user && context.member != user)
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("a member can act only for itself"),
                errhint("The context of this transaction has role user; service and admin act for every member."));
}

void require_back_end(const Context& context, const char* what) {
    if (context.role == Role::user)
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("a member cannot %s", what),
                errhint("The context of this transaction has role user; this takes service or admin."));
}

void require_trial_allowed() {
    if (is_sealed())
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                errmsg("a transaction that has a company context cannot act as another company"),
                errhint("Call it in a transaction of its own."));
    // A session may have a type uuid of its own.
    const Datum function =
        to_datum(std::string_view("rewards.set_company_context(pg_catalog.uuid, pg_catalog.text, pg_catalog.text)"));
    if (!DatumGetBool(
            DirectFunctionCall2(has_function_privilege_name, function, to_datum(std::string_view("EXECUTE")))))
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                errmsg("permission denied for function set_company_context"),
                errhint("Who acts as a company, if only for a test, needs the right to enter its context."));
}

// The seal is taken off after the rollback: what could have been written under it is gone by then.
Trial try_as_company(const std::optional<Uuid>& company, TrialBody body, void* state) {
    require_trial_allowed();
    MemoryContext caller_memory = CurrentMemoryContext;
    ResourceOwner caller_resources = CurrentResourceOwner;
    ErrorData* volatile error = nullptr;
    BeginInternalSubTransaction(nullptr);
    MemoryContextSwitchTo(caller_memory);
    PG_TRY();
    {
        if (company)
            enter_context(*company, Role::service, std::nullopt);
        else
            remain_without_context();
        body(state);
    }
    PG_CATCH();
    {
        MemoryContextSwitchTo(caller_memory);
        error = CopyErrorData();
        FlushErrorState();
    }
    PG_END_TRY();
    RollbackAndReleaseCurrentSubTransaction();
    MemoryContextSwitchTo(caller_memory);
    CurrentResourceOwner = caller_resources;
    seal = Context{};
    if (error == nullptr) return {false, 0, nullptr};
    if (must_go_on(error)) ReThrowError(error);
    return {true, error->sqlerrcode, error->message};
}

void define_context_settings() {
    DefineCustomStringVariable("rewards.context", "The sealed company context of this transaction.",
                               "Set by rewards.set_company_context() and by nothing else.", &setting, "", PGC_SUSET,
                               GUC_NO_RESET_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE | GUC_NO_SHOW_ALL,
                               check_setting, assign_setting, nullptr);
    DefineCustomStringVariable("rewards.default_company_id", "The company of transactions that set no context.",
                               "For databases of one company: ALTER DATABASE ... SET. Empty: they have none.",
                               &default_company, "", PGC_SUSET, GUC_NOT_IN_SAMPLE, check_default_company,
                               assign_default_company, nullptr);
    RegisterXactCallback(unseal, nullptr);
    RegisterSubXactCallback(follow_savepoint, nullptr);
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_set_company_context) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid company = arguments.uuid(0, "company_id");
    enter_context(company, required_role(arguments, 2), arguments.optional_text(1));
    PG_RETURN_VOID();
}

SQL_FUNCTION(rewards_get_current_company_id) {
    using namespace rewards::pg;
    const std::optional<rewards::Uuid> company = current_company();
    if (!company) PG_RETURN_NULL();
    return lasting_result(fcinfo, *company);
}

SQL_FUNCTION(rewards_require_company_id) {
    using namespace rewards::pg;
    return lasting_result(fcinfo, require_context().company);
}

SQL_FUNCTION(rewards_get_back_end_company_id) {
    using namespace rewards::pg;
    const std::optional<rewards::Uuid> company = current_company();
    if (!company || acts_for_member()) PG_RETURN_NULL();
    return lasting_result(fcinfo, *company);
}

SQL_FUNCTION(rewards_get_current_user_id) {
    using namespace rewards::pg;
    if (!acts_for_member()) PG_RETURN_NULL();
    return lasting_result(fcinfo, active.member);
}

SQL_FUNCTION(rewards_get_first_user_id) {
    using namespace rewards::pg;
    return lasting_result(fcinfo, acts_for_member() ? active.member : rewards::Uuid{});
}

SQL_FUNCTION(rewards_get_last_user_id) {
    using namespace rewards::pg;
    rewards::Uuid last;
    last.fill(0xff);
    return lasting_result(fcinfo, acts_for_member() ? active.member : last);
}

SQL_FUNCTION(rewards_crosses_companies) {
    (void)fcinfo;
    PG_RETURN_BOOL(rewards::pg::crosses_companies());
}

SQL_FUNCTION(rewards_require_user_id) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid user = arguments.uuid(0, "user_id");
    require_member(require_context(), user);
    return uuid_result(user);
}
}
