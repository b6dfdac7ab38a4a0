"""The words of the code: which may not be part of a name, which verbs functions start with, which words prose avoids.

The field's standard terms are used everywhere, in US spelling. A word is listed here when it was once used in place of
such a term; the comment beside each group names the term.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.code import format_location, get_dotted_name, parse_file

# Words that may not be part of an identifier, by the standard terms to use instead.
INSTEAD = {
    "batch, pending statement": "errand errands lane lanes party passing",
    "middleware, client, gateway": "door doors stranger strangers",
    "connection, send, heartbeat, close": "wire wires beat tend hang hung hear heard news nudge",
    "security headers, CSRF, rate limits": "wall walls forgery throttle caller callers",
    "app context, deployment": "desk outbox house town surroundings",
    "person, client": "user somebody someone nobody everybody anybody who whom yourself mine ours theirs",
    "messages, texts, message": "word words letter letters told tell telling tells said says spoken",
    "notification, delivery": "notice notices inbox owe owes",
    "queue, position, job": "front turn turns",
    "response": "answer answers answered",
    "list, get, read, check": "look looks looking saw sighting watch watching vitals",
    "detail, timeline, status": "dossier story standing stands stood",
    "check failed, problem, uncertainty": "unwell trouble troubled doubt",
    "start, finish, resolve, apply, enqueue": "begun settle settled learn learned swept go goes let lets",
    "request, require, record": "ask asks asked wants wanted noted insist come comes coming came",
    "retry later, pending": "yet still rests rested patience",
    "delete, prune, tombstone": "forget forgets forgotten bury buried",
    "locally, remote, item": "here there elsewhere away thing things way hand hands",
    "max, min, approximate, muted, idle, ttl": "most fewest longest rough quiet life fives",
    "authenticate, role assignment, checked": "prove proved appoint appointed appointments tick ticked surely earn",
    "US spelling": "colour behaviour cancelled favourite organisation licence grey centre catalogue",
}
FORBIDDEN = {term: instead for instead, terms in INSTEAD.items() for term in terms.split()}
# Words that only mean something of their own together.
PHRASES = (
    "see_to",
    "seen_to",
    "in_line",
    "rest_line",
    "wake_line",
    "line_rests",
    "pick_up",
    "come_back",
    "held_back",
    "light_table",
    "carry_out",
    "take_in",
    "rule_out",
    "ruled_out",
    "is_plain",
    "from_this",
)
# Terms of protocols and libraries that contain such a word, an argument of stored jobs, and the pair of at_least.
EXEMPT_TERMS = (
    "user_agent",
    "user_principal_name",
    "wire_types",
    "return_to",
    "notice_id",
    "privacy_notice",
    "at_most",
)

_VERBS = """
accept acquire add adopt advance allow append apply authenticate authorize
begin bind build
can cancel charge check choose claim clamp clean clear close complete compute configure confirm connect convert copy
count create crop
deactivate decode decrypt defer delete derive describe detect discover dispatch download draw drop
encode encrypt end enqueue erase escape estimate exchange execute expire export extract
fail fetch filter find finish format
generate get grade group
handle has hash hide
import init insert install is issue iterate
join
leave list load lock log
mark match measure merge migrate
normalize notify
observe open
parse patch pause print prune publish
rate reactivate read receive recheck reconcile record redact redirect refresh refuse register rejoin release relink
remove rename render renew replace replay report request requeue require rescale reserve reset resize resolve restore
restrict resume retry revoke rotate round run
save schedule scrub seal seed select send serialize serve set show sign skip sort split start stop store stream strip
subscribe summarize sync
take touch translate
unlock unmask update upload upsert
validate verify
wait withdraw wrap write
"""
VERBS = frozenset(_VERBS.split())
# Besides these, what only tests do: make records, act as a person in a browser, break parts.
_TEST_VERBS = """
assign break call change disable dump exhaust fill focus give limit make occupy plan post press submit
"""
TEST_VERBS = VERBS | frozenset(_TEST_VERBS.split())
# The functions of this file are the kinds of rows of its table, and read as such.
ROW_KINDS = "tests/integration/matrix/table.py"
# Established as they are: two context managers, an entry point, a failpoint, and the two functions Alembic calls.
BARE_NAMES = {"transaction", "snapshot", "main", "application", "failpoint", "upgrade", "downgrade"}
# What a page that is only read may be called after.
READING_VIEWS = {"show", "download", "stream", "redirect", "start", "resume", "complete", "serve"}
TRUTHS = ("is_", "has_", "can_")

PROSE = re.compile(
    r"\b(?:who(?:m|so)?ever|whatever|(?:some|any|every|no)body|someone|no one|no-one|strangers?|tells?|telling|told"
    r"|looks|says?|said|saying|hears?|heard|knows|believe[sd]?|wants|promise[sd]?|remembers?|forgets?|forgotten"
    r"|answer(?:s|ed|ing)?|ours|honest(?:ly)?|asking|(?:is|was|be) asked|asks again|lives here|hangs? up|surroundings"
    r"|errands?|lanes?|doors?|walls|outbox|dossier|inbox|goes on|the house|colours?|coloured|behaviours?|cancelled"
    r"|favourites?|organisations?|recognise[sd]?|authorise[sd]?|normalise[sd]?|serialise[sd]?|grey|catalogue)\b",
    re.IGNORECASE,
)
# Documents may be addressed to people; each subject and object is still named.
PROSE_OF_DOCUMENTS = re.compile(
    r"\b(?:who(?:m|so)?ever|whatever|(?:some|any|every|no)body|no one|strangers?|told|answer(?:s|ed)|knows|believe[sd]?"
    r"|remembers?|forgotten|ours|goes on|colours?|behaviours?|organisations?|favourites?)\b",
    re.IGNORECASE,
)
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DIRECTIVE = re.compile(r"#\s*(?:noqa|nosec|type:|pragma|fmt:)")


def split_identifier(identifier: str) -> list[str]:
    """Split an identifier at underscores and camel case, in lower case."""
    return [part.lower() for part in _PART.findall(identifier)]


def list_violations(path: Path) -> list[str]:
    """Return every broken rule of the vocabulary in one file, each with its line."""
    return [*check_names(path), *check_functions(path), *check_prose(path)]


def check_names(path: Path) -> Iterator[str]:
    """Yield what the file defines under a name that contains a forbidden word."""
    for name, node in _iterate_definitions(path):
        joined = f"_{'_'.join(split_identifier(name))}_"
        for term in EXEMPT_TERMS:
            joined = joined.replace(f"_{term}_", "_")
        for term in sorted({*joined.split("_")} & FORBIDDEN.keys()):
            yield f"{format_location(path, node)}: {name} contains {term!r}; the standard terms: {FORBIDDEN[term]}"
        yield from (
            f"{format_location(path, node)}: {name} contains {each!r}" for each in PHRASES if f"_{each}_" in joined
        )


def check_functions(path: Path) -> Iterator[str]:
    """Yield public functions that are not a verb and its object, and bool properties that are no statement."""
    location = format_location(path)
    verbs = TEST_VERBS if location.startswith("tests/") else VERBS
    for node in [] if location == ROW_KINDS else parse_file(path).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or node.name in BARE_NAMES:
            continue
        if node.name.startswith(("test_", "pytest_")) or _is_fixture(node):
            continue
        verb, *rest = split_identifier(node.name)
        if verb not in verbs or not rest:
            yield f"{format_location(path, node)}: {node.name}() is not a verb of the list and its object"
        elif _is_reading_view(node) and verb not in READING_VIEWS:
            yield f"{format_location(path, node)}: {node.name}() answers GET; name it show_…"
    for node in ast.walk(parse_file(path)):
        if not isinstance(node, ast.FunctionDef) or not _is_property(node) or not _returns_bool(node):
            continue
        if not node.name.lstrip("_").startswith(TRUTHS):
            yield f"{format_location(path, node)}: the bool property {node.name} does not start with is_, has_ or can_"


def check_prose(path: Path) -> Iterator[str]:
    """Yield docstrings and comments that personify, or leave open who or what is meant."""
    for line, text in _iterate_prose(path):
        for match in PROSE.finditer(text):
            yield f"{format_location(path)}:{line}: {match.group()!r} in a docstring or comment"


def check_document(path: Path) -> Iterator[str]:
    """Yield lines of a document that personify, or leave open who or what is meant."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield from (
            f"{format_location(path)}:{number}: {match.group()!r}" for match in PROSE_OF_DOCUMENTS.finditer(line)
        )


def _iterate_definitions(path: Path) -> Iterator[tuple[str, ast.AST | None]]:
    if path.parent.name != "versions":
        # A migration's file is named after its revision, which databases hold.
        yield (path.parent.name if path.name == "__init__.py" else path.stem), None
    for node in ast.walk(parse_file(path)):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name, node
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node
            case ast.alias(asname=str(name)):
                yield name, node


def _iterate_prose(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parse_file(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield first.lineno, first.value.value
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT and not _DIRECTIVE.match(token.string):
                yield token.start[0], token.string


def _is_reading_view(node: ast.FunctionDef) -> bool:
    return any(
        isinstance(each, ast.Call) and get_dotted_name(each.func).endswith(".get") for each in node.decorator_list
    )


def _is_fixture(node: ast.FunctionDef) -> bool:
    decorators = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return any(get_dotted_name(each).rpartition(".")[2] == "fixture" for each in decorators)


def _is_property(node: ast.FunctionDef) -> bool:
    return any(
        get_dotted_name(each).rpartition(".")[2] in {"property", "cached_property"} for each in node.decorator_list
    )


def _returns_bool(node: ast.FunctionDef) -> bool:
    return isinstance(node.returns, ast.Name) and node.returns.id == "bool"
