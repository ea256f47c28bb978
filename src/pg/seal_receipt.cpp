// event_receipt(): the proof that an entry is in a sealed block, which SHA-256 alone can check.
#include "pg/raise.hpp"
#include "pg/seal.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace {

constexpr const char* entry_of_event = R"(
    SELECT e.user_id, e.version, e.entry_hash, e.system_id, e.xid FROM rewards.ledger e
     WHERE e.company_id = rewards.get_current_company_id() AND e.event_id = $1 AND e.kind = 'event'
       AND ($2 IS NULL OR e.user_id = $2))";

constexpr const char* block_of_entry = R"(
    SELECT b.block, b.system_id, b.from_xid, b.to_xid FROM ONLY rewards.ledger_blocks b
     WHERE b.company_id = rewards.get_current_company_id() AND b.system_id = $1 AND b.from_xid <= $2 AND b.to_xid > $2
     ORDER BY b.to_xid LIMIT 1)";

// Numbers of 64 bits are text: many readers of JSON would round them.
constexpr const char* sealed_receipt = R"(
    WITH leaf AS MATERIALIZED (
        SELECT uuid_send(e.user_id) || int8send(e.version) || e.entry_hash AS data, e.user_id, e.version,
               row_number() OVER (ORDER BY e.user_id, e.version) - 1 AS index
          FROM rewards.ledger e
         WHERE e.company_id = rewards.get_current_company_id() AND e.system_id = $4 AND e.xid >= $5 AND e.xid < $6),
    tree AS (
        SELECT count(*) AS size, rewards.merkle_root(data ORDER BY index) AS root,
               rewards.merkle_path(data, (SELECT index FROM leaf WHERE user_id = $2 AND version = $3) ORDER BY index) AS path
          FROM leaf)
    SELECT tree.root = b.root AND tree.size = b.entries, jsonb_build_object(
               'format', 'pg_rewards receipt v1', 'sealed', true, 'event_id', $1, 'company_id', b.company_id,
               'user_id', $2, 'version', $3::text, 'entry_hash', encode(substr(own.data, 25), 'hex'),
               'leaf', encode(own.data, 'hex'), 'index', own.index, 'size', tree.size,
               'path', (SELECT coalesce(jsonb_agg(encode(hash, 'hex') ORDER BY place), '[]')
                          FROM unnest(tree.path) WITH ORDINALITY AS step (hash, place)),
               'block', jsonb_build_object(
                   'block', b.block, 'system_id', b.system_id::text, 'from_xid', b.from_xid::text, 'to_xid', b.to_xid::text,
                   'entries', b.entries, 'root', encode(b.root, 'hex'), 'previous_hash', encode(b.previous_hash, 'hex'),
                   'sealed_at', (extract(epoch FROM b.sealed_at) * 1000000)::bigint::text, 'sealed_by', b.sealed_by,
                   'block_hash', encode(b.block_hash, 'hex')))
      FROM ONLY rewards.ledger_blocks b, tree, leaf own
     WHERE b.company_id = rewards.get_current_company_id() AND b.block = $7
       AND own.user_id = $2 AND own.version = $3)";

constexpr const char* open_receipt = R"(
    SELECT true, jsonb_build_object('format', 'pg_rewards receipt v1', 'sealed', false, 'event_id', $1,
               'company_id', rewards.get_current_company_id(), 'user_id', $2, 'version', $3::text,
               'entry_hash', encode($4, 'hex')))";

SqlRows read_receipt(Relation relation, Datum event, const SqlRow& entry) {
    const SqlArgument id{UUIDOID, event};
    const SqlArgument user{UUIDOID, entry.field(1)};
    const SqlArgument version{INT8OID, entry.field(2)};
    const SqlRows blocks =
        read_as_owner(relation, block_of_entry, {{INT8OID, entry.field(4)}, {INT8OID, entry.field(5)}});
    if (blocks.count == 0)
        return read_as_owner(relation, open_receipt, {id, user, version, {BYTEAOID, entry.field(3)}});
    const SqlRow block = blocks[0];
    return read_as_owner(relation, sealed_receipt,
                         {id,
                          user,
                          version,
                          {INT8OID, block.field(2)},
                          {INT8OID, block.field(3)},
                          {INT8OID, block.field(4)},
                          {INT8OID, block.field(1)}});
}

// In the caller's memory context; nothing when the company has no such event.
std::optional<Datum> receipt_of(Relation relation, Datum event, const RowField& user) {
    const SqlRows entries = read_as_owner(relation, entry_of_event, {{UUIDOID, event}, {UUIDOID, user}});
    if (entries.count == 0) return std::nullopt;
    const SqlRows receipt = read_receipt(relation, event, entries[0]);
    if (receipt.count != 1 || !DatumGetBool(receipt[0].required(1)))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
                errmsg("the entries of a sealed block are not those it was sealed with"),
                errhint("See rewards.verify_ledger()."));
    return SPI_datumTransfer(receipt[0].required(2), false, -1);
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_event_receipt) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const Datum event = arguments.required(0, "event_id");
    const Context& context = require_context();
    if (!arguments.is_null(1)) require_member(context, uuid_of(arguments.datum(1)));
    RowField user = arguments.is_null(1) ? RowField() : RowField(arguments.datum(1));
    if (context.role == Role::user) user = to_datum(context.member);

    Relation blocks = open_table(blocks_layout(), AccessShareLock);
    SPI_connect();
    const std::optional<Datum> receipt = receipt_of(blocks, event, user);
    SPI_finish();
    table_close(blocks, AccessShareLock);
    if (!receipt) PG_RETURN_NULL();
    return *receipt;
}
}
