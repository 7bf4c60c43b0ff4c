"""How a notice travels: to a webhook that takes Slack's JSON, or by e-mail. Decides nothing about when."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from typing import Literal

import aiohttp
from pydantic import SecretStr

from sync.config.daemon import AlertsOptions, SmtpOptions
from sync.daemon.alerts import Channel, Notice, NotSent

TIMEOUT = 10.0


def channels(config: AlertsOptions) -> list[Channel]:
    """The channels that the configuration names."""
    found: list[Channel] = []
    if config.webhook is not None:
        found.append(Webhook(config.webhook))
    if config.smtp is not None:
        found.append(Mail(config.smtp))
    return found


class Webhook:
    """Posts ``{"text": …}``, which Slack, Mattermost and Rocket.Chat take."""

    name: Literal["webhook"] = "webhook"

    def __init__(self, url: SecretStr) -> None:
        self._url = url.get_secret_value()

    async def send(self, notice: Notice) -> None:
        body = {"text": _escaped(f"*openphone-sync: {notice.subject}*\n{notice.text}")}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session,
                session.post(self._url, json=body, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # The error's own text may hold the address, which is a secret.
            raise NotSent(f"the webhook cannot be reached ({type(error).__name__})") from None
        if status >= 300:
            raise NotSent(f"the webhook answered {status}")


def _escaped(text: str) -> str:
    """Slack gives these three a meaning: ``<!channel>`` would call everyone."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Mail:
    """Sends an e-mail through an SMTP server."""

    name: Literal["mail"] = "mail"

    def __init__(self, config: SmtpOptions) -> None:
        self._config = config

    async def send(self, notice: Notice) -> None:
        message = EmailMessage()
        message["Subject"] = " ".join(f"openphone-sync: {notice.subject}".split())
        message["From"] = self._config.sender
        message["To"] = ", ".join(self._config.to)
        message.set_content(notice.text)
        try:
            await _in_thread(lambda: self._deliver(message))
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"the mail server {self._config.host} did not take it: {error}") from None

    def _deliver(self, message: EmailMessage) -> None:
        config, server = self._config, self._connected()
        try:
            if config.username is not None:
                server.login(config.username, config.password.get_secret_value() if config.password else "")
            server.send_message(message)
        finally:
            with suppress(smtplib.SMTPException, OSError):  # how we part says nothing about the mail
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        config, tls = self._config, ssl.create_default_context()
        if config.security == "tls":
            return smtplib.SMTP_SSL(config.host, config.port, timeout=TIMEOUT, context=tls)
        server = smtplib.SMTP(config.host, config.port, timeout=TIMEOUT)
        if config.security == "starttls":
            try:
                server.starttls(context=tls)
            except BaseException:
                server.close()
                raise
        return server


async def _in_thread(work: Callable[[], None]) -> None:
    """Like ``asyncio.to_thread``, but nobody waits for the thread when the program ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def call() -> None:
        error: Exception | None = None
        try:
            work()
        except Exception as caught:
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(finish, error)

    threading.Thread(target=call, name="mail", daemon=True).start()
    await done
