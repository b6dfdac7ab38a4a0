"""A real mail server on this machine that stores messages and refuses those it is configured to."""

from __future__ import annotations

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session


@dataclass
class Post:
    """Everything that arrived, and what is replied.

    Attributes:
        refusals: the reply to a recipient, by address.
        at_sender, at_data: the reply to every sender or message in place of acceptance.
        password: the only accepted one; None accepts all.
        after_data: the reply after a message was stored, in place of acceptance.
    """

    port: int
    received: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    signed_in: list[bool] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    at_sender: str | None = None
    at_data: str | None = None
    password: str | None = None
    after_data: str | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """The messages one address got."""
        return [
            message
            for message, envelope in zip(self.received, self.envelopes, strict=True)
            if envelope.rcpt_tos == [address]
        ]

    async def handle_MAIL(  # noqa: N802 - the server calls it by this name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_sender:
            return self.at_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_data:
            return self.at_data
        content = envelope.content
        assert isinstance(content, bytes)
        self.received.append(email.message_from_bytes(content, policy=policy.default))
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        self.signed_in.append(bool(session.authenticated))
        return self.after_data or "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password.decode() == self.password, handled=False)


@contextmanager
def run_server(post: Post, *, tls: ssl.SSLContext | None = None, at_once: bool = False) -> Iterator[Post]:
    """Run the server: with ``tls`` it offers to encrypt, or encrypts from the first byte."""
    options: dict[str, Any] = {}
    if tls is not None and not at_once:
        options["tls_context"] = tls
    if post.password is not None:
        options |= {"authenticator": post.authenticate, "auth_required": True}
    controller = Controller(
        post, hostname="127.0.0.1", port=post.port, ready_timeout=60, ssl_context=tls if at_once else None, **options
    )
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
