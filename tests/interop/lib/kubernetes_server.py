#!/usr/bin/env python3
"""usage: kubernetes_server.py serve PORT FOLDER      an API server with secrets, on https://127.0.0.1:PORT
          kubernetes_server.py token FOLDER SUBJECT SECONDS [AUDIENCE]   prints a service account's token

FOLDER holds server.pem, server.key and ca.pem (of the clients' certificates, and ours); rules.json, a list of
{"user", "verbs", "namespace", "names"} (names: null for all); namespaces.json, a list; and `mode`, which a test writes to have the
next answers about secrets spoiled. Each request is a line "METHOD PATH USER STATUS" of FOLDER/requests.

As strict as the real one where a client could be wrong: media types, group and version, unknown fields, base64, names, the namespace in
the object, immutable secrets, resource versions, tokens that are expired, wrongly signed or of another audience, client certificates
past their end, RBAC by verb, namespace and resource name. Bodies may be JSON or Kubernetes' protobuf, as client-go sends it."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import secrets
import ssl
import sys
import threading
import time
import uuid

AUDIENCE = "https://kubernetes.default.svc"
PROTOBUF = "application/vnd.kubernetes.protobuf"
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_of(folder):
    path = os.path.join(folder, "token.key")
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    with open(path, "rb") as file:
        return file.read()


def sign(folder, text):
    return encode(hmac.new(key_of(folder), text.encode(), hashlib.sha256).digest())


def make_token(folder, subject, seconds, audience=AUDIENCE):
    now = int(time.time())
    head = encode(json.dumps({"alg": "HS256", "kid": "test"}).encode())
    claims = {"iss": AUDIENCE, "sub": subject, "aud": [audience], "iat": now - 3600, "nbf": now - 3600, "exp": now + seconds,
              "jti": str(uuid.uuid4())}
    text = head + "." + encode(json.dumps(claims).encode())
    return text + "." + sign(folder, text)


class Refusal(Exception):
    """A Status other than success."""

    def __init__(self, code, reason, message, kind=None, name=None):
        super().__init__(message)
        self.code = code
        details = {key: value for key, value in (("name", name), ("kind", kind)) if value}
        self.status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
                       "reason": reason, **({"details": details} if details else {}), "code": code}


def bad_request(message):
    return Refusal(400, "BadRequest", message)


# --- protobuf, as far as secrets and reviews need it --------------------------------------------------------------------------

def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
        shift += 7


def fields(data):
    """(number, value) of each field of a message: int for varints, bytes for the rest."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise bad_request("unexpected wire type")
        yield tag >> 3, value


def texts(data, names):
    """A message whose wanted fields are all texts; empty ones are as good as absent."""
    return {names[number]: value.decode() for number, value in fields(data) if number in names and value}


def secret_from(raw):
    secret = {"metadata": {}, "data": {}}
    for number, value in fields(raw):
        if number == 1:
            secret["metadata"] = texts(value, {1: "name", 3: "namespace", 6: "resourceVersion"})
        elif number == 2:
            entry = dict(fields(value))
            secret["data"][entry[1].decode()] = base64.b64encode(entry.get(2, b"")).decode()
        elif number == 3 and value:
            secret["type"] = value.decode()
        elif number == 5:
            secret["immutable"] = bool(value)
    return secret


def review_from(raw):
    spec = dict(fields(raw)).get(2, b"")
    attributes = dict(fields(spec)).get(1, b"")
    return {"spec": {"resourceAttributes": texts(attributes, {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource",
                                                              7: "name"})}}


def from_protobuf(body):
    if body[:4] != b"k8s\0":
        raise bad_request("no Kubernetes object")
    unknown = dict(fields(body[4:]))
    kind = texts(unknown[1], {1: "apiVersion", 2: "kind"})
    read = {"Secret": secret_from, "SelfSubjectAccessReview": review_from}.get(kind.get("kind"))
    if read is None:
        raise bad_request("no kind is registered for that")
    return {**kind, **read(unknown[2])}


# --- the objects --------------------------------------------------------------------------------------------------------------

def no_others(value, allowed, where):
    for key in value:
        if key not in allowed:
            raise bad_request(f'strict decoding error: unknown field "{where}{key}"')


def check_secret(secret, space):
    no_others(secret, {"apiVersion", "kind", "metadata", "data", "type", "immutable"}, "")
    if (secret.get("apiVersion"), secret.get("kind")) != ("v1", "Secret"):
        raise bad_request("the object provided is unrecognized: it must be a Secret of v1")
    meta = secret.get("metadata", {})
    no_others(meta, {"name", "namespace", "resourceVersion", "uid", "creationTimestamp"}, "metadata.")
    if meta.get("namespace", space) != space:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    name = meta.get("name", "")
    if len(name) > 253 or not SUBDOMAIN.fullmatch(name):
        raise Refusal(422, "Invalid", f'Secret "{name}" is invalid: metadata.name: Invalid value', "Secret", name)
    for key, value in secret.get("data", {}).items():
        if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key):
            raise Refusal(422, "Invalid", f'Secret "{name}" is invalid: data[{key}]: Invalid value', "Secret", name)
        try:
            base64.b64decode(value, validate=True)
        except ValueError:
            raise bad_request("illegal base64 data at input byte 0") from None
    if secret.get("immutable") not in (None, True, False):
        raise bad_request("json: cannot unmarshal string into Go struct field Secret.immutable of type bool")
    return name


class Store:
    def __init__(self, folder):
        self.folder = folder
        self.secrets = {}
        self.version = 100
        self.lock = threading.Lock()

    def load(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return json.load(file)

    def mode(self):
        try:
            with open(os.path.join(self.folder, "mode"), encoding="utf-8") as file:
                return file.read().split()
        except OSError:
            return []

    def allows(self, user, verb, space, name):
        return any(user == rule["user"] and verb in rule["verbs"] and rule["namespace"] in (space, "*")
                   and (rule["names"] is None or (name and name in rule["names"])) for rule in self.load("rules.json"))

    def save(self, space, name, secret, old=None):
        self.version += 1
        meta = {"name": name, "namespace": space, "uid": old["metadata"]["uid"] if old else str(uuid.uuid4()),
                "resourceVersion": str(self.version),
                "creationTimestamp": old["metadata"]["creationTimestamp"] if old else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        kept = {"kind": "Secret", "apiVersion": "v1", "metadata": meta, "data": secret.get("data", {}),
                "type": secret.get("type", "Opaque")}
        if secret.get("immutable"):
            kept["immutable"] = True
        self.secrets[space, name] = kept
        return kept


def not_found(name):
    return Refusal(404, "NotFound", f'secrets "{name}" not found', "secrets", name)


DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
        {"name": "authorization.k8s.io", "versions": [{"groupVersion": "authorization.k8s.io/v1", "version": "v1"}],
         "preferredVersion": {"groupVersion": "authorization.k8s.io/v1", "version": "v1"}}]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": "secrets", "singularName": "secret", "namespaced": True, "kind": "Secret",
         "verbs": ["create", "delete", "get", "list", "patch", "update"]}]},
    "/apis/authorization.k8s.io/v1": {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "authorization.k8s.io/v1",
                                      "resources": [{"name": "selfsubjectaccessreviews", "singularName": "selfsubjectaccessreview",
                                                     "namespaced": False, "kind": "SelfSubjectAccessReview", "verbs": ["create"]}]},
}
VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.2", "gitCommit": "0", "gitTreeState": "clean", "buildDate": "",
           "goVersion": "go1.26", "compiler": "gc", "platform": "linux/amd64"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store = None
    skewed = False

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + 86400 if self.skewed else timestamp)

    # who asks

    def user_of_token(self, token):
        parts = token.split(".")
        if len(parts) != 3 or not hmac.compare_digest(sign(self.store.folder, ".".join(parts[:2])), parts[2]):
            return None
        claims = json.loads(decode(parts[1]))
        now = time.time()
        good = claims["iss"] == AUDIENCE and AUDIENCE in claims["aud"] and claims["nbf"] <= now < claims["exp"]
        return claims["sub"] if good else None

    def user_of_certificate(self):
        # The chain was checked by the handshake, which leaves time out: as the real one, which answers 401.
        certificate = self.connection.getpeercert()
        if not certificate or ssl.cert_time_to_seconds(certificate["notAfter"]) < time.time():
            return None
        return dict(pair[0] for pair in certificate["subject"]).get("commonName")

    def authenticate(self):
        header = self.headers.get("Authorization")
        if header is None:
            user = self.user_of_certificate()
            if user is None and not self.connection.getpeercert():
                return "system:anonymous"
        else:
            scheme, _, token = header.partition(" ")
            user = self.user_of_token(token) if scheme.lower() == "bearer" else None
        if user is None:
            raise Refusal(401, "Unauthorized", "Unauthorized")
        return user

    def expect(self, verb, space, name):
        if self.store.allows(self.user, verb, space, name):
            return
        quoted = f'"{name}" ' if name else ""
        raise Refusal(403, "Forbidden", f'secrets {quoted}is forbidden: User "{self.user}" cannot {verb} resource "secrets" in API group '
                      f'"" in the namespace "{space}"', "secrets", name)

    # what is asked

    def read_object(self):
        size = int(self.headers.get("Content-Length", "0"))
        if size > 3 << 20:
            raise Refusal(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")
        body = self.rfile.read(size)
        media = self.headers.get("Content-Type", "application/json").split(";")[0]  # none is JSON, as kubectl 1.20 relies on
        if media == PROTOBUF:
            return from_protobuf(body)
        if media != "application/json":
            raise Refusal(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: "
                          f"application/json, application/yaml, {PROTOBUF}")
        try:
            value = json.loads(body)
        except ValueError as error:
            raise bad_request(str(error)) from None
        if not isinstance(value, dict):
            raise bad_request("json: cannot unmarshal array into Go value")
        return value

    def check_accept(self):
        accepted = [one.split(";")[0].strip() for one in self.headers.get("Accept", "*/*").split(",")]
        if not {"application/json", "application/*", "*/*"} & set(accepted):
            raise Refusal(406, "NotAcceptable", "only the following media types are accepted: application/json, application/yaml")

    def answer(self, code, value, kind="application/json"):
        body = value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n"
        self.code = code
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if code == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        self.user, self.code = "-", 0
        self.skewed = self.store.mode()[:1] == ["skew"]
        path = self.path.split("?")[0]
        try:
            self.check_accept()
            if path == "/version" and self.command == "GET":
                return self.answer(200, VERSION)
            self.user = self.authenticate()
            if path in DISCOVERY and self.command == "GET":
                return self.answer(200, DISCOVERY[path])
            if path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" and self.command == "POST":
                return self.review()
            if self.command == "GET" and re.fullmatch("/api/v1/namespaces/[^/]+", path):
                return self.namespace(path.split("/")[-1])
            found = re.fullmatch(r"/api/v1/namespaces/([^/]+)/secrets(?:/([^/]+))?", path)
            if not found:
                raise Refusal(404, "NotFound", "the server could not find the requested resource")
            if self.store.mode() and self.spoiled(*self.store.mode()):
                return None
            with self.store.lock:
                return self.secrets(*found.groups())
        except Refusal as refusal:
            return self.answer(refusal.code, refusal.status)
        finally:
            with open(os.path.join(self.store.folder, "requests"), "a", encoding="utf-8") as log:
                log.write(f"{self.command} {path} {self.user} {self.code}\n")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any

    def review(self):
        review = self.read_object()
        if (review.get("apiVersion"), review.get("kind")) != ("authorization.k8s.io/v1", "SelfSubjectAccessReview"):
            raise bad_request("the object provided is unrecognized")
        no_others(review, {"apiVersion", "kind", "metadata", "spec", "status"}, "")
        no_others(review.get("spec", {}), {"resourceAttributes"}, "spec.")
        asked = review.get("spec", {}).get("resourceAttributes", {})
        no_others(asked, {"namespace", "verb", "group", "version", "resource", "subresource", "name"}, "spec.resourceAttributes.")
        if not asked.get("verb"):
            raise Refusal(422, "Invalid", "SelfSubjectAccessReview is invalid: spec.resourceAttributes.verb: Required value")
        if self.store.mode()[:1] == ["no-reviews"]:
            raise Refusal(403, "Forbidden", f'selfsubjectaccessreviews.authorization.k8s.io is forbidden: User "{self.user}" cannot create '
                          'resource "selfsubjectaccessreviews" in API group "authorization.k8s.io" at the cluster scope')
        allowed = asked.get("resource") == "secrets" and not asked.get("group") and self.store.allows(
            self.user, asked["verb"], asked.get("namespace", ""), asked.get("name"))
        self.answer(201, {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}, "spec": review["spec"],
                          "status": {"allowed": allowed, **({"reason": "RBAC: allowed by a test"} if allowed else {})}})

    def namespace(self, name):
        if not self.store.allows(self.user, "get", "*", None):
            raise Refusal(403, "Forbidden", f'namespaces "{name}" is forbidden: User "{self.user}" cannot get resource "namespaces" in API '
                          f'group "" in the namespace "{name}"', "namespaces", name)
        if name not in self.store.load("namespaces.json"):
            raise Refusal(404, "NotFound", f'namespaces "{name}" not found', "namespaces", name)
        self.answer(200, {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}, "status": {"phase": "Active"}})

    def secrets(self, space, name):
        known, store = self.store.secrets, self.store
        if self.command == "POST" and name is None:
            self.expect("create", space, None)
            secret = self.read_object()
            if space not in store.load("namespaces.json"):
                raise Refusal(404, "NotFound", f'namespaces "{space}" not found', "namespaces", space)
            name = check_secret(secret, space)
            if (space, name) in known:
                raise Refusal(409, "AlreadyExists", f'secrets "{name}" already exists', "secrets", name)
            return self.answer(201, store.save(space, name, secret))
        if name is None:
            raise Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        verb = {"GET": "get", "PUT": "update", "DELETE": "delete"}.get(self.command)
        if verb is None:
            raise Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        self.expect(verb, space, name)
        old = known.get((space, name))
        if old is None:
            raise not_found(name)
        if verb == "get":
            return self.answer(200, old)
        if verb == "delete":
            del known[space, name]
            return self.answer(200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                                     "details": {"name": name, "kind": "secrets", "uid": old["metadata"]["uid"]}})
        secret = self.read_object()
        if check_secret(secret, space) != name:
            raise bad_request("the name of the object does not match the name on the URL")
        if secret["metadata"].get("resourceVersion") not in (None, old["metadata"]["resourceVersion"]):
            raise Refusal(409, "Conflict", f'Operation cannot be fulfilled on secrets "{name}": the object has been modified', "secrets", name)
        if old.get("immutable") and (not secret.get("immutable") or secret.get("data") != old["data"]):
            raise Refusal(422, "Invalid", f'Secret "{name}" is invalid: data: Forbidden: field is immutable when `immutable` is set',
                          "Secret", name)
        return self.answer(200, store.save(space, name, secret, old))

    def spoiled(self, mode, *more):
        """Whether the answer was spoiled as `mode` says; other modes change nothing here."""
        token = self.headers.get("Authorization", "")
        plain = {"429": "TooManyRequests", "503": "ServiceUnavailable", "500": "InternalError"}
        if mode in plain:
            raise Refusal(int(mode), plain[mode], "as the test wants it")
        if mode == "skew":
            raise Refusal(401, "Unauthorized", "Unauthorized")
        if mode == "echo":
            raise Refusal(403, "Forbidden", f'secrets is forbidden: User "{token}" cannot get, having sent {token}')
        if mode == "html":
            self.answer(200, b"<html>log in</html>", "text/html")
        elif mode == "error-200":
            self.answer(200, Refusal(403, "Forbidden", "no").status)
        elif mode == "huge":
            self.answer(200, b'{"kind":"Secret","pad":"' + b"x" * (3 << 20) + b'"}')
        elif mode == "other":
            self.answer(200, self.store.secrets[more[0], more[1]])
        elif mode == "redirect":
            self.code = 307
            self.send_response(307)
            self.send_header("Location", more[0])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif mode == "truncated":
            self.code = 200
            self.send_response(200)
            self.send_header("Content-Length", "4096")
            self.end_headers()
            self.wfile.write(b'{"kind":')
            self.close_connection = True
        elif mode == "slow":
            time.sleep(30)
            self.close_connection = True
        else:
            return False
        return True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    context = None

    def finish_request(self, request, client_address):
        # Here, in the connection's own thread: a client that does not finish its handshake stops nobody else.
        request.settimeout(60)
        try:
            super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)
        except (OSError, ssl.SSLError):
            pass


def serve(port, folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    context.load_verify_locations(os.path.join(folder, "ca.pem"))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME: see user_of_certificate
    Handler.store = Store(folder)
    Server.context = context
    Server(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]), sys.argv[3])
    elif sys.argv[1:2] == ["token"]:
        print(make_token(sys.argv[2], sys.argv[3], int(sys.argv[4]), *sys.argv[5:6]), end="")
    else:
        sys.exit(__doc__)
