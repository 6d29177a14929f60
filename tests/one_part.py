"""Requests as a server passes them on when all came at once: httpx itself gives each body in two parts, which
is not the way of one event that is small."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def in_one_part(app: ASGIApp) -> ASGIApp:
    """The app; a body of which the size is told comes in one message."""

    async def joined(scope: Scope, receive: Receive, send: Send) -> None:
        if all(name != b"content-length" for name, _ in scope["headers"]):
            await app(scope, receive, send)
            return
        last = await receive()
        content = last.get("body", b"")
        while last.get("more_body"):
            last = await receive()
            content += last.get("body", b"")
        whole: list[Message] = [{**last, "body": content}]

        async def once() -> Message:
            return whole.pop() if whole else await receive()

        await app(scope, once, send)

    return joined
