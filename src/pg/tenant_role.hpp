// Who may a sealed transaction become? Nobody: the role is set before the company context.
#pragma once

namespace rewards::pg {

// SET ROLE, SET SESSION AUTHORIZATION and all that leads to them are refused while a transaction is sealed, to
// superusers, too. The server's own changes of user (SECURITY DEFINER functions) are not concerned.
void keep_role_while_sealed();

}  // namespace rewards::pg
