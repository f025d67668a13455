"""Certificates of an authority of our own, for servers on this machine."""

import pathlib
import subprocess

NAMES = "IP:127.0.0.1,DNS:localhost"


class Authority:
    """Call it with a name to get a certificate: (certificate, key), PEM files."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = self.folder / "ca.pem"
        self.run("req", "-x509", *self.key("ca"), "-out", self.ca, "-days", "2", "-subj", "/CN=Test authority", "-addext",
                 "basicConstraints=critical,CA:TRUE")

    def __call__(self, name, alternatives=NAMES):
        made, request, extensions = (self.folder / f"{name}{suffix}" for suffix in (".pem", ".csr", ".ext"))
        self.run("req", *self.key(name), "-out", request, "-subj", f"/CN={name}")
        extensions.write_text(f"subjectAltName={alternatives}\nextendedKeyUsage=serverAuth\n")
        self.run("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                 "-extfile", extensions, "-out", made)
        return made, self.folder / f"{name}.key"

    @staticmethod
    def key(name):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"

    def run(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=self.folder)
