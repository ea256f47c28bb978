// What may not outlive a company's transaction? Whatever a pooled connection would carry to the next company:
// held cursors, temporary objects, LISTEN. What cannot be refused, rewards.session_residue() lists.
#pragma once

namespace rewards::pg {

void refuse_residue_while_sealed();

}  // namespace rewards::pg
