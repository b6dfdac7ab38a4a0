"""Using a page by keyboard alone, frames included: every stop of Tab has to be in view and visibly focused."""

from __future__ import annotations

from playwright.sync_api import ElementHandle, Locator, Page

DESCRIBE_FOCUS = """(focused) => {
  const labels = [...(focused.labels ?? [])];
  const name = focused.getAttribute("aria-label") ?? labels[0]?.innerText ?? focused.innerText ?? "";
  const around = [focused, ...labels, focused.parentElement];
  const isOutlined = around.some((each) => {
    const style = getComputedStyle(each);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  });
  const shown = around.find((each) => each.getBoundingClientRect().width > 8) ?? focused;
  const box = shown.getBoundingClientRect();
  const x = Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 2);
  const y = Math.min(Math.max(box.y + box.height / 2, 1), innerHeight - 2);
  const top = document.elementFromPoint(x, y);
  const isUncovered = top !== null && around.some((each) => each.contains(top) || top.contains(each));
  const isInView = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return { name: name.trim(), isPage: focused === document.body, isOutlined, isUncovered, isInView };
}"""


def press_control(page: Page, control: Locator) -> None:
    """Press a control with the keyboard, wherever the focus was, once its page has loaded."""
    control.wait_for()
    page.wait_for_load_state()
    control.focus()
    page.keyboard.press("Enter")


def focus_by_tab(page: Page, name: str, *, limit: int = 40) -> None:
    """Press Tab until the focus is on the element of this name; every element on the way has to show its focus."""
    # A document that is only beginning has no element to focus, and a script still to run may move the focus.
    page.wait_for_load_state()
    passed: list[str] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        focused = get_focused_element(page)
        found = focused.evaluate(DESCRIBE_FOCUS)
        passed.append(found["name"])
        if not found["isPage"]:
            check_focus_is_visible(page, focused, found)
        if found["name"].startswith(name):
            return
    raise AssertionError(f"Tab never reaches {name}: {passed}")


def get_focused_element(page: Page) -> ElementHandle:
    """Return the element that has the focus, inside a frame where the focus is in one."""
    focused = page.evaluate_handle("document.activeElement").as_element()
    while focused is not None:
        frame = focused.content_frame()
        inner = frame.evaluate_handle("document.activeElement").as_element() if frame else None
        if inner is None or inner.evaluate("(each) => each === document.body"):
            return focused
        focused = inner
    raise AssertionError("nothing has the focus")


def check_focus_is_visible(page: Page, focused: ElementHandle, found: dict[str, object]) -> None:
    """The focused element is outlined, in view and not covered, in the page as in its frame."""
    assert found["isOutlined"], f"no focus ring on {found['name']}"
    assert found["isInView"], f"{found['name']} is out of view"
    assert found["isUncovered"], f"{found['name']} is covered"
    box, size = focused.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    assert box["y"] < size["height"] and box["y"] + box["height"] > 0, f"{found['name']} is out of the window"  # noqa: PT018


def press_key_on(page: Page, name: str, key: str = "Enter") -> None:
    """Reach the element of this name by Tab and press a key on it."""
    focus_by_tab(page, name)
    page.keyboard.press(key)
