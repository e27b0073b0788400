"""Calls the operator's custom_auth function with one request, and prints the line of its module that decides.

Arguments: the folder of LiteLLM's config, the function as `custom_auth` names it, and the request as JSON (method, path,
query, headers). With a call of a tool in it (tool, granted, other: the servers that the key may and may not use; hooks: the
objects that `callbacks` names), it calls the hooks before a call too. The key is in the environment, as CONFORMANCE_KEY.
"""

import importlib

folder, custom_auth, request_text = sys.argv[1:4]
asked = json.loads(request_text)
key = os.environ.pop("CONFORMANCE_KEY", "")
sys.path[:0] = [folder, os.getcwd()]


def named(path):
    module_name, name = path.rsplit(".", 1)
    module = importlib.import_module(module_name)
    return module, getattr(module, name)


def request_of_check():
    from starlette.requests import Request

    sent = asked["headers"] + ([["authorization", "Bearer " + key]] if key else [])
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in sent]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": asked["method"],
        "scheme": "http",
        "path": asked["path"],
        "raw_path": asked["path"].encode(),
        "query_string": asked["query"].encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 4000),
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    return Request(scope, receive)


def mistaken_for(trace, call):
    """The variable of another key, where the object that has the lists names that one: the key is taken for another."""
    for owner, _, value in trace.lists_of(call):
        variables = variables_of(owner) if value is not None else []
        if variables and all(os.environ[variable] != key for variable in variables):
            look_ups = [one for one in trace.calls.values() if one.result is owner and one.lines]
            if look_ups:
                return {"variable": variables[0], "line": look_ups[0].lines[-1]}
    return None


def judged(trace, words, own_lists=False):
    refusal = trace.refusal(words, own_lists)
    if refusal is None:
        return None
    deciding = refusal.pop("decidedBy")
    return {**refusal, "mistakenFor": None if deciding is None else mistaken_for(trace, deciding)}


def letting_pass(trace):
    """The line by which a hook lets a call pass: the last condition that it asked, or the list that the condition reads."""
    outermost = next(iter(trace.calls.values()), None)
    tests = {node.test.lineno: node.test for node in ast.walk(trace.tree) if isinstance(node, ast.If)}
    ran = [] if outermost is None else [line for line in outermost.lines if line in tests]
    if not ran:
        return None
    for owner, attribute, value in trace.lists_of(outermost, tests[ran[-1]]):
        if variables_of(owner) and (value is None or any(word in value for word in asked["other"])):
            line = trace.line_of_list(owner, attribute)
            if line is not None:
                return {"decidedAt": ran[-1], "listLine": line}
    return {"decidedAt": ran[-1], "listLine": None}


def hook_decision(caller):
    """What the hooks before a call of a tool do with it: the first one that refuses it, else the last that lets it pass."""
    passed = None
    for path in asked["hooks"]:
        _, hook = named(path)
        function = getattr(hook, "async_pre_call_hook", None)
        file = getattr(getattr(function, "__code__", None), "co_filename", "")
        if os.path.dirname(os.path.abspath(file)) != os.path.abspath(folder):
            continue
        trace = Trace(file)
        trace.run(function, caller, None, {"mcp_tool_name": asked["tool"], "mcp_arguments": {}}, "call_mcp_tool")
        refusal = judged(trace, asked["granted"], own_lists=True)
        if refusal is not None:
            return {"file": file, "refused": True, **refusal}
        passing = letting_pass(trace)
        passed = passed if passing is None else {"file": file, "refused": False, **passing}
    return passed


module, function = named(custom_auth)
trace = Trace(module.__file__)
trace.run(function, request_of_check(), key)
answer = {"refused": trace.error is not None, **(judged(trace, [asked["path"], asked["method"]]) or {})}
outermost = next(iter(trace.calls.values()), None)
if trace.error is None and outermost is not None:
    answer["returnsNothing"] = outermost.lines[-1] if outermost.result is None and outermost.lines else None
    answer["hook"] = hook_decision(outermost.result) if "tool" in asked else None
# The module may print something when it is imported: the last line is the answer.
print("\n" + json.dumps(answer))
