"""Keeps what every app compiles alike: a test run makes thousands of apps, each with a hundred templates and routes."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


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
