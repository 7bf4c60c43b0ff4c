"""How a notice travels: to a webhook that takes Slack's JSON, or by e-mail. Decides nothing about when.

Each has a deadline for the whole way: who answers a byte a second is not waited for. Nothing here can hold up the end
of the program: what may take long without being asked to stop, such as a name server, is in threads nobody waits for.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
from contextlib import suppress
from email.message import EmailMessage
from typing import Literal

import aiohttp
import aiosmtplib
from pydantic import SecretStr

from sync.config.daemon import AlertsOptions, SmtpOptions
from sync.daemon.alerts import Channel, Notice, NotSent

DEADLINE = 20.0
"""Seconds that a notice may take from beginning to end."""

GOODBYE_SECONDS = 1.0


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
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE)) as session,
                session.post(self._url, json=body, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # The error's own text may hold the address, which is a secret.
            raise NotSent(f"the webhook cannot be reached ({type(error).__name__})") from None
        if status >= 300:
            raise NotSent(f"the webhook answered {status}")


def _escaped(text: str) -> str:
    """Slack gives these three a meaning: ``<!channel>`` would call everyone; as ``@channel`` does in Mattermost."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"(?<![\w.])@(?=\w)", "@\u2060", text)


class Mail:
    """Sends an e-mail through an SMTP server."""

    name: Literal["mail"] = "mail"

    def __init__(self, config: SmtpOptions, deadline: float = DEADLINE) -> None:
        self._config = config
        self._deadline = deadline

    async def send(self, notice: Notice) -> None:
        message = EmailMessage()
        message["Subject"] = " ".join(f"openphone-sync: {notice.subject}".split())
        message["From"] = self._config.sender
        message["To"] = ", ".join(self._config.to)
        message.set_content(notice.text)
        client: aiosmtplib.SMTP | None = None
        try:
            async with asyncio.timeout(self._deadline):
                client = await self._connected()
                await client.send_message(message)
        except TimeoutError:
            raise NotSent(
                f"the mail server {self._config.host} did not take it within {self._deadline:.0f} s"
            ) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(f"the mail server {self._config.host} did not take it: {error}") from None
        else:
            with suppress(aiosmtplib.SMTPException, OSError):  # how we part says nothing about the mail
                await client.quit(timeout=GOODBYE_SECONDS)
        finally:
            if client is not None:
                client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        config = self._config
        connection, name = await _connection(config.host, config.port)
        client = aiosmtplib.SMTP(
            hostname=config.host,
            sock=connection,
            local_hostname=name,
            username=config.username,
            password=config.password.get_secret_value() if config.password else None,
            use_tls=config.security == "tls",
            start_tls=config.security == "starttls",
            tls_context=ssl.create_default_context() if config.security != "none" else None,
            timeout=DEADLINE,
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            connection.close()
            raise
        return client


async def _connection(host: str, port: int) -> tuple[socket.socket, str]:
    """A connection, and our own name. Names are looked up in a thread that nobody waits for."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[socket.socket, str]] = loop.create_future()

    def finish(found: socket.socket | None, name: str, error: Exception | None) -> None:
        if found is not None and not done.cancelled():
            done.set_result((found, name))
        elif found is not None:
            found.close()
        elif error is not None and not done.cancelled():
            done.set_exception(error)

    def call() -> None:
        found, name, error = None, "", None
        try:
            name = socket.getfqdn()
            found = socket.create_connection((host, port), timeout=DEADLINE)
            found.setblocking(False)
        except Exception as caught:
            error = caught
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(finish, found, name, error)

    threading.Thread(target=call, name="mail", daemon=True).start()
    return await done
