#include "pg/submit.hpp"

#include "core/bytes.hpp"
#include "pg/attestation.hpp"
#include "pg/device.hpp"
#include "pg/ledger_entry.hpp"
#include "pg/ledger_lookup.hpp"
#include "pg/limit.hpp"
#include "pg/trust.hpp"

namespace rewards::pg {

namespace {

rewards::Field request_field(const std::optional<std::string_view>& text) {
    return {text.value_or(std::string_view()), !text};
}

// What a client repeats when it repeats a request: the proof of the device and where it is may differ.
Fingerprint fingerprint_of(const Submission& submission) {
    const auto time = big_endian(static_cast<std::uint64_t>(submission.event_time));
    std::optional<std::string_view> proof;
    if (!submission.proof_payload.is_null) proof = bytes_view(submission.proof_payload.value);
    const rewards::Field fields[] = {
        {"submit_points_event()", false},       {submission.event_type, false},
        {text_of_bytes(time), false},           request_field(submission.device_id),
        request_field(submission.proof_type),   request_field(proof),
        request_field(submission.payload_hash), request_field(submission.related_type),
        request_field(submission.related_id),
    };
    return value_or_raise(fingerprint(fields));
}

SubmitAnswer refused(const Submitter& submitter, const Refusal& refusal, const Retry& retry = {}) {
    SubmitAnswer answer{};
    answer.refusal = &refusal;
    answer.retry = retry;
    answer.balance = submitter.account->balance.available;
    return answer;
}

std::optional<std::int32_t> number_in(const Table& row, std::uint8_t column) {
    const std::optional<Datum> number = optional_value(row, column);
    if (!number) return std::nullopt;
    return DatumGetInt32(*number);
}

RowField reasons_of(const AccountKey& account, std::int32_t version, Datum features) {
    const TrustRules& rules = trust_rules(account.company, version);
    return reasons_datum(rules, value_or_raise(score(rules, features_of(features))).matched);
}

// The first answer again, from the event that was written then.
SubmitAnswer replay(const Submitter& submitter, const Answer& first) {
    Table& events = submitter.ledger->events;
    const AccountKey& account = submitter.account->key;
    if (!first.event || !find(events, event::by_id, {to_datum(account.user), to_datum(*first.event)}))
        ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED), errmsg("the event that this nonce was answered with is gone"),
                errhint("See rewards.verify_ledger()."));
    SubmitAnswer answer{};
    answer.event = first.event;
    answer.points = DatumGetInt64(value(events, event::points_delta));
    answer.trust_score = number_in(events, event::trust_score);
    const auto version = number_in(events, event::trust_version);
    const auto features = optional_value(events, event::trust_features);
    if (version && features) answer.reasons = reasons_of(account, *version, *features);
    const Status now = value_or_raise(status_from_text(text_view(value(events, event::validation_status))));
    answer.status = first_status(*submitter.ledger, account.user, *first.event).value_or(now);
    answer.balance = first.balance;
    answer.replayed = true;
    return answer;
}

bool is_outside_window(const Settings& settings, TimestampTz event_time, TimestampTz now) {
    return event_time < now - settings.accepted_age || event_time > now + settings.accepted_ahead;
}

// Where accepted_age was raised, nonces of events that it lets in now may be gone: the events may be known.
bool may_be_known(Submitter& submitter, TimestampTz event_time, TimestampTz now) {
    const std::int64_t ahead = submitter.settings.accepted_ahead;
    if (event_time >= now - least_nonce_retention + ahead) return false;
    const auto forgotten = forgotten_until(*submitter.ledger->write, submitter.account->key.company);
    return forgotten && event_time <= *forgotten + ahead;
}

void observe_device(Submitter& submitter, const Submission& submission, Features& features) {
    if (!submission.device_id) return;
    const Account& account = *submitter.account;
    const DeviceSeen seen = see_device(*submitter.ledger->write, account.key, *submission.device_id, account.now);
    features.set(Feature::device_accounts, seen.accounts);
    features.set(Feature::device_is_new, seen.is_new);
}

void observe_attestation(Submitter& submitter, const Submission& submission, Features& features) {
    features.set(Feature::attestation, static_cast<std::int64_t>(AttestationLevel::none));
    if (submission.attestation.is_null) return;
    const Account& account = *submitter.account;
    const Digest request =
        event_request_hash(account.key, submission.event_type, submission.event_time, submission.nonce);
    const AttestationFindings findings =
        examine_attestation(*submitter.ledger->write, account.key, submission.device_id, submission.attestation.value,
                            request, account.now);
    features.set(Feature::attestation, static_cast<std::int64_t>(findings.level));
    if (findings.app_recognized) features.set(Feature::app_recognized, *findings.app_recognized);
    if (findings.request_bound) features.set(Feature::request_bound, *findings.request_bound);
    if (findings.counter_fresh) features.set(Feature::counter_fresh, *findings.counter_fresh);
}

void observe_history(Submitter& submitter, const Submission& submission, Features& features) {
    const Account& account = *submitter.account;
    const Activity& activity = submitter.activity;
    if (const auto spacing = spacing_ms(activity, submission.event_time)) features.set(Feature::spacing_ms, *spacing);
    const Windows windows = roll(activity.windows, account.now);
    features.set(Feature::hourly_events, estimated_events(windows.hour, account.now, hour_length) + 1);
    const std::int64_t age = (account.now - submission.event_time) / USECS_PER_SEC;
    features.set(Feature::clock_ahead_s, Max(-age, 0));
    features.set(Feature::event_age_s, Max(age, 0));
    features.set(Feature::account_age_s, (account.now - activity.opened_at) / USECS_PER_SEC);
    const InsightCounts insights = count_open(*submitter.ledger->write, account.key, submitter.insights);
    features.set(Feature::nonce_conflicts, insights.replay_attempts);
    features.set(Feature::open_insights, insights.open);
    if (const auto percent = rejected_percent(account.rejected_events, activity.submitted))
        features.set(Feature::rejected_percent, *percent);
    if (const auto variation = spacing_variation(activity.spacing, activity.submitted))
        features.set(Feature::spacing_variation, *variation);
}

Features observe(Submitter& submitter, const Submission& submission) {
    Features features;
    observe_history(submitter, submission, features);
    observe_device(submitter, submission, features);
    observe_attestation(submitter, submission, features);
    return features;
}

Status decide(const Settings& settings, const PointRule& rule, std::int32_t trust_score) {
    if (trust_score < settings.trust_review_at) return Status::rejected;
    if (settings.hold_all) return Status::pending_review;
    if (rule.pending_for) return Status::pending;
    return trust_score < settings.trust_validate_at ? Status::pending_review : Status::validated;
}

struct Judgement {
    Features features;
    const TrustRules* rules;
    Score score;
    std::optional<std::int32_t> shadow_score;
    Status status;
};

Judgement judge(Submitter& submitter, const Submission& submission, const PointRule& rule) {
    const Settings& settings = submitter.settings;
    const Uuid& company = submitter.account->key.company;
    Judgement judgement{};
    judgement.features = observe(submitter, submission);
    if (settings.shadow_version)
        judgement.shadow_score =
            value_or_raise(score(trust_rules(company, settings.shadow_version), judgement.features)).value;
    judgement.rules = &trust_rules(company, settings.trust_version);
    judgement.score = value_or_raise(score(*judgement.rules, judgement.features));
    judgement.status = decide(settings, rule, judgement.score.value);
    return judgement;
}

Uuid post(Submitter& submitter, const Submission& submission, const RuleOutcome& earned, const Judgement& judgement) {
    Posting posting{};
    posting.event_type = submission.event_type;
    posting.event_time = submission.event_time;
    posting.points = earned.points;
    posting.status = judgement.status;
    posting.proof_type = submission.proof_type;
    posting.proof_payload = submission.proof_payload;
    if (submission.payload_hash) posting.payload_hash = to_datum(*submission.payload_hash);
    posting.nonce = submission.nonce;
    posting.device_id = submission.device_id;
    posting.device_info = submission.device_info;
    posting.ip_address = submission.ip_address;
    posting.related_type = submission.related_type;
    posting.related_id = submission.related_id;
    posting.expires_at = earned.expires_at;
    posting.trust_score = Int32GetDatum(judgement.score.value);
    posting.trust_features = features_datum(judgement.features);
    posting.trust_version = Int32GetDatum(judgement.rules->version);
    if (judgement.shadow_score) posting.shadow_score = Int32GetDatum(*judgement.shadow_score);
    return post_event(*submitter.ledger, *submitter.account, posting);
}

// The kinds of insight that a low score opens, by what the rules that lowered it looked at.
std::optional<std::string_view> insight_for(Feature feature) {
    switch (feature) {
        case Feature::spacing_ms:
        case Feature::hourly_events: return insight_type::velocity_anomaly;
        case Feature::device_accounts: return insight_type::device_sharing;
        case Feature::attestation:
        case Feature::app_recognized:
        case Feature::request_bound: return insight_type::attestation_failure;
        case Feature::counter_fresh: return insight_type::replay_attempt;
        case Feature::clock_ahead_s: return insight_type::clock_skew;
        case Feature::spacing_variation: return insight_type::suspicious_pattern;
        default: return std::nullopt;
    }
}

// Rules that weigh less explain a score together with others; they are no finding of their own.
constexpr int weight_of_a_finding = -20;

void note_insights(Submitter& submitter, const Judgement& judgement, const Uuid& event) {
    if (judgement.score.value >= submitter.settings.trust_validate_at) return;
    const std::int32_t trust_score = judgement.score.value;
    const Severity severity = trust_score < submitter.settings.trust_review_at ? Severity::high : Severity::medium;
    const std::span<const Uuid> noticed_by(&event, 1);
    tally(submitter.insights, {insight_type::low_trust_score, severity, trust_score, std::nullopt, noticed_by});
    std::array<std::string_view, feature_count> noted;
    std::size_t count = 0;
    for (std::uint32_t one = 0; one < judgement.rules->count; ++one) {
        const TrustRule& rule = judgement.rules->rules[one];
        if ((judgement.score.matched >> one & 1) == 0 || rule.weight > weight_of_a_finding) continue;
        const auto type = insight_for(rule.feature);
        if (!type || std::ranges::find(noted.begin(), noted.begin() + count, *type) != noted.begin() + count) continue;
        noted[count++] = *type;
        tally(submitter.insights, {*type, severity, trust_score, std::nullopt, noticed_by});
    }
}

SubmitAnswer record(Submitter& submitter, const Submission& submission, const PointRule& rule,
                    const RuleOutcome& earned) {
    const Judgement judgement = judge(submitter, submission, rule);
    Account& account = *submitter.account;
    const Uuid event = post(submitter, submission, earned, judgement);
    const bool is_rejected = judgement.status == Status::rejected;
    count_submission(submitter.activity, submission.event_time, is_rejected ? 0 : earned.points, account.now);
    if (is_rejected) ++account.rejected_events;
    note_insights(submitter, judgement, event);

    SubmitAnswer answer{};
    answer.event = event;
    answer.status = judgement.status;
    answer.points = earned.points;
    answer.trust_score = judgement.score.value;
    answer.reasons = reasons_datum(*judgement.rules, judgement.score.matched);
    answer.balance = account.balance.available;
    return answer;
}

SubmitAnswer refuse_for_limit(Submitter& submitter, const LimitRefusal& limit) {
    const Datum details = DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"limit\": \"%s\"}", limit.which)));
    tally(submitter.insights, {insight_type::bulk_submission, Severity::low, std::nullopt, details, {}});
    return refused(submitter, refusal::rate_limited, retry_of(limit));
}

SubmitAnswer submit_new(Submitter& submitter, const Submission& submission) {
    Ledger& ledger = *submitter.ledger;
    const AccountKey& key = submitter.account->key;
    const TimestampTz now = submitter.account->now;
    if (is_outside_window(submitter.settings, submission.event_time, now) ||
        may_be_known(submitter, submission.event_time, now))
        return refused(submitter, refusal::outside_window);
    const std::optional<PointRule> rule = find_rule(*ledger.write, key.company, submission.event_type);
    if (!rule) return refused(submitter, refusal::unknown_event_type);
    const RuleOutcome earned = apply_rule(ledger.events, key, *rule,
                                          {submission.event_type, submission.event_time, submission.related_type,
                                           submission.related_id, !submission.proof_payload.is_null, now},
                                          submitter.last_streak);
    if (earned.refusal != nullptr) return refused(submitter, *earned.refusal, {earned.retry_after_seconds});
    const auto limit =
        check_limits(ledger.events, key, submitter.activity.windows, submitter.settings, earned.points, now);
    if (limit) return refuse_for_limit(submitter, *limit);
    if (submission.payload_hash && is_known_payload(ledger, key, *submission.payload_hash))
        return refused(submitter, refusal::duplicate_payload);
    return record(submitter, submission, *rule, earned);
}

}  // namespace

Submitter begin_submitting(Ledger& ledger, Account& account) {
    return {&ledger,
            &account,
            read_activity(account),
            settings_of(*ledger.write, account.key.company),
            begin_tallies(),
            std::nullopt,
            false};
}

void end_submitting(Submitter& submitter) {
    write_tallies(*submitter.ledger->write, submitter.account->key, submitter.insights);
    save_account(*submitter.account, submitter.activity);
}

SubmitAnswer submit_event(Submitter& submitter, const Submission& submission) {
    Write& write = *submitter.ledger->write;
    const AccountKey& key = submitter.account->key;
    Table& nonces = open_nonces(write);
    const Fingerprint print = fingerprint_of(submission);
    const NonceFound found = submitter.nonces_are_unused ? NonceFound{NonceUse::unused, {}}
                                                         : look_up_nonce(nonces, key, submission.nonce, print);
    if (found.use == NonceUse::same_request) return replay(submitter, found.answer);
    if (found.use == NonceUse::other_request) {
        tally(submitter.insights, nonce_conflict("submit_points_event()", submission.nonce));
        return refused(submitter, refusal::nonce_conflict);
    }
    const SubmitAnswer answer = submit_new(submitter, submission);
    if (answer.refusal == nullptr)
        remember_nonce(write, nonces, key, submission.nonce, submission.event_type, print,
                       {answer.event, std::nullopt, answer.balance}, submitter.account->now);
    return answer;
}

}  // namespace rewards::pg
