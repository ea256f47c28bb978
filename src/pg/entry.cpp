#include "pg/entry.hpp"

namespace rewards::pg {

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
        case INT4ARRAYOID: return EntryField::of_text(OidOutputFunctionCall(F_ARRAY_OUT, field.value));
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
