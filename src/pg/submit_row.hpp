// What submit_points_event and its batch have in common: checks of what came in, and the answer's columns.
#pragma once

#include "pg/submit.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

// What would only fill the disk, or stand in the way of a refund, is refused.
void require_sound(const Submission& submission);

inline constexpr std::size_t answer_fields = 9;
void put_answer(RowField* fields, const SubmitAnswer& answer);

}  // namespace rewards::pg
