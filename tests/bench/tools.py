"""How each tool is told to do the same thing. A tool answers with an argv, or None for what it cannot do."""


class Hallmark:
    environment = {}

    def __init__(self, binary, keys, name="hallmark", flags=()):
        self.name, self.binary, self.keys, self.flags = name, str(binary), keys, list(flags)

    def _tls(self, ca):
        return ["--registry-ca", str(ca)] if ca else []

    def verify(self, form, references, ca):
        return [self.binary, "verify", "--key", f"{self.keys}/key.pub", *self.flags, *self._tls(ca), *references]

    def verify_list(self, path, ca):
        return [self.binary, "verify", "--key", f"{self.keys}/key.pub", *self.flags, *self._tls(ca), "--from-file", str(path),
                "-o", "json"]

    def sign(self, form, reference, ca):
        return [self.binary, "sign", "--key", f"{self.keys}/key.key", "--format", form, *self._tls(ca), reference]


class HallmarkFormat(Hallmark):
    """The same, told to look for one format only."""

    def __init__(self, binary, keys):
        super().__init__(binary, keys, "  with --format")

    def verify(self, form, references, ca):
        return super().verify(form, references, ca) + ["--format", form]

    def sign(self, form, reference, ca):
        return None


class HallmarkPlainKey(Hallmark):
    """Signs with a key in the clear: what is left when scrypt, which opens the encrypted one, is not counted."""

    def __init__(self, binary, keys):
        super().__init__(binary, keys, "  with a plain key")

    def verify(self, form, references, ca):
        return None

    def sign(self, form, reference, ca):
        return [self.binary, "sign", "--key", f"{self.keys}/plain.pem", "--format", form, *self._tls(ca), reference]


class HallmarkWithBundle(Hallmark):
    """The same where the system's CAs are one file instead of a folder of hashed links: all of Debian's."""

    environment = {"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"}

    def verify(self, form, references, ca):
        return super().verify(form, references, ca) if ca or not references else None

    def sign(self, form, reference, ca):
        return None


class Cosign:
    name = "cosign"
    environment = {}

    def __init__(self, keys):
        self.keys = keys

    def _flags(self, form, ca):
        return (["--new-bundle-format=false"] if form == "simple" else []) + (["--registry-cacert", str(ca)] if ca else [])

    def verify(self, form, references, ca):
        if form not in ("bundle", "simple"):
            return None
        return ["cosign", "verify", "--key", f"{self.keys}/key.pub", "--insecure-ignore-tlog", *self._flags(form, ca), *references]

    def sign(self, form, reference, ca):
        return ["cosign", "sign", "--key", f"{self.keys}/key.key", "--tlog-upload=false", "--use-signing-config=false", "-y",
                *self._flags(form, ca), reference]


class Notation:
    """Our driver on notation's libraries. Its signatures are JWS; it stands beside both of the other formats."""

    name = "notation (JWS)"
    environment = {}

    def __init__(self, keys):
        self.keys = keys

    def verify(self, form, references, ca):
        return ["notation", "verify", f"{self.keys}/notation", *references, *([str(ca)] if ca else [])]

    def sign(self, form, reference, ca):
        return ["notation", "sign", f"{self.keys}/notation", reference, *([str(ca)] if ca else [])]
