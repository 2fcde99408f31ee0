#!/usr/bin/env python3
"""usage: aws_kms_server.py FOLDER HTTPS_PORT CERTIFICATE KEY HTTP_PORT [SKEW]

AWS as hallmark and the official SDKs meet it, as strict as the real one: KMS and STS by HTTPS under their regional names (and under
localhost, in eu-north-1), the EC2 metadata service and the container credential service by HTTP.

FOLDER holds users.json, [{"id", "secret", "token", "until", "denied"}], and web-token, the one web identity token that is accepted.
Here appear requests.log, a line a request, and minted, the secrets that STS and the metadata services gave out. What a key does is in
its alias: see KEYS. With SKEW its clock is so many seconds ahead."""
import base64
import datetime
import hashlib
import http.server
import json
import os
import re
import secrets
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

from sigv4 import is_signature

FOLDER, HTTPS_PORT, CERTIFICATE, KEY, HTTP_PORT = sys.argv[1:6]
SKEW = int(sys.argv[6]) if len(sys.argv) > 6 else 0
ACCOUNT, HOME = "123456789012", "eu-north-1"
LOCK = threading.Lock()

# KeySpec: (arguments of openssl genpkey, signing algorithms, the first as sigstore takes it)
SPECS = {
    "ECC_NIST_P256": (["EC", "ec_paramgen_curve:P-256"], ["ECDSA_SHA_256"]),
    "ECC_NIST_P384": (["EC", "ec_paramgen_curve:P-384"], ["ECDSA_SHA_384"]),
    "ECC_NIST_P521": (["EC", "ec_paramgen_curve:P-521"], ["ECDSA_SHA_512"]),
    "ECC_SECG_P256K1": (["EC", "ec_paramgen_curve:secp256k1"], ["ECDSA_SHA_256"]),
    "ECC_NIST_EDWARDS25519": (["ED25519"], ["ED25519_SHA_512", "ED25519_PH_SHA_512"]),
    **{f"RSA_{bits}": (["RSA", f"rsa_keygen_bits:{bits}"],
                       [f"RSASSA_{padding}_SHA_{size}" for padding in ("PKCS1_V1_5", "PSS") for size in (256, 384, 512)])
       for bits in (2048, 3072, 4096)},
}
# What is there from the beginning: alias, KeySpec. A name that tells a fault has it.
KEYS = {"release": "ECC_NIST_P256", "p384": "ECC_NIST_P384", "p521": "ECC_NIST_P521", "rsa2048": "RSA_2048", "rsa3072": "RSA_3072",
        "rsa4096": "RSA_4096", "ed25519": "ECC_NIST_EDWARDS25519", "bitcoin": "ECC_SECG_P256K1",
        **{name: "ECC_NIST_P256" for name in (
            "other", "disabled", "pending", "importing", "encrypt", "symmetric", "unavailable", "internal", "throttled", "busy",
            "other-key", "other-algorithm", "other-digest", "other-signature", "huge", "redirect", "error-body", "truncated", "html",
            "gateway", "no-signature")}}


class Refused(Exception):
    """An error of the service: code, words, status."""
    def __init__(self, code, message, status=400):
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


class Raw(Exception):
    """An answer that no service gives."""
    def __init__(self, status, body, headers=(), length=None):
        super().__init__(status)
        self.status, self.body, self.headers, self.length = status, body, headers, length


def log(line):
    with LOCK, open(f"{FOLDER}/requests.log", "a", encoding="utf-8") as file:
        file.write(line + "\n")


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


class Key:
    def __init__(self, spec, name=""):
        self.spec, self.name, self.enabled = spec, name, True
        self.identifier = "-".join(secrets.token_hex(count) for count in (4, 2, 2, 2, 6))
        self.arn = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/{self.identifier}"
        self.algorithms = SPECS[spec][1]
        self.file = f"{FOLDER}/{self.identifier}.pem"
        algorithm, *options = SPECS[spec][0]
        openssl("genpkey", "-algorithm", algorithm, "-out", self.file, *[word for option in options for word in ("-pkeyopt", option)])
        self.public = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        self.usage = "ENCRYPT_DECRYPT" if name == "encrypt" else "SIGN_VERIFY"

    def sign(self, message, algorithm):
        if algorithm == "ED25519_SHA_512":
            with open(f"{self.file}.{threading.get_ident()}", "wb") as file:  # openssl wants a file to know the size of
                file.write(message)
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", file.name)
        options = [f"digest:sha{algorithm.rsplit('_', 1)[1]}"]
        if "PSS" in algorithm:
            options += ["rsa_padding_mode:pss", "rsa_pss_saltlen:digest"]
        return openssl("pkeyutl", "-sign", "-inkey", self.file, *[word for option in options for word in ("-pkeyopt", option)],
                       data=message)


STORE = {}    # key id: Key
ALIASES = {}  # alias name: Key
USERS = {}    # access key id: {"secret", "token", "until", "denied"}
BUSY = {}     # alias: how often it was asked


def now():
    return time.time() + SKEW


def stamp(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def mint(name, life=3600):
    user = {"id": "ASIA" + secrets.token_hex(8).upper(), "secret": "hush-" + secrets.token_hex(16), "token": "hush-" + secrets.token_hex(32),
            "until": now() + life, "denied": ["kms:Sign"] if name == "reader" else [], "name": name}
    with LOCK:
        USERS[user["id"]] = user
        with open(f"{FOLDER}/minted", "a", encoding="utf-8") as file:
            file.write(f"{user['secret']}\n{user['token']}\n")
    return user


# Signature Version 4, from the specification ("Create a signed AWS API request") and from no other program's code.
def authenticate(request, service, region):
    header = request.headers.get("Authorization", "")
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, ?"
                         r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})", header)
    if not header:
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    if not found:
        raise Refused("IncompleteSignatureException", "Authorization header is not as it must be")
    identifier, date, scope_region, scope_service, names, given = found.groups()
    user = USERS.get(identifier)
    if user is None or request.headers.get("X-Amz-Security-Token", "") != user.get("token", ""):
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    when = request.headers.get("X-Amz-Date", "")
    if not re.fullmatch(r"\d{8}T\d{6}Z", when) or not when.startswith(date):
        raise Refused("IncompleteSignatureException", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date")
    signed = names.split(";")
    must = {"host"} | {name.lower() for name in request.headers if name.lower().startswith("x-amz-") or name.lower() == "content-type"}
    if signed != sorted(set(signed)) or not must <= set(signed) or any(request.headers.get_all(name) is None for name in signed):
        raise Refused("InvalidSignatureException", "'Host' or 'X-Amz-…' must be a 'SignedHeader' in the AWS Authorization.")
    if scope_service != service:
        raise Refused("InvalidSignatureException", f"Credential should be scoped to correct service: '{service}'.")
    if scope_region != region:
        raise Refused("InvalidSignatureException", "Credential should be scoped to a valid region.")
    canonical = "\n".join([
        request.command, "/", "",
        *[f"{name}:{','.join(' '.join(value.split()) for value in request.headers.get_all(name))}" for name in signed],
        "", names, hashlib.sha256(request.body).hexdigest()])
    if not is_signature(given, user["secret"], (date, region, service), when, canonical):
        raise Refused("InvalidSignatureException", "The request signature we calculated does not match the signature you provided. "
                      "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
    then = datetime.datetime.strptime(when, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
    if abs(now() - then) > 300:
        raise Refused("InvalidSignatureException", f"Signature expired: {when} is now earlier than {stamp(now() - 300)}")
    if user.get("until", now() + 1) <= now():
        raise Refused("ExpiredTokenException", "The security token included in the request is expired")
    return user


def wants(body, known, needed):
    for name in body:
        if name not in known:
            raise Refused("ValidationException", f"{name} is no member of this action's input")
    for name in needed:
        if not body.get(name):
            raise Refused("ValidationException", f"1 validation error detected: Value null at '{name}' failed to satisfy constraint: "
                          "Member must not be null")


def key_named(text, region):
    arn = re.fullmatch(r"arn:aws:kms:([a-z0-9-]+):(\d{12}):((?:key|alias)/.+)", text)
    if arn and arn[1] != region:
        raise Refused("NotFoundException", f"Invalid arn {arn[1]}")
    name = arn[3] if arn else text
    found = ALIASES.get(name) if name.startswith("alias/") else STORE.get(name.removeprefix("key/") if arn else name)
    if found is None or region != HOME:
        full = text if arn else f"arn:aws:kms:{region}:{ACCOUNT}:{name if name.startswith('alias/') else 'key/' + name}"
        raise Refused("NotFoundException", f"{'Alias' if name.startswith('alias/') else 'Key'} {full} is not found.")
    return found


def allow(user, action, key):
    if action in user.get("denied", []):
        raise Refused("AccessDeniedException", f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{user.get('name', 'user')} is not authorized to "
                      f"perform: {action} on resource: {key} because no identity-based policy allows the {action} action")


def trouble(key):
    if key.name == "disabled":
        raise Refused("DisabledException", f"{key.arn} is disabled.")
    if key.name == "pending":
        raise Refused("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.name == "importing":
        raise Refused("KMSInvalidStateException", f"{key.arn} is pending import.")
    if key.name == "symmetric":
        raise Refused("UnsupportedOperationException", f"{key.arn} key spec is SYMMETRIC_DEFAULT which is not supported for this operation.")
    if key.name == "unavailable":
        raise Refused("KeyUnavailableException", "The request was rejected because the key is not available.", 500)
    if key.name == "internal":
        raise Refused("KMSInternalException", "", 500)
    BUSY[key.name] = BUSY.get(key.name, 0) + 1
    if key.name == "throttled" or (key.name == "busy" and BUSY[key.name] <= 2):
        raise Refused("ThrottlingException", "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.")
    if key.name == "gateway":
        raise Raw(502, b"<html>bad gateway</html>")
    if key.name == "redirect":
        raise Raw(307, b"", [("Location", "https://attacker.example/")])


def lie(key, answer):
    """Answers of a service that is not to be trusted, or of what lies before it."""
    if key.name == "huge":
        answer["Padding"] = "x" * 400_000
    if key.name == "error-body":
        raise Raw(200, json.dumps({"__type": "AccessDeniedException", "Message": "no"}).encode())
    if key.name == "html":
        raise Raw(200, b"<html>please log in</html>")
    if key.name == "truncated":
        raise Raw(200, json.dumps(answer).encode()[:-20], length=len(json.dumps(answer)))


def get_public_key(body, user, region):
    wants(body, {"KeyId", "GrantTokens"}, ["KeyId"])
    key = key_named(body["KeyId"], region)
    allow(user, "kms:GetPublicKey", key.arn)
    trouble(key)
    answer = {"CustomerMasterKeySpec": key.spec, "KeyId": key.arn, "KeySpec": key.spec, "KeyUsage": key.usage,
              "PublicKey": base64.b64encode(key.public).decode()}
    answer["SigningAlgorithms" if key.usage == "SIGN_VERIFY" else "EncryptionAlgorithms"] = key.algorithms
    lie(key, answer)
    return answer


def sign(body, user, region):
    wants(body, {"KeyId", "Message", "MessageType", "SigningAlgorithm", "GrantTokens", "DryRun"}, ["KeyId", "Message", "SigningAlgorithm"])
    key = key_named(body["KeyId"], region)
    allow(user, "kms:Sign", key.arn)
    trouble(key)
    algorithm, kind = body["SigningAlgorithm"], body.get("MessageType", "RAW")
    if algorithm not in key.algorithms:
        raise Refused("InvalidKeyUsageException", f"Algorithm {algorithm} and key spec {key.spec} are incompatible")
    message = base64.b64decode(body["Message"], validate=True)
    if len(message) > 4096:
        raise Refused("ValidationException", "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have "
                      "length less than or equal to 4096")
    if kind not in ("RAW", "DIGEST") or (kind == "DIGEST") == (algorithm == "ED25519_SHA_512"):
        raise Refused("ValidationException", f"MessageType {kind} is not for {algorithm}")
    size = int(algorithm.rsplit("_", 1)[1])
    if kind == "DIGEST" and len(message) != size // 8:
        raise Refused("ValidationException", f"Digest is invalid length for algorithm {algorithm}.")
    if kind == "RAW" and algorithm != "ED25519_SHA_512":
        message = hashlib.new(f"sha{size}", message).digest()
    if body.get("DryRun"):
        raise Refused("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", 412)
    if key.name == "other-digest":
        message = hashlib.sha256(message).digest()
    signer = ALIASES["alias/other"] if key.name == "other-signature" else key
    answer = {"KeyId": key.arn, "Signature": base64.b64encode(signer.sign(message, algorithm)).decode(), "SigningAlgorithm": algorithm}
    if key.name == "other-key":
        answer["KeyId"] = ALIASES["alias/other"].arn
    if key.name == "other-algorithm":
        answer["SigningAlgorithm"] = "ECDSA_SHA_384"
    if key.name == "no-signature":
        del answer["Signature"]
    return answer


def metadata(key):
    state = {"disabled": "Disabled", "pending": "PendingDeletion", "importing": "PendingImport"}.get(key.name, "Enabled")
    return {"KeyMetadata": {
        "AWSAccountId": ACCOUNT, "Arn": key.arn, "CreationDate": 1700000000.123, "CustomerMasterKeySpec": key.spec, "Description": "",
        "Enabled": state == "Enabled", "KeyId": key.identifier, "KeyManager": "CUSTOMER", "KeySpec": key.spec, "KeyState": state,
        "KeyUsage": key.usage, "MultiRegion": False, "Origin": "AWS_KMS", "SigningAlgorithms": key.algorithms}}


def describe_key(body, user, region):
    wants(body, {"KeyId", "GrantTokens"}, ["KeyId"])
    key = key_named(body["KeyId"], region)
    allow(user, "kms:DescribeKey", key.arn)
    return metadata(key)


def create_key(body, user, region):
    wants(body, {"CustomerMasterKeySpec", "KeySpec", "KeyUsage", "Description", "Tags"}, ["KeyUsage"])
    allow(user, "kms:CreateKey", "*")
    spec = body.get("KeySpec") or body.get("CustomerMasterKeySpec")
    if spec not in SPECS or body["KeyUsage"] != "SIGN_VERIFY" or region != HOME:
        raise Refused("ValidationException", f"KeySpec {spec} and KeyUsage {body['KeyUsage']} do not go together")
    key = Key(spec)
    STORE[key.identifier] = key
    return metadata(key)


def create_alias(body, user, region):
    wants(body, {"AliasName", "TargetKeyId"}, ["AliasName", "TargetKeyId"])
    allow(user, "kms:CreateAlias", body["AliasName"])
    if not re.fullmatch(r"alias/[a-zA-Z0-9/_-]+", body["AliasName"]):
        raise Refused("ValidationException", "aliasName is not as it must be")
    if body["AliasName"] in ALIASES:
        raise Refused("AlreadyExistsException", f"An alias with the name arn:aws:kms:{region}:{ACCOUNT}:{body['AliasName']} already exists")
    ALIASES[body["AliasName"]] = key_named(body["TargetKeyId"], region)
    return None


ACTIONS = {"GetPublicKey": get_public_key, "Sign": sign, "DescribeKey": describe_key, "CreateKey": create_key, "CreateAlias": create_alias}


def serve_kms(request, region):
    user = authenticate(request, "kms", region)
    action = request.headers.get("X-Amz-Target", "").removeprefix("TrentService.")
    if action not in ACTIONS or request.headers.get("Content-Type") != "application/x-amz-json-1.1":
        raise Refused("UnknownOperationException", "")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refused("SerializationException", "") from None
    log(f"kms {action} {body.get('KeyId') or body.get('AliasName') or '-'}{' dry' if body.get('DryRun') else ''} {user['id']} {region}")
    answer = ACTIONS[action](body, user, region)
    return b"" if answer is None else json.dumps(answer).encode()


def credentials_xml(action, user):
    return (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <{action}Result>\n'
            f"    <AssumedRoleUser><AssumedRoleId>AROA:{user['name']}</AssumedRoleId>"
            f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/{user['name']}/session</Arn></AssumedRoleUser>\n"
            f"    <Credentials>\n      <AccessKeyId>{user['id']}</AccessKeyId>\n      <SecretAccessKey>{user['secret']}</SecretAccessKey>\n"
            f"      <SessionToken>{user['token']}</SessionToken>\n      <Expiration>{stamp(user['until'])}</Expiration>\n    </Credentials>\n"
            f"  </{action}Result>\n  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\n</{action}Response>\n").encode()


def serve_sts(request, region):
    if not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        raise Refused("UnknownOperationException", "")
    fields = dict(urllib.parse.parse_qsl(request.body.decode(), strict_parsing=True, keep_blank_values=True))
    action = fields.get("Action")
    log(f"sts {action} {fields.get('RoleArn')} {region}")
    if fields.get("Version") != "2011-06-15":
        raise Refused("InvalidAction", f"Could not find operation {action} for version {fields.get('Version')}")
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", fields.get("RoleSessionName", "")):
        raise Refused("ValidationError", "roleSessionName is not as it must be")
    role = re.fullmatch(rf"arn:aws:iam::{ACCOUNT}:role/(release|reader)", fields.get("RoleArn", ""))
    if action == "AssumeRoleWithWebIdentity":
        with open(f"{FOLDER}/web-token", encoding="utf-8") as file:
            wanted = file.read().strip()
        if fields.get("WebIdentityToken") == "expired-" + wanted:
            raise Refused("ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time")
        if fields.get("WebIdentityToken") != wanted:
            raise Refused("InvalidIdentityToken", "No OpenIDConnect provider found in your account for this issuer")
    elif action == "AssumeRole":
        user = authenticate(request, "sts", region)
        if user.get("name") == "reader":
            role = None
    else:
        raise Refused("InvalidAction", f"Could not find operation {action}")
    if not role:
        raise Refused("AccessDenied", f"Not authorized to perform sts:{action}", 403)
    return credentials_xml(action, mint(role[1]))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "scripted", ""
    wbufsize = 1 << 20  # an answer is one piece, as a client that is in a hurry wants it

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(now() if timestamp is None else timestamp)

    def answer(self, status, body, kind, headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        host = self.headers.get("Host", "").split(":")[0]
        named = re.fullmatch(r"(?:vpce-[a-z0-9-]+\.)?(kms|kms-fips|sts)\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com", host)
        service, region = (named[1].removesuffix("-fips"), named[2]) if named else ("kms", HOME)
        try:
            if self.path != "/":
                raise Refused("UnknownOperationException", "", 404)
            if service == "sts":
                self.answer(200, serve_sts(self, region), "text/xml")
            else:
                self.answer(200, serve_kms(self, region), "application/x-amz-json-1.1")
        except Raw as raw:
            self.answer(raw.status, raw.body, "text/html" if raw.body[:1] == b"<" else "application/x-amz-json-1.1", raw.headers, raw.length)
        except Refused as refused:
            log(f"refused {refused.code} {service}")
            if service == "sts":
                body = (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{refused.code}'
                        f"</Code><Message>{refused.message}</Message></Error><RequestId>1</RequestId></ErrorResponse>\n")
                self.answer(refused.status, body.encode(), "text/xml")
            else:
                body = {"__type": refused.code, "message": refused.message}
                self.answer(refused.status, json.dumps(body).encode(), "application/x-amz-json-1.1", [("x-amzn-ErrorType", refused.code)])


class MetadataHandler(Handler):
    tokens = set()

    def do_PUT(self):
        life = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        good = self.path == "/latest/api/token" and life.isdigit() and 1 <= int(life) <= 21600 and "X-Forwarded-For" not in self.headers
        log(f"metadata PUT {self.path}")
        if not good:
            return self.answer(400, b"", "text/plain")
        token = secrets.token_urlsafe(40)
        self.tokens.add(token)
        return self.answer(200, token.encode(), "text/plain", [("X-aws-ec2-metadata-token-ttl-seconds", life)])

    def do_GET(self):
        log(f"metadata GET {self.path}")
        if self.path in ("/v2/credentials/task", "/v1/credentials"):
            with open(f"{FOLDER}/pod-token", encoding="utf-8") as file:
                wanted = file.read().strip()
            if self.path == "/v1/credentials" and self.headers.get("Authorization") != wanted:
                return self.answer(400, b'{"code": "AccessDeniedException", "message": "unauthorized"}', "application/json")
            return self.answer(200, self.credentials(), "application/json")
        if self.headers.get("X-aws-ec2-metadata-token") not in self.tokens:
            return self.answer(401, b"", "text/plain")
        pages = {"/latest/meta-data/iam/security-credentials/": b"release", "/latest/meta-data/placement/region": HOME.encode()}
        if self.path == "/latest/meta-data/iam/security-credentials/release":
            return self.answer(200, self.credentials(), "text/plain")
        if self.path not in pages:
            return self.answer(404, b"", "text/plain")
        return self.answer(200, pages[self.path], "text/plain")

    def credentials(self):
        user = mint("release")
        return json.dumps({"Code": "Success", "LastUpdated": stamp(now()), "Type": "AWS-HMAC", "AccessKeyId": user["id"],
                           "SecretAccessKey": user["secret"], "Token": user["token"], "Expiration": stamp(user["until"])}).encode()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


def main():
    os.umask(0o077)
    with open(f"{FOLDER}/users.json", encoding="utf-8") as file:
        USERS.update({user["id"]: user for user in json.load(file)})
    for name, spec in KEYS.items():
        key = Key(spec, name)
        STORE[key.identifier] = ALIASES[f"alias/{name}"] = key
    near = Server(("127.0.0.1", int(HTTP_PORT)), MetadataHandler)
    threading.Thread(target=near.serve_forever, daemon=True).start()
    server = Server(("127.0.0.1", int(HTTPS_PORT)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


main()
