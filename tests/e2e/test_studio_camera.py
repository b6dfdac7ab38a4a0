"""What a browser really does with the camera of a frame that is redirected to a second origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask, Response, redirect
from playwright.sync_api import BrowserContext, expect
from werkzeug.wrappers import Response as AnyResponse

from tests.local_server import serve_app

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CAMERA_PAGE = """<!doctype html><title>Studio</title><p role="status"></p><script>
navigator.mediaDevices.getUserMedia({ video: true }).then(() => "camera", (error) => error.name)
  .then((said) => { document.querySelector("p").textContent = said; });
</script>"""


@pytest.fixture
def servers() -> Iterator[tuple[Flask, str, str, str]]:
    """The surrounding page, the first origin, which only redirects, and the second, which uses the camera."""
    around, first, second = Flask("around"), Flask("first"), Flask("second")
    with ExitStack() as running:
        page = f"http://localhost:{running.enter_context(serve_app(around))}"
        entry = f"http://127.0.0.1:{running.enter_context(serve_app(first))}"
        end = f"http://127.0.0.1:{running.enter_context(serve_app(second))}"

        @first.get("/")
        def onward() -> AnyResponse:
            return redirect(end)

        @second.get("/")
        def show_camera_page() -> str:
            return CAMERA_PAGE

        yield around, page, entry, end


@pytest.mark.parametrize(
    ("allow", "named", "outcome"),
    [
        # Bare, only the origin in src may use it: the redirect loses the camera.
        ("camera", ("entry", "end"), "NotAllowedError"),
        # Named, both may, and the frame keeps it.
        ("camera {entry} {end}", ("entry", "end"), "camera"),
        # The page's own header has to name both as well.
        ("camera {entry} {end}", ("entry",), "NotAllowedError"),
    ],
)
def test_a_redirect_keeps_the_camera_only_where_every_origin_is_named(
    servers: tuple[Flask, str, str, str],
    open_context: Callable[..., BrowserContext],
    allow: str,
    named: tuple[str, ...],
    outcome: str,
) -> None:
    around, address, entry, end = servers
    origins = {"entry": entry, "end": end}

    @around.get("/")
    def page_around() -> Response:
        allowed = " ".join(f'"{origins[name]}"' for name in named)
        frame = f'<!doctype html><title>Around</title><iframe title="Studio" allow="{allow.format(**origins)}"'
        return Response(
            f'{frame} src="{entry}/"></iframe>',
            headers={"Permissions-Policy": f"camera=(self {allowed})"},
            content_type="text/html",
        )

    page = open_context().new_page()
    page.goto(address)
    expect(page.frame_locator("iframe").get_by_role("status")).to_have_text(outcome)
