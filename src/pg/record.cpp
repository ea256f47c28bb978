#include "pg/record.hpp"

namespace rewards::pg {

namespace {

// Where a row type has the columns that we want; kept from call to call.
struct RowShape {
    Oid type;
    std::int32_t modifier;
    std::array<AttrNumber, most_columns> attributes;
};

AttrNumber find_attribute(TupleDesc columns, const Column& wanted, const char* hint) {
    const AttrNumber number = column_number(columns, wanted);
    if (number != InvalidAttrNumber) return number;
    ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
            errmsg("the row has no column \"%s\" of type %s", wanted.name, format_type_be(wanted.type)),
            errhint("%s", hint));
    pg_unreachable();
}

const RowShape& shape_of(FunctionCallInfo call, HeapTupleHeader row, TupleDesc columns, std::span<const Column> wanted,
                         const char* hint) {
    auto* shape = static_cast<RowShape*>(call->flinfo->fn_extra);
    if (shape == nullptr)
        call->flinfo->fn_extra = shape =
            static_cast<RowShape*>(MemoryContextAllocZero(call->flinfo->fn_mcxt, sizeof(RowShape)));
    const Oid type = HeapTupleHeaderGetTypeId(row);
    const std::int32_t modifier = HeapTupleHeaderGetTypMod(row);
    if (shape->type == type && shape->modifier == modifier) return *shape;
    shape->type = InvalidOid;
    for (std::size_t one = 0; one < wanted.size(); ++one)
        shape->attributes[one] = find_attribute(columns, wanted[one], hint);
    shape->type = type;
    shape->modifier = modifier;
    return *shape;
}

}  // namespace

void read_record(FunctionCallInfo call, int argument, std::span<const Column> wanted, const char* hint,
                 RowField* fields) {
    HeapTupleHeader row = DatumGetHeapTupleHeader(call->args[argument].value);
    TupleDesc columns = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
    const RowShape& shape = shape_of(call, row, columns, wanted, hint);
    HeapTupleData tuple{};
    tuple.t_len = HeapTupleHeaderGetDatumLength(row);
    ItemPointerSetInvalid(&tuple.t_self);
    tuple.t_data = row;
    // All at once: one by one, each would be looked for from the start of the row.
    auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<std::size_t>(columns->natts)));
    auto* nulls = static_cast<bool*>(palloc(sizeof(bool) * static_cast<std::size_t>(columns->natts)));
    heap_deform_tuple(&tuple, columns, values, nulls);
    for (std::size_t one = 0; one < wanted.size(); ++one) {
        const int index = shape.attributes[one] - 1;
        fields[one] = nulls[index] ? RowField() : RowField(values[index]);
    }
    ReleaseTupleDesc(columns);
}

}  // namespace rewards::pg
