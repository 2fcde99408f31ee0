// Token: one token in its slot, with the one session that is used for everything, and who is logged in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hallmark/secret.h"
#include "keys/pkcs11/modules.h"

namespace hallmark::keys::token {

// A slot with a token in it, as it was when looked at.
struct Slot {
  Module module;
  CK_SLOT_ID id = 0;
  CK_TOKEN_INFO token{};

  [[nodiscard]] std::string name() const;      // `token "release"`: opens every message
  [[nodiscard]] std::string in_words() const;  // "token=release;serial=…;slot-id=0 (softhsm2)": to choose among several
  [[nodiscard]] std::string place() const;     // with maker, model and firmware: for people
  [[nodiscard]] bool same_token(const CK_TOKEN_INFO& other) const;
};

// Text of a fixed-width field, which blanks fill.
[[nodiscard]] std::string field(const CK_UTF8CHAR* text, std::size_t width);

class Token {
 public:
  explicit Token(Slot slot) : slot_(std::move(slot)), name_(slot_.name()) {}
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  ~Token();

  [[nodiscard]] const Slot& slot() const { return slot_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] CK_FUNCTION_LIST& module() const { return *slot_.module.functions; }
  [[nodiscard]] CK_SESSION_HANDLE session() const { return session_; }
  [[nodiscard]] bool logged_in() const { return logged_in_; }
  // Who logged in with NULL for a PIN did so at the device: its own keypad.
  [[nodiscard]] const std::optional<Secret>& pin() const { return pin_; }

  // A session, where none is open; a writable one where that is asked for.
  [[nodiscard]] Result<void> open(bool writable = false);
  // After the session was lost: another, on the same token, logged in as before. A different token in this slot is an
  // error.
  [[nodiscard]] Result<void> reopen();
  // The session, if it is still one; else another, as reopen() does.
  [[nodiscard]] Result<void> refresh();
  void close() noexcept;

  // What the token says of itself now.
  [[nodiscard]] Result<CK_FLAGS> flags() const;
  // C_Login with this PIN; nothing: at the device. What was right is kept for reopen() and for keys that want the PIN
  // for each signature.
  [[nodiscard]] CK_RV login(std::optional<Secret> pin);
  // For the operation that was just begun with a key of CKA_ALWAYS_AUTHENTICATE.
  [[nodiscard]] CK_RV login_for_this() const;
  // A PIN that was wrong is not tried again: a token counts.
  void remember_wrong(const Secret& pin);
  [[nodiscard]] bool was_wrong(const Secret& pin) const;

 private:
  [[nodiscard]] Result<void> log_in_again();
  [[nodiscard]] CK_RV send_login(CK_USER_TYPE user, const std::optional<Secret>& pin) const;

  Slot slot_;
  std::string name_;
  CK_SESSION_HANDLE session_ = 0;
  bool open_ = false;
  bool writable_ = false;
  bool logged_in_ = false;
  std::optional<Secret> pin_;
  std::vector<Bytes> wrong_;  // SHA-256 of each
};

}  // namespace hallmark::keys::token
