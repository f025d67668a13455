"""Tokens of an OpenID provider: a small one here, real HTTP, tokens by PyJWT and by hand."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from slipway_server import wait_until


class Provider:
    """Serves its discovery document and its keys, and signs whatever it is told to."""

    def __init__(self):
        provider = self
        self.keys = {"rsa-1": rsa.generate_private_key(65537, 2048), "ec-1": ec.generate_private_key(ec.SECP256R1()),
                     "ed-1": ed25519.Ed25519PrivateKey.generate()}
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked.append(self.path)
                content = provider.document(self.path)
                self.send_response(200 if content else 404)
                data = json.dumps(content).encode()
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}/realm"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def document(self, path):
        if path == "/realm/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": self.issuer + "/keys"}
        if path == "/realm/keys":
            return {"keys": [self.public(kid, key) for kid, key in self.keys.items()]}
        return None

    @staticmethod
    def algorithm(key):
        return {"RSAPrivateKey": "RS256", "EllipticCurvePrivateKey": "ES256"}.get(
            next((name.__name__ for name in (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey) if isinstance(key, name)), ""),
            "EdDSA")

    def public(self, kid, key):
        algorithm = self.algorithm(key)
        implementation = jwt.get_algorithm_by_name(algorithm)
        return json.loads(implementation.to_jwk(key.public_key())) | {"kid": kid, "use": "sig", "alg": algorithm}

    def claims(self, **changes):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "slipway", "sub": "mia", "exp": now + 300, "nbf": now - 5, "iat": now,
                  "groups": ["ml-ops"]} | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, kid="ec-1", headers=None, **changes):
        key = self.keys[kid]
        return jwt.encode(self.claims(**changes), key, self.algorithm(key), {"kid": kid} | (headers or {}))


@pytest.fixture(scope="module")
def provider():
    provider = Provider()
    yield provider
    provider.server.shutdown()


@pytest.fixture(scope="module")
def trusting(provider, tmp_path_factory):
    from slipway_server import SlipwayServer

    folder = tmp_path_factory.mktemp("oidc")
    config = folder / "slipway.yaml"
    config.write_text(f"""
auth: true
auth_failures_per_minute: 0
oidc_issuer: {provider.issuer}
oidc_audience: slipway
oidc_groups:
  platform: admin
  ml-ops:
    default: operator
  readers:
    "*": viewer
""")
    server = SlipwayServer(folder / "data", flags=["--config", str(config)], log=folder / "server.log")
    server.start()
    yield server
    server.kill()


def me(server, token):
    return server.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("kid", ["rsa-1", "ec-1", "ed-1"])
def test_a_token_is_taken_and_its_groups_have_their_roles(trusting, provider, kid):
    status, _, answer = me(trusting, provider.token(kid))
    assert status == 200, answer
    who = json.loads(answer)
    assert who["principal"] == "oidc:mia" and not who["isAdmin"]
    assert who["spaces"] == [{"space": "default", "roles": ["operator"]}]
    assert json.loads(me(trusting, provider.token(kid, groups=["platform"]))[2])["isAdmin"]
    assert json.loads(me(trusting, provider.token(kid, groups=["readers"]))[2])["spaces"][0]["roles"] == ["viewer"]
    assert json.loads(me(trusting, provider.token(kid, groups=[]))[2])["spaces"] == []


def test_the_command_line_works_with_a_token(trusting, provider):
    env = {"SLIPWAY_TOKEN": provider.token()}
    assert [space["name"] for space in trusting.cli_json("space", "list", env=env)] == ["default"]
    refused = trusting.cli("member", "list", env={"SLIPWAY_TOKEN": provider.token(groups=[])}, check=False)
    assert refused.returncode == 1 and "there is no space" in refused.stderr


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header, claims, sign=lambda message: b""):
    message = base64url(json.dumps(header).encode()) + "." + base64url(json.dumps(claims).encode())
    return message + "." + base64url(sign(message.encode()))


def test_what_attackers_try_is_refused(trusting, provider):
    now = int(time.time())
    pem = provider.keys["rsa-1"].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = provider.claims(groups=["platform"])
    bad = {
        "alg none": by_hand({"alg": "none"}, claims), "alg None": by_hand({"alg": "None", "kid": "ec-1"}, claims),
        "alg none with a signature": by_hand({"alg": "none", "kid": "ec-1"}, claims, lambda _: b"x" * 64),
        "RS as HS": by_hand({"alg": "HS256", "kid": "rsa-1"}, claims,
                            lambda message: hmac.new(pem, message, hashlib.sha256).digest()),
        "kid traversal": by_hand({"alg": "HS256", "kid": "../../../../dev/null"}, claims,
                                 lambda message: hmac.new(b"", message, hashlib.sha256).digest()),
        "kid traversal, signed": provider.token(headers={"kid": "../../../../dev/null"}),
        "expired": provider.token(exp=now - 60), "not yet valid": provider.token(nbf=now + 300),
        "wrong audience": provider.token(aud="another"), "no audience": provider.token(aud=None),
        "wrong issuer": provider.token(iss="https://evil.example.com"), "no expiry": provider.token(exp=None),
        "own key in the header": jwt.encode(
            claims, (own := ec.generate_private_key(ec.SECP256R1())), "ES256",
            {"kid": "ec-1", "jwk": json.loads(jwt.get_algorithm_by_name("ES256").to_jwk(own.public_key()))}),
        "another key under its name": jwt.encode(claims, own, "ES256", {"kid": "ec-1"}),
    }
    for what, token in bad.items():
        status, headers, answer = me(trusting, token)
        assert status == 401, f"{what}: {status} {answer}"
        assert headers["www-authenticate"].startswith("Bearer")
        assert token[-20:].encode() not in answer
    assert all(path.startswith("/realm/") for path in provider.asked)


def test_a_new_key_of_the_provider_is_found_without_a_restart(trusting, provider):
    assert me(trusting, provider.token())[0] == 200
    provider.keys["ec-2"] = ec.generate_private_key(ec.SECP256R1())
    token = provider.token("ec-2")
    # Within the pause that bounds how often the provider is asked.
    wait_until(lambda: me(trusting, token)[0] == 200, "the new key", timeout=30)


def test_unknown_keys_do_not_have_the_provider_asked_each_time(trusting, provider):
    me(trusting, provider.token(headers={"kid": "unknown"}))
    before = len(provider.asked)
    begun = time.monotonic()
    for number in range(100):
        assert me(trusting, provider.token(headers={"kid": f"made-up-{number}"}))[0] == 401
    assert len(provider.asked) - before <= 2 * (1 + (time.monotonic() - begun) // 10)
