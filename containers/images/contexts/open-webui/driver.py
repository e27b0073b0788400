"""mcp-client URL TOOL: the steps of an Open WebUI user, through its HTTP API, on a new server of its own.

Signs up, lets Open WebUI verify its tool server, chats once with the default settings and once with the tools enabled.
Writes one line of JSON per finished step: a step without a line did not succeed. Environment: MODEL_URL, MODEL_KEY,
MODEL, MCP_KEY, PLAIN_PROMPT, TOOLS_PROMPT, and WAIT, the time-out of each step in seconds.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid

import httpx

WAIT = float(os.environ["WAIT"])
PORT = int(os.environ.get("PORT", "0")) or 20000 + os.getpid() % 20000


def report(**step: object) -> None:
    print(json.dumps(step), flush=True)


def until(what: str, ask):
    """Polls until `ask` returns a value; an exception counts as no value yet."""
    end = time.monotonic() + WAIT
    last = None
    while time.monotonic() < end:
        try:
            answer = ask()
            if answer is not None:
                return answer
        except Exception as error:
            last = error
        time.sleep(0.2)
    raise TimeoutError(f"{what}: not within {WAIT:.0f} s; last seen: {last}")


def chat(web: httpx.Client, prompt: str, tool_ids: list[str]) -> str:
    """One turn of a new chat, sent as the page does: Open WebUI runs the tools and stores the answer in the chat."""
    user, assistant = str(uuid.uuid4()), str(uuid.uuid4())
    message = {"id": user, "parentId": None, "childrenIds": [assistant], "role": "user", "content": prompt}
    body = {
        "model": os.environ["MODEL"],
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
        "parent_id": None,
        "user_message": message,
        "id": assistant,
        "session_id": str(uuid.uuid4()),
        **({"tool_ids": tool_ids} if tool_ids else {}),
    }
    sent = web.post("/api/chat/completions", json=body)
    sent.raise_for_status()
    chat_id = sent.json()["chat_id"]

    def answer() -> str | None:
        history = web.get(f"/api/v1/chats/{chat_id}").json()["chat"]["history"]["messages"]
        found = history.get(assistant, {})
        if found.get("error"):
            return json.dumps(found["error"])
        return found.get("content") if found.get("done") else None

    return until("the chat's answer", answer)


def main() -> None:
    url = sys.argv[1]
    connection = {
        "type": "mcp",
        "url": url,
        "path": "",
        "auth_type": "bearer",
        "key": os.environ["MCP_KEY"],
        "config": {"enable": True},
        "info": {"id": "gateway", "name": "gateway", "description": ""},
    }
    with tempfile.TemporaryDirectory() as data, open(f"{data}/log", "w+") as log:
        server = subprocess.Popen(
            ["open-webui", "serve", "--host", "127.0.0.1", "--port", str(PORT)],
            cwd=data,
            stdout=log,
            stderr=log,
            env={
                **os.environ,
                "DATA_DIR": data,
                "WEBUI_SECRET_KEY": uuid.uuid4().hex,
                "OPENAI_API_BASE_URL": os.environ["MODEL_URL"],
                "OPENAI_API_KEY": os.environ["MODEL_KEY"],
                "TOOL_SERVER_CONNECTIONS": json.dumps([connection]),
                "ENABLE_PERSISTENT_CONFIG": "false",
                # It limits every listing too: when it passes, a chat continues without the tools and without an error.
                "MCP_INITIALIZE_TIMEOUT": str(int(WAIT)),
                "ENABLE_OLLAMA_API": "false",
                "OFFLINE_MODE": "true",
                "HF_HUB_OFFLINE": "1",
                "RAG_EMBEDDING_ENGINE": "openai",
                "AUDIO_STT_ENGINE": "openai",
                "RAG_RERANKING_ENGINE": "external",
                # These would send requests to the model that the user did not make.
                "ENABLE_TITLE_GENERATION": "false",
                "ENABLE_TAGS_GENERATION": "false",
                "ENABLE_FOLLOW_UP_GENERATION": "false",
            },
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=WAIT) as web:
                until("Open WebUI starts", lambda: server.poll() is not None or web.get("/health").raise_for_status())
                if server.poll() is not None:
                    raise RuntimeError(f"Open WebUI ended with {server.returncode}")
                person = {"name": "Ada", "email": "ada@linuxserver.lan", "password": uuid.uuid4().hex}
                token = web.post("/api/v1/auths/signup", json=person).raise_for_status().json()["token"]
                web.headers["Authorization"] = f"Bearer {token}"
                models = [model["id"] for model in web.get("/api/models").raise_for_status().json()["data"]]
                report(models=models)
                if os.environ["MODEL"] in models:
                    report(plain=chat(web, os.environ["PLAIN_PROMPT"], []))
                verified = web.post("/api/v1/configs/tool_servers/verify", json=connection)
                if verified.status_code != 200:
                    report(refused=f"{verified.status_code} {verified.text}")
                    return
                tools = [spec["name"] for spec in verified.json().get("specs", [])]
                report(tools=tools)
                if sys.argv[2] in tools:
                    report(text=chat(web, os.environ["TOOLS_PROMPT"], ["server:mcp:gateway"]))
        except Exception:
            log.seek(0)
            sys.stderr.write(log.read()[-3000:])
            raise
        finally:
            server.terminate()
            server.wait()


main()
