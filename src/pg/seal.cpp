// seal_ledger(): the entries of all transactions that have ended become a block, those of the ledger and those of the
// audit log each in a chain of their own.
//
// Sealers wait for one another and for nobody else. What a block has is decided by one number, the xmin
// of the snapshot that the entries are read with: every transaction below it has ended, and what it
// wrote is visible or will never be.
#include "pg/seal.hpp"

#include "core/ledger_block.hpp"
#include "pg/audit.hpp"
#include "pg/entry.hpp"
#include "pg/raise.hpp"
#include "pg/tenant.hpp"

namespace rewards::pg {

namespace block_row {
namespace {
enum : std::uint8_t {
    company_id,
    block,
    system_id,
    from_xid,
    to_xid,
    entries,
    root,
    previous_hash,
    block_hash,
    sealed_at,
    sealed_by
};
constexpr Column columns[] = {
    {"company_id", UUIDOID},  {"block", INT8OID},
    {"system_id", INT8OID},   {"from_xid", INT8OID},
    {"to_xid", INT8OID},      {"entries", INT8OID},
    {"root", BYTEAOID},       {"previous_hash", BYTEAOID},
    {"block_hash", BYTEAOID}, {"sealed_at", TIMESTAMPTZOID},
    {"sealed_by", TEXTOID},
};
TableLayout of_ledger{"ledger_blocks", columns, {}};
TableLayout of_audit{"audit_blocks", columns, {}};
}  // namespace
}  // namespace block_row

namespace {

// A company at rest gets an empty block now and then, or its next one would have to read everything
// that others wrote meanwhile.
constexpr std::int64_t longest_range = 1'000'000;

constexpr const char* newest_block = R"(
    SELECT b.block, b.block_hash, b.system_id FROM rewards.book_blocks b
     WHERE b.book = $1 AND b.company_id = $2 ORDER BY b.block DESC LIMIT 1)";

// From where to where no block goes yet: first, if $4, on servers that the data has come from, where
// nothing is written any more, and then on this one ($3).
constexpr const char* open_ranges = R"(
    SELECT system_id, from_xid, to_xid
      FROM (SELECT e.system_id, coalesce(s.to_xid, 0), max(e.xid) + 1, min(e.recorded_at)
              FROM rewards.book_entries e LEFT JOIN rewards.sealed_systems($1, $2) s ON s.system_id = e.system_id
             WHERE $4 AND e.book = $1 AND e.company_id = $2 AND e.system_id <> $3
               AND e.xid >= coalesce(s.to_xid, 0)
             GROUP BY e.system_id, s.to_xid
            UNION ALL
            SELECT $3, s.to_xid, pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 'infinity'
              FROM rewards.sealed_systems($1, $2) s WHERE s.system_id = $3)
           AS ranges (system_id, from_xid, to_xid, since)
     WHERE from_xid < to_xid ORDER BY since, system_id)";

constexpr const char* content_of_range = R"(
    SELECT count(*), rewards.merkle_root(e.place || e.entry_hash ORDER BY e.place)
      FROM rewards.book_entries e
     WHERE e.book = $1 AND e.company_id = $2 AND e.system_id = $3 AND e.xid >= $4 AND e.xid < $5)";

// What is sealed: a book of a company.
struct Book {
    const char* name;
    TableLayout& blocks;
    Uuid company;
};

struct Chain {
    std::int64_t newest;  // number of the last block; 0: there is none
    Digest hash;
    std::int64_t system;
};

struct Range {
    std::int64_t system;
    std::int64_t from_xid;
    std::int64_t to_xid;
};

struct Sealed {
    std::int64_t blocks;
    std::int64_t entries;
    std::int64_t newest;
};

Digest digest_in(const SqlRow& row, int number) {
    const std::optional<Digest> digest = digest_of(row.required(number));
    if (!digest)
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the hash of a block is not a SHA-256 digest"),
                errhint("See rewards.verify_ledger()."));
    return *digest;
}

SqlArgument name_of(const Book& book) { return {TEXTOID, to_datum(std::string_view(book.name))}; }
SqlArgument company_of(const Book& book) { return {UUIDOID, to_datum(book.company)}; }

// Before the snapshot: to one that is older than a rewrite by ALTER TABLE, the table looks empty.
void lock_books(Relation relation) {
    read_newest_as_owner(relation, "SELECT FROM rewards.book_blocks, rewards.book_entries LIMIT 0", {},
                         [](const SqlRows&) {});
}

Chain read_chain(Relation relation, const Book& book) {
    const SqlRows rows = read_as_owner(relation, newest_block, {name_of(book), company_of(book)});
    if (rows.count == 0) return {};
    return {rows[0].integer(1), digest_in(rows[0], 2), rows[0].integer(3)};
}

void insert_block(Table& blocks, const Block& block, const Digest& hash, TimestampTz now) {
    insert(blocks, {{block_row::company_id, to_datum(block.company)},
                    {block_row::block, Int64GetDatum(block.number)},
                    {block_row::system_id, Int64GetDatum(block.system)},
                    {block_row::from_xid, Int64GetDatum(block.from_xid)},
                    {block_row::to_xid, Int64GetDatum(block.to_xid)},
                    {block_row::entries, Int64GetDatum(block.entries)},
                    {block_row::root, bytea_datum(block.root)},
                    {block_row::previous_hash, bytea_datum(block.previous)},
                    {block_row::block_hash, bytea_datum(hash)},
                    {block_row::sealed_at, TimestampTzGetDatum(now)},
                    {block_row::sealed_by, to_datum(block.sealed_by)}});
}

// Worth a block? The first one on a new server says where the ledger goes on, even without entries.
bool is_worth(const Chain& chain, const Range& range, std::int64_t entries) {
    const bool is_new_server = chain.newest != 0 && chain.system != range.system;
    return entries > 0 || is_new_server || range.to_xid - range.from_xid >= longest_range;
}

void seal_range(Table& blocks, const Book& book, Chain& chain, const Range& range, Sealed& sealed) {
    const SqlRows content = read_as_owner(blocks.relation, content_of_range,
                                          {name_of(book),
                                           company_of(book),
                                           {INT8OID, Int64GetDatum(range.system)},
                                           {INT8OID, Int64GetDatum(range.from_xid)},
                                           {INT8OID, Int64GetDatum(range.to_xid)}});
    Block block{};
    block.entries = content[0].integer(1);
    if (!is_worth(chain, range, block.entries)) return;
    block.company = book.company;
    block.number = chain.newest + 1;
    block.system = range.system;
    block.from_xid = range.from_xid;
    block.to_xid = range.to_xid;
    block.root = digest_in(content[0], 2);
    block.previous = chain.hash;
    const TimestampTz now = GetCurrentTimestamp();
    block.sealed_at = static_cast<std::int64_t>(unix_microseconds(now));
    block.sealed_by = current_actor();
    chain = {block.number, value_or_raise(block_hash(block)), block.system};
    insert_block(blocks, block, chain.hash, now);
    sealed = {sealed.blocks + 1, sealed.entries + block.entries, chain.newest};
}

Sealed seal(Write& write, const Book& book) {
    Table& blocks = open_for_writing(write, book.blocks);
    SPI_connect();
    Chain chain = read_chain(blocks.relation, book);
    Sealed sealed{0, 0, chain.newest};
    const bool look_abroad = chain.newest == 0 || Int64GetDatum(chain.system) != entry_system();
    const SqlRows ranges = read_as_owner(
        blocks.relation, open_ranges,
        {name_of(book), company_of(book), {INT8OID, entry_system()}, {BOOLOID, BoolGetDatum(look_abroad)}});
    for (std::uint64_t one = 0; one < ranges.count; ++one)
        seal_range(blocks, book, chain, {ranges[one].integer(1), ranges[one].integer(2), ranges[one].integer(3)},
                   sealed);
    SPI_finish();
    return sealed;
}

}  // namespace

TableLayout& blocks_layout() { return block_row::of_ledger; }

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_seal_ledger) {
    using namespace rewards::pg;
    const Context& context = require_context();
    require_back_end(context, "seal the ledger");
    Sealed sealed{};
    with_write("seal_ledger()", [&](Write& write) {
        Relation lock = open_table(blocks_layout(), ShareRowExclusiveLock);
        lock_books(lock);
        PushActiveSnapshot(GetLatestSnapshot());
        sealed = seal(write, {"ledger", block_row::of_ledger, context.company});
        seal(write, {"audit", block_row::of_audit, context.company});
        seal(write, {"audit", block_row::of_audit, all_companies});
        PopActiveSnapshot();
        table_close(lock, NoLock);
    });
    return make_row(fcinfo, {Int64GetDatum(sealed.blocks), Int64GetDatum(sealed.entries),
                             sealed.newest == 0 ? RowField() : Int64GetDatum(sealed.newest)});
}

// Null for a row that cannot be a block: verification tells, and does not fail.
SQL_FUNCTION(rewards_block_hash) {
    using namespace rewards::pg;
    rewards::Block block{};
    const auto number = [&](int index) { return PG_GETARG_INT64(index); };
    const auto root = digest_of(PG_GETARG_DATUM(6));
    const auto previous = digest_of(PG_GETARG_DATUM(7));
    if (!root || !previous) PG_RETURN_NULL();
    block.root = *root;
    block.previous = *previous;
    block.company = uuid_of(PG_GETARG_DATUM(0));
    block.number = number(1);
    block.system = number(2);
    block.from_xid = number(3);
    block.to_xid = number(4);
    block.entries = number(5);
    block.sealed_at = static_cast<std::int64_t>(unix_microseconds(PG_GETARG_TIMESTAMPTZ(8)));
    block.sealed_by = text_view(PG_GETARG_DATUM(9));
    return bytea_datum(value_or_raise(rewards::block_hash(block)));
}
}
