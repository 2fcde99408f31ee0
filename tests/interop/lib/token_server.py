"""A token server as Docker's registries use: gives who knows the password a JWT that docker-registry believes.

    token_server.py LOG SERVICE KEY CERTIFICATE

Prints its address, then appends one line a request to LOG: method, the credentials that came ("basic alice", "refresh", "none"), scopes.
Knows alice with the password open-sesame, and the refresh token "a-refresh-token".
"""

import base64
import http.server
import json
import subprocess
import sys
import time
import urllib.parse

LOG, SERVICE, KEY, CERTIFICATE = sys.argv[1:5]
ALICE = "Basic " + base64.b64encode(b"alice:open-sesame").decode()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token_for(scopes):
    access = []
    for scope in " ".join(scopes).split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    now = int(time.time())
    pem = open(CERTIFICATE).read().split("-----")[2].replace("\n", "")
    header = {"typ": "JWT", "alg": "RS256", "x5c": [pem]}
    claims = {"iss": "test-issuer", "sub": "alice", "aud": SERVICE, "iat": now, "nbf": now - 10, "exp": now + 300,
              "jti": str(time.time_ns()), "access": access}
    signed = b64(json.dumps(header).encode()) + b"." + b64(json.dumps(claims).encode())
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", KEY], input=signed, capture_output=True, check=True).stdout
    return (signed + b"." + b64(signature)).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_asked(self, query, refresh):
        authorization = self.headers.get("Authorization", "")
        came = "refresh" if refresh else "none"
        if authorization:
            came = "basic alice" if authorization == ALICE else "wrong"
        with open(LOG, "a") as log:
            print(self.command, came, *query.get("scope", []), file=log)
        if authorization == ALICE or refresh == "a-refresh-token":
            token = token_for(query.get("scope", []))
            self.answer(200, {"token": token, "access_token": token, "expires_in": 300})
        else:
            self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "who are you"}]})

    def do_GET(self):
        self.handle_asked(urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query), "")

    def do_POST(self):
        query = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        self.handle_asked(query, query.get("refresh_token", [""])[0])


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
