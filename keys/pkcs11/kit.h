// Kit: p11-kit, loaded when the first token is asked for: linked, it would cost every start of the program.
#pragma once

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include <string>

#include "hallmark/result.h"

namespace hallmark::keys::token {

// What is used of libp11-kit.so.0 (0.23.11 or later), by the names of its headers.
struct Kit {
  decltype(&p11_kit_uri_new) uri_new;
  decltype(&p11_kit_uri_free) uri_free;
  decltype(&p11_kit_uri_parse) uri_parse;
  decltype(&p11_kit_uri_any_unrecognized) uri_any_unrecognized;
  decltype(&p11_kit_uri_get_attribute) uri_get_attribute;
  decltype(&p11_kit_uri_get_pin_value) uri_get_pin_value;
  decltype(&p11_kit_uri_get_pin_source) uri_get_pin_source;
  decltype(&p11_kit_uri_get_module_name) uri_get_module_name;
  decltype(&p11_kit_uri_get_module_path) uri_get_module_path;
  decltype(&p11_kit_uri_get_slot_id) uri_get_slot_id;
  decltype(&p11_kit_uri_get_vendor_query) uri_get_vendor_query;
  decltype(&p11_kit_uri_match_module_info) uri_match_module_info;
  decltype(&p11_kit_uri_match_slot_info) uri_match_slot_info;
  decltype(&p11_kit_uri_match_token_info) uri_match_token_info;
  decltype(&p11_kit_modules_load_and_initialize) modules_load_and_initialize;
  decltype(&p11_kit_modules_finalize_and_release) modules_finalize_and_release;
  decltype(&p11_kit_module_load) module_load;
  decltype(&p11_kit_module_initialize) module_initialize;
  decltype(&p11_kit_module_finalize) module_finalize;
  decltype(&p11_kit_module_release) module_release;
  decltype(&p11_kit_module_get_name) module_get_name;
  decltype(&p11_kit_module_get_filename) module_get_filename;
  decltype(&p11_kit_message) message;
  decltype(&p11_kit_be_quiet) be_quiet;

  // Once per process. Cause: unsupported where the library is not there.
  [[nodiscard]] static Result<const Kit*> load();
  // Why its last call on this thread failed, in its own words.
  [[nodiscard]] std::string last_words() const;
};

}  // namespace hallmark::keys::token
