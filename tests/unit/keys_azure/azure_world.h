// AzureWorld: a vault, Entra ID and metadata services that answer as the real ones are documented, and a provider.
#pragma once

#include <string>

#include "base/encoding.h"
#include "hallmark/key_provider.h"
#include "keys/kms/azure_key_vault.h"
#include "support/key_services.h"

namespace hallmark::test {

// Keys and signatures of RFC 7515, appendices A.2 (RS256), A.3 (ES256) and A.4 (ES512): by other implementations.
struct JoseExample {
  std::string jwk;  // members after "kid"
  std::string algorithm;
  std::string message;
  std::string signature;  // base64url
};

inline const std::string kPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

inline JoseExample es256() {
  return {
      R"("kty":"EC","key_ops":["sign","verify"],"crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")",
      "ES256", "eyJhbGciOiJFUzI1NiJ9." + kPayload,
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"};
}

inline JoseExample es512() {
  return {
      R"("kty":"EC-HSM","key_ops":["sign"],"crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2")",
      "ES512", "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
      "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJ"
      "ZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"};
}

inline JoseExample rs256() {
  return {
      R"("kty":"RSA","key_ops":["sign","verify"],"n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB")",
      "RS256", "eyJhbGciOiJSUzI1NiJ9." + kPayload,
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr"
      "7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--x"
      "i12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy"
      "pGlUPQGe77Rw"};
}

inline const std::string kVersion = "78deebed173b48e48f55abf87ed4cf71";
inline const std::string kKeyId = "https://acme.vault.azure.net/keys/release/" + kVersion;
inline const std::string kReference = "azurekms://acme.vault.azure.net/release";
inline const std::string kTenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
inline const std::string kClientSecret = "hush-client-secret-8Q~x";
inline const std::string kBearer = "hush.eyJhdWQiOiJodHRwczovL3ZhdWx0LmF6dXJlLm5ldCJ9.c2lnbmF0dXJl";

inline std::string key_bundle(const std::string& jwk, const std::string& id = kKeyId,
                              const std::string& attributes = R"("enabled":true)") {
  return R"({"key":{"kid":")" + id + R"(",)" + jwk + R"(},"attributes":{)" + attributes +
         R"(,"created":1493942451,"updated":1493942451,"recoveryLevel":"Recoverable+Purgeable","exportable":false},"tags":{}})";
}
inline std::string signature_answer(const std::string& signature, const std::string& id = kKeyId) {
  return R"({"kid":")" + id + R"(","value":")" + signature + R"("})";
}
inline std::string token_answer(const std::string& bearer = kBearer) {
  return R"({"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":")" + bearer + R"("})";
}
inline std::string vault_refusal(const std::string& code, const std::string& inner, const std::string& message) {
  return R"({"error":{"code":")" + code + R"(","message":")" + message + R"(")" +
         (inner.empty() ? "" : R"(,"innererror":{"code":")" + inner + R"("})") + "}}";
}

struct AzureWorld {
  KeyServices outside;
  JoseExample example;
  net::Response key;
  net::Response signature;
  net::Response login = json_response(200, token_answer());
  net::Response deleted = json_response(404, vault_refusal("KeyNotFound", "", "not found"));
  net::Response created;
  keys::Services services;
  std::unique_ptr<keys::KeyProvider> provider;

  explicit AzureWorld(JoseExample of = es256())
      : example(std::move(of)),
        key(json_response(200, key_bundle(example.jwk))),
        signature(json_response(200, signature_answer(example.signature))),
        created(json_response(200, key_bundle(example.jwk))),
        services(outside.services()),
        provider(keys::azure_key_vault(services)) {
    outside.variables = {
        {"AZURE_TENANT_ID", kTenant}, {"AZURE_CLIENT_ID", "app-1"}, {"AZURE_CLIENT_SECRET", kClientSecret}};
    outside.http.answer([this](const SentRequest& sent) { return answer(sent); });
  }
  AzureWorld(const AzureWorld&) = delete;
  AzureWorld& operator=(const AzureWorld&) = delete;

  [[nodiscard]] Result<net::Response> answer(const SentRequest& sent) const {
    const std::string& url = sent.request.url;
    if (url.starts_with("https://login.")) return login;
    if (url.find("/deletedkeys/") != std::string::npos) return deleted;
    if (sent.request.method == "GET") return key;
    return url.find("/create?") != std::string::npos ? created : signature;
  }

  // The message of the failure that a signature ends in, with its hint; "" where it is made.
  [[nodiscard]] Error failure() {
    auto signer = provider->open_signer(kReference);
    if (!signer) return signer.error();
    auto made = (*signer)->sign(as_bytes(example.message));
    if (!made) return made.error();
    return {Outcome::internal, "it signed"};
  }
  [[nodiscard]] std::size_t requests_to(std::string_view part) const {
    std::size_t count = 0;
    for (const auto& sent : outside.http.sent) count += sent.request.url.find(part) != std::string::npos ? 1 : 0;
    return count;
  }
};

// Everything a user might see of it.
inline std::string all_of(const Error& error) { return error.message() + "\n" + error.hint(); }

}  // namespace hallmark::test
