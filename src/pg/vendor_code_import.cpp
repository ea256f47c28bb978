// import_vendor_codes: a list of codes becomes a batch, and each row hears what became of it.
#include "pg/audit.hpp"
#include "pg/coupon_template.hpp"
#include "pg/key_ring.hpp"
#include "pg/raise.hpp"
#include "pg/uuid.hpp"
#include "pg/vendor_code.hpp"

namespace rewards::pg {

namespace {

constexpr int most_codes = 1'000'000;
constexpr std::size_t longest_code = 255;
constexpr std::size_t longest_label = 255;
constexpr std::string_view blanks = " \t\r\n\v\f";

struct ImportRow {
    std::uint32_t ordinal;
    Bytes code;
    Digest tag;
    const char* outcome;  // null: not decided yet
};

struct Import {
    Uuid template_id;
    std::optional<std::string_view> label;
    TimestampTz expires_at;
    std::span<ImportRow> rows;
};

// The batch that is being written, under the newest key slot, and the other slots that codes of the company have.
struct OpenBatch {
    VendorBatch batch;
    std::int32_t number;
    TimestampTz now;  // of the batch, and then a microsecond later for each code
    KeyRing* keys;
    VendorCipher* cipher;
    std::array<bool, slot_count> older_slots;
};

// What files bring along around a code is not of it.
std::string_view without_blanks(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

ImportRow read_row(Datum element, bool is_null, int index) {
    ImportRow row{static_cast<std::uint32_t>(index + 1), {}, {}, nullptr};
    const std::string_view code = is_null ? std::string_view() : without_blanks(text_view(element));
    if (code.empty()) row.outcome = "blank";
    if (code.size() > longest_code) row.outcome = "too_long";
    row.code = bytes_of(code);
    return row;
}

std::span<ImportRow> read_rows(const Arguments& arguments, int index, const char* name) {
    ArrayType* given = DatumGetArrayTypeP(arguments.required(index, name));
    const int count = ArrayGetNItems(ARR_NDIM(given), ARR_DIMS(given));
    if (ARR_NDIM(given) != 1 || count > most_codes)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("%s must have 1 to %d elements in one dimension", name, most_codes),
                errhint("Import longer lists in several calls."));
    auto* rows = static_cast<ImportRow*>(
        MemoryContextAllocHuge(CurrentMemoryContext, static_cast<std::size_t>(count) * sizeof(ImportRow)));
    ArrayIterator elements = array_create_iterator(given, 0, nullptr);
    Datum element;
    bool is_null;
    for (int one = 0; array_iterate(elements, &element, &is_null); ++one) rows[one] = read_row(element, is_null, one);
    array_free_iterator(elements);
    return {rows, static_cast<std::size_t>(count)};
}

TimestampTz expiry_argument(const Arguments& arguments, int index) {
    if (arguments.is_null(index)) return DT_NOEND;
    const TimestampTz expires_at = DatumGetTimestampTz(arguments.datum(index));
    if (expires_at <= GetCurrentTimestamp())
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("expires_at must be in the future"),
                errhint("Codes that have expired cannot be handed out."));
    return expires_at;
}

// It may have codes of ours still: they can be waiting when vendor_codes is switched on.
void require_template(Write& write, const Uuid& company, const Uuid& template_id) {
    if (find_offer(open_templates(write), company, template_id)) return;
    ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the company has no coupon template with this id"),
            errhint("See rewards.coupon_templates."));
}

Digest tag_of(OpenBatch& open, unsigned slot, Bytes code) {
    return value_or_raise(vendor_code_tag(*open.keys, slot, open.batch.company, code));
}

// The one after the company's last, which is waited for: what it imports may be in this list, too.
void add_batch(Table& batches, OpenBatch& open, const Import& import) {
    const Datum company = to_datum(open.batch.company);
    WrappedKey wrapped;
    open.cipher = &keep(create_vendor_cipher(*open.keys, open.batch, wrapped));
    do {
        CHECK_FOR_INTERRUPTS();
        open.number = 1;
        for_each(batches, vendor_batch::by_number, {company}, [&] {
            open.number = DatumGetInt32(value(batches, vendor_batch::number)) + 1;
            open.older_slots[batch_of(batches).slot % slot_count] = true;
            return true;
        });
    } while (!insert_if_new(batches, vendor_batch::by_number,
                            {{vendor_batch::id, to_datum(open.batch.id)},
                             {vendor_batch::company_id, company},
                             {vendor_batch::number, Int32GetDatum(open.number)},
                             {vendor_batch::template_id, to_datum(import.template_id)},
                             {vendor_batch::label, field_of(import.label)},
                             {vendor_batch::codes, Int32GetDatum(0)},
                             {vendor_batch::key_slot, Int16GetDatum(static_cast<std::int16_t>(open.batch.slot))},
                             {vendor_batch::wrapped_key, bytea_datum(wrapped)},
                             {vendor_batch::expires_at, TimestampTzGetDatum(import.expires_at)},
                             {vendor_batch::imported_at, TimestampTzGetDatum(open.now)},
                             {vendor_batch::imported_by, to_datum(std::string_view(current_actor()))}}));
    open.older_slots[open.batch.slot] = false;
}

OpenBatch open_batch(Table& batches, const Context& context, const Import& import) {
    OpenBatch open{};
    open.now = GetCurrentTimestamp();
    open.keys = &key_ring(true);
    open.batch = {context.company, new_uuid(open.now), issuing_slot()};
    add_batch(batches, open, import);
    return open;
}

// A code that came in under another key has another tag.
bool was_imported_under_older_key(Table& codes, OpenBatch& open, const ImportRow& row) {
    for (unsigned slot = 0; slot < slot_count; ++slot)
        if (open.older_slots[slot] && kind_of(*open.keys, slot) == KeyKind::derived &&
            find(codes, vendor_code::by_tag, {to_datum(open.batch.company), bytea_datum(tag_of(open, slot, row.code))}))
            return true;
    return false;
}

bool add_code(Table& codes, OpenBatch& open, const Import& import, const ImportRow& row) {
    if (was_imported_under_older_key(codes, open, row)) return false;
    // Ids of one moment are of no order: a fifth of the work of an import was in the indexes that have them.
    const VendorCodeName name{new_uuid(open.now++), row.ordinal};
    std::array<std::uint8_t, longest_code + gcm_tag_size> sealed;
    const std::size_t length = value_or_raise(seal_vendor_code(*open.cipher, name, row.code, sealed));
    return insert_if_new(codes, vendor_code::by_tag,
                         {{vendor_code::id, to_datum(name.id)},
                          {vendor_code::company_id, to_datum(open.batch.company)},
                          {vendor_code::batch_id, to_datum(open.batch.id)},
                          {vendor_code::ordinal, Int32GetDatum(static_cast<std::int32_t>(row.ordinal))},
                          {vendor_code::template_id, to_datum(import.template_id)},
                          {vendor_code::code_tag, bytea_datum(row.tag)},
                          {vendor_code::sealed_code, bytea_datum(std::span(sealed).first(length))},
                          {vendor_code::expires_at, TimestampTzGetDatum(import.expires_at)},
                          {vendor_code::status, to_datum(std::string_view("available"))}});
}

// Equal codes side by side, the first of them first; in the order of the index that keeps them apart, which is also
// the one in which it grows fastest.
ImportRow** order_by_tag(OpenBatch& open, std::span<ImportRow> rows) {
    auto** order =
        static_cast<ImportRow**>(MemoryContextAllocHuge(CurrentMemoryContext, (rows.size() + 1) * sizeof(ImportRow*)));
    ImportRow** end = order;
    for (ImportRow& row : rows) {
        if (row.outcome != nullptr) continue;
        row.tag = tag_of(open, open.batch.slot, row.code);
        *end++ = &row;
    }
    *end = nullptr;
    std::sort(order, end, [](const ImportRow* one, const ImportRow* other) {
        return one->tag != other->tag ? one->tag < other->tag : one->ordinal < other->ordinal;
    });
    return order;
}

std::int32_t add_codes(Write& write, OpenBatch& open, const Import& import) {
    Table& codes = open_vendor_codes(write);
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "rewards vendor code", ALLOCSET_DEFAULT_SIZES);
    std::int32_t imported = 0;
    const ImportRow* previous = nullptr;
    for (ImportRow** next = order_by_tag(open, import.rows); *next != nullptr; ++next) {
        CHECK_FOR_INTERRUPTS();
        ImportRow& row = **next;
        const bool is_repeated = previous != nullptr && previous->tag == row.tag;
        previous = &row;
        row.outcome = "duplicate_in_import";
        if (is_repeated) continue;
        MemoryContext caller = MemoryContextSwitchTo(memory);
        const bool is_new = add_code(codes, open, import, row);
        MemoryContextSwitchTo(caller);
        MemoryContextReset(memory);
        ResetPerTupleExprContext(write.estate);
        row.outcome = is_new ? "imported" : "duplicate";
        imported += is_new ? 1 : 0;
    }
    MemoryContextDelete(memory);
    return imported;
}

void finish_batch(Write& write, const Context& context, Table& batches, const OpenBatch& open, const Import& import,
                  std::int32_t imported) {
    lock_row(batches, vendor_batch::by_id, {to_datum(open.batch.id)});
    update(batches, {{vendor_batch::codes, Int32GetDatum(imported)}});
    const char* done = psprintf("{\"batch_id\": \"%s\", \"template_id\": \"%s\", \"imported\": %d, \"refused\": %d}",
                                uuid_text(open.batch.id), uuid_text(import.template_id), imported,
                                static_cast<int>(import.rows.size()) - imported);
    record_audit(write, context, {"import_vendor_codes", {}, {}, DirectFunctionCall1(jsonb_in, CStringGetDatum(done))});
}

// Nothing: no code was new, and there is no batch.
std::optional<Uuid> import_codes(Write& write, const Context& context, const Import& import) {
    require_template(write, context.company, import.template_id);
    Table& batches = open_vendor_batches_to_write(write);
    OpenBatch open = open_batch(batches, context, import);
    const std::int32_t imported = add_codes(write, open, import);
    if (imported == 0) {
        lock_row(batches, vendor_batch::by_id, {to_datum(open.batch.id)});
        remove(batches);
        return std::nullopt;
    }
    finish_batch(write, context, batches, open, import, imported);
    return open.batch.id;
}

void return_rows(FunctionCallInfo call, const Import& import, const std::optional<Uuid>& batch) {
    InitMaterializedSRF(call, 0);
    for (const ImportRow& row : import.rows) {
        const bool is_imported = std::string_view(row.outcome) == "imported";
        const RowField fields[] = {Int32GetDatum(static_cast<std::int32_t>(row.ordinal)),
                                   to_datum(std::string_view(row.outcome)), is_imported ? field_of(batch) : RowField()};
        add_row(call, fields);
    }
}

}  // namespace
}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_import_vendor_codes) {
    using namespace rewards::pg;
    const Context& context = require_context();
    require_back_end(context, "import vendor codes");
    const Arguments arguments{fcinfo};
    Import import{};
    import.template_id = arguments.uuid(0, "template_id");
    import.rows = read_rows(arguments, 1, "codes");
    if (!arguments.is_null(2)) import.label = arguments.word(2, "label", longest_label);
    import.expires_at = expiry_argument(arguments, 3);
    std::optional<rewards::Uuid> batch;
    with_write("import_vendor_codes()", [&](Write& write) { batch = import_codes(write, context, import); });
    return_rows(fcinfo, import, batch);
    return Datum{0};
}
}
