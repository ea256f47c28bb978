// What does an UPDATE change in a row? As the BEFORE trigger of the row sees it.
#pragma once

#include "pg/table.hpp"
#include "pg/trigger.hpp"

namespace rewards::pg {

struct RowImage {
    Datum* values;
    bool* nulls;
};

struct RowUpdate {
    const TableLayout* layout;
    TupleDesc columns;
    HeapTuple tuple;  // as it is to be
    RowImage before;
    RowImage after;

    RowField field_before(std::uint8_t column) const { return field(before, column); }
    RowField field_after(std::uint8_t column) const { return field(after, column); }
    bool is_changed(std::uint8_t column) const;

private:
    RowField field(const RowImage& image, std::uint8_t column) const {
        const int index = layout->attributes[column] - 1;
        return image.nulls[index] ? RowField() : RowField(image.values[index]);
    }
};

RowUpdate read_update(const TriggerData* trigger, const TableLayout& layout);

// The row as it is to be, with these cells.
HeapTuple with_cells(const RowUpdate& update, std::span<const Cell> cells);

}  // namespace rewards::pg
