#include "pg/server_setting.hpp"

#include "pg/values.hpp"

namespace rewards::pg {

namespace {

// After COMMIT: does it have a value that was SET for the session? What SET LOCAL and SET clauses of functions have put
// on top goes away; pg_settings cannot tell, and has neither the role nor the settings that applications make up.
bool stays_set(const config_generic& setting) {
    GucSource source = setting.source;
    for (const GucStack* below = setting.stack; below != nullptr; below = below->prev) {
        if (below->state == GUC_SET) break;
        if (below->state == GUC_SET_LOCAL) return true;
        source = below->source;
    }
    return source == PGC_S_SESSION;
}

bool may_be_read(const config_generic& setting) {
    return (setting.flags & GUC_SUPERUSER_ONLY) == 0 || has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_SETTINGS);
}

RowField value_of(const config_generic& setting) {
    const char* value = may_be_read(setting) ? GetConfigOptionByName(setting.name, nullptr, true) : nullptr;
    return value == nullptr ? RowField() : RowField(to_datum(std::string_view(value)));
}

}  // namespace

std::span<config_generic* const> server_settings() {
#if PG_VERSION_NUM >= 160000
    int count = 0;
    config_generic** settings = get_guc_variables(&count);
#else
    config_generic** settings = get_guc_variables();
    const int count = GetNumConfigOptions();
#endif
    return {settings, static_cast<std::size_t>(count)};
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_session_settings) {
    using namespace rewards::pg;
    InitMaterializedSRF(fcinfo, 0);
    const auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    for (const config_generic* setting : server_settings()) {
        if (!stays_set(*setting)) continue;
        const RowField value = value_of(*setting);
        Datum values[] = {to_datum(std::string_view(setting->name)), value.value};
        bool nulls[] = {false, value.is_null};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    PG_RETURN_NULL();
}
}
