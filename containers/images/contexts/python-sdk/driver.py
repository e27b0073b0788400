"""mcp-client URL [TOOL ARGUMENTS]: connects with the key in MCP_KEY, lists the tools, and calls one.

Writes one line of JSON per finished step: a step without a line did not succeed. Errors are left to Python, so that the
output is what a user of the SDK would see.
"""

import asyncio
import json
import os
import sys


def report(**step: object) -> None:
    print(json.dumps(step), flush=True)


async def steps(client: object, tool: list[str]) -> None:
    names = [one.name for one in (await client.list_tools()).tools]
    report(tools=names)
    # Like an agent, it calls only a tool that is listed.
    if tool and tool[0] in names:
        result = await client.call_tool(tool[0], json.loads(tool[1]))
        # 1.x uses the protocol's names, 2.x Python's.
        failed = result.isError if hasattr(result, "isError") else result.is_error
        report(text="\n".join(getattr(part, "text", "") for part in result.content), isError=bool(failed))


async def first_api(url: str, headers: dict[str, str], tool: list[str]) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async with streamablehttp_client(url, headers=headers) as (read, write, _), ClientSession(read, write) as session:
        hello = await session.initialize()
        report(connected=hello.protocolVersion)
        await steps(session, tool)


async def second_api(url: str, headers: dict[str, str], tool: list[str]) -> None:
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async with httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(60)) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            report(connected=str(getattr(client, "protocol_version", "connected")))
            await steps(client, tool)


def main() -> None:
    url, *tool = sys.argv[1:]
    headers = {"Authorization": f"Bearer {os.environ['MCP_KEY']}"}
    try:
        import httpx2  # noqa: F401
    except ImportError:
        asyncio.run(first_api(url, headers, tool))
    else:
        asyncio.run(second_api(url, headers, tool))


main()
