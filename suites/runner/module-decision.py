"""Calls the operator's custom_auth function with one request, and prints the line of its module that decides.

Arguments: the folder of LiteLLM's config, the function as `custom_auth` names it, and the request as JSON (method, path,
query, headers). The key is in the environment, as CONFORMANCE_KEY.
"""

import ast
import asyncio
import importlib
import json
import os
import sys

folder, custom_auth, request_text = sys.argv[1:4]
module_name, function_name = custom_auth.rsplit(".", 1)
asked = json.loads(request_text)
key = os.environ.pop("CONFORMANCE_KEY", "")
sys.path[:0] = [folder, os.getcwd()]


class Call:
    """One call of a function of the module: the lines that ran, and the calls that each line made."""

    def __init__(self, frame):
        self.frame = frame
        self.lines = []
        self.children = {}
        self.result = None
        self.raised_at = None


root = None
calls = {}


def trace(frame, event, argument):
    global root
    if frame.f_code.co_filename != file:
        return trace if event == "call" else None
    call = calls.get(frame)
    if event == "call" and call is None:
        call = calls[frame] = Call(frame)
        parent = frame.f_back
        while parent is not None and parent not in calls:
            parent = parent.f_back
        if parent is None:
            root = root or call
        else:
            calls[parent].children.setdefault(parent.f_lineno, []).append(call)
    elif call is not None and event == "line":
        call.lines.append(frame.f_lineno)
    elif call is not None and event == "exception":
        call.raised_at = frame.f_lineno
    elif call is not None and event == "return":
        call.result = argument
    return trace


def deciding_call(call):
    """The call whose result led to the raised error: of the condition around the `raise`, or of a name in it."""
    tests = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and node.body[0].lineno <= call.raised_at <= node.body[-1].end_lineno
    ]
    if not tests:
        return None
    test = max(tests, key=lambda node: node.lineno).test
    asked_in_test = [
        child for line, children in call.children.items() if test.lineno <= line <= test.end_lineno for child in children
    ]
    if asked_in_test:
        return asked_in_test[-1]
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id in names for target in targets):
            for line in range(node.lineno, node.end_lineno + 1):
                # A look-up that found nothing; a name with a value does not explain the refusal.
                found_nothing = [child for child in call.children.get(line, []) if not child.result]
                if found_nothing:
                    return found_nothing[-1]
    return None


def lists_of(call):
    """The lists that the function looked into, each with the object that has it, e.g. the routes of a key."""
    run = set(call.lines)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.lineno in run:
            owner = call.frame.f_locals.get(node.value.id)
            value = getattr(owner, node.attr, None)
            if isinstance(value, (tuple, list, set, frozenset, dict)):
                yield owner, value


def lacks(call):
    """Whether such a list has neither the method nor the path."""
    return any(asked["path"] not in value and asked["method"] not in value for _, value in lists_of(call))


def mistaken_for(call):
    """The variable of another key, where the object that has the lists names that one: the key is taken for another."""
    for owner, _ in lists_of(call):
        texts = [value for value in getattr(owner, "__dict__", {}).values() if isinstance(value, str)]
        variables = [text for text in texts if os.environ.get(text)]
        if variables and all(os.environ[variable] != key for variable in variables):
            look_ups = [one for one in calls.values() if one.result is owner and one.lines]
            if look_ups:
                return {"variable": variables[0], "line": look_ups[0].lines[-1]}
    return None


def is_raised_on_purpose(line):
    return any(isinstance(node, ast.Raise) and node.lineno <= line <= node.end_lineno for node in ast.walk(tree))


def computed_global(line):
    """The line that computes a value of the module which this line uses, and the value's name."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.lineno == line}
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        names = {target.id for target in node.targets if isinstance(target, ast.Name)} & used
        if names and isinstance(node.value.func, ast.Name) and node.value.func.id in own:
            return {"line": node.lineno, "name": names.pop()}
    return None


async def decide():
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

    request = Request(scope, receive)
    sys.settrace(trace)
    try:
        await function(request, key)
    except Exception as error:
        return error
    finally:
        sys.settrace(None)
    return None


module = importlib.import_module(module_name)
file = module.__file__
with open(file, encoding="utf-8") as opened:
    tree = ast.parse(opened.read())
function = getattr(module, function_name)
error = asyncio.run(decide())
answer = {"refused": error is not None}
raising = [call for call in calls.values() if call.raised_at is not None]
if error is not None and raising:
    innermost = raising[-1]
    deciding = deciding_call(innermost)
    judged = deciding or innermost
    answer["error"] = type(error).__name__
    answer["status"] = str(getattr(error, "status_code", getattr(error, "code", "")))
    answer["message"] = str(getattr(error, "detail", None) or getattr(error, "message", None) or error)
    answer["raisedAt"] = innermost.raised_at
    answer["onPurpose"] = is_raised_on_purpose(innermost.raised_at)
    answer["computed"] = None if answer["onPurpose"] else computed_global(innermost.raised_at)
    answer["decidedAt"] = innermost.raised_at if deciding is None else (deciding.lines or [innermost.raised_at])[-1]
    answer["lacks"] = deciding is not None and lacks(deciding)
    answer["mistakenFor"] = None if deciding is None else mistaken_for(deciding)
# The module may print something when it is imported: the last line is the answer.
print("\n" + json.dumps(answer))
