#include "pg/row_update.hpp"

namespace rewards::pg {

namespace {

RowImage image_of(HeapTuple tuple, TupleDesc columns) {
    const auto count = static_cast<std::size_t>(columns->natts);
    const RowImage image{static_cast<Datum*>(palloc(count * sizeof(Datum))),
                         static_cast<bool*>(palloc(count * sizeof(bool)))};
    heap_deform_tuple(tuple, columns, image.values, image.nulls);
    return image;
}

}  // namespace

bool RowUpdate::is_changed(std::uint8_t column) const {
    const RowField was = field_before(column);
    const RowField is = field_after(column);
    if (was.is_null || is.is_null) return was.is_null != is.is_null;
    const Form_pg_attribute form = TupleDescAttr(columns, layout->attributes[column] - 1);
    return !datum_image_eq(was.value, is.value, form->attbyval, form->attlen);
}

RowUpdate read_update(const TriggerData* trigger, const TableLayout& layout) {
    TupleDesc columns = RelationGetDescr(trigger->tg_relation);
    return {&layout, columns, trigger->tg_newtuple, image_of(trigger->tg_trigtuple, columns),
            image_of(trigger->tg_newtuple, columns)};
}

HeapTuple with_cells(const RowUpdate& update, std::span<const Cell> cells) {
    if (cells.empty()) return update.tuple;
    constexpr std::size_t most_cells = 8;
    int numbers[most_cells];
    Datum values[most_cells];
    bool nulls[most_cells];
    int count = 0;
    for (const Cell& cell : cells) {
        numbers[count] = update.layout->attributes[cell.column];
        values[count] = cell.field.value;
        nulls[count++] = cell.field.is_null;
    }
    return heap_modify_tuple_by_cols(update.tuple, update.columns, count, numbers, values, nulls);
}

}  // namespace rewards::pg
