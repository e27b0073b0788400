"""Traces one call of a function of an operator's module, and finds the line that decides what comes of it.

The programs that ask a module begin with this text.
"""

import ast
import asyncio
import inspect
import json
import os
import sys


class Call:
    """One call of a function of the module: the lines that ran, and the calls that each line made."""

    def __init__(self, frame):
        self.frame = frame
        self.lines = []
        self.children = {}
        self.result = None
        self.raised_at = None
        self.raised = None


class Trace:
    """A call of a function in a file, line by line."""

    def __init__(self, file):
        self.file = file
        self.calls = {}
        self.error = None
        with open(file, encoding="utf-8") as opened:
            self.tree = ast.parse(opened.read())

    def run(self, function, *arguments):
        async def awaited():
            sys.settrace(self.event)
            try:
                await function(*arguments)
            except Exception as error:
                self.error = error
            finally:
                sys.settrace(None)

        asyncio.run(awaited())

    def event(self, frame, event, argument):
        if frame.f_code.co_filename != self.file:
            return self.event if event == "call" else None
        call = self.calls.get(frame)
        if event == "call" and call is None:
            call = self.calls[frame] = Call(frame)
            parent = frame.f_back
            while parent is not None and parent not in self.calls:
                parent = parent.f_back
            if parent is not None:
                self.calls[parent].children.setdefault(parent.f_lineno, []).append(call)
        elif call is not None and event == "line":
            call.lines.append(frame.f_lineno)
        elif call is not None and event == "exception":
            call.raised_at, call.raised = frame.f_lineno, argument[0]
        elif call is not None and event == "return":
            # A generator returns what it yields, and nothing when it is no longer needed.
            is_generator = frame.f_code.co_flags & inspect.CO_GENERATOR
            call.result = call.result if is_generator and argument is None else argument
        return self.event

    def conditions(self, line):
        """The conditions around a line, the innermost last."""
        around = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.If) and node.body[0].lineno <= line <= node.body[-1].end_lineno
        ]
        return [node.test for node in sorted(around, key=lambda node: node.lineno)]

    def deciding_call(self, call):
        """The call whose result led to the raised error: of the condition around the `raise`, or of a name in it."""
        tests = self.conditions(call.raised_at)
        if not tests:
            return None
        test = tests[-1]
        asked_in_test = [
            child
            for line, children in call.children.items()
            if test.lineno <= line <= test.end_lineno
            for child in children
        ]
        if asked_in_test:
            return asked_in_test[-1]
        names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
        for node in ast.walk(self.tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id in names for target in targets):
                for line in range(node.lineno, node.end_lineno + 1):
                    # A look-up that found nothing; a name with a value does not explain the refusal.
                    found_nothing = [child for child in call.children.get(line, []) if not child.result]
                    if found_nothing:
                        return found_nothing[-1]
        return None

    def lists_of(self, call, within=None):
        """The lists that the function (or one condition of it) reads: the object that has each, the attribute, the list or None."""
        run = set(call.lines)
        for node in ast.walk(within or self.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.lineno in run:
                owner = call.frame.f_locals.get(node.value.id)
                if owner is not None and hasattr(owner, node.attr):
                    value = getattr(owner, node.attr)
                    if value is None or isinstance(value, (tuple, list, set, frozenset, dict)):
                        yield owner, node.attr, value

    def lacking_list(self, call, words, within=None):
        """The first list with none of the words: its object and attribute."""
        for owner, attribute, value in self.lists_of(call, within):
            if value is not None and not any(word in value for word in words):
                return owner, attribute
        return None

    def line_of_list(self, owner, attribute):
        """The line that gives an object its list: the argument of the call that makes the object with its variable."""
        variables = variables_of(owner)
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", None) != type(owner).__name__:
                continue
            texts = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
            if not variables or not set(variables) <= texts:
                continue
            for keyword in node.keywords:
                if keyword.arg == attribute:
                    return keyword.value.lineno
            fields = list(getattr(type(owner), "__dataclass_fields__", {}))
            if attribute in fields[: len(node.args)]:
                return node.args[fields.index(attribute)].lineno
        return None

    def is_raised_on_purpose(self, line):
        return any(isinstance(node, ast.Raise) and node.lineno <= line <= node.end_lineno for node in ast.walk(self.tree))

    def computed_global(self, line):
        """The line that computes a value of the module which this line uses, and the value's name."""
        used = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name) and node.lineno == line}
        own = {node.name for node in self.tree.body if isinstance(node, ast.FunctionDef)}
        for node in self.tree.body:
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            names = {target.id for target in node.targets if isinstance(target, ast.Name)} & used
            if names and isinstance(node.value.func, ast.Name) and node.value.func.id in own:
                return {"line": node.lineno, "name": names.pop()}
        return None

    def refusal(self, words, own_lists=False):
        """What the module raised and why; None where it raised nothing of its own.

        A list with none of the words explains it: one that the deciding function reads, or, with `own_lists`, the condition
        around the `raise` itself.
        """
        # A generator that is no longer needed ends with an exception of its own.
        raising = [call for call in self.calls.values() if call.raised is not None and isinstance(self.error, call.raised)]
        if self.error is None or not raising:
            return None
        error, innermost = self.error, raising[-1]
        deciding = self.deciding_call(innermost)
        no_exception = "exceptions must derive from BaseException" in str(error)
        on_purpose = self.is_raised_on_purpose(innermost.raised_at) and not no_exception
        lacking = None
        if on_purpose and deciding is not None:
            lacking = self.lacking_list(deciding, words)
        elif on_purpose and own_lists:
            tests = self.conditions(innermost.raised_at)
            lacking = self.lacking_list(innermost, words, tests[-1]) if tests else None
        return {
            "error": type(error).__name__,
            "status": str(getattr(error, "status_code", getattr(error, "code", ""))),
            "message": str(getattr(error, "detail", None) or getattr(error, "message", None) or error),
            "raisedAt": innermost.raised_at,
            "onPurpose": on_purpose,
            "computed": None
            if on_purpose
            else made_for_raise(innermost)
            if no_exception
            else self.computed_global(innermost.raised_at),
            "decidedAt": innermost.raised_at if deciding is None else (deciding.lines or [innermost.raised_at])[-1],
            "lacks": lacking is not None,
            "listLine": None if lacking is None else self.line_of_list(*lacking),
            "decidedBy": deciding,
        }


def made_for_raise(call):
    """The line that makes what a `raise` statement raises, where that is no exception, and the function's name."""
    made = [child for child in call.children.get(call.raised_at, []) if child.lines]
    return {"line": made[-1].lines[-1], "name": made[-1].frame.f_code.co_name + "()"} if made else None


def variables_of(owner):
    """The texts of an object that name a variable of the environment."""
    texts = [value for value in getattr(owner, "__dict__", {}).values() if isinstance(value, str)]
    return [text for text in texts if os.environ.get(text)]
