// How is a role kept? The server's settings `role` and `session_authorization` get hooks around their own.
// The check hook refuses whatever sets them. RESET, and the end of a function with a SET clause, ask no check
// hook: those the assign hook refuses. An error there is safe: the setting still has its old value and its stack,
// which the rollback of the (sub)transaction restores.
//
// What remains: SAVEPOINT s; SET LOCAL ROLE low; set_company_context(); ROLLBACK TO s. A rollback must not fail, so
// it returns to the former role; the context is gone with it, and the seal admits no other. Whoever does not trust
// the SQL that follows sets the role before the savepoint.
#include "pg/tenant_role.hpp"

#include "pg/server_setting.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

struct Kept {
    const char* name;
    Oid (*present)();
    GucStringCheckHook check;  // the server's own, or another module's
    GucStringAssignHook assign;
};

Kept role{"role", GetCurrentRoleId, nullptr, nullptr};
Kept session{"session_authorization", GetSessionUserId, nullptr, nullptr};

constexpr const char* refusal = "the role cannot be set while a company context is sealed";
constexpr const char* way_out = "Set the role before the company context.";

// What ALTER ROLE ... SET only notes for later sessions (PGC_S_TEST) is not put in force.
bool check(const Kept& kept, char** value, void** extra, GucSource source) {
    if (is_sealed() && !InitializingParallelWorker && source != PGC_S_TEST) {
        GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
        GUC_check_errmsg("%s", refusal);
        GUC_check_errhint("%s", way_out);
        return false;
    }
    return kept.check == nullptr || kept.check(value, extra, source);
}

// The server keeps the id of the role first in `extra`; names do not tell, since roles can be renamed.
bool changes(const Kept& kept, const void* extra) {
    Oid next = InvalidOid;
    if (extra != nullptr) std::memcpy(&next, extra, sizeof next);
    return next != kept.present();
}

void assign(const Kept& kept, const char* value, void* extra) {
    if (is_sealed() && IsTransactionState() && !InitializingParallelWorker && changes(kept, extra))
        ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("%s", refusal), errhint("%s", way_out));
    if (kept.assign != nullptr) kept.assign(value, extra);
}

bool check_role(char** value, void** extra, GucSource source) { return check(role, value, extra, source); }
void assign_role(const char* value, void* extra) { assign(role, value, extra); }
bool check_session(char** value, void** extra, GucSource source) { return check(session, value, extra, source); }
void assign_session(const char* value, void* extra) { assign(session, value, extra); }

config_string* setting_of(const Kept& kept) {
    const std::span<config_generic* const> all = server_settings();
    const auto found = std::find_if(all.begin(), all.end(), [&](const config_generic* setting) {
        return std::strcmp(setting->name, kept.name) == 0;
    });
    if (found == all.end() || (*found)->vartype != PGC_STRING)
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("this server has no setting \"%s\"", kept.name));
    return reinterpret_cast<config_string*>(*found);
}

void keep(Kept& kept, config_string* setting, GucStringCheckHook check_hook, GucStringAssignHook assign_hook) {
    kept.check = setting->check_hook;
    kept.assign = setting->assign_hook;
    setting->check_hook = check_hook;
    setting->assign_hook = assign_hook;
}

}  // namespace

void keep_role_while_sealed() {
    config_string* role_setting = setting_of(role);
    config_string* session_setting = setting_of(session);
    keep(role, role_setting, check_role, assign_role);
    keep(session, session_setting, check_session, assign_session);
}

}  // namespace rewards::pg
