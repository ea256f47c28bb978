// Which company is a request of PostgREST for? It has verified the request's JWT and put the claims into a setting.
#pragma once

namespace rewards::pg {

// Defines rewards.company_claim, rewards.actor_claim and rewards.role_claim.
void define_claim_settings();

}  // namespace rewards::pg
