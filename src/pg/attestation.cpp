#include "pg/attestation.hpp"

#include "pg/device.hpp"
#include "pg/ledger.hpp"
#include "pg/raise.hpp"
#include "pg/statement.hpp"
#include "pg/tenant.hpp"
#include "pg/verdict.hpp"

namespace rewards::pg {

namespace {

namespace row {
enum : std::uint8_t {
    user_id,
    company_id,
    token_hash,
    device_id,
    platform,
    is_valid,
    integrity_verdict,
    counter,
    verified_at,
    expires_at,
    device_info
};
enum : std::size_t { by_key };
constexpr Column columns[] = {
    {"user_id", UUIDOID},
    {"company_id", UUIDOID},
    {"attestation_token_hash", TEXTOID},
    {"device_id", TEXTOID},
    {"platform", TEXTOID},
    {"is_valid", BOOLOID},
    {"integrity_verdict", JSONBOID},
    {"counter", INT8OID},
    {"verified_at", TIMESTAMPTZOID},
    {"expires_at", TIMESTAMPTZOID},
    {"device_info", JSONBOID},
};
constexpr Lookup lookups[] = {{3, {user_id, company_id, token_hash}, true}};
TableLayout layout{"attestation_cache", columns, lookups};
}  // namespace row

// After this a token is too old to be accepted, however far its clock was ahead.
constexpr std::int64_t token_memory = 2 * verdict_validity_milliseconds * 1000;

std::int64_t unix_milliseconds(TimestampTz time) {
    const auto microseconds = static_cast<std::int64_t>(unix_microseconds(time));
    return microseconds / 1000 - (microseconds % 1000 < 0 ? 1 : 0);
}

// One examination: the verdict and where it came from.
struct Exhibit {
    const AccountKey* account;
    std::optional<std::string_view> device;
    Datum verdict;
    const Verdict* reading;
    Datum name;  // of what must not be played twice
    TimestampTz now;
};

// Apple: the counter of an assertion is greater than that of the one before. What has no counter may be a replay.
bool counts_on(const Table& cache, const Verdict& reading) {
    const std::optional<Datum> last = optional_value(cache, row::counter);
    return reading.counter && (!last || *reading.counter > DatumGetInt64(*last));
}

void remember(Table& cache, const Exhibit& exhibit) {
    const Verdict& reading = *exhibit.reading;
    const bool is_key = reading.kind == VerdictKind::app_attest;
    const TimestampTz forgettable = is_key ? DT_NOEND : exhibit.now + token_memory;
    insert(cache, {{row::user_id, to_datum(exhibit.account->user)},
                   {row::company_id, to_datum(exhibit.account->company)},
                   {row::token_hash, exhibit.name},
                   {row::device_id, exhibit.device ? RowField(to_datum(*exhibit.device)) : RowField(std::nullopt)},
                   {row::platform, to_datum(std::string_view(is_key ? "ios" : "android"))},
                   {row::is_valid, BoolGetDatum(reading.level >= AttestationLevel::basic)},
                   {row::integrity_verdict, exhibit.verdict},
                   {row::counter, reading.counter ? RowField(Int64GetDatum(*reading.counter)) : RowField(std::nullopt)},
                   {row::verified_at, TimestampTzGetDatum(exhibit.now)},
                   {row::expires_at, TimestampTzGetDatum(forgettable)}});
}

void advance(Table& cache, const Exhibit& exhibit) {
    update(cache, {{row::device_id, exhibit.device ? RowField(to_datum(*exhibit.device)) : RowField(std::nullopt)},
                   {row::is_valid, BoolGetDatum(exhibit.reading->level >= AttestationLevel::basic)},
                   {row::integrity_verdict, exhibit.verdict},
                   {row::counter, Int64GetDatum(*exhibit.reading->counter)},
                   {row::verified_at, TimestampTzGetDatum(exhibit.now)}});
}

// Has it not been here before? Remembers it, so that it has been from now on.
bool is_fresh(Write& write, const Exhibit& exhibit) {
    Table& cache = open_for_writing(write, row::layout);
    const bool is_known = lock_row(cache, row::by_key,
                                   {to_datum(exhibit.account->user), to_datum(exhibit.account->company), exhibit.name});
    const bool has_counter = exhibit.reading->kind == VerdictKind::app_attest;
    const bool fresh = has_counter
                           ? (is_known ? counts_on(cache, *exhibit.reading) : exhibit.reading->counter.has_value())
                           : !is_known;
    if (!fresh) return false;
    if (is_known)
        advance(cache, exhibit);
    else
        remember(cache, exhibit);
    return true;
}

// Hexadecimal digits of a hash of `name`; what comes first keeps names of different kinds apart.
Datum hashed_name(char kind, std::string_view name) {
    const std::size_t size = name.size() + 1;
    auto* text = static_cast<char*>(palloc(size));
    text[0] = kind;
    std::ranges::copy(name, text + 1);
    const Digest digest = value_or_raise(sha256(bytes_of({text, size})));
    char digits[2 * std::tuple_size_v<Digest>];
    hex_encode(reinterpret_cast<const char*>(digest.data()), digest.size(), digits);
    return to_datum(std::string_view(digits, sizeof digits));
}

Datum name_of(const Verdict& reading, const std::optional<std::string_view>& device) {
    if (reading.kind == VerdictKind::play_integrity) return hashed_name('t', reading.token);
    if (reading.key) return hashed_name('k', *reading.key);
    return hashed_name('d', device.value_or(std::string_view()));
}

AttestationFindings examine(Write& write, const AccountKey& account, const std::optional<std::string_view>& device,
                            Datum verdict, const Digest* request_hash, TimestampTz now) {
    const Verdict reading = read_verdict(verdict, unix_milliseconds(now));
    if (reading.kind == VerdictKind::nothing) return {reading.level, std::nullopt, std::nullopt, std::nullopt};
    // A member could have written the verdict itself.
    if (require_context().role == Role::user)
        return {reading.level == AttestationLevel::invalid ? reading.level : AttestationLevel::none, std::nullopt,
                std::nullopt, std::nullopt};
    AttestationFindings findings{reading.level, reading.app_recognized, std::nullopt, std::nullopt};
    if (request_hash != nullptr)
        findings.request_bound = reading.hash && digest_from_text(*reading.hash) == *request_hash;
    findings.counter_fresh = is_fresh(write, {&account, device, verdict, &reading, name_of(reading, device), now});
    return findings;
}

std::int64_t remove_expired(Write& write, const Uuid& company) {
    const Table& cache = open_for_writing(write, row::layout);
    return static_cast<std::int64_t>(delete_as_owner(
        cache.relation,
        "DELETE FROM ONLY rewards.attestation_cache WHERE company_id = $1 AND expires_at <= clock_timestamp()",
        {{UUIDOID, to_datum(company)}}));
}

}  // namespace

AttestationFindings examine_attestation(Write& write, const AccountKey& account,
                                        const std::optional<std::string_view>& device_id, Datum verdict,
                                        const Digest& request_hash, TimestampTz now) {
    return examine(write, account, device_id, verdict, &request_hash, now);
}

Digest event_request_hash(const AccountKey& account, std::string_view event_type, TimestampTz event_time,
                          std::string_view nonce) {
    return value_or_raise(
        request_hash({account.company, account.user, event_type, unix_milliseconds(event_time), nonce}));
}

}  // namespace rewards::pg

extern "C" {

SQL_FUNCTION(rewards_event_request_hash) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid user = arguments.uuid(0, "user_id");
    const std::string_view event_type = text_view(arguments.required(1, "event_type"));
    const TimestampTz time = finite_timestamp(DatumGetTimestampTz(arguments.required(2, "event_time")), "event_time");
    const std::string_view nonce = nonce_argument(arguments, 3, "nonce");
    const Context& context = require_context();
    require_member(context, user);
    const rewards::DigestText digits =
        rewards::text_of(event_request_hash({user, context.company}, event_type, time, nonce));
    return to_datum(std::string_view(digits.data(), digits.size()));
}

SQL_FUNCTION(rewards_examine_attestation) {
    using namespace rewards::pg;
    const Arguments arguments{fcinfo};
    const rewards::Uuid user = arguments.uuid(0, "user_id");
    const std::optional<std::string_view> device = arguments.optional_word(1, "device_id", longest_device_id);
    const Datum verdict = arguments.required(2, "verdict");
    std::optional<rewards::Digest> hash;
    if (!arguments.is_null(3)) hash = rewards::digest_from_text(text_view(arguments.datum(3)));
    if (!arguments.is_null(3) && !hash)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("request_hash must be a SHA-256 digest in hexadecimal digits, base64 or base64url"),
                errhint("rewards.event_request_hash() makes one."));
    const Context& context = require_context();
    require_back_end(context, "have attestations examined");
    AttestationFindings findings{};
    with_write("examine_attestation()", [&](Write& write) {
        with_account(write, {user, context.company}, [&](Ledger&, const Account& account) {
            findings = examine(write, account.key, device, verdict, hash ? &*hash : nullptr, account.now);
        });
    });
    return make_row(fcinfo, {to_datum(rewards::text_of(findings.level)), field_of(findings.app_recognized),
                             field_of(findings.request_bound), field_of(findings.counter_fresh)});
}

SQL_FUNCTION(rewards_cleanup_expired_attestations) {
    using namespace rewards::pg;
    const Context& context = require_context();
    require_back_end(context, "clean up");
    std::int64_t removed = 0;
    with_write("cleanup_expired_attestations()",
               [&](Write& write) { removed = remove_expired(write, context.company); });
    (void)fcinfo;
    PG_RETURN_INT64(removed);
}
}
