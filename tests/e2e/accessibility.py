"""Checks of one open page at every width and in both color schemes: accessibility, overflow, scripts and policy."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WIDTHS = (320, 390, 820, 1440)
SCHEMES = ("light", "dark")
# Off in axe by default: targets of 24 px and more (WCAG 2.2).
_RULES = {"rules": {"target-size": {"enabled": True}}}
# Of what is as it should be, axe would describe every element.
_OPTIONS = {"resultTypes": ["violations"]}
_TRANSITIONS_FINISHED = """async () => {
  const transitions = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.allSettled(transitions.map((each) => each.finished));
}"""
# Cells of a row that turned into lines on a phone: each has a place of its own.
_OVERLAPPING_CELLS = """() => [...document.querySelectorAll(".folds tbody tr")].flatMap((row) => {
  const cells = [...row.children].filter((each) => each.innerText.trim() && each.getBoundingClientRect().width > 1);
  return cells.flatMap((cell, index) => cells.slice(index + 1).filter((other) => {
    const [a, b] = [cell.getBoundingClientRect(), other.getBoundingClientRect()];
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return width > 1 && height > 1;
  }).map((other) => `“${cell.innerText.trim()}” overlaps “${other.innerText.trim()}”`));
})"""
_FONT_SIZE = "getComputedStyle(document.documentElement).fontSize"


def record_problems(page: Page) -> list[str]:
    """Return a list that fills with script errors and breaches of the content policy."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type in {"error", "warning"} else None)
    return problems


def check_page(page: Page, *, is_thorough: bool = False) -> None:
    """Check the page in both schemes: layout at every width, accessibility at the ends, or at all if thorough."""
    # A click returns when the next document is there, and that may still be empty.
    page.wait_for_load_state()
    # One rem is the reader's own size.
    assert page.evaluate(_FONT_SIZE) == "16px"
    found: list[str] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            problems = _list_layout_problems(page)
            if is_thorough or width in (WIDTHS[0], WIDTHS[-1]):
                problems += list_violations(page)
            found += [f"{scheme} {width}: {problem}" for problem in problems]
    assert found == [], "\n".join(found)


def _list_layout_problems(page: Page) -> list[str]:
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    problems: list[str] = page.evaluate(_OVERLAPPING_CELLS)
    return problems + ([f"{overflow} px too wide"] if overflow > 0 else [])


def list_violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it stands."""
    page.wait_for_load_state()
    # Half way between light and dark nothing has the contrast it ends with.
    page.evaluate(_TRANSITIONS_FINISHED)
    found = run_axe(page, _RULES)
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


def run_axe(page: Page, options: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the violations axe finds. Its half a megabyte of script is put into a document once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(
        "async (options) => (await axe.run(options)).violations", _OPTIONS | (options or {})
    )
    return found
