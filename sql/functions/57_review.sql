CREATE FUNCTION rewards.validate_points_event(
    event_id uuid, proven boolean DEFAULT NULL, note text DEFAULT NULL,
    OUT outcome text, OUT balance bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_validate_points_event';
COMMENT ON FUNCTION rewards.validate_points_event(uuid, boolean, text) IS
    'Decides a pending event by its trust score; proven false rejects it. note: at most 10,000 bytes; null leaves the old one. Outcome: validated, pending_review, rejected (its status; replayed when it was no longer pending), insufficient_points, not_waiting. Errors: invalid_parameter_value, lock_not_available when an UPDATE has the event, insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.validate_pending_events(
    max_events integer DEFAULT 1000,
    OUT validated bigint, OUT pending_review bigint, OUT rejected bigint, OUT skipped bigint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_validate_pending_events';
COMMENT ON FUNCTION rewards.validate_pending_events(integer) IS
    'Decides the oldest pending events of the company (by their ids, which are in the order of time) whose rule''s pending_for is over, by their trust scores; those that would take more points than there are wait for review. For a scheduler: never waits for a lock, and leaves what others hold (skipped) for the next time. Errors as validate_points_event(), invalid_parameter_value';

CREATE FUNCTION rewards.review_points_event(
    event_id uuid, decision text, actor text DEFAULT NULL, note text DEFAULT NULL,
    OUT outcome text, OUT balance bigint, OUT replayed boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_review_points_event';
COMMENT ON FUNCTION rewards.review_points_event(uuid, text, text, text) IS
    'A person decides an event that waits: approve, reject or flag. actor null: that of the context; an admin acts under its own name. Above company_settings.review_four_eyes_points it takes two who approve, both of them after the last change of the event''s status. Outcome: approved, rejected, flagged, needs_second_approval, already_decided, insufficient_points, not_waiting; replayed when the event has that status already. note: at most 10,000 bytes; null leaves the old one. Errors: invalid_parameter_value, lock_not_available when an UPDATE has the event, insufficient_privilege, invalid_authorization_specification without a context';
