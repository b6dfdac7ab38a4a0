"""The whole journey, the same in every engine: from the intranet link to a chosen headshot and the sign-out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.browsers.engine import Engine

# Makes the page's timers of ten seconds and more run ten times as fast, so that its waits end within the test.
IMPATIENT = """(window.setTimeout = ((set) => (call, delay, ...rest) =>
    set(call, delay >= 10000 ? delay / 10 : delay, ...rest))(window.setTimeout), true)"""
OFFERS_FROM_MS = 3_000


def run_journey(engine: Engine, portal: str, person: str, photos: Sequence[Path]) -> None:
    """Go all the way; nothing is touched between the last photo and the first headshot."""
    sign_in(engine, portal, person)
    give_consent(engine)
    take_photos(engine, photos)
    engine.wait_for("link", "Choose your headshot", 90)
    engine.click("link", "Choose your headshot")
    choose_headshot(engine)
    sign_out(engine, person)


def sign_in(engine: Engine, portal: str, person: str) -> None:
    """Come by the intranet link."""
    engine.goto(f"{portal}/start")
    engine.click("button", person)


def give_consent(engine: Engine) -> None:
    """Tick every box and go on; nothing is ticked beforehand."""
    engine.wait_for("checkbox", "")
    names = engine.run("[...document.querySelectorAll('input[type=checkbox]')].map((box) => box.labels[0].textContent)")
    assert engine.run("document.querySelectorAll('input[type=checkbox]:checked').length") == 0
    for name in names:
        engine.click("checkbox", name)
    assert engine.run("document.querySelectorAll('input[type=checkbox]:not(:checked)').length") == 0
    engine.click("button", "Agree and continue")


def take_photos(engine: Engine, photos: Sequence[Path]) -> None:
    """Open the studio in its frame, fill in the form, upload and submit; meanwhile its page offers no other ways in."""
    # On phones the first way is a page of its own; the frame is the second.
    names = ("Open it in this page", "Open the studio")
    engine.retry(lambda: any(engine.has("button", name) for name in names), "way into the studio")
    engine.run(IMPATIENT)
    engine.click("button", next(name for name in names if engine.has("button", name)))
    engine.retry(engine.enter_frame, "frame", 20)
    engine.type("textbox", "Your name", "Ada")
    time.sleep(OFFERS_FROM_MS / 1000)
    engine.leave_frame()
    assert not engine.has("text", "Is the studio not showing?"), "the focus in the frame was not noticed"
    engine.enter_frame()
    engine.click("radio", "Female")
    engine.click("button", "Continue")
    engine.upload("Add photos", photos)
    engine.wait_for("text", "6 of at least", 60)
    engine.click("button", "Continue")
    engine.click("button", "Start my session")
    engine.leave_frame()


def choose_headshot(engine: Engine) -> None:
    """Turn pages, compare two photos, choose one."""
    engine.wait_for("img", "Photo 1 of 40")
    # In narrow windows the strip of small pictures replaces the arrows, which only the keyboard reaches there,
    # and the comparison starts from the grid.
    is_wide = engine.run("matchMedia('(min-width: 900px)').matches")
    engine.click(*(("link", "Next photo") if is_wide else ("link", "Photo 2")))
    engine.wait_for("img", "Photo 2 of 40")
    if not is_wide:
        engine.click("link", "Show as grid")
    engine.click("link", "Compare 2")
    engine.click("link", "Remove photo 3")
    engine.click("button", "Choose photo 2")
    engine.click("link", "Continue")
    engine.wait_for("img", "Your chosen headshot")


def sign_out(engine: Engine, person: str) -> None:
    """Open the person's menu, sign out here and at the identity provider, and come back."""
    engine.click("button", f"{person}: your menu")
    engine.click("button", "Sign out")
    engine.click("button", "Back to the portal")
    engine.wait_for("link", "Sign in")
