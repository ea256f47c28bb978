#include "pg/entry.hpp"

namespace rewards::pg {

namespace {

bool is_null_in(const bits8* bitmap, int index) {
    return bitmap != nullptr && (bitmap[index / 8] >> index % 8 & 1) == 0;
}

// As array_out() has it, which takes longer than all the rest of an entry.
std::string_view text_of_numbers(Datum datum) {
    ArrayType* array = DatumGetArrayTypeP(datum);
    if (ARR_NDIM(array) != 1 || ARR_LBOUND(array)[0] != 1) return OidOutputFunctionCall(F_ARRAY_OUT, datum);
    constexpr std::size_t widest = sizeof "-2147483648,";
    const int count = ARR_DIMS(array)[0];
    const auto* number = reinterpret_cast<const std::int32_t*>(ARR_DATA_PTR(array));
    auto* text = static_cast<char*>(palloc(2 + static_cast<std::size_t>(count) * widest));
    char* end = text;
    *end++ = '{';
    for (int index = 0; index < count; ++index) {
        if (index > 0) *end++ = ',';
        end = is_null_in(ARR_NULLBITMAP(array), index) ? std::copy_n("NULL", 4, end) : end + pg_ltoa(*number++, end);
    }
    *end++ = '}';
    return {text, static_cast<std::size_t>(end - text)};
}

}  // namespace

EntryField entry_field(Oid type, const RowField& field) {
    if (field.is_null) return {};
    switch (type) {
        case UUIDOID: return {EntryField::Form::uuid, 0, {DatumGetPointer(field.value), sizeof(Uuid)}};
        case INT8OID:
        case TIMESTAMPTZOID: return EntryField::of(DatumGetInt64(field.value));
        case INT4OID: return EntryField::of(DatumGetInt32(field.value));
        case TEXTOID: return EntryField::of_text(text_view(field.value));
        case JSONBOID: return EntryField::of_text(OidOutputFunctionCall(F_JSONB_OUT, field.value));
        case INETOID: return EntryField::of_text(OidOutputFunctionCall(F_INET_OUT, field.value));
        case INT4ARRAYOID: return EntryField::of_text(text_of_numbers(field.value));
        default:
            ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot hash type %s into an entry", format_type_be(type)));
    }
    pg_unreachable();
}

Datum entry_xid() {
    return Int64GetDatum(static_cast<std::int64_t>(U64FromFullTransactionId(GetTopFullTransactionId())));
}

Datum entry_system() { return Int64GetDatum(static_cast<std::int64_t>(GetSystemIdentifier())); }

}  // namespace rewards::pg
