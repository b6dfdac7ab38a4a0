"""Every action the code writes into the audit trail has a name on the console's page, and every name an action."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from portal.presentation.audit_messages import ACTIONS
from tests.architecture.code import iterate_calls, list_python_files

# Which argument of a call is the action, by position or name.
WRITES = {
    "audit.create_entry": 0,
    "audit_trail.record_command": 0,
    "_record_changes": 1,
    "_apply_change": 1,
}


def test_every_action_has_a_name() -> None:
    written = set(iterate_actions())
    assert written - set(ACTIONS) == set(), "give these a name in portal/presentation/audit_messages.py"
    assert set(ACTIONS) - written == set(), "nothing writes these any more; entries of old keep their constants"


def iterate_actions() -> Iterator[str]:
    for path in list_python_files("portal"):
        for call, name in iterate_calls(path):
            if name in WRITES:
                yield from iterate_texts(call.args[WRITES[name]])
            for keyword in call.keywords:
                if name == "people.record_refusal" and keyword.arg == "action":
                    yield from iterate_texts(keyword.value)
    # Those used by other modules have constants of their own.
    for path in list_python_files("portal/models"):
        if path.name == "audit.py":
            yield from iterate_constants(ast.parse(path.read_text(encoding="utf-8")))


def iterate_texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from iterate_texts(node.body)
        yield from iterate_texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def iterate_constants(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.Assign):
            yield from iterate_texts(node.value)
