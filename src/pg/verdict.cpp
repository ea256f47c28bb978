// How is JSON read that may have any shape? Each getter says whether its member is missing, of the wanted type or
// absurd, and an absurd one spoils the whole verdict: it is invalid, never an error.
#include "pg/verdict.hpp"

#include "pg/raise.hpp"
#include "pg/values.hpp"

namespace rewards::pg {

namespace {

// Verdicts have one or two thousand bytes.
constexpr std::size_t largest_verdict = 16384;

struct Reader {
    bool is_absurd = false;

    std::nullopt_t absurd() {
        is_absurd = true;
        return std::nullopt;
    }
};

// The member of that name; nothing if it is missing or null.
JsonbValue* member(JsonbContainer* object, std::string_view name) {
    if (object == nullptr) return nullptr;
    JsonbValue* found = getKeyJsonValueFromContainer(object, name.data(), static_cast<int>(name.size()), nullptr);
    return found == nullptr || found->type == jbvNull ? nullptr : found;
}

JsonbContainer* object_in(Reader& reader, JsonbContainer* object, std::string_view name) {
    const JsonbValue* found = member(object, name);
    if (found == nullptr) return nullptr;
    if (found->type == jbvBinary && JsonContainerIsObject(found->val.binary.data)) return found->val.binary.data;
    reader.absurd();
    return nullptr;
}

std::string_view text_in_value(const JsonbValue& value) {
    return {value.val.string.val, static_cast<std::size_t>(value.val.string.len)};
}

std::optional<std::string_view> text_in(Reader& reader, JsonbContainer* object, std::string_view name) {
    const JsonbValue* found = member(object, name);
    if (found == nullptr) return std::nullopt;
    if (found->type != jbvString) return reader.absurd();
    return text_in_value(*found);
}

std::optional<bool> boolean_in(Reader& reader, JsonbContainer* object, std::string_view name) {
    const JsonbValue* found = member(object, name);
    if (found == nullptr) return std::nullopt;
    if (found->type != jbvBool) return reader.absurd();
    return found->val.boolean;
}

// As a number or, like 64-bit integers of Google's APIs, as text.
std::optional<std::int64_t> count_in(Reader& reader, JsonbContainer* object, std::string_view name) {
    const JsonbValue* found = member(object, name);
    if (found == nullptr) return std::nullopt;
    std::optional<std::int64_t> count;
    if (found->type == jbvString) count = parse_count(text_in_value(*found));
    if (found->type == jbvNumeric)
        count = parse_count(DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(found->val.numeric))));
    if (!count) return reader.absurd();
    return count;
}

// The best of the labels; the phone that has none of them has failed.
AttestationLevel level_in(Reader& reader, JsonbContainer* device) {
    const JsonbValue* labels = member(device, "deviceRecognitionVerdict");
    AttestationLevel best = AttestationLevel::invalid;
    if (labels == nullptr) return best;
    if (labels->type != jbvBinary || !JsonContainerIsArray(labels->val.binary.data)) {
        reader.absurd();
        return best;
    }
    JsonbContainer* array = labels->val.binary.data;
    for (std::uint32_t one = 0; one < JsonContainerSize(array); ++one) {
        const JsonbValue* label = getIthJsonbValueFromContainer(array, one);
        if (label->type == jbvString)
            best = Max(best, level_of_label(text_in_value(*label)));
        else
            reader.absurd();
    }
    return best;
}

std::optional<bool> is_recognized(const std::optional<std::string_view>& verdict) {
    if (verdict == "PLAY_RECOGNIZED") return true;
    if (verdict == "UNRECOGNIZED_VERSION") return false;
    return std::nullopt;  // UNEVALUATED, or a word to come
}

Verdict read_play_integrity(Reader& reader, JsonbContainer* payload, std::int64_t now_milliseconds) {
    Verdict verdict{};
    verdict.kind = VerdictKind::play_integrity;
    JsonbContainer* request = object_in(reader, payload, "requestDetails");
    const std::optional<std::int64_t> made = count_in(reader, request, "timestampMillis");
    verdict.hash = text_in(reader, request, "requestHash");
    const std::optional<std::string_view> nonce = text_in(reader, request, "nonce");  // of a classic request
    if (!verdict.hash) verdict.hash = nonce;
    verdict.app_recognized =
        is_recognized(text_in(reader, object_in(reader, payload, "appIntegrity"), "appRecognitionVerdict"));
    verdict.level = level_in(reader, object_in(reader, payload, "deviceIntegrity"));
    if (!made || !is_timely(*made, now_milliseconds)) {
        reader.absurd();
        return verdict;
    }
    // Not the whole payload: Google clears the labels of a token that is decoded again.
    verdict.token = JsonbToCString(nullptr, request, 0);
    return verdict;
}

// The key is in hardware; one of the development environment is not one that customers have.
AttestationLevel level_of_environment(const std::optional<std::string_view>& environment) {
    if (!environment || *environment == "production" || *environment == "appattest") return AttestationLevel::strong;
    return AttestationLevel::basic;
}

Verdict read_app_attest(Reader& reader, JsonbContainer* result) {
    Verdict verdict{};
    verdict.kind = VerdictKind::app_attest;
    verdict.level = level_of_environment(text_in(reader, result, "environment"));
    verdict.key = text_in(reader, result, "keyId");
    verdict.hash = text_in(reader, result, "clientDataHash");
    verdict.counter = count_in(reader, result, "counter");
    const std::optional<std::int64_t> sign_count = count_in(reader, result, "signCount");
    if (!verdict.counter) verdict.counter = sign_count;
    if (text_in(reader, result, "bundleIdentifier")) verdict.app_recognized = true;
    return verdict;
}

bool is_refused(Reader& reader, JsonbContainer* result) {
    for (const std::string_view name : {"isValid", "verified"})
        if (!boolean_in(reader, result, name).value_or(true)) return true;
    for (const std::string_view name : {"error", "verifyError"})
        if (member(result, name) != nullptr) return true;
    return false;
}

bool has_any(JsonbContainer* object, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
        if (member(object, name) != nullptr) return true;
    return false;
}

Verdict read_object(JsonbContainer* object, std::int64_t now_milliseconds) {
    const Verdict invalid{VerdictKind::nothing, AttestationLevel::invalid, {}, {}, {}, {}, {}};
    Reader reader;
    if (is_refused(reader, object)) return invalid;
    JsonbContainer* wrapped = object_in(reader, object, "tokenPayloadExternal");
    JsonbContainer* payload = wrapped != nullptr ? wrapped : object;
    Verdict verdict = invalid;
    if (has_any(payload, {"requestDetails", "appIntegrity", "deviceIntegrity"}))
        verdict = read_play_integrity(reader, payload, now_milliseconds);
    else if (has_any(object, {"keyId", "counter", "signCount", "clientDataHash"}))
        verdict = read_app_attest(reader, object);
    return reader.is_absurd ? invalid : verdict;
}

}  // namespace

Verdict read_verdict(Datum verdict, std::int64_t now_milliseconds) {
    const std::size_t size = toast_raw_datum_size(verdict);
    if (size > largest_verdict)
        ereport(
            ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
            errmsg("an attestation verdict must have at most %zu bytes as jsonb, and has %zu", largest_verdict, size),
            errhint("Pass what the verifier of Play Integrity or App Attest returned, not the token."));
    Jsonb* jsonb = DatumGetJsonbP(verdict);
    if (JB_ROOT_IS_OBJECT(jsonb)) return read_object(&jsonb->root, now_milliseconds);
    const bool is_null = JB_ROOT_IS_SCALAR(jsonb) && getIthJsonbValueFromContainer(&jsonb->root, 0)->type == jbvNull;
    return {VerdictKind::nothing, is_null ? AttestationLevel::none : AttestationLevel::invalid, {}, {}, {}, {}, {}};
}

}  // namespace rewards::pg
