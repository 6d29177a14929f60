"""An OIDC issuer that runs apart, on this machine, with a key of its own."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.registers import REGISTER

GM0935_OIN = REGISTER.parties["gm0935"].oin
CLIENT, SECRET = "kernhub-pages", "geheim"


class Elsewhere:
    """Tells its keys, signs tokens, and lets anybody sign in for Maastricht, unless `says` is otherwise."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", auto_kid=True)
        self.asked = 0
        self.says: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                told: Any = KeySet([issuer.key]).as_dict(private=False)
                if self.path.startswith("/authorize"):
                    self.send_response(302)
                    self.send_header("Location", issuer.sent_back(_fields(urlsplit(self.path).query)))
                    self.end_headers()
                    return
                if self.path.endswith("openid-configuration"):
                    told = {
                        "issuer": issuer.url,
                        "jwks_uri": f"{issuer.url}/jwks",
                        "authorization_endpoint": f"{issuer.url}/authorize",
                        "token_endpoint": f"{issuer.url}/token",
                    }
                self._tell(200, told)

            def do_POST(self) -> None:
                body = _fields(self.rfile.read(int(self.headers["Content-Length"])).decode())
                told = issuer.exchanged(body, self.headers.get("Authorization", ""))
                self._tell(200 if told else 400, told or {"error": "invalid_grant"})

            def _tell(self, status: int, told: Any) -> None:
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def token(self, **changes: Any) -> str:
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": self.url,
            "aud": "kernhub",
            "exp": now + 60,
            "oin": GM0935_OIN,
            "scope": "read openid",
        } | changes
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    def sent_back(self, asked: dict[str, str]) -> str:
        """Where the browser goes with a new code."""
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchanged(self, given: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """What a code is worth, once, to who began with it (RFC 6749, 7636)."""
        asked = self.codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or authorization != f"Basic {known}"
            or (asked["code_challenge"], asked["code_challenge_method"]) != (challenge, "S256")
            or (given["redirect_uri"], given["grant_type"]) != (asked["redirect_uri"], "authorization_code")
        ):
            return None
        now = int(datetime.now(UTC).timestamp())
        own = {"aud": asked["client_id"], "sub": "iemand", "iat": now, "nonce": asked["nonce"]} | self.says
        return {"access_token": "geen", "token_type": "Bearer", "id_token": self.token(**own)}


@contextmanager
def running_issuer() -> Iterator[Elsewhere]:
    """An issuer that answers."""
    issuer = Elsewhere()
    thread = Thread(target=issuer.server.serve_forever, daemon=True)
    thread.start()
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()
    thread.join()


def _fields(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
