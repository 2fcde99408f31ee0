"""The stage the bench plays on: registries, an nginx before each that counts, a private CA and images. All on free ports of
loopback, all gone at the end."""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"bench: nothing listens on port {port}")


class Stage:
    """Use as a context manager. `hosts[kind, scheme]` are the addresses to use, kinds are "docker" (Debian's docker-registry: no
    referrers API) and "ggcr" (go-containerregistry: referrers API), schemes "http" and "https"."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hallmark-bench."))
        self.running = []
        self.hosts = {}
        self.ca = self.folder / "ca.crt"
        try:
            self._make_certificates()
            self._start_registries()
            self._start_nginx()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, *command):
        log = open(self.folder / f"{name}.log", "wb")
        self.running.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

    def run(self, *command, **options):
        done = subprocess.run(command, capture_output=True, text=True, **options)
        if done.returncode:
            raise SystemExit(f"bench: {' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def _make_certificates(self):
        in_folder = {"cwd": self.folder}
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self.run("openssl", "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=bench CA",
                 "-addext", "basicConstraints=critical,CA:TRUE", **in_folder)
        self.run("openssl", "req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1", **in_folder)
        (self.folder / "san").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self.run("openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2", "-extfile",
                 "san", "-out", "server.crt", **in_folder)

    def _start_registries(self):
        self.upstream = {"docker": free_port(), "ggcr": free_port()}
        (self.folder / "registry.yml").write_text(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage: {{filesystem: {{rootdirectory: {self.folder}/data}}}}\n"
            f"http: {{addr: '127.0.0.1:{self.upstream['docker']}'}}\n")
        self.start("docker-registry", "docker-registry", "serve", str(self.folder / "registry.yml"))
        self.start("ggcr-registry", "ggcr-registry", "-listen", f"127.0.0.1:{self.upstream['ggcr']}")
        for port in self.upstream.values():
            wait_for(port)

    def _start_nginx(self):
        servers = ""
        for kind, upstream in self.upstream.items():
            for scheme in ("http", "https"):
                port = free_port()
                self.hosts[kind, scheme] = f"127.0.0.1:{port}"
                tls = "ssl http2" if scheme == "https" else ""
                servers += f"""
  server {{
    listen 127.0.0.1:{port} {tls};
    access_log {self.folder}/access.{kind}.{scheme} count;
    location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
  }}"""
        for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
            (self.folder / f"nginx-{name}").mkdir()
        (self.folder / "nginx.conf").write_text(f"""
daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.error; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  log_format count '$request_method $status $request_length $bytes_sent $connection $request_uri';
  client_max_body_size 0; client_body_buffer_size 4m; proxy_buffers 64 16k; proxy_max_temp_file_size 0;
  client_body_temp_path {self.folder}/nginx-body; proxy_temp_path {self.folder}/nginx-proxy;
  fastcgi_temp_path {self.folder}/nginx-fastcgi; uwsgi_temp_path {self.folder}/nginx-uwsgi; scgi_temp_path {self.folder}/nginx-scgi;
  ssl_certificate {self.folder}/server.crt; ssl_certificate_key {self.folder}/server.key; ssl_protocols TLSv1.2 TLSv1.3;
  keepalive_requests 100000; proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme; {servers}
}}
""")
        self.start("nginx", "nginx", "-e", str(self.folder / "nginx.error"), "-p", str(self.folder), "-c",
                   str(self.folder / "nginx.conf"))
        for host in self.hosts.values():
            wait_for(int(host.rpartition(":")[2]))

    # -- what went over the wire ---------------------------------------------------------------------------------------

    def forget_traffic(self, kind, scheme):
        self.traffic(kind, scheme)
        os.truncate(self.folder / f"access.{kind}.{scheme}", 0)

    def traffic(self, kind, scheme):
        """Requests, bytes and connections since forget_traffic. A line without a method is a TLS hello on a plain port."""
        time.sleep(0.02)  # nginx writes the line after the last byte was sent
        lines = (self.folder / f"access.{kind}.{scheme}").read_text().splitlines()
        requests = [line.split(" ", 5) for line in lines if re.match(r"[A-Z]+ ", line)]
        return {"requests": len(requests), "bytes": sum(int(each[2]) + int(each[3]) for each in requests),
                "connections": len({each[4] for each in requests}), "lines": [re.sub(r"([0-9a-f]{8})[0-9a-f]{56}", r"\1…", f"{each[0]} {each[5]} {each[1]}") for each in requests]}

    # -- images --------------------------------------------------------------------------------------------------------

    def push_images(self, kind, repository, count):
        """`count` images with one shared layer, tagged 0…: pushed by plain HTTP, returns their digests."""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream[kind])

        def ask(method, path, body=None, headers=None):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.read()
            if answer.status >= 300:
                raise SystemExit(f"bench: {method} {path}: {answer.status}")
            return answer

        def push_blob(data):
            digest = "sha256:" + hashlib.sha256(data).hexdigest()
            place = ask("POST", f"/v2/{repository}/blobs/uploads/").getheader("Location")
            place = re.sub(r"^https?://[^/]+", "", place)
            ask("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", data,
                {"Content-Type": "application/octet-stream"})
            return {"digest": digest, "size": len(data)}

        config = push_blob(b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}')
        layer = push_blob(base64.b64encode(hashlib.sha512(repository.encode()).digest()) * 500)
        digests = []
        for number in range(count):
            manifest = json.dumps({
                "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **layer}],
                "annotations": {"number": str(number)}}).encode()
            ask("PUT", f"/v2/{repository}/manifests/{number}", manifest,
                {"Content-Type": "application/vnd.oci.image.manifest.v1+json"})
            digests.append("sha256:" + hashlib.sha256(manifest).hexdigest())
        connection.close()
        return digests
