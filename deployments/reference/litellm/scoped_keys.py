"""Keys of LiteLLM's callers, each with what it may do. LiteLLM runs `authenticate` through `custom_auth`, and
`server_scope` before each call of a tool.

Why this file exists: the status document injects the *master key* into the UI's poll, and lets Codex use it too.
LiteLLM's own scoped keys (`/key/generate`) need a database with Prisma's engine; `custom_auth` needs neither and
works the same on 1.77.1 and 1.106.2.

What to know before editing:
- LiteLLM calls `authenticate` before its own check for public routes, so here those need a key like all others
  (`/routes`, `/config/yaml`, `/health/readiness` are of no use to an anonymous caller). What it never asks about stays
  open: `/health/liveliness` and the UI's pages.
- It fails closed: an unset key matches nothing, two callers with one key are refused at boot, and an unknown key
  gets 401.
- `allowed_routes` is enforced by LiteLLM as well. It answers a breach with 500 (1.77.1) or 403 (newer), so the
  scope is checked here first, where the answer can be a proper 403.
- MCP on 1.77.1 turns every refusal into a 500 without saying why (BerriAI/litellm#37080); nothing here can help.
"""

import hmac
import os
from dataclasses import dataclass

from fastapi import HTTPException, Request
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy._types import LiteLLM_ObjectPermissionTable, LitellmUserRoles, ProxyException, UserAPIKeyAuth
from litellm.proxy.auth.auth_utils import get_request_route

STATUS_ROUTE = "/schedule/model_cost_map_reload/status"


@dataclass(frozen=True)
class Caller:
    """One key: the variable that holds it, its name in LiteLLM's logs, and what it may call (None: everything)."""

    variable: str
    user: str
    role: LitellmUserRoles
    routes: tuple[str, ...] | None
    methods: frozenset[str] | None = None
    # MCP servers whose tools it sees and calls (None: all of them).
    servers: tuple[str, ...] | None = None

    def may_call(self, method: str, path: str) -> bool:
        if self.methods is not None and method not in self.methods:
            return False
        return self.routes is None or path in self.routes


CALLERS = (
    Caller("LITELLM_MASTER_KEY", "operator", LitellmUserRoles.PROXY_ADMIN, None),
    # Traefik injects this one for anybody who polls, so it opens this one route and no other. The route asks for an
    # admin's role; the scope is what makes the key harmless.
    Caller(
        "LITELLM_STATUS_KEY", "ui-status-poll", LitellmUserRoles.PROXY_ADMIN, (STATUS_ROUTE,), frozenset({"GET"})
    ),
    # Agents and chats: models and MCP, no management, and none of the routes that their clients don't use (LiteLLM lists
    # and calls tools under `/mcp-rest/` and `/v1/mcp/` too). The admin's role grants every MCP server without a database
    # (1.106.2 shows a key without grants an empty catalogue); the routes keep it from managing anything.
    Caller(
        "LITELLM_CLIENT_KEY",
        "mcp-client",
        LitellmUserRoles.PROXY_ADMIN,
        ("/mcp", "/mcp/", "/v1/responses", "/v1/chat/completions", "/v1/models"),
    ),
    # For agents that need files and no database. The path is what scopes the listing on 1.77.1, which asks a database
    # for grants and shows everything where there is none; `ServerScope` below is what scopes the calls there.
    Caller(
        "LITELLM_FILES_KEY",
        "files-agent",
        LitellmUserRoles.INTERNAL_USER,
        ("/mcp/filesystem", "/mcp/filesystem/"),
        servers=("filesystem",),
    ),
)


def _known_keys() -> list[tuple[bytes, Caller]]:
    keys = [(os.environ.get(caller.variable, "").encode(), caller) for caller in CALLERS]
    values = [key for key, _ in keys if key]
    if len(values) != len(set(values)):
        raise ValueError("two of LiteLLM's keys are the same: " + ", ".join(caller.variable for caller in CALLERS))
    return [(key, caller) for key, caller in keys if key]


KEYS = _known_keys()


def _caller_of(api_key: str | None) -> Caller | None:
    """The caller whose key this is. Every key is compared, in constant time, so that timing tells nothing."""
    given = (api_key or "").encode()
    found = None
    for key, caller in KEYS:
        if hmac.compare_digest(key, given):
            found = caller
    return found


def _refusal(status: int, message: str) -> ProxyException:
    # RFC 9110, section 15.5.2: a 401 must say how to authenticate.
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return ProxyException(message=message, type="auth_error", param="None", code=status, headers=headers)


async def authenticate(request: Request, api_key: str | None) -> UserAPIKeyAuth:
    # The path that LiteLLM's own checks go by, so that both judge the same thing.
    path = get_request_route(request=request)
    # Traefik's rules are content with any one of several Authorization headers, and LiteLLM reads the first: what the
    # edge let through and what is judged here have to be the same credential.
    if len(request.headers.getlist("authorization")) > 1:
        raise _refusal(400, "Authentication Error, more than one Authorization header")
    caller = _caller_of(api_key)
    if caller is None:
        # Never the key itself, nor a part of it: this text goes to logs.
        raise _refusal(401, "Authentication Error, the key is missing or not known")
    if not caller.may_call(request.method, path):
        raise _refusal(403, f"Authentication Error, the key of {caller.user} does not cover {request.method} {path}")
    return UserAPIKeyAuth(
        # LiteLLM hashes what begins with `sk-` before it logs or stores it.
        api_key=api_key,
        user_id=caller.user,
        user_role=caller.role,
        allowed_routes=list(caller.routes or []),
        # 1.106.2 goes by this, in listings and calls; 1.77.1 does not look at it.
        object_permission=_grant(caller),
    )


def _grant(caller: Caller) -> LiteLLM_ObjectPermissionTable | None:
    if caller.servers is None:
        return None
    return LiteLLM_ObjectPermissionTable(object_permission_id=caller.user, mcp_servers=list(caller.servers))


class ServerScope(CustomLogger):
    """Keeps a scoped key from calling other servers' tools: 1.77.1 calls any tool whose name it is given."""

    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        tool = data.get("mcp_tool_name")
        caller = next((one for one in CALLERS if one.user == user_api_key_dict.user_id), None)
        if tool is None or caller is None or caller.servers is None:
            return data
        # 1.77.1 hands over the name with its prefix. One without is looked up among all servers: it is not granted.
        server = data.get("mcp_server_name") or tool.partition("-")[0]
        if server not in caller.servers:
            raise HTTPException(403, f"the key of {caller.user} does not cover the tool {tool}")
        return data


server_scope = ServerScope()
