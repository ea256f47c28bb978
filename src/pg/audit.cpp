#include "pg/audit.hpp"

#include "pg/entry.hpp"
#include "pg/raise.hpp"
#include "pg/record.hpp"
#include "pg/uuid.hpp"

namespace rewards::pg {

namespace audit_row {
namespace {
enum : std::uint8_t {
    id,
    company_id,
    user_id,
    action,
    table_name,
    actor,
    old_values,
    new_values,
    created_at,
    entry_hash,
    xid,
    system_id
};
constexpr Column columns[] = {
    {"id", UUIDOID},          {"company_id", UUIDOID}, {"user_id", UUIDOID},
    {"action", TEXTOID},      {"table_name", TEXTOID}, {"actor", TEXTOID},
    {"old", JSONBOID},        {"new", JSONBOID},       {"created_at", TIMESTAMPTZOID},
    {"entry_hash", BYTEAOID}, {"xid", INT8OID},        {"system_id", INT8OID},
};
constexpr std::size_t content_count = entry_hash;  // the columns before it are what was done
TableLayout layout{"audit_log", columns, {}};
}  // namespace
}  // namespace audit_row

namespace {

using AuditContent = std::array<RowField, audit_row::content_count>;

// Names the layout: stored hashes outlive the code, so another layout needs another tag.
constexpr std::string_view layout_tag = "pg_rewards audit v1";

// Rows are not chained to one another: whoever audits would wait for everybody else of the company. Blocks do that.
Digest hash_of(const AuditContent& content) {
    std::array<EntryField, 1 + audit_row::content_count> fields;
    fields[0] = EntryField::of_text(layout_tag);
    for (std::size_t one = 0; one < content.size(); ++one)
        fields[one + 1] = entry_field(audit_row::columns[one].type, content[one]);
    return value_or_raise(entry_hash(Digest{}, EntryKind::audit, fields));
}

}  // namespace

void record_audit(Write& write, const Uuid& company, const AuditRecord& record) {
    const TimestampTz now = GetCurrentTimestamp();
    const Uuid id = new_uuid(now);
    const AuditContent content = {to_datum(id),
                                  to_datum(company),
                                  record.user,
                                  to_datum(std::string_view(record.action)),
                                  record.table_name,
                                  to_datum(std::string_view(current_actor())),
                                  record.old_values,
                                  record.new_values,
                                  TimestampTzGetDatum(now)};
    std::array<Cell, std::size(audit_row::columns)> cells{};
    for (std::uint8_t column = 0; column < content.size(); ++column) cells[column] = {column, content[column]};
    cells[audit_row::entry_hash] = {audit_row::entry_hash, bytea_datum(hash_of(content))};
    cells[audit_row::xid] = {audit_row::xid, entry_xid()};
    cells[audit_row::system_id] = {audit_row::system_id, entry_system()};
    insert(open_for_writing(write, audit_row::layout), cells);
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_audit_entry_hash) {
    using namespace rewards::pg;
    AuditContent content;
    read_record(fcinfo, 0, std::span(audit_row::columns).first<audit_row::content_count>(),
                "Pass a row of rewards.audit_log.", content.data());
    return bytea_datum(hash_of(content));
}
}
