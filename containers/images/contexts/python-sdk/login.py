"""mcp-login URL REDIRECT [CLIENT_ID]: logs a user in by OAuth, connects and lists the tools.

Without CLIENT_ID the client registers itself. It prints the address at which its user logs in, and waits for the code on the
loopback, at REDIRECT. Writes one line of JSON per finished step: a step without a line did not succeed. Errors are left to
Python, so that the output is what a user of the SDK would see.
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken


def report(**step: object) -> None:
    print(json.dumps(step), flush=True)


class Memory:
    """Keeps what the client gets until it ends."""

    def __init__(self, client: OAuthClientInformationFull | None) -> None:
        self.client = client
        self.tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens
        report(token=tokens.token_type, scope=tokens.scope)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info
        report(registered=True)


class Callback:
    """Waits on the loopback for the user's browser."""

    def __init__(self, redirect: str) -> None:
        self.address = urlsplit(redirect)
        self.parameters: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self.server: asyncio.Server | None = None

    async def open(self, url: str) -> None:
        self.server = await asyncio.start_server(self.answer, self.address.hostname, self.address.port)
        report(authorize=url)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked = urlsplit(head.split(" ")[1])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        if asked.path == self.address.path and not self.parameters.done():
            self.parameters.set_result({name: value[0] for name, value in parse_qs(asked.query).items()})

    async def wait(self) -> object:
        given = await self.parameters
        if self.server is not None:
            self.server.close()
        if "code" not in given:
            raise RuntimeError(f"the login ended with an error: {given.get('error_description', given.get('error'))}")
        try:
            from mcp.shared.auth import AuthorizationCodeResult
        except ImportError:  # 1.x takes a pair
            return given["code"], given.get("state")
        return AuthorizationCodeResult(code=given["code"], state=given.get("state"), iss=given.get("iss"))


async def main() -> None:
    url, redirect, *client_id = sys.argv[1:]
    callback = Callback(redirect)
    known = (
        OAuthClientInformationFull(
            client_id=client_id[0], redirect_uris=[redirect], token_endpoint_auth_method="none"
        )
        if client_id
        else None
    )
    auth = OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(
            client_name="python-sdk",
            redirect_uris=[redirect],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="none",
        ),
        storage=Memory(known),
        redirect_handler=callback.open,
        callback_handler=callback.wait,
    )
    try:
        import httpx2
    except ImportError:
        await first_api(url, auth)
        return
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async with httpx2.AsyncClient(auth=auth, timeout=httpx2.Timeout(60)) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            report(connected=str(getattr(client, "protocol_version", "connected")))
            report(tools=[one.name for one in (await client.list_tools()).tools])


async def first_api(url: str, auth: OAuthClientProvider) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async with streamablehttp_client(url, auth=auth) as (read, write, _), ClientSession(read, write) as session:
        hello = await session.initialize()
        report(connected=hello.protocolVersion)
        report(tools=[one.name for one in (await session.list_tools()).tools])


asyncio.run(main())
