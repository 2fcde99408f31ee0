#include "keys/pkcs11/token.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/hash.h"
#include "keys/pkcs11/return_code.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

std::string label_of(const CK_TOKEN_INFO& token) { return field(token.label, sizeof token.label); }
std::string serial_of(const CK_TOKEN_INFO& token) { return field(token.serialNumber, sizeof token.serialNumber); }

// The attributes of a URI that select it.
std::string attribute(std::string_view name, const std::string& value) {
  return value.empty() ? std::string() : std::string(name) + "=" + base::percent_encode(value, ":[]@!$'()*+,&") + ";";
}

}  // namespace

std::string field(const CK_UTF8CHAR* text, std::size_t width) {
  std::string_view all(reinterpret_cast<const char*>(text), width);
  const auto last = all.find_last_not_of(std::string_view(" \0", 2));
  return base::printable(all.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

std::string Slot::name() const {
  const std::string label = label_of(token);
  return label.empty() ? "the token in slot " + std::to_string(id) : "token \"" + label + "\"";
}

std::string Slot::in_words() const {
  return attribute("token", label_of(token)) + attribute("serial", serial_of(token)) + "slot-id=" + std::to_string(id) +
         (module.name.empty() ? "" : " (" + base::printable(module.name) + ")");
}

std::string Slot::place() const {
  std::string text = name();
  const std::pair<const char*, std::string> parts[] = {
      {"serial ", serial_of(token)},
      {"", field(token.manufacturerID, sizeof token.manufacturerID)},
      {"model ", field(token.model, sizeof token.model)},
      {"firmware ", std::to_string(token.firmwareVersion.major) + "." + std::to_string(token.firmwareVersion.minor)},
      {"slot ", std::to_string(id)},
      {"module ", base::printable(module.file.empty() ? module.name : module.file)}};
  for (const auto& [what, value] : parts)
    if (!value.empty()) text += std::string(", ") + what + value;
  return text;
}

bool Slot::same_token(const CK_TOKEN_INFO& other) const {
  return label_of(token) == label_of(other) && serial_of(token) == serial_of(other);
}

Token::~Token() { close(); }

void Token::close() noexcept {
  if (open_) module().C_CloseSession(session_);
  open_ = false;
  logged_in_ = false;
}

Result<void> Token::open(bool writable) {
  if (open_ && (writable_ || !writable)) return {};
  const CK_FLAGS flags = CKF_SERIAL_SESSION | (writable ? CKF_RW_SESSION : 0UL);
  CK_SESSION_HANDLE fresh = 0;
  if (const CK_RV code = module().C_OpenSession(slot_.id, flags, nullptr, nullptr, &fresh); code != CKR_OK)
    return fail(module_error(name_, "opening a session", code));
  // The login is of all sessions together: it lives on in the new one, if the old one goes after it.
  if (open_) module().C_CloseSession(session_);
  session_ = fresh;
  open_ = true;
  writable_ = writable;
  return {};
}

Result<void> Token::log_in_again() {
  const CK_RV code = send_login(CKU_USER, pin_);
  if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) {
    if (code == CKR_PIN_INCORRECT && pin_) remember_wrong(*pin_);
    return fail(module_error(name_, "logging in again", code));
  }
  logged_in_ = true;
  return {};
}

Result<void> Token::reopen() {
  CK_TOKEN_INFO now{};
  if (const CK_RV code = module().C_GetTokenInfo(slot_.id, &now); code != CKR_OK)
    return fail(module_error(name_, "looking for the token again", code));
  if (!slot_.same_token(now)) return fail(service_error(name_, "another token is in its slot now", Cause::not_found));
  const bool again = logged_in_;
  close();
  HM_DO(open(writable_));
  if (again) HM_DO(log_in_again());
  return {};
}

Result<void> Token::refresh() {
  if (!open_) return open();
  CK_SESSION_INFO info{};
  if (lost(module().C_GetSessionInfo(session_, &info))) return reopen();
  return {};
}

Result<CK_FLAGS> Token::flags() const {
  CK_TOKEN_INFO now{};
  if (const CK_RV code = module().C_GetTokenInfo(slot_.id, &now); code != CKR_OK)
    return fail(module_error(name_, "asking how the token stands", code));
  return now.flags;
}

CK_RV Token::send_login(CK_USER_TYPE user, const std::optional<Secret>& pin) const {
  if (!pin) return module().C_Login(session_, user, nullptr, 0);
  // The standard's type is not const; nothing is written to it.
  auto* text = const_cast<CK_UTF8CHAR*>(pin->view().data());
  return module().C_Login(session_, user, text, pin->size());
}

CK_RV Token::login(std::optional<Secret> pin) {
  const CK_RV code = send_login(CKU_USER, pin);
  if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return code;
  logged_in_ = true;
  pin_ = std::move(pin);
  return CKR_OK;
}

CK_RV Token::login_for_this() const { return send_login(CKU_CONTEXT_SPECIFIC, pin_); }

void Token::remember_wrong(const Secret& pin) { wrong_.push_back(crypto::sha256(pin.view())); }

bool Token::was_wrong(const Secret& pin) const {
  return std::ranges::find(wrong_, crypto::sha256(pin.view())) != wrong_.end();
}

}  // namespace hallmark::keys::token
