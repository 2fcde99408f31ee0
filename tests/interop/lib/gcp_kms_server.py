#!/usr/bin/env python3
"""usage: gcp_kms_server.py FOLDER TLS_PORT METADATA_PORT AWS_METADATA_PORT

Google as far as Cloud KMS over REST needs it, on loopback, as strict as the real services: cloudkms, oauth2, sts and iamcredentials
under googleapis.com and an OIDC provider at idp.example, told apart by the Host field, over TLS (service.pem and service.key of
FOLDER) with HTTP/1.1; and, over plain HTTP, the metadata server and that of AWS.

FOLDER holds what was made beforehand: NAME.pem, the private key of each cryptoKey that signs; sa.pub, the public key of the service
accounts; idp.token, the token that the OIDC provider hands out and the exchange takes; user.token, the refresh token of the user;
aws.users.json, the access keys of AWS (aws_identity.py). subject.token is the last one that came from AWS.
Each request is a line of FOLDER/requests.log: METHOD HOST PATH STATUS.

What a key or an account is called decides what happens: see KEYS and the words that are compared in the code. Source of forms and
words: cloud.google.com/kms/docs/reference/rest, cloud.google.com/apis/design/errors, RFC 6749, RFC 7523, RFC 8693."""
import base64
import email.utils
import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
import aws_identity  # noqa: E402  beside this file, and leaves nothing there

FOLDER, TLS_PORT, METADATA_PORT, AWS_PORT = sys.argv[1], *map(int, sys.argv[2:5])
PROJECT, PROJECT_NUMBER, LOCATIONS = "shop", "123456789012", ("global", "europe-north1")
RING = f"projects/{PROJECT}/locations/europe-north1/keyRings/release"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/cloudkms")
VIEW, USE = "cloudkms.cryptoKeyVersions.viewPublicKey", "cloudkms.cryptoKeyVersions.useToSign"
GET, LIST = "cloudkms.cryptoKeyVersions.get", "cloudkms.cryptoKeyVersions.list"
SIGNER = {VIEW, USE, GET, LIST, "cloudkms.cryptoKeys.get"}
ADMIN = SIGNER | {"cloudkms.cryptoKeys.create", "cloudkms.cryptoKeyVersions.destroy", "cloudkms.cryptoKeys.setIamPolicy"}
ACCOUNTS = {  # e-mail address: permissions on every key
    "signer@shop.iam.gserviceaccount.com": SIGNER,
    "viewer@shop.iam.gserviceaccount.com": {VIEW},
    "admin@shop.iam.gserviceaccount.com": ADMIN,
    "nobody@shop.iam.gserviceaccount.com": set(),
    "late@shop.iam.gserviceaccount.com": SIGNER,      # Google's clock is two hours ahead of ours for this one
    "short@shop.iam.gserviceaccount.com": SIGNER,     # its tokens end at once
    "off@shop.iam.gserviceaccount.com": SIGNER,       # of a project where the API is not enabled
    "user@example.com": SIGNER,
    "principal://idp": SIGNER,
    "principal://aws": SIGNER,
}
SHA = {"SHA256": ("sha256", 32), "SHA384": ("sha384", 48), "SHA512": ("sha512", 64)}
KEYS = {  # key: {version: (algorithm, state, file)}
    "p256": {1: ("EC_SIGN_P256_SHA256", "ENABLED", "p256")},
    "p384": {1: ("EC_SIGN_P384_SHA384", "ENABLED", "p384")},
    "ed25519": {1: ("EC_SIGN_ED25519", "ENABLED", "ed25519")},
    "rsa": {1: ("RSA_SIGN_PKCS1_2048_SHA256", "ENABLED", "rsa")},
    "pss": {1: ("RSA_SIGN_PSS_2048_SHA256", "ENABLED", "rsa")},
    "rsa512": {1: ("RSA_SIGN_PKCS1_4096_SHA512", "ENABLED", "rsa")},
    "decrypt": {1: ("RSA_DECRYPT_OAEP_2048_SHA256", "ENABLED", "rsa")},
    "rotated": {n: ("EC_SIGN_P256_SHA256", "ENABLED" if n < 11 else "DISABLED", "p256" if n == 10 else "other") for n in range(1, 13)},
    "empty": {1: ("EC_SIGN_P256_SHA256", "DISABLED", "p256")},
    "states": {1: ("EC_SIGN_P256_SHA256", "DISABLED", "p256"), 2: ("EC_SIGN_P256_SHA256", "DESTROY_SCHEDULED", "p256"),
               3: ("EC_SIGN_P256_SHA256", "DESTROYED", "p256"), 4: ("EC_SIGN_P256_SHA256", "PENDING_GENERATION", "p256")},
}
for fault in ("lie-name", "lie-key", "lie-checksum", "lie-verified", "lie-signature", "lie-error", "lie-redirect", "lie-huge", "lie-html",
              "lie-algorithm", "gone-disabled", "busy", "broken", "echo"):
    KEYS[fault] = {1: ("EC_SIGN_P256_SHA256", "ENABLED", "p256")}
POOL = f"//iam.googleapis.com/projects/{PROJECT_NUMBER}/locations/global/workloadIdentityPools/ci/providers/"
AWS = aws_identity.Aws(FOLDER)
AHEAD = {"AKIALATE": 7200}  # access key: by how much the clocks of Google and AWS are ahead of ours for it
tokens = {}  # access token: (account, end, scope)
lock = threading.Lock()


def crc32c(data):
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = (rest >> 1) ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


class Refusal(Exception):
    def __init__(self, code, body, headers=None):
        super().__init__(code)
        self.code, self.body, self.headers = code, body, headers or {}


def status(code, name, message, *details):
    error = {"code": code, "message": message, "status": name}
    if details:
        error["details"] = list(details)
    return Refusal(code, {"error": error})


def info(reason, **metadata):
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def oauth(code, error, description):
    return Refusal(code, {"error": error, "error_description": description})


def openssl(*arguments, data=b""):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def private_key(name):
    return os.path.join(FOLDER, name + ".pem")


def sign(algorithm, file, digest):
    options = []
    if algorithm == "EC_SIGN_ED25519":
        options = ["-rawin"]
    else:
        options = ["-pkeyopt", "digest:sha384" if algorithm.endswith("384") else "digest:sha256"]
    if "_PSS_" in algorithm:
        options += ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:32"]
    with tempfile.NamedTemporaryFile() as held:  # -rawin wants a file
        held.write(digest)
        held.flush()
        return openssl("pkeyutl", "-sign", "-inkey", private_key(file), "-in", held.name, *options)


def read_jwt(text, now):
    """The claims of a JWT that one of our service accounts signed, or None."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    pieces = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
    header, claims = json.loads(pieces[0]), json.loads(pieces[1])
    if header.get("alg") != "RS256" or header.get("typ") != "JWT" or header.get("kid") != "key-1":
        raise oauth(400, "invalid_grant", "Invalid JWT Signature.")
    if claims.get("iss") not in ACCOUNTS:
        raise oauth(400, "invalid_grant", "Invalid grant: account not found")
    with tempfile.NamedTemporaryFile() as signature:
        signature.write(pieces[2])
        signature.flush()
        if openssl("dgst", "-sha256", "-verify", os.path.join(FOLDER, "sa.pub"), "-signature", signature.name,
                   data=".".join(parts[:2]).encode()) is None:
            raise oauth(400, "invalid_grant", "Invalid JWT Signature.")
    if not now - 3600 <= claims["iat"] <= now + 60 or not now < claims["exp"] <= claims["iat"] + 3600:
        raise oauth(400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                    "Check your iat and exp values in the JWT claim.")
    return claims


def new_token(account, scope):
    token = "ya29.hush-" + base64.urlsafe_b64encode(os.urandom(30)).decode()
    lifetime = 2 if account.startswith("short@") else 3599
    with lock:
        tokens[token] = (account, time.time() + lifetime, scope)
    return token, lifetime


class Google(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "scripted", ""
    ahead = 0

    def log_message(self, *arguments):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate((timestamp or time.time()) + self.ahead, usegmt=True)

    def answer(self, code, body, headers=None, kind="application/json; charset=UTF-8"):
        data = body if isinstance(body, bytes) else json.dumps(body, indent=2).encode()
        with lock, open(os.path.join(FOLDER, "requests.log"), "a", encoding="utf-8") as file:
            file.write(f"{self.command} {self.host} {self.path} {code}\n")
        self.send_response(code)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        self.ahead = 0
        self.host = self.headers.get("Host", "").removesuffix(":443").lower()
        length = int(self.headers.get("Content-Length") or 0)
        self.sent = self.rfile.read(length)
        try:
            body = self.route()
            self.answer(200, body)
        except Refusal as refusal:
            kind = "text/html" if isinstance(refusal.body, bytes) else "application/json; charset=UTF-8"
            self.answer(refusal.code, refusal.body, refusal.headers, kind)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any

    def route(self):
        serve = {"cloudkms.googleapis.com": self.kms, "oauth2.googleapis.com": self.oauth2, "sts.googleapis.com": self.sts,
                 "iamcredentials.googleapis.com": self.iamcredentials, "idp.example": self.idp}.get(self.host)
        if serve is None:
            raise Refusal(404, b"<html>That's all we know.</html>")
        return serve()

    # Body and query, as documented and nothing else.
    def fields(self):
        if self.command != "POST" or self.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            raise oauth(400, "invalid_request", "Bad Request")
        pairs = urllib.parse.parse_qsl(self.sent.decode(), keep_blank_values=True, strict_parsing=True)
        if len(dict(pairs)) != len(pairs):
            raise oauth(400, "invalid_request", "Duplicate parameter")
        return dict(pairs)

    def json(self, allowed):
        if self.headers.get("Content-Type", "").split(";")[0] != "application/json":
            raise status(400, "INVALID_ARGUMENT", "Invalid content type.")
        try:
            body = json.loads(self.sent or b"{}")
        except ValueError:
            raise status(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token.") from None
        for name in body:
            if name not in allowed:
                raise status(400, "INVALID_ARGUMENT", f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
        return body

    # oauth2.googleapis.com/token
    def oauth2(self):
        if self.path != "/token":
            raise Refusal(404, b"<html>Not found</html>")
        fields = self.fields()
        if fields.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self.service_account(fields)
        if fields.get("grant_type") == "refresh_token":
            return self.refresh(fields)
        raise oauth(400, "unsupported_grant_type", "Invalid grant_type: " + fields.get("grant_type", ""))

    def service_account(self, fields):
        if set(fields) != {"grant_type", "assertion"}:
            raise oauth(400, "invalid_request", "Bad Request")
        try:
            guess = json.loads(base64.urlsafe_b64decode(fields["assertion"].split(".")[1] + "=="))
        except (ValueError, IndexError):
            raise oauth(400, "invalid_grant", "Invalid JWT") from None
        if guess.get("iss", "").startswith("late@"):
            self.ahead = 7200
        claims = read_jwt(fields["assertion"], time.time() + self.ahead)
        if claims.get("aud") != "https://oauth2.googleapis.com/token":
            raise oauth(400, "invalid_grant", "Invalid JWT: Failed audience check.")
        if claims.get("scope") not in SCOPES + (" ".join(SCOPES),):
            raise oauth(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        token, lifetime = new_token(claims["iss"], claims["scope"])
        return {"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}

    def refresh(self, fields):
        if not {"client_id", "client_secret", "refresh_token"} <= set(fields):
            raise oauth(400, "invalid_request", "Missing required parameter")
        if fields["client_id"] != "client-1" or fields["client_secret"] != open_text("client.secret"):
            raise oauth(401, "invalid_client", "The OAuth client was not found.")
        if fields["refresh_token"] != open_text("user.token"):
            raise oauth(400, "invalid_grant", "Token has been expired or revoked.")
        token, lifetime = new_token("user@example.com", SCOPES[0])
        return {"access_token": token, "expires_in": lifetime, "scope": SCOPES[0], "token_type": "Bearer"}

    # sts.googleapis.com/v1/token
    def sts(self):
        if self.path != "/v1/token":
            raise Refusal(404, b"<html>Not found</html>")
        fields = self.fields()
        if set(fields) - {"options"} != {"grant_type", "audience", "scope", "requested_token_type", "subject_token_type", "subject_token"}:
            raise oauth(400, "invalid_request", "Invalid request parameters.")
        if (fields["grant_type"] != "urn:ietf:params:oauth:grant-type:token-exchange" or
                fields["requested_token_type"] != "urn:ietf:params:oauth:token-type:access_token"):
            raise oauth(400, "invalid_request", "Invalid grant type or requested token type.")
        if not fields["audience"].startswith(POOL) or fields["audience"][len(POOL):] not in ("idp", "aws", "aws-other"):
            raise oauth(400, "invalid_target", "The target service indicated by the \"audience\" parameters is invalid.")
        by_aws = fields["audience"] != POOL + "idp"
        kind = "aws:token-type:aws4_request" if by_aws else "oauth:token-type:jwt"
        if fields["subject_token_type"] != "urn:ietf:params:" + kind or not set(fields["scope"].split()) <= set(SCOPES):
            raise oauth(400, "invalid_request", "Invalid subject token type or scope.")
        if by_aws:
            return self.from_aws(fields)
        if fields["subject_token"] == "stale." + open_text("idp.token"):
            raise oauth(400, "invalid_grant", "ID Token issued at 1700000000 is stale to sign-in.")
        if fields["subject_token"] != open_text("idp.token"):
            raise oauth(400, "invalid_grant", "Error connecting to the given credential's issuer, for " + fields["subject_token"])
        return self.exchanged("principal://idp", fields)

    def exchanged(self, who, fields):
        token, lifetime = new_token(who, fields["scope"])
        return {"access_token": token, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer",
                "expires_in": lifetime}

    # A refusal says the request back: what clients show of it must hold no secret.
    def from_aws(self, fields):
        subject = fields["subject_token"]
        with lock, open(os.path.join(FOLDER, "subject.token"), "w", encoding="utf-8") as file:
            file.write(subject)
        self.ahead = AHEAD.get(aws_identity.access_key_id(subject), 0)
        try:
            AWS.caller(subject, fields["audience"], AHEAD)
        except aws_identity.Denied as denied:
            raise oauth(400, "invalid_grant", f"Received an error response from AWS STS: {denied}, for {urllib.parse.unquote_plus(subject)}") from None
        return self.exchanged("principal://aws", fields)

    def idp(self):
        if self.command != "GET" or self.path != "/token?audience=google" or self.headers.get("Authorization") != "bearer " + open_text("idp.secret"):
            raise Refusal(403, {"error": "forbidden"})
        return {"value": open_text("idp.token"), "count": 1}

    # iamcredentials.googleapis.com
    def iamcredentials(self):
        found = re.fullmatch(r"/v1/projects/-/serviceAccounts/([^/:]+):generateAccessToken", self.path)
        if self.command != "POST" or not found:
            raise Refusal(404, b"<html>Not found</html>")
        account, _, scope = self.caller()
        if SCOPES[0] not in scope:
            raise status(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", info("ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
        body = self.json({"scope", "lifetime", "delegates"})
        if not body.get("scope") or not re.fullmatch(r"\d+s", body.get("lifetime", "3600s")):
            raise status(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        if found[1] not in ACCOUNTS or found[1].startswith("nobody@") or account.startswith("nobody@"):
            raise status(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
                         info("IAM_PERMISSION_DENIED", permission="iam.serviceAccounts.getAccessToken"))
        token, lifetime = new_token(found[1], " ".join(body["scope"]))
        return {"accessToken": token, "expireTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lifetime))}

    # Who asks: (account, its permissions, scope)
    def caller(self):
        field = self.headers.get("Authorization", "")
        if not field.startswith("Bearer "):
            raise status(401, "UNAUTHENTICATED", "Request is missing required authentication credential.", info("CREDENTIALS_MISSING"))
        token = field[7:]
        known = tokens.get(token)
        if known is None and token.count(".") == 2:
            try:
                claims = read_jwt(token, time.time())
                if claims.get("sub") == claims["iss"] and set(claims.get("scope", "").split()) & set(SCOPES):
                    known = (claims["iss"], claims["exp"], claims["scope"])
            except (Refusal, ValueError, KeyError):
                pass
        if known is None:
            raise status(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
                         "other valid authentication credential.", info("ACCESS_TOKEN_TYPE_UNSUPPORTED"))
        if known[1] <= time.time():
            raise status(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", info("ACCESS_TOKEN_EXPIRED"))
        project = self.headers.get("X-Goog-User-Project")
        if project == "denied-project":
            raise status(403, "PERMISSION_DENIED", "Caller does not have required permission to use project denied-project.",
                         info("USER_PROJECT_DENIED", consumer="projects/denied-project"))
        return known[0], ACCOUNTS.get(known[0], set()), known[2]

    # cloudkms.googleapis.com
    def kms(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        query.pop("alt", None)
        query.pop("prettyPrint", None)
        if not url.path.startswith("/v1/"):
            raise Refusal(404, b"<html>The requested URL was not found on this server.</html>")
        account, permissions, scope = self.caller()
        if not set(scope.split()) & set(SCOPES):
            raise status(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", info("ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
        if account.startswith("off@"):
            raise status(403, "PERMISSION_DENIED", "Cloud Key Management Service (KMS) API has not been used in project shop before or it is disabled.",
                         info("SERVICE_DISABLED", service="cloudkms.googleapis.com", consumer="projects/shop"))
        if self.command == "GET" and self.sent:
            raise Refusal(400, b"<html>Your client has issued a malformed or illegal request.</html>")
        name = url.path[4:]
        name, verb = (name.rsplit(":", 1) + [""])[:2] if self.command == "POST" and ":" in name else (name, "")
        found = re.fullmatch(r"projects/([^/]+)/locations/([^/]+)/keyRings/([^/]+)(?:/cryptoKeys(?:/([^/]+)(?:(/cryptoKeyVersions)(?:/(\d+)(/publicKey)?)?)?)?)?", name)
        if not found or found[1] not in (PROJECT, PROJECT_NUMBER):
            raise status(404, "NOT_FOUND", "Method not found.")
        if found[2] not in LOCATIONS:
            raise status(404, "NOT_FOUND", f"The request concerns location '{found[2]}' but was sent to location 'global'. Either Cloud KMS is not "
                         f"available in '{found[2]}' or the request was misrouted.")
        return self.key(found, verb, query, permissions)

    def need(self, permissions, permission, resource):
        if permission not in permissions:
            raise status(403, "PERMISSION_DENIED", f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
                         info("IAM_PERMISSION_DENIED", permission=permission, resource=resource))

    def key(self, found, verb, query, permissions):
        ring = f"projects/{PROJECT}/locations/{found[2]}/keyRings/{found[3]}"
        if ring != RING:
            raise status(404, "NOT_FOUND", f"KeyRing {ring} not found.")
        if found[4] is None and self.command == "POST" and self.path.split("?")[0].endswith("/cryptoKeys"):
            return self.create(query, permissions)
        key = f"{RING}/cryptoKeys/{found[4]}"
        if verb == "testIamPermissions":
            body = self.json({"permissions"})
            held = [one for one in body.get("permissions", []) if one in permissions]
            return {"permissions": held} if held else {}
        wanted = {"asymmetricSign": USE}.get(verb) or (VIEW if found[7] else GET if found[6] else LIST if found[5] else "cloudkms.cryptoKeys.get")
        self.need(permissions, wanted, key + (f"/cryptoKeyVersions/{found[6]}" if found[6] else ""))
        versions = KEYS.get(found[4])
        if versions is None:
            raise status(404, "NOT_FOUND", f"CryptoKey {key} not found.")
        if found[6] is None:
            return self.listed(key, versions, query) if found[5] else self.described(key, versions)
        number = int(found[6])
        if number not in versions:
            raise status(404, "NOT_FOUND", f"CryptoKeyVersion {key}/cryptoKeyVersions/{number} not found.")
        if query:
            raise status(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unknown name in query.")
        version = f"{key}/cryptoKeyVersions/{number}"
        algorithm, state, file = versions[number]
        if verb == "asymmetricSign":
            self.faults(found[4], signing=True)
            self.enabled(version, state)
            return self.signed(found[4], version, algorithm, file)
        if self.command != "GET" or verb:
            raise status(404, "NOT_FOUND", "Method not found.")
        if found[7]:
            self.faults(found[4], signing=False)
            self.enabled(version, state)
            return self.public(found[4], version, algorithm, file)
        return {"name": version, "state": state, "protectionLevel": "SOFTWARE", "algorithm": algorithm, "createTime": "2026-01-01T00:00:00Z"}

    def enabled(self, version, state):
        if state != "ENABLED":
            raise status(400, "FAILED_PRECONDITION", f"{version} is not enabled, current state is: {state}.",
                         {"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [{"type": "KEY_" + state, "subject": version}]})

    def described(self, key, versions):
        purpose = "ASYMMETRIC_DECRYPT" if versions[min(versions)][0].startswith("RSA_DECRYPT") else "ASYMMETRIC_SIGN"
        return {"name": key, "purpose": purpose, "createTime": "2026-01-01T00:00:00Z",
                "versionTemplate": {"protectionLevel": "SOFTWARE", "algorithm": versions[min(versions)][0]}}

    def listed(self, key, versions, query):
        if set(query) - {"pageSize", "pageToken", "filter", "orderBy"} or query.get("filter", "state=ENABLED") != "state=ENABLED":
            raise status(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        numbers = sorted((n for n in versions if "filter" not in query or versions[n][1] == "ENABLED"), reverse="desc" in query.get("orderBy", ""))
        begin = int(query.get("pageToken") or 0)
        page = numbers[begin:begin + 4]  # a page may always be shorter than asked for
        answer = {"totalSize": len(numbers)}
        if page:
            answer["cryptoKeyVersions"] = [{"name": f"{key}/cryptoKeyVersions/{n}", "state": versions[n][1], "protectionLevel": "SOFTWARE",
                                            "algorithm": versions[n][0], "createTime": "2026-01-01T00:00:00Z"} for n in page]
        if begin + 4 < len(numbers):
            answer["nextPageToken"] = str(begin + 4)
        return answer

    def create(self, query, permissions):
        self.need(permissions, "cloudkms.cryptoKeys.create", RING)
        body = self.json({"purpose", "versionTemplate", "labels"})
        if set(query) != {"cryptoKeyId"} or not re.fullmatch(r"[a-zA-Z0-9_-]{1,63}", query["cryptoKeyId"]):
            raise status(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        algorithm = body.get("versionTemplate", {}).get("algorithm")
        file = {"EC_SIGN_P256_SHA256": "other", "RSA_SIGN_PSS_2048_SHA256": "rsa"}.get(algorithm)
        if body.get("purpose") != "ASYMMETRIC_SIGN" or file is None:
            raise status(400, "INVALID_ARGUMENT", "The algorithm is not valid for the purpose.")
        if query["cryptoKeyId"] in KEYS:
            raise status(409, "ALREADY_EXISTS", f"CryptoKey {RING}/cryptoKeys/{query['cryptoKeyId']} already exists.")
        KEYS[query["cryptoKeyId"]] = versions = {1: (algorithm, "PENDING_GENERATION", file)}
        threading.Timer(0.5, lambda: versions.update({1: (algorithm, "ENABLED", file)})).start()
        return self.described(f"{RING}/cryptoKeys/{query['cryptoKeyId']}", versions)

    def public(self, key, version, algorithm, file):
        pem = openssl("pkey", "-in", private_key("rsa" if key == "lie-key" else file), "-pubout").decode()
        return {"pem": pem, "algorithm": "RSA_DECRYPT_OAEP_2048_SHA256" if key == "lie-algorithm" else algorithm, "pemCrc32c": str(crc32c(pem.encode())),
                "name": version, "protectionLevel": "SOFTWARE"}

    def signed(self, key, version, algorithm, file):
        body = self.json({"digest", "digestCrc32c", "data", "dataCrc32c"})
        pure = algorithm == "EC_SIGN_ED25519"
        if not algorithm.split("_")[1] == "SIGN" or ("data" if pure else "digest") not in body or ("digest" if pure else "data") in body:
            raise status(400, "INVALID_ARGUMENT", f"{version}: the algorithm {algorithm} does not take this.")
        if pure:
            message = base64.b64decode(body["data"], validate=True)
        else:
            name, length = SHA[algorithm.rsplit("_", 1)[1]]
            if list(body["digest"]) != [name]:
                raise status(400, "INVALID_ARGUMENT", f"Digest type not valid for algorithm {algorithm}.")
            message = base64.b64decode(body["digest"][name], validate=True)
            if len(message) != length:
                raise status(400, "INVALID_ARGUMENT", f"Digest length is {len(message)}, should be {length}.")
        field = "dataCrc32c" if pure else "digestCrc32c"
        if field in body and int(body[field]) != crc32c(message):
            raise status(400, "INVALID_ARGUMENT", f"The checksum in field {field} did not match the data.")
        signature = sign(algorithm, "other" if key == "lie-signature" else file, message)
        answer = {"signature": base64.b64encode(signature).decode(), "signatureCrc32c": str(crc32c(signature) ^ (key == "lie-checksum")),
                  "name": version.replace("lie-name", "p256"), "protectionLevel": "SOFTWARE"}
        if field in body and key != "lie-verified":
            answer["verified" + field[0].upper() + field[1:]] = True
        return answer

    def faults(self, key, signing):
        if not signing:
            return
        if key == "lie-error":
            raise Refusal(200, {"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}})
        if key == "lie-redirect":
            raise Refusal(307, {}, {"Location": "https://idp.example/steal"})
        if key == "lie-huge":
            raise Refusal(200, {"signature": "A" * (2 << 20)})
        if key == "lie-html":
            raise Refusal(200, b"<html>welcome to the wireless network</html>")
        if key == "gone-disabled":
            self.enabled(f"{RING}/cryptoKeys/{key}/cryptoKeyVersions/1", "DISABLED")
        if key == "busy":
            raise Refusal(429, {"error": {"code": 429, "message": "Quota exceeded for quota metric 'Cryptographic requests'.", "status": "RESOURCE_EXHAUSTED"}},
                          {"Retry-After": "3600"})
        if key == "broken":
            raise Refusal(500, {"error": {"code": 500, "message": "Internal error encountered.", "status": "INTERNAL"}})
        if key == "echo":
            raise status(403, "PERMISSION_DENIED", "no access with " + self.headers["Authorization"])


def open_text(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read().strip()


class Metadata(Google):
    def answer(self, code, body, headers=None, kind="application/json"):
        super().answer(code, body, {"Metadata-Flavor": "Google", **(headers or {})}, kind)

    def route(self):
        url = urllib.parse.urlsplit(self.path)
        if self.headers.get("Metadata-Flavor") != "Google" or self.headers.get("X-Forwarded-For"):
            raise Refusal(403, b"<html>Missing required header: Metadata-Flavor</html>")
        if self.command != "GET" or url.path != "/computeMetadata/v1/instance/service-accounts/default/token":
            raise Refusal(404, b"<html>Not found</html>")
        scope = dict(urllib.parse.parse_qsl(url.query)).get("scopes", "")
        token, lifetime = new_token("signer@shop.iam.gserviceaccount.com", scope.replace(",", " "))
        return {"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass


def main():
    metadata = Server(("127.0.0.1", METADATA_PORT), Metadata)
    threading.Thread(target=metadata.serve_forever, daemon=True).start()
    aws_identity.Imds.aws = AWS
    threading.Thread(target=Server(("127.0.0.1", AWS_PORT), aws_identity.Imds).serve_forever, daemon=True).start()
    google = Server(("127.0.0.1", TLS_PORT), Google)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(FOLDER, "service.pem"), os.path.join(FOLDER, "service.key"))
    context.set_alpn_protocols(["http/1.1"])
    google.socket = context.wrap_socket(google.socket, server_side=True, do_handshake_on_connect=False)
    google.serve_forever()


main()
