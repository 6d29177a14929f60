"""What a browser keeps for us, and the mark that shows that a form came from our own page in that browser."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import NamedTuple

from fastapi import Response


class Cookie(NamedTuple):
    """A cookie for our own pages alone; on https for this very host, and never sent without."""

    name: str
    is_secure: bool

    def read(self, cookies: Mapping[str, str]) -> str | None:
        """What the browser shows."""
        return cookies.get(self.name) or None

    def put(self, response: Response, word: str) -> None:
        """Has the browser keep it until it closes."""
        response.set_cookie(self.name, word, path="/", secure=self.is_secure, httponly=True, samesite="lax")

    def drop(self, response: Response) -> None:
        """Has the browser forget it."""
        response.delete_cookie(self.name, path="/", secure=self.is_secure, httponly=True, samesite="lax")


def cookie(name: str, public_url: str) -> Cookie:
    """The cookie of this name at this address. `__Host-`: no other host can set it, and no page without
    https."""
    is_secure = public_url.lower().startswith("https://")
    return Cookie(f"__Host-kernhub-{name}" if is_secure else f"kernhub-{name}", is_secure)


def form_mark(word: str) -> str:
    """What a form holds that only our page could put there: other sites can't read the cookie."""
    return urlsafe_b64encode(hmac.digest(word.encode(), b"form", hashlib.sha256)).decode()


def is_own_form(mark: str, word: str) -> bool:
    """Whether a form came from our own page in the browser with this cookie."""
    return hmac.compare_digest(mark.encode(), form_mark(word).encode())
