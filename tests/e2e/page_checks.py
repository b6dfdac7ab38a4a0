"""What holds for every page: accessible, no sideways scroll, no error of a script or of the content policy."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.e2e.accessibility import run_axe

PROBLEMS: dict[Page, list[str]] = {}
STOP_ANIMATIONS = """async () => {
  const fades = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.allSettled(fades.map((each) => each.finished));
}"""


def record_problems(page: Page) -> None:
    """Note every error of the page's scripts and every breach of its content policy."""
    found = PROBLEMS.setdefault(page, [])
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: found.append(line.text) if line.type in {"error", "warning"} else None)


def check_page(page: Page) -> None:
    """Nothing is inaccessible, nothing sticks out sideways, nothing went wrong."""
    page.wait_for_load_state()
    # Between light and dark colors fade, and half way nothing has the contrast it ends with.
    page.evaluate(STOP_ANIMATIONS)
    violations = run_axe(page)
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert PROBLEMS[page] == []
