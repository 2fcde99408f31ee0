#!/usr/bin/env python3
"""usage: azure_vault_server.py FOLDER PORT CERTIFICATE KEY METADATA_ADDRESS METADATA_PORT

Azure Key Vault (acme.vault.azure.net, and elsewhere.vault.azure.net of another tenant), Microsoft Entra ID
(login.microsoftonline.com) behind one TLS port, told apart by the Host header, and the metadata services of an app and of a machine
in the clear. As strict as the documents say the real ones are. FOLDER/requests.log has a line a request: METHOD HOST PATH STATUS WHO.

What it knows, in FOLDER: secret (the client secret of every application), identity-header, app.crt (a registered certificate),
issuer.pub (the issuer https://issuer.example of federated tokens). A key's name says how it behaves; see KEYS and LIES."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import secrets
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

FOLDER, PORT, CERTIFICATE, PRIVATE, NEAR, NEAR_PORT = sys.argv[1:7]
TENANT, OTHER_TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47", "11111111-2222-3333-4444-555555555555"
VAULTS = {"acme.vault.azure.net": TENANT, "elsewhere.vault.azure.net": OTHER_TENANT}
RESOURCE = "https://vault.azure.net"
VERSIONS = {"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01"}
DIGESTS = {"ES256": 32, "ES384": 48, "ES512": 64, "RS256": 32, "RS384": 48, "RS512": 64, "PS256": 32, "PS384": 48, "PS512": 64}
CURVES = {"P-256": ("prime256v1", 32), "P-384": ("secp384r1", 48), "P-521": ("secp521r1", 66), "P-256K": ("secp256k1", 32)}
# Applications: what each may do. `stale` gets tokens that have ended, `strays` tokens for another resource.
APPLICATIONS = {"app-signer": {"get", "sign"}, "app-reader": {"get"}, "app-verifier": {"get", "verify"}, "app-creator": {"get", "create"}, "app-nobody": set(),
                "app-old-secret": {"get"}, "app-stale": {"get", "sign"}, "app-strays": {"get", "sign"},
                "app-workload": {"get", "sign"}, "app-identity": {"get", "sign"}}
KEYS = {"release": "P-256", "p384": "P-384", "p521": "P-521", "rsa2048": 2048, "rsa3072": 3072, "rsa4096": 4096, "koblitz": "P-256K",
        "verify-only": "P-256", "disabled": "P-256", "expired": "P-256", "future": "P-256", "lost": "P-256", "walled": "P-256",
        "lies-digest": "P-256", "lies-kid": "P-256", "lies-key": "P-256", "lies-200": "P-256", "lies-huge": "P-256",
        "lies-redirect": "P-256", "lies-cut": "P-256", "lies-html": "P-256", "busy": "P-256", "broken": "P-256", "policy": "P-256"}
TOKEN_KEY = secrets.token_bytes(32)
LOG, MAKING = threading.Lock(), threading.Lock()
store, deleted = {}, {"lost"}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    if not isinstance(text, str) or set(text) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"):
        raise ValueError("no base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def openssl(*args, data=b""):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def file(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as handle:
        return handle.read().strip()


def der_items(data):
    """The values one level down in a DER sequence."""
    def header(at):
        length, size = data[at + 1], 2
        if length & 0x80:
            count = length & 0x7F
            length, size = int.from_bytes(data[at + 2:at + 2 + count], "big"), 2 + count
        return at + size, length
    start, length = header(0)
    items, at = [], start
    while at < start + length:
        begin, size = header(at)
        items.append(data[begin:begin + size])
        at = begin + size
    return items


def der_signature(*numbers):
    body = b""
    for number in numbers:
        number = number.lstrip(b"\0")
        number = b"\0" + number if not number or number[0] & 0x80 else number
        body += b"\x02" + bytes([len(number)]) + number
    return b"\x30" + (bytes([len(body)]) if len(body) < 128 else b"\x81" + bytes([len(body)])) + body


class Key:
    def __init__(self, name, kind, operations=("sign", "verify")):
        self.name, self.kind, self.operations, self.version = name, kind, list(operations), secrets.token_hex(16)
        self.path = os.path.join(FOLDER, f"vault-{name}-{self.version}.pem")
        if isinstance(kind, int):
            openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{kind}", "-out", self.path)
            numbers = [n.lstrip(b"\0") for n in der_items(openssl("rsa", "-in", self.path, "-RSAPublicKey_out", "-outform", "DER"))]
            self.jwk = {"kty": "RSA", "n": b64(numbers[0]), "e": b64(numbers[1])}
        else:
            curve, size = CURVES[kind]
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", self.path)
            point = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")[-2 * size:]
            self.jwk = {"kty": "EC", "crv": kind, "x": b64(point[:size]), "y": b64(point[size:])}

    def algorithms(self):
        if isinstance(self.kind, int):
            return {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
        return {{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "P-256K": "ES256K"}[self.kind]}

    def sign(self, algorithm, digest):
        options = ["-pkeyopt", f"digest:sha{algorithm[2:]}"]
        if algorithm.startswith("PS"):
            options += ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]
        signature = openssl("pkeyutl", "-sign", "-inkey", self.path, *options, data=digest)
        if isinstance(self.kind, int):
            return signature
        size = CURVES[self.kind][1]
        return b"".join(number.lstrip(b"\0").rjust(size, b"\0") for number in der_items(signature))

    def verifies(self, algorithm, digest, signature):
        if isinstance(self.kind, int):
            return self.openssl_verifies(algorithm, digest, signature)
        # cosign drops leading zeros of r and s: where bytes are missing, either half may be the short one.
        size = CURVES[self.kind][1]
        halves = [(signature[:size], signature[size:]), (signature[:-size], signature[-size:])]
        return any(self.openssl_verifies(algorithm, digest, der_signature(*half)) for half in halves)

    def openssl_verifies(self, algorithm, digest, signature):
        path = os.path.join(FOLDER, "signature-" + secrets.token_hex(8))
        with open(path, "wb") as handle:
            handle.write(signature)
        try:
            openssl("pkeyutl", "-verify", "-inkey", self.path, "-pkeyopt", f"digest:sha{algorithm[2:]}", "-sigfile", path, data=digest)
            return True
        except subprocess.CalledProcessError:
            return False
        finally:
            os.unlink(path)

    def bundle(self, host):
        now, attributes = int(time.time()), {"enabled": self.name != "disabled"}
        if self.name == "expired":
            attributes["exp"] = now - 3600
        if self.name == "future":
            attributes["nbf"] = now + 3600
        attributes.update(created=now, updated=now, recoveryLevel="Recoverable+Purgeable", recoverableDays=90, exportable=False)
        return {"key": {"kid": self.id(host), **self.jwk, "key_ops": self.operations}, "attributes": attributes, "tags": {}}

    def id(self, host):
        return f"https://{host}/keys/{self.name}/{self.version}"


class Refused(Exception):
    def __init__(self, status, code, message, inner=None, headers=()):
        super().__init__(message)
        self.status, self.headers = status, list(headers)
        self.body = {"error": {"code": code, "message": message, **({"innererror": {"code": inner}} if inner else {})}}


class EntraRefused(Refused):
    def __init__(self, status, error, code, message):
        super().__init__(status, error, message)
        self.body = {"error": error, "error_description": f"AADSTS{code}: {message} Trace ID: 0 Correlation ID: 0 Timestamp: now",
                     "error_codes": [code], "timestamp": "2026-11-28 12:00:00Z", "trace_id": "0", "correlation_id": "0",
                     "error_uri": f"https://login.microsoftonline.com/error?code={code}"}


# Tokens

def make_token(application, tenant=TENANT, audience=RESOURCE, life=3600):
    now = int(time.time())
    claims = {"aud": audience, "iss": f"https://sts.windows.net/{tenant}/", "iat": now, "nbf": now - 10, "exp": now + life,
              "appid": application, "tid": tenant, "ver": "1.0"}
    signed = b64(b'{"typ":"JWT","alg":"HS256"}') + "." + b64(json.dumps(claims).encode())
    return signed + "." + b64(hmac.digest(TOKEN_KEY, signed.encode(), "sha256"))


def application_of(headers, host):
    """Who asks a vault, by the bearer token; refused as the real one refuses."""
    tenant = VAULTS[host]
    challenge = [("WWW-Authenticate", f'Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="{RESOURCE}"')]

    def refused(message):
        return Refused(401, "Unauthorized", message, headers=challenge)
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise refused("AKV10000: Request is missing a Bearer or PoP token.")
    try:
        signed, _, signature = token.rpartition(".")
        claims = json.loads(unb64(signed.split(".")[1]))
        good = hmac.compare_digest(unb64(signature), hmac.digest(TOKEN_KEY, signed.encode(), "sha256"))
    except (ValueError, IndexError):
        good = False
    if not good:
        raise refused("AKV10046: Unable to resolve the key used for signature validation.")
    if claims["aud"] != RESOURCE:
        raise refused(f"AKV10022: Invalid audience. Expected {RESOURCE}, found: {claims['aud']}.")
    if claims["tid"] != tenant:
        raise refused(f"AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{tenant}/, found {claims['iss']}.")
    if claims["exp"] <= time.time():
        raise refused("[TokenExpired] Error validating token: 'S2S12086'.")
    return claims["appid"]


# Entra ID

def verified_assertion(assertion, public, options):
    signed, _, signature = assertion.rpartition(".")
    path = os.path.join(FOLDER, "assertion-" + secrets.token_hex(8))
    with open(path, "wb") as handle:
        handle.write(unb64(signature))
    try:
        openssl("dgst", "-sha256", *options, "-verify", public, "-signature", path, data=signed.encode())
    except subprocess.CalledProcessError:
        return None
    finally:
        os.unlink(path)
    header, claims = (json.loads(unb64(part)) for part in signed.split("."))
    return header, claims


def in_time(claims):
    return claims.get("nbf", 0) - 300 <= time.time() < claims.get("exp", 0) + 300


def check_certificate(assertion, client, url):
    certificate = os.path.join(FOLDER, "app.crt")
    public = os.path.join(FOLDER, "app.pub")
    with open(public, "wb") as handle:
        handle.write(openssl("x509", "-in", certificate, "-noout", "-pubkey"))
    found = verified_assertion(assertion, public, ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"])
    if not found:
        raise EntraRefused(401, "invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not "
                           "registered on application.")
    header, claims = found
    thumbprint = hashlib.sha256(openssl("x509", "-in", certificate, "-outform", "DER")).digest()
    # MSAL for Go writes standard base64 there.
    if header.get("alg") != "PS256" or header.get("x5t#S256") not in (b64(thumbprint), base64.b64encode(thumbprint).decode()):
        raise EntraRefused(401, "invalid_client", 700027, "The assertion names another certificate.")
    if claims.get("aud") != url:
        raise EntraRefused(401, "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer.")
    if claims.get("iss") != client or claims.get("sub") != client or not claims.get("jti"):
        raise EntraRefused(401, "invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id'.")
    if not in_time(claims) or claims["exp"] - claims["nbf"] > 24 * 3600:
        raise EntraRefused(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")


def check_federated(assertion, client):
    found = verified_assertion(assertion, os.path.join(FOLDER, "issuer.pub"), [])
    if not found or found[1].get("iss") != "https://issuer.example":
        raise EntraRefused(401, "invalid_client", 50027, "JWT token is invalid or malformed.")
    claims = found[1]
    if claims.get("aud") != "api://AzureADTokenExchange":
        raise EntraRefused(400, "invalid_request", 700212, "No matching federated identity record found for presented assertion audience.")
    if (client, claims.get("sub")) != ("app-workload", "system:serviceaccount:ci:release"):
        raise EntraRefused(400, "invalid_request", 700213, "No matching federated identity record found for presented assertion subject.")
    if not in_time(claims):
        raise EntraRefused(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")


def entra_token(tenant, form):
    allowed = {"client_id", "client_secret", "client_assertion", "client_assertion_type", "grant_type", "scope", "client_info",
               "claims"}  # the capabilities of a client, as MSAL sends them
    if set(form) - allowed or any(len(values) != 1 for values in form.values()):
        raise EntraRefused(400, "invalid_request", 90014, f"The request has a field that is not known, or one twice: {set(form) - allowed}")
    form = {name: values[0] for name, values in form.items()}
    if tenant not in (TENANT, OTHER_TENANT):
        raise EntraRefused(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
    if form.get("grant_type") != "client_credentials":
        raise EntraRefused(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    client = form.get("client_id", "")
    if client not in APPLICATIONS:
        raise EntraRefused(400, "unauthorized_client", 700016, f"Application with identifier '{client}' was not found in the directory.")
    # MSAL adds the scopes of OpenID Connect.
    scopes = set(form.get("scope", "").split()) - {"openid", "offline_access", "profile"}
    if scopes != {RESOURCE + "/.default"}:
        raise EntraRefused(400, "invalid_scope", 1002012, "The provided value for scope is not valid.")
    if "client_assertion" in form:
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            raise EntraRefused(400, "invalid_request", 5002730, "Invalid JWT token type.")
        try:
            if client == "app-workload":
                check_federated(form["client_assertion"], client)
            else:
                check_certificate(form["client_assertion"], client, f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token")
        except ValueError as error:
            raise EntraRefused(401, "invalid_client", 50027, "JWT token is invalid or malformed.") from error
    elif "client_secret" not in form:
        raise EntraRefused(401, "invalid_client", 7000218, "The request body must contain: 'client_assertion' or 'client_secret'.")
    elif client == "app-old-secret":
        raise EntraRefused(401, "invalid_client", 7000222, "The provided client secret keys for app are expired.")
    elif not hmac.compare_digest(form["client_secret"].encode(), file("secret").encode()):
        raise EntraRefused(401, "invalid_client", 7000215, f"Invalid client secret provided: {form['client_secret']}")
    token = make_token(client, tenant, "https://management.azure.com" if client == "app-strays" else RESOURCE,
                       -60 if client == "app-stale" else 3600)
    return {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}


def entra(method, path, query, body):
    base = "https://login.microsoftonline.com/"
    parts = path.strip("/").split("/")
    if method == "GET" and path == "/common/discovery/instance":
        names = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
        where = urllib.parse.urlsplit(query["authorization_endpoint"][0])
        return {"tenant_discovery_endpoint": f"{base}{where.path.strip('/').split('/')[0]}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": names[0], "preferred_cache": names[1], "aliases": names}]}
    if method == "GET" and parts[1:] == ["v2.0", ".well-known", "openid-configuration"]:
        return {"token_endpoint": f"{base}{parts[0]}/oauth2/v2.0/token", "issuer": f"{base}{parts[0]}/v2.0",
                "authorization_endpoint": f"{base}{parts[0]}/oauth2/v2.0/authorize"}
    if method == "POST" and parts[1:] == ["oauth2", "v2.0", "token"]:
        return entra_token(parts[0], urllib.parse.parse_qs(body.decode("ascii"), keep_blank_values=True, strict_parsing=True))
    raise EntraRefused(404, "invalid_request", 90036, "not found")


# The vault

def may(application, action, name):
    if action not in APPLICATIONS[application]:
        right = {"get": "read", "sign": "sign/action", "verify": "verify/action", "create": "create/action"}[action]
        raise Refused(403, "Forbidden", "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments "
                      "or role definitions were changed recently, please observe propagation time.\r\n"
                      f"Caller: appid={application};oid=0;iss=https://sts.windows.net/{TENANT}/\r\n"
                      f"Action: 'Microsoft.KeyVault/vaults/keys/{right}'\r\nAssignment: (not found)\r\n", "ForbiddenByRbac")
    if name == "walled":
        raise Refused(403, "Forbidden", "Client address is not authorized and caller is not a trusted service.", "ForbiddenByFirewall")
    if name == "policy" and action == "sign":
        raise Refused(403, "Forbidden", "The user does not have keys sign permission on key vault 'acme'.", "ForbiddenByPolicy")


def versions_of(name):
    """The newest first. A key is made when it is first asked for: RSA of 4096 bits takes its time."""
    with MAKING:
        if name not in store and name in KEYS:
            operations = ("verify",) if name == "verify-only" else ("sign", "verify")
            store[name] = [Key(name, KEYS[name], operations) for _ in range(2 if name == "release" else 1)]
    return store.get(name, [])


def key_named(name, version):
    for key in [] if name in deleted else versions_of(name):
        if not version or key.version == version:
            return key
    raise Refused(404, "KeyNotFound", f"A key with (name/id) {name}/{version} was not found in this key vault. If you recently deleted "
                  "this key you may be able to recover it using the correct recovery command.")


def expect_fields(body, headers, needed, allowed):
    if headers.get("Content-Type", "").split(";")[0] != "application/json":
        raise Refused(400, "BadParameter", "Content-Type is not application/json.")
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise Refused(400, "BadParameter", "The request body is no JSON.") from error
    if not isinstance(fields, dict) or set(needed) - set(fields) or set(fields) - set(allowed):
        raise Refused(400, "BadParameter", "A property is missing or not known.")
    return fields


def vault_sign(host, key, fields):
    algorithm = fields["alg"]
    try:
        digest = unb64(fields["value"])
    except ValueError as error:
        raise Refused(400, "BadParameter", "Property value is not base64url.") from error
    if key.name == "disabled":
        raise Refused(403, "Forbidden", "Operation sign is not allowed on a disabled key.", "KeyDisabled")
    if key.name == "expired":
        raise Refused(403, "Forbidden", "Operation sign is not allowed on an expired key.", "KeyExpired")
    if key.name == "future":
        raise Refused(403, "Forbidden", "Operation sign is not allowed, the key is not yet valid.", "KeyNotYetValid")
    if "sign" not in key.operations:
        raise Refused(403, "Forbidden", "Operation is not permitted on this key.", "AccessDenied")
    if algorithm not in key.algorithms():
        raise Refused(400, "BadParameter", "Key and signing algorithm are incompatible.")
    if len(digest) != DIGESTS[algorithm]:
        raise Refused(400, "BadParameter", f"Invalid length of 'value': {len(digest)} bytes. {algorithm} requires {DIGESTS[algorithm]} "
                      "bytes.")
    if key.name == "lies-digest":
        digest = hashlib.sha256(digest).digest()
    signer, named = (versions_of("release")[0] if key.name == "lies-key" else key), key.id(host)
    if key.name == "lies-kid":
        named = named[:-1] + ("0" if named[-1] != "0" else "1")
    return {"kid": named, "value": b64(signer.sign(algorithm, digest))}


def vault_create(host, name, fields):
    if name in deleted:
        raise Refused(409, "Conflict", f"Key {name} is currently in a deleted but recoverable state, and its name cannot be reused; in "
                      "this state, the key can only be recovered or purged.", "ObjectIsDeletedButRecoverable")
    kind = fields["kty"]
    if kind == "EC":
        if "key_size" in fields and "crv" in fields or fields.get("crv", "P-256") not in CURVES:
            raise Refused(400, "BadParameter", "Property crv is not valid.")
        key = Key(name, fields.get("crv", "P-256"), fields.get("key_ops", ["sign", "verify"]))
    elif kind == "RSA" and fields.get("key_size", 2048) in (2048, 3072, 4096):
        key = Key(name, fields.get("key_size", 2048), fields.get("key_ops", ["sign", "verify"]))
    else:
        raise Refused(400, "BadParameter", "Property kty or key_size is not valid.")
    versions_of(name)
    store.setdefault(name, []).insert(0, key)
    return key.bundle(host)


def vault(method, host, path, query, headers, body):
    if set(query) != {"api-version"} or query["api-version"][0] not in VERSIONS:
        raise Refused(400, "BadParameter", "The specified version is not recognized, or another parameter was given.")
    application = application_of(headers, host)
    parts = path.split("/")[1:]
    if method == "GET" and parts[0] == "keys" and len(parts) in (2, 3):
        may(application, "get", parts[1])
        return key_named(parts[1], parts[2] if len(parts) == 3 else "").bundle(host)
    if method == "GET" and parts[0] == "deletedkeys" and len(parts) == 2:
        may(application, "get", parts[1])
        if parts[1] not in deleted:
            raise Refused(404, "KeyNotFound", f"Deleted key not found: {parts[1]}")
        return {**versions_of(parts[1])[0].bundle(host), "recoveryId": f"https://{host}/deletedkeys/{parts[1]}",
                "deletedDate": int(time.time()), "scheduledPurgeDate": int(time.time()) + 90 * 86400}
    # Without a version the newest signs; Microsoft's SDK for Go then leaves out the slash, too.
    if method == "POST" and parts[0] == "keys" and len(parts) in (3, 4) and parts[-1] == "sign":
        may(application, "sign", parts[1])
        fields = expect_fields(body, headers, {"alg", "value"}, {"alg", "value"})
        return vault_sign(host, key_named(parts[1], parts[2] if len(parts) == 4 else ""), fields)
    if method == "POST" and parts[0] == "keys" and len(parts) in (3, 4) and parts[-1] == "verify":
        may(application, "verify", parts[1])
        fields = expect_fields(body, headers, {"alg", "digest", "value"}, {"alg", "digest", "value"})
        key = key_named(parts[1], parts[2] if len(parts) == 4 else "")
        if fields["alg"] not in key.algorithms() or len(unb64(fields["digest"])) != DIGESTS[fields["alg"]]:
            raise Refused(400, "BadParameter", "Key and signing algorithm are incompatible, or the digest has another length.")
        return {"value": key.verifies(fields["alg"], unb64(fields["digest"]), unb64(fields["value"]))}
    if method == "POST" and parts[0] == "keys" and len(parts) == 3 and parts[2] == "create":
        may(application, "create", parts[1])
        allowed = {"kty", "crv", "key_size", "key_ops", "attributes", "tags"}
        return vault_create(host, parts[1], expect_fields(body, headers, {"kty"}, allowed))
    raise Refused(404, "NotFound", "The resource you are looking for has been removed, had its name changed, or is unavailable.")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=(), who="-", lie=None):
        if lie == "lies-html":
            content, kind = b"<html>Please sign in to the network</html>", "text/html"
        elif lie == "lies-huge":
            content, kind = b'{"a":"' + b"x" * (4 << 20) + b'"}', "application/json"
        else:
            content, kind = json.dumps(body).encode(), "application/json; charset=utf-8"
        with LOG, open(os.path.join(FOLDER, "requests.log"), "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.headers.get('Host', '-')} {self.path.split('?')[0]} {status} {who}\n")
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) + (100 if lie == "lies-cut" else 0)))
        self.end_headers()
        self.wfile.write(content)
        if lie == "lies-cut":
            self.close_connection = True

    def lie(self, parts):
        """Answers of a vault that went wrong, by the key's name; only to whoever signs, so that the key can be opened."""
        name = parts[1] if parts[0] == "keys" and parts[-1] == "sign" and self.command == "POST" else ""
        if name == "busy":
            raise Refused(429, "Throttled", "Request was not processed because too many requests were received.",
                          headers=[("Retry-After", "300")])
        if name == "broken":
            raise Refused(500, "InternalServerError", "Internal server error")
        if name == "lies-redirect":
            raise Refused(307, "Moved", "over there", headers=[("Location", "https://elsewhere.vault.azure.net/keys/release/0/sign")])
        if name == "lies-200":
            raise Refused(200, "Forbidden", "a refusal that says 200")
        return name if name in ("lies-html", "lies-huge", "lies-cut") else None

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        who, lie, host = "anonymous", None, self.headers.get("Host", "").removesuffix(":443")
        try:
            if host in VAULTS:
                if "Authorization" in self.headers:
                    who = "bearer"
                    lie = self.lie(url.path.split("/")[1:])
                result = vault(self.command, host, url.path, query, self.headers, body)
            elif host in ("login.microsoftonline.com", "login.microsoft.com"):
                result = entra(self.command, url.path, query, body)
            else:
                raise Refused(404, "NotFound", "no such host")
        except Refused as refusal:
            return self.answer(refusal.status, refusal.body, refusal.headers, who)
        return self.answer(200, result, (), who, lie)

    do_POST = do_GET


class Near(Handler):
    """The metadata services: /msi/token of an app (App Service), /metadata/identity/oauth2/token of a machine."""

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
        app = url.path == "/msi/token"
        if not app and url.path != "/metadata/identity/oauth2/token":
            return self.answer(404, {"error": "not_found"})
        version = "2019-08-01" if app else "2018-02-01"
        if app and self.headers.get("X-IDENTITY-HEADER") != file("identity-header"):
            return self.answer(401, {"statusCode": 401, "message": "Unauthorized"})
        if not app and self.headers.get("Metadata") != "true":
            return self.answer(400, {"error": "invalid_request", "error_description": "Required metadata header not specified"})
        if "X-Forwarded-For" in self.headers or set(query) - {"api-version", "resource", "client_id"}:
            return self.answer(400, {"error": "invalid_request", "error_description": "Not allowed"})
        if query.get("api-version") != version or query.get("resource") != RESOURCE:
            return self.answer(400, {"error": "invalid_resource", "error_description": "wrong version or resource"})
        if query.get("client_id", "app-identity") != "app-identity":
            return self.answer(400, {"error": "invalid_request", "error_description": "Identity not found"})
        on = int(time.time()) + 86400
        token = {"access_token": make_token("app-identity", life=86400), "client_id": "app-identity", "expires_on": str(on),
                 "resource": RESOURCE, "token_type": "Bearer"}
        return self.answer(200, token if app else {**token, "expires_in": "86400", "ext_expires_in": "86399", "not_before": str(on - 86400)})

    do_POST = do_GET


def main():
    near = http.server.ThreadingHTTPServer((NEAR, int(NEAR_PORT)), Near)
    threading.Thread(target=near.serve_forever, daemon=True).start()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(PORT)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, PRIVATE)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


main()
