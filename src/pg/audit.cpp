#include "pg/audit.hpp"

#include "pg/uuid.hpp"

namespace rewards::pg {

namespace audit_row {
namespace {
enum : std::uint8_t { id, company_id, user_id, action, actor, old_values, new_values, created_at };
constexpr Column columns[] = {
    {"id", UUIDOID},    {"company_id", UUIDOID}, {"user_id", UUIDOID}, {"action", TEXTOID},
    {"actor", TEXTOID}, {"old", JSONBOID},       {"new", JSONBOID},    {"created_at", TIMESTAMPTZOID},
};
TableLayout layout{"audit_log", columns, {}};
}  // namespace
}  // namespace audit_row

void record_audit(Write& write, const Context& context, const AuditRecord& record) {
    const TimestampTz now = GetCurrentTimestamp();
    const Uuid id = new_uuid(now);
    Table& audit = open_for_writing(write, audit_row::layout);
    insert(audit, {{audit_row::id, to_datum(id)},
                   {audit_row::company_id, to_datum(context.company)},
                   {audit_row::user_id, record.user},
                   {audit_row::action, to_datum(std::string_view(record.action))},
                   {audit_row::actor, to_datum(std::string_view(context.actor.data()))},
                   {audit_row::old_values, record.old_values},
                   {audit_row::new_values, record.new_values},
                   {audit_row::created_at, TimestampTzGetDatum(now)}});
}

}  // namespace rewards::pg
