"""What the strict content policy would forbid in a browser is found here, in the templates themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.web.static_files import BUNDLE

TOP = Path(__file__).parents[3]
# Mails are read without our stylesheet and without the policy; they have tests of their own.
TEMPLATES = sorted(path for path in (TOP / "templates").rglob("*.html") if path.parent.name != "mail")
SCRIPTS = sorted((TOP / "static/js").glob("*.js"))
STYLES = sorted((TOP / "static/css").glob("*.css"))
names = [str(path.relative_to(TOP)) for path in TEMPLATES]


@pytest.mark.parametrize("template", TEMPLATES, ids=names)
def test_no_template_carries_code_or_styles(template: Path) -> None:
    # Without Jinja's own expressions, which may compare a variable.
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", template.read_text(), flags=re.DOTALL)
    assert not re.search(r"<[^>]*\son\w+\s*=", text), "inline handler"
    assert not re.search(r"<[^>]*\sstyle\s*=", text), "style attribute"
    assert "<style" not in text
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag


@pytest.mark.parametrize("template", TEMPLATES, ids=names)
def test_every_form_that_changes_something_carries_the_token(template: Path) -> None:
    for form in re.findall(r'<form\b[^>]*method="post".*?</form>', template.read_text(), re.DOTALL):
        # A form to the identity provider must not carry the portal's own token there. The links that stop e-mails work
        # without a session: the signed token in their address authorizes the request.
        is_exempt = 'id="end-session"' in form or "url_for('campaign.stop_mails'" in form
        is_exempt = is_exempt or "url_for('campaign.restore_mails'" in form
        assert is_exempt or 'name="csrf_token"' in form or "{{ token() }}" in form


@pytest.mark.parametrize("template", TEMPLATES, ids=names)
def test_pages_with_irreversible_buttons_are_guarded_against_double_clicks(template: Path) -> None:
    text = template.read_text()
    if re.search(r'<button class="button[^"]* danger"|set kind = "danger"', text):
        assert '{% extends "console.html" %}' in text or "js/double-click.js" in text
    assert "js/double-click.js" in (TOP / "templates/console.html").read_text()


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_nothing_is_loaded_from_other_origins(path: Path) -> None:
    foreign = [found for found in re.findall(r"https?://[^\s\"')]+", path.read_text()) if "www.w3.org" not in found]
    assert foreign == []


def test_every_address_of_a_static_file_has_its_file() -> None:
    for template in TEMPLATES:
        for name in re.findall(r"asset\('([^']+)'\)", template.read_text()):
            assert name == BUNDLE or (TOP / "static" / name).is_file(), f"{template.name} asks for {name}"


def test_styles_take_their_colors_from_the_tokens() -> None:
    for path in STYLES:
        if path.name != "tokens.css":
            assert not re.findall(r"#[0-9a-f]{6}\b|rgb\(|oklch\(", path.read_text()), path.name


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_no_cross_site_requests(path: Path) -> None:
    text = path.read_text()
    # Leaving is always safe, so there is no confirmation.
    assert "beforeunload" not in text
    # Another listener in a frame would receive it; the portal sends no message to frames.
    # The tabs of one browser share a stream through a channel of this origin.
    assert "postMessage" not in text or path.name == "shared_stream.js"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_take_addresses_from_the_page(script: Path) -> None:
    code = "\n".join(
        line for line in script.read_text().splitlines() if not line.lstrip().startswith(("//", "*", "/*"))
    )
    assert not re.search(r"[\"'`]/(?:photos|headshots|admin|login|logout|mute|join|team)\b", code)
