// award_points, deduct_points, refresh_user_points_cache: the back end changes a balance.
#include "core/bytes.hpp"
#include "pg/insight.hpp"
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/statement.hpp"

namespace rewards::pg {

namespace {

struct PointsRequest {
    const char* function;
    const char* outcome;  // when it is done
    Uuid user;
    std::int64_t points;  // signed
    std::optional<std::string_view> reason;
    std::optional<std::string_view> idempotency_key;
    std::string_view event_type;
    std::optional<TimestampTz> event_time;
};

struct PointsAnswer {
    const Refusal* refusal;
    std::optional<Uuid> event;
    std::int64_t balance;
    bool replayed;
};

PointsRequest read_request(const Arguments& arguments, const char* function, const char* outcome) {
    PointsRequest request{};
    request.function = function;
    request.outcome = outcome;
    request.user = arguments.uuid(0, "user_id");
    request.points = arguments.integer(1, "points");
    request.reason = arguments.optional_text(2);
    if (!arguments.is_null(3)) request.idempotency_key = nonce_argument(arguments, 3, "idempotency_key");
    request.event_type = arguments.word(4, "event_type", longest_event_type);
    if (!arguments.is_null(5))
        request.event_time = finite_timestamp(DatumGetTimestampTz(arguments.datum(5)), "event_time");
    return request;
}

Fingerprint fingerprint_of(const PointsRequest& request) {
    const auto points = big_endian(static_cast<std::uint64_t>(request.points));
    const auto time = big_endian(static_cast<std::uint64_t>(request.event_time.value_or(0)));
    const rewards::Field fields[] = {
        {request.function, false},
        {text_of_bytes(points), false},
        {request.reason.value_or(std::string_view()), !request.reason},
        {request.event_type, false},
        {text_of_bytes(time), !request.event_time},
    };
    return value_or_raise(fingerprint(fields));
}

PointsAnswer post(Ledger& ledger, Account& account, const PointsRequest& request) {
    if (request.points < 0 && account.balance.available < -request.points)
        return {&refusal::insufficient_points, std::nullopt, account.balance.available, false};
    Posting posting{};
    posting.event_type = request.event_type;
    posting.event_time = request.event_time;
    posting.points = request.points;
    posting.proof_type = "server";
    posting.nonce = request.idempotency_key;
    posting.reason = request.reason;
    const Uuid event = post_event(ledger, account, posting);
    return {nullptr, event, account.balance.available, false};
}

PointsAnswer post_once(Ledger& ledger, Account& account, const PointsRequest& request) {
    if (!request.idempotency_key) return post(ledger, account, request);

    Table& nonces = open_nonces(*ledger.write);
    const Fingerprint print = fingerprint_of(request);
    const NonceFound found = look_up_nonce(nonces, account.key, *request.idempotency_key, print);
    if (found.use == NonceUse::same_request) return {nullptr, found.answer.event, found.answer.balance, true};
    if (found.use == NonceUse::other_request) {
        note_insight(*ledger.write, account.key, nonce_conflict(request.function, *request.idempotency_key));
        return {&refusal::nonce_conflict, std::nullopt, account.balance.available, false};
    }

    const PointsAnswer answer = post(ledger, account, request);
    if (answer.refusal == nullptr)
        remember_nonce(*ledger.write, nonces, account.key, *request.idempotency_key, request.event_type, print,
                       {answer.event, std::nullopt, answer.balance}, account.now);
    return answer;
}

Datum change_points(FunctionCallInfo call, const PointsRequest& request) {
    const Context& context = require_context();
    require_back_end(context, "award or deduct points");
    PointsAnswer answer{};
    with_write(request.function, [&](Write& write) {
        with_account(write, {request.user, context.company},
                     [&](Ledger& ledger, Account& account) { answer = post_once(ledger, account, request); });
    });
    if (answer.refusal != nullptr)
        refuse(*answer.refusal, psprintf("{\"balance\": " INT64_FORMAT ", \"points\": " INT64_FORMAT "}",
                                         answer.balance, request.points));
    const char* outcome = answer.refusal != nullptr ? answer.refusal->outcome : request.outcome;
    return make_row(
        call, {answer.event ? RowField(to_datum(*answer.event)) : RowField(std::nullopt),
               to_datum(std::string_view(outcome)), Int64GetDatum(answer.balance), BoolGetDatum(answer.replayed)});
}

void require_range(std::int64_t points, std::int64_t least, const char* hint) {
    if (points < least)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("points must be at least " INT64_FORMAT ", and is " INT64_FORMAT, least, points),
                errhint("%s", hint));
}

// Read under the account's lock and with a snapshot from after it, or a concurrent event would be
// missed at REPEATABLE READ.
constexpr const char* event_sums = R"(
    SELECT coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0)::bigint,
           coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0)::bigint,
           coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0), 0)::bigint,
           coalesce(-sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0), 0)::bigint
      FROM ONLY rewards.points_events WHERE user_id = $1 AND company_id = $2)";

Balance sum_events(const Account& account) {
    Balance sums{};
    read_newest_as_owner(account.row->relation, event_sums,
                         {{UUIDOID, to_datum(account.key.user)}, {UUIDOID, to_datum(account.key.company)}},
                         [&](const SqlRows& rows) {
                             const SqlRow& row = rows[0];
                             sums = {row.integer(1), row.integer(2), row.integer(3), row.integer(4)};
                         });
    return sums;
}

}  // namespace

void require_settled(Write& write) {
    const Table& events = open_for_reading(write, events_layout());
    if (events.relation->rd_refcnt > 1 && CheckRelationLockedByMe(events.relation, RowExclusiveLock, false))
        ereport(ERROR, errcode(ERRCODE_OBJECT_IN_USE),
                errmsg("points_events is in use by a statement that is not finished"),
                errhint("The balance follows every event by itself, at the end of the statement: no trigger has to "
                        "refresh it."));
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_award_points) {
    using namespace rewards::pg;
    const PointsRequest request = read_request({fcinfo}, "award_points()", "awarded");
    require_range(request.points, 0, "To take points away, call deduct_points().");
    return change_points(fcinfo, request);
}

SQL_FUNCTION(rewards_deduct_points) {
    using namespace rewards::pg;
    PointsRequest request = read_request({fcinfo}, "deduct_points()", "deducted");
    require_range(request.points, 1, "Points to deduct are a positive number.");
    request.points = -request.points;
    return change_points(fcinfo, request);
}

SQL_FUNCTION(rewards_refresh_user_points_cache) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid user = arguments.uuid(0, "target_user_id");
    const Context& context = require_context();
    require_back_end(context, "refresh balances");
    std::int64_t available = 0;
    with_write("refresh_user_points_cache()", [&](Write& write) {
        require_settled(write);
        with_account(write, {user, context.company}, [&](Ledger&, Account& account) {
            const rewards::Balance sums = sum_events(account);
            account.is_changed |= sums != account.balance;
            account.balance = sums;
            available = sums.available;
        });
    });
    PG_RETURN_INT64(available);
}
}
