"""AWS as Google's token exchange meets it: the signed GetCallerIdentity that it is given to send on, checked as AWS STS would check it;
and the EC2 metadata service, version 2 alone, where the machine's role is. A module of gcp_kms_server.py.

FOLDER/aws.users.json holds [{"id", "secret", "token"}]; what the metadata service gives out is written to FOLDER/aws.minted."""
import datetime
import hashlib
import http.server
import json
import os
import re
import secrets
import threading
import time
import urllib.parse

from sigv4 import is_signature

REGION, ROLE = "eu-north-1", "release"
QUERY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
PATIENCE = 900  # seconds: an x-amz-date may be so old, or so far ahead
LOCK = threading.Lock()


class Denied(Exception):
    """What AWS STS would say: code and words."""
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")


class Aws:
    def __init__(self, folder):
        self.folder, self.sessions = folder, set()
        with open(os.path.join(folder, "aws.users.json"), encoding="utf-8") as file:
            self.users = {user["id"]: user for user in json.load(file)}

    def mint(self):
        user = {"id": "ASIA" + secrets.token_hex(8).upper(), "secret": "hush-" + secrets.token_hex(16),
                "token": "hush-" + secrets.token_hex(12) + "/+" + secrets.token_hex(12) + "=="}
        with LOCK, open(os.path.join(self.folder, "aws.minted"), "a", encoding="utf-8") as file:
            self.users[user["id"]] = user
            file.write(f"{user['secret']}\n{user['token']}\n")
        return user

    def caller(self, subject_token, audience, ahead):
        """The access key id of who signed, for this audience and no other. `ahead`: how far the clock is, by access key id."""
        request = read_request(subject_token)
        headers = {header["key"].lower(): header["value"] for header in request["headers"]}
        target = headers.get("x-goog-cloud-target-resource", "").removeprefix("https:")
        if target != audience:
            raise Denied("InvalidTarget", f"x-goog-cloud-target-resource is for {target or 'nobody'}")
        return self.authenticate(request["url"], headers, ahead)

    # Signature Version 4, from the specification ("Create a signed AWS API request") and from no other program's code.
    def authenticate(self, url, headers, ahead):
        place = urllib.parse.urlsplit(url)
        region = re.fullmatch(r"sts\.([a-z0-9-]+)\.amazonaws\.com", place.netloc)
        if place.scheme != "https" or not region or place.path not in ("", "/") or place.fragment or headers.get("host") != place.netloc:
            raise Denied("InvalidRequest", f"{url} is not AWS STS")
        if dict(urllib.parse.parse_qsl(place.query, strict_parsing=True)) != QUERY or len(place.query.split("&")) != len(QUERY):
            raise Denied("InvalidAction", "the action is not GetCallerIdentity")
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, ?"
                             r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        if not found:
            raise Denied("IncompleteSignature", "Authorization header is not as it must be")
        identifier, day, scope_region, service, names, given = found.groups()
        user = self.users.get(identifier)
        if user is None or headers.get("x-amz-security-token", "") != user.get("token", ""):
            raise Denied("InvalidClientTokenId", "The security token included in the request is invalid.")
        if (scope_region, service) != (region[1], "sts"):
            raise Denied("SignatureDoesNotMatch", "Credential should be scoped to a valid region and to sts.")
        signed = names.split(";")
        must = {name for name in headers if name == "host" or name.startswith("x-")}
        if signed != sorted(set(signed)) or not must <= set(signed) or not set(signed) <= set(headers):
            raise Denied("SignatureDoesNotMatch", "a header is not signed")
        canonical = "\n".join(["POST", "/", urllib.parse.urlencode(sorted(QUERY.items())),
                               *[f"{name}:{' '.join(headers[name].split())}" for name in signed], "", names, hashlib.sha256(b"").hexdigest()])
        when = headers.get("x-amz-date", "")
        if not is_signature(given, user["secret"], (day, scope_region, service), when, canonical):
            raise Denied("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
        if not re.fullmatch(r"\d{8}T\d{6}Z", when) or not when.startswith(day):
            raise Denied("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date")
        then = datetime.datetime.strptime(when, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
        if abs(time.time() + ahead.get(identifier, 0) - then) > PATIENCE:
            raise Denied("SignatureDoesNotMatch", f"Signature expired: {when} is more than 15 min off")
        return identifier


def read_request(subject_token):
    """{"url", "method": "POST", "headers": [{"key", "value"}, …]}, percent-encoded, with its headers in order."""
    try:
        request = json.loads(urllib.parse.unquote_plus(subject_token, errors="strict"))
        keys = [header["key"] for header in request["headers"]]
        fits = (set(request) == {"url", "method", "headers"} and request["method"] == "POST" and keys == sorted(keys) and
                len({key.lower() for key in keys}) == len(keys) and all(set(header) == {"key", "value"} for header in request["headers"]))
    except (ValueError, KeyError, TypeError):
        fits = False
    if not fits or re.search(r"[\s\"{}]", subject_token):
        raise Denied("InvalidRequest", "the subject token is no request")
    return request


def access_key_id(subject_token):
    found = re.search(r"Credential=([^/,]+)/", urllib.parse.unquote_plus(subject_token))
    return found[1] if found else ""


class Imds(http.server.BaseHTTPRequestHandler):
    """The EC2 metadata service; `aws` is set by who serves it."""
    aws = None
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "scripted", ""
    wbufsize = 1 << 20

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        with LOCK, open(os.path.join(self.aws.folder, "imds.log"), "a", encoding="utf-8") as file:
            file.write(f"{self.command} {self.path} {status}\n")
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        life = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if self.path != "/latest/api/token" or not life.isdigit() or not 1 <= int(life) <= 21600 or "X-Forwarded-For" in self.headers:
            return self.answer(400, b"")
        session = "hush-" + secrets.token_hex(24)
        self.aws.sessions.add(session)
        return self.answer(200, session.encode())

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") not in self.aws.sessions:
            return self.answer(401, b"")
        place, roles = "/latest/meta-data/placement/availability-zone", "/latest/meta-data/iam/security-credentials"
        if self.path == f"{roles}/{ROLE}":
            user = self.aws.mint()
            end = datetime.datetime.fromtimestamp(time.time() + 3600, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            return self.answer(200, json.dumps({"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": user["id"], "SecretAccessKey": user["secret"],
                                                "Token": user["token"], "Expiration": end}).encode())
        pages = {place: REGION + "b", roles: ROLE, roles + "/": ROLE}
        if self.path not in pages:
            return self.answer(404, b"")
        return self.answer(200, pages[self.path].encode())
