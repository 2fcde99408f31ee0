// nearest: the name that somebody meant who mistyped it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hallmark::cmd {

// The candidate closest to `word`, or nothing when none is close.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace hallmark::cmd
