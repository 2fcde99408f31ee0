// check_key: what doctor has to say of one key.
#pragma once

#include <string>

#include "cmd/hallmark/key_desk.h"
#include "cmd/hallmark/key_rights.h"
#include "node/diagnosis.h"

namespace hallmark::cmd {

// `key` (ok), `key-unusable`, `key-substituted`, `key-clock`: it cannot be used; `key-privilege`, `key-exposed`: it
// could be by more than is needed; `key-rights`: what the service does not tell. Nothing is signed.
void check_key(KeyDesk& desk, const std::string& reference, KeyRole role, node::Diagnoses& out);

}  // namespace hallmark::cmd
