// Did an event happen in time? Attribution goes by the time of the event, in UTC.
#include "pg/postgres.hpp"

extern "C" {

SQL_FUNCTION(rewards_within_attribution_window) {
    const TimestampTz event_time = PG_GETARG_TIMESTAMPTZ(0);
    const TimestampTz anchor = PG_GETARG_TIMESTAMPTZ(1);
    // A timestamptz counts in UTC. Arithmetic that takes it for a timestamp without time zone is that of UTC,
    // where a day has 24 hours, whatever the session's TimeZone.
    const Timestamp end =
        DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(anchor), PG_GETARG_DATUM(2)));
    if (end < anchor)
        ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("span must not be negative"),
                errhint("A window begins at its anchor. For the time before a moment, make its beginning the anchor."));
    PG_RETURN_BOOL(event_time >= anchor && event_time < end);
}
}
