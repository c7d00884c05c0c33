"""What a browser may do with the page: load nothing from elsewhere, and be sent here by nobody else."""

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

Message = MutableMapping[str, Any]
_LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]
# Gradio's page is made of scripts and styles within the page, and of what it makes itself (blob:, data:).
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'self'",
    ]
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"microphone=(self), camera=(), geolocation=()",
}


class Headers:
    """An ASGI application that adds HEADERS to every answer of another one."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(
        self, scope: Message, receive: Any, send: Callable[[Message], Awaitable[None]]
    ) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS.items()]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def is_local(host: str) -> bool:
    """Whether an address is reached from this machine alone.

    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0")
    (True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shield(app: "FastAPI", host: str) -> None:
    """Adds the headers, and on a local address refuses requests that name another host.

    A page of another site can point its own name to 127.0.0.1, and could then read what is answered.
    """
    from fastapi.middleware.trustedhost import TrustedHostMiddleware

    if is_local(host):
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOCAL_NAMES, host])
    app.add_middleware(Headers)
