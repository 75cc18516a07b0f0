"""Tokens (JWT) of an identity provider, checked with its public keys."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import jwt

from serving.access.gatekeeper import Caller
from serving.refusal import RefusedError
from undertone.addresses import is_private
from undertone.config import OidcParams
from undertone.errors import ConfigError

FETCH_TIMEOUT_S = 5


class Tokens:
    """Reads tokens.

    Args:
        oidc: the provider. A file of its keys is read once, an address as the keys change.

    Raises:
        ConfigError: the keys' file cannot be read, or their address is not encrypted.
    """

    def __init__(self, oidc: OidcParams) -> None:
        self._oidc = oidc
        self._key = _keys(oidc.keys)

    def read(self, token: str) -> Caller:
        """Who a token was given to.

        Raises:
            RefusedError: 401, it is not valid here; 503, the provider's keys cannot be had.
        """
        oidc = self._oidc
        try:
            key = self._key(jwt.get_unverified_header(token).get("kid", ""))
            claims = jwt.decode(
                token,
                key,
                algorithms=list(oidc.algorithms),
                audience=oidc.audience,
                issuer=oidc.issuer,
                leeway=oidc.leeway_seconds,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise RefusedError(503, "The identity provider does not answer.") from None
        except jwt.ExpiredSignatureError:
            raise RefusedError(401, "The token has expired.", "Ask for a new one.") from None
        except (jwt.PyJWTError, KeyError, ValueError):
            raise RefusedError(401, "The token is not valid for this service.") from None
        program = claims.get("azp") or claims.get("client_id") or "token"
        return Caller(str(program), _scopes(claims.get(oidc.scopes_claim)))


def _scopes(claim: object) -> list[str]:
    if isinstance(claim, str):
        return claim.split()
    return [str(scope) for scope in claim] if isinstance(claim, list) else []


def _keys(place: str) -> Callable[[str], jwt.PyJWK]:
    if is_private(place):
        return jwt.PyJWKClient(place, timeout=FETCH_TIMEOUT_S).get_signing_key
    if urlsplit(place).scheme:
        raise ConfigError(f"access.oidc.keys must be an https:// address or a file, not {place}.")
    try:
        return jwt.PyJWKSet.from_json(Path(place).read_text(encoding="utf-8")).__getitem__
    except (OSError, ValueError, jwt.PyJWTError) as error:
        raise ConfigError(f"access.oidc.keys: {place} holds no key set ({error}).") from error
