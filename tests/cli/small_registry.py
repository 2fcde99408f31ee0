"""A registry in memory with the referrers API, for tests of the command line: it refuses a manifest, or takes it and hangs up.

    with SmallRegistry() as registry:
        registry.at_manifest = {2: "refuse"}   # the second manifest from now on
        run("hallmark", "sign", …, f"{registry.name}/shop/api:1")

Of a manifest: "refuse" answers 403; "hang-up" takes it and ends the connection; "vanish" does that, and answers nothing from then on."""
import hashlib
import json
import re
import urllib.parse

from support import LocalServer, QuietHandler

INDEX = "application/vnd.oci.image.index.v1+json"


class SmallRegistry(LocalServer):
    def __init__(self):
        self.blobs, self.manifests, self.tags = {}, {}, {}
        self.at_manifest, self.sent, self.gone = {}, 0, False
        outer = self

        class Handler(QuietHandler):
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                reply = None if outer.gone else outer.respond(self.command, self.path, self.headers, body)
                if reply is None:
                    self.close_connection = True
                    return
                status, headers, content = reply
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_POST = do_PUT = handle_any

        super().__init__(Handler)

    def fail(self, **at):
        """fail(n2="refuse"): what becomes of the manifests sent from now on."""
        self.at_manifest, self.sent, self.gone = {int(name[1:]): what for name, what in at.items()}, 0, False

    def respond(self, method, target, headers, body):
        path, _, query = target.partition("?")
        parts = re.fullmatch(r"/v2/(?:.+/)?(blobs/uploads|blobs|manifests|referrers)/?([^/]*)", path)
        if not parts:
            return 200, {}, b"{}"
        kind, name = parts[1], parts[2]
        if kind == "blobs/uploads" and method == "POST":
            return 202, {"Location": path.rstrip("/") + "/1"}, b""
        if kind == "blobs/uploads":
            digest = urllib.parse.parse_qs(query)["digest"][0]
            self.blobs[digest] = body
            return 201, {"Docker-Content-Digest": digest}, b""
        if kind == "referrers":
            found = [self.descriptor(digest) for digest, (_, text) in self.manifests.items() if json.loads(text).get("subject", {}).get("digest") == name]
            return 200, {"Content-Type": INDEX}, json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": found}).encode()
        if method == "PUT":
            return self.put_manifest(name, headers, body)
        if kind == "blobs":
            return (200, {}, self.blobs[name]) if name in self.blobs else (404, {}, b"{}")
        digest = self.tags.get(name, name)
        if digest not in self.manifests:
            return 404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}'
        media_type, text = self.manifests[digest]
        return 200, {"Content-Type": media_type, "Docker-Content-Digest": digest}, text

    def put_manifest(self, name, headers, body):
        self.sent += 1
        fault = self.at_manifest.get(self.sent)
        if fault == "refuse":
            return 403, {}, b'{"errors": [{"code": "DENIED", "message": "enough"}]}'
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        self.manifests[digest] = (headers["Content-Type"], body)
        if not name.startswith("sha256:"):
            self.tags[name] = digest
        if fault:
            self.gone = fault == "vanish"
            return None
        subject = json.loads(body).get("subject")
        return 201, {"Docker-Content-Digest": digest, **({"OCI-Subject": subject["digest"]} if subject else {})}, b""

    def descriptor(self, digest):
        media_type, text = self.manifests[digest]
        one = {"mediaType": media_type, "digest": digest, "size": len(text)}
        kind = json.loads(text).get("artifactType")
        return {**one, "artifactType": kind} if kind else one
