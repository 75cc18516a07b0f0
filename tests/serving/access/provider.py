"""An identity provider: its keys, and tokens that it signed."""

import json
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

OURS = rsa.generate_private_key(65537, 2048)
THEIRS = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = OURS.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
GOOD = {
    "iss": "https://id.example",
    "aud": "undertone",
    "azp": "dashboard",
    "scope": "openid predict feedback",
}


def key_set() -> str:
    rsa_key = jwt.algorithms.RSAAlgorithm.to_jwk(OURS.public_key(), as_dict=True)
    curve_key = jwt.algorithms.ECAlgorithm.to_jwk(CURVE.public_key(), as_dict=True)
    return json.dumps({"keys": [rsa_key | {"kid": "one"}, curve_key | {"kid": "two"}]})


def signed(key=OURS, algorithm="RS256", kid="one", lasts=60, **changes):
    claims = GOOD | {"exp": time.time() + lasts} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm, headers={"kid": kid})
