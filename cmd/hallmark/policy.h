// The commands below "hallmark policy", a file each.
#pragma once

#include <functional>
#include <memory>

#include "cmd/hallmark/options.h"

namespace hallmark::cmd {

void add_policy_check(Command& policy, Context& context);
void add_policy_explain(Command& policy, Context& context);
void add_policy_test(Command& policy, Context& context);
void add_policy_init(Command& policy, Context& context);
void add_policy_sign(Command& policy, Context& context);

}  // namespace hallmark::cmd
