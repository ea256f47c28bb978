#include "pg/trigger.hpp"

namespace rewards::pg {

const TriggerData* called_as_trigger(FunctionCallInfo call, TriggerEvent shape, const char* wanted) {
    if (!CALLED_AS_TRIGGER(call))
        ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("must be called as a trigger"));
    const auto* trigger = reinterpret_cast<const TriggerData*>(call->context);
    if ((trigger->tg_event & (TRIGGER_EVENT_TIMINGMASK | TRIGGER_EVENT_ROW)) != shape) raise_misattached(wanted);
    return trigger;
}

void raise_misattached(const char* wanted) {
    ereport(
        ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
        errmsg("this trigger function is made for %s", wanted),
        errhint("rewards.install() and rewards.enable_tenant_rls() attach it where it belongs; drop this trigger."));
    pg_unreachable();
}

}  // namespace rewards::pg
