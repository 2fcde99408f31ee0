// peer_flag_hint: what whoever comes from cosign, notation or skopeo should type instead.
#pragma once

#include <string_view>

namespace hallmark::cmd {

// For a flag of theirs that hallmark does not have, without its value: "--yes". Empty: not one of those.
[[nodiscard]] std::string_view peer_flag_hint(std::string_view flag);

}  // namespace hallmark::cmd
