#include "pg/tenant_claims.hpp"

#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

char* company_claim = nullptr;
char* actor_claim = nullptr;
char* role_claim = nullptr;

struct Claimed {
    Uuid company;
    Role role;
    std::optional<std::string_view> actor;
};

// Whoever logs in as the role that calls can say SET request.jwt.claims, too.
void require_switched_role() {
    if (GetOuterUserId() == GetSessionUserId())
        ereport(
            ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
            errmsg("request claims can be adopted only after the role was switched"),
            errhint("PostgREST does that before its db-pre-request: grant EXECUTE to the roles that it switches to, "
                    "which must not be able to log in."));
}

// The claims are a person's: none of them is for a message. Nor are there others to try after them.
[[noreturn]] void refuse_claims(const char* reason, const char* claim) {
    remain_without_context();
    ereport(ERROR, errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
            errmsg("the claims of the request are no company context"), errdetail(reason, claim),
            errhint("See the settings rewards.company_claim, rewards.actor_claim and rewards.role_claim, and the token "
                    "that the request came with."));
    pg_unreachable();
}

bool is_json(text* claims) {
#if PG_VERSION_NUM >= 170000
    JsonLexContext* lexer = makeJsonLexContext(nullptr, claims, true);
#else
    JsonLexContext* lexer = makeJsonLexContext(claims, true);
#endif
    return pg_parse_json(lexer, &nullSemAction) == JSON_SUCCESS;
}

// Nothing: the request has none.
text* request_claims() {
    const char* setting = GetConfigOption("request.jwt.claims", true, false);
    if (setting == nullptr || *setting == '\0') return nullptr;
    text* claims = cstring_to_text(setting);
    if (!is_json(claims)) refuse_claims("Setting %s is not JSON.", "request.jwt.claims");
    return claims;
}

std::optional<std::string_view> value_at(text* claims, Datum path) {
    LOCAL_FCINFO(call, 2);
    InitFunctionCallInfoData(*call, nullptr, 2, InvalidOid, nullptr, nullptr);
    call->args[0] = {PointerGetDatum(claims), false};
    call->args[1] = {path, false};
    const Datum value = json_extract_path_text(call);
    if (call->isnull) return std::nullopt;
    return text_view(value);
}

// By its name; if none has that name, it is a path with dots. There are names with dots: those that are URLs.
std::optional<std::string_view> claim_named(const char* name, text* claims) {
    if (*name == '\0') return std::nullopt;
    Datum whole = CStringGetTextDatum(name);
    const auto value = value_at(claims, PointerGetDatum(construct_array(&whole, 1, TEXTOID, -1, false, TYPALIGN_INT)));
    if (value) return value;
    return value_at(claims, DirectFunctionCall2Coll(text_to_array, C_COLLATION_OID, whole, CStringGetTextDatum(".")));
}

std::optional<Claimed> claimed_context() {
    text* claims = request_claims();
    if (claims == nullptr) return std::nullopt;
    const std::optional<std::string_view> company = claim_named(company_claim, claims);
    if (!company) return std::nullopt;
    const std::optional<Uuid> company_id = parse_uuid(*company);
    if (!company_id) refuse_claims("Claim %s is not the UUID of a company.", company_claim);
    const std::optional<Role> role = role_of(claim_named(role_claim, claims).value_or("user"));
    if (!role) refuse_claims("Claim %s is not user, service or admin.", role_claim);
    const std::optional<std::string_view> actor = claim_named(actor_claim, claims);
    if (!can_act(*role, actor))
        refuse_claims(
            role == Role::user ? "Claim %s is not the UUID of a member." : "Claim %s is not fit for an actor.",
            actor_claim);
    return Claimed{*company_id, *role, actor};
}

void define_claim(const char* name, const char* what, char** value, const char* usual) {
    DefineCustomStringVariable(name, what, "A name, or a path with dots. Of the JSON in request.jwt.claims.", value,
                               usual, PGC_SUSET, 0, nullptr, nullptr, nullptr);
}

}  // namespace

void define_claim_settings() {
    define_claim("rewards.company_claim", "The claim that has the id of the company.", &company_claim, "company_id");
    define_claim("rewards.actor_claim", "The claim that says who acts.", &actor_claim, "sub");
    define_claim("rewards.role_claim", "The claim that is user, service or admin; where it is absent: user.",
                 &role_claim, "rewards_role");
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_adopt_request_claims) {
    using namespace rewards::pg;
    (void)fcinfo;
    require_switched_role();
    const std::optional<Claimed> claimed = claimed_context();
    if (!claimed) {
        remain_without_context();
        PG_RETURN_NULL();
    }
    enter_context(claimed->company, claimed->role, claimed->actor);
    return uuid_result(claimed->company);
}
}
