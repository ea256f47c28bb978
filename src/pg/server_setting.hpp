// The server's own table of settings.
#pragma once

#include "pg/postgres.hpp"

namespace rewards::pg {

std::span<config_generic* const> server_settings();

}  // namespace rewards::pg
