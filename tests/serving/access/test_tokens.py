"""Tokens of an identity provider that lives in this test."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from provider import CURVE, GOOD, PUBLIC_PEM, THEIRS, key_set, signed

from serving.access.tokens import Tokens
from serving.refusal import RefusedError
from undertone.config import OidcParams
from undertone.errors import ConfigError


def unsigned():
    return jwt.encode(GOOD | {"exp": time.time() + 60}, None, "none", headers={"kid": "one"})


def confused():
    """Signed as if the public key were a shared secret."""
    parts = [
        jwt.utils.base64url_encode(json.dumps(part).encode())
        for part in ({"alg": "HS256", "kid": "one"}, GOOD | {"exp": time.time() + 60})
    ]
    head = b".".join(parts)
    secret = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return (head + b"." + jwt.utils.base64url_encode(secret.sign(head, PUBLIC_PEM))).decode()


@pytest.fixture
def tokens(tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(key_set())
    return Tokens(OidcParams(issuer=GOOD["iss"], audience="undertone", keys=str(file)))


@pytest.mark.parametrize(
    ("token", "scopes"),
    [
        (signed, ["openid", "predict", "feedback"]),
        (lambda: signed(CURVE, "ES256", "two"), ["openid", "predict", "feedback"]),
        (lambda: signed(scope=["predict"]), ["predict"]),
        (lambda: signed(scope=None), []),
        (lambda: signed(scope=7), []),
        (lambda: signed(aud=["else", "undertone"]), ["openid", "predict", "feedback"]),
        (lambda: signed(lasts=-5), ["openid", "predict", "feedback"]),
    ],
)
def test_a_good_token_names_its_program_and_scopes(tokens, token, scopes):
    caller = tokens.read(token())
    assert (caller.name, list(caller.scopes), caller.key) == ("dashboard", scopes, None)


@pytest.mark.parametrize(
    "token",
    [
        lambda: signed(lasts=-60),
        lambda: signed(aud="another"),
        lambda: signed(iss="https://id.evil"),
        lambda: signed(exp=None),
        lambda: signed(aud=None),
        lambda: signed(nbf=time.time() + 600),
        lambda: signed(THEIRS),
        lambda: signed(kid="two"),
        lambda: signed(kid="three"),
        lambda: signed(algorithm="RS512"),
        lambda: signed()[:-4] + "AAAA",
        unsigned,
        confused,
        lambda: "no.token.at all",
        lambda: "",
    ],
)
def test_any_other_is_refused(tokens, token):
    with pytest.raises(RefusedError) as refused:
        tokens.read(token())
    assert refused.value.status == 401


def test_keys_come_from_an_address_and_are_not_asked_for_each_time():
    asked = []

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(key_set().encode())

        def log_message(self, *_args):
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/keys"
    tokens = Tokens(OidcParams(issuer=GOOD["iss"], audience="undertone", keys=address))
    try:
        for _ in range(3):
            assert tokens.read(signed()).name == "dashboard"
        for _ in range(3):
            with pytest.raises(RefusedError):
                tokens.read(signed(kid="made up"))
        assert asked == ["/keys"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_provider_that_is_away_is_not_the_callers_fault():
    oidc = OidcParams(issuer="x", audience="y", keys="http://127.0.0.1:9/keys")
    with pytest.raises(RefusedError) as refused:
        Tokens(oidc).read(signed())
    assert refused.value.status == 503


@pytest.mark.parametrize("place", ["http://id.example/keys", "ftp://id.example", "missing.json"])
def test_wrong_places_of_keys_are_told_at_the_start(place, tmp_path):
    with pytest.raises(ConfigError, match=r"access\.oidc\.keys"):
        Tokens(OidcParams(issuer="x", audience="y", keys=place))


def test_a_shared_secret_can_never_be_configured():
    with pytest.raises(ValueError, match="HS256"):
        OidcParams(issuer="x", audience="y", keys="z", algorithms=("HS256",))
