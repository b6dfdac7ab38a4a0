"""Keeps what every app compiles alike: a test run makes thousands of apps of a hundred templates, routes and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

import pytest
import whitenoise.base
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule
from werkzeug.routing.rules import RulePart
from whitenoise.responders import StaticFile


def patch_template_compilation(patch: pytest.MonkeyPatch) -> None:
    """Let all apps compile a template once, instead of once each."""
    patch.setattr(Flask, "jinja_options", Flask.jinja_options | {"bytecode_cache": _Templates()})


def patch_builder_compilation(patch: pytest.MonkeyPatch) -> None:
    """Let all apps compile the function that builds a route's addresses once: most of the time create_app() takes."""
    compile_builder = Rule._compile_builder
    known: dict[object, Callable[..., tuple[str, str]]] = {}

    def get_or_compile(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        # The function's code follows from these; the rule, with its converters, is its first argument.
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    patch.setattr(Rule, "_compile_builder", get_or_compile)


def patch_rule_parsing(patch: pytest.MonkeyPatch) -> None:
    """Let all apps parse the path of a route once."""
    parse_rule = Rule._parse_rule
    known: dict[object, tuple[list[RulePart], list[tuple[bool, str]], dict[str, Any]]] = {}

    def get_or_parse(rule: Rule, path: str) -> Iterable[RulePart]:
        assert rule.map is not None
        key = (path, *rule.map.converters.items())
        if key not in known:
            begin = len(rule._trace)
            parts = list(parse_rule(rule, path))
            known[key] = parts, rule._trace[begin:], dict(rule._converters)
            return parts
        parts, trace, converters = known[key]
        rule._trace.extend(trace)
        rule._converters.update(converters)
        rule.arguments.update(converters)
        return parts

    patch.setattr(Rule, "_parse_rule", get_or_parse)


def patch_static_files(patch: pytest.MonkeyPatch) -> None:
    """Let all apps prepare the responses of a static file once; its folder is not written again, and has a new name."""
    known: dict[object, StaticFile] = {}

    def get_or_prepare(path: str, headers: list[tuple[str, str]], **options: Any) -> StaticFile:
        # Of files that can be watched while they change nothing is kept.
        if options.get("stat_cache") is None:
            return StaticFile(path, headers, **options)
        key = (path, *headers)
        if key not in known:
            known[key] = StaticFile(path, headers, **options)
        return known[key]

    patch.setattr(whitenoise.base, "StaticFile", get_or_prepare)


class _Templates(BytecodeCache):
    """The code of templates, found by their file, their content and the extensions they were compiled with."""

    def __init__(self) -> None:
        self._compiled: dict[Any, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put the code of a template into the bucket if it is known."""
        bucket.code = self._compiled.get(_get_key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        assert bucket.code is not None
        self._compiled[_get_key(bucket)] = bucket.code


def _get_key(bucket: Bucket) -> tuple[str, str, frozenset[str]]:
    return bucket.key, bucket.checksum, frozenset(bucket.environment.extensions)
