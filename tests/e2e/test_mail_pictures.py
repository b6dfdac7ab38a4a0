"""Every mail in a real browser: both schemes, a phone's and a desktop's width, names longer than a line."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from portal.services.due_notifications import NotificationKind
from tests.e2e.site import Site
from tests.mail_pictures import FOLDER, SAMPLES, Sample, render_sample, show_mail

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

_CONTRAST = {"runOnly": ["color-contrast", "link-name", "image-alt"]}
_OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
_LOGO_HEIGHT = 32


def _list_problems(page: Page) -> list[str]:
    found = Axe().run(page, options=_CONTRAST).response["violations"]
    problems = [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]
    if page.evaluate(_OVERFLOW) > 0:
        problems.append("wider than the window")
    sheet = page.locator(".sheet").bounding_box()
    if sheet is None or sheet["x"] < 1:
        problems.append("touches the edge of the window")
    logo = page.locator("img").bounding_box()
    if logo is None or (logo["height"], logo["width"]) != (_LOGO_HEIGHT, _LOGO_HEIGHT):
        problems.append("no logo")
    return problems


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file_name)
def test_mail_is_readable_in_both_schemes(
    site: Site, open_context: Callable[..., BrowserContext], sample: Sample
) -> None:
    page = open_context().new_page()
    mail = render_sample(site.app, sample)
    found = [
        f"{scheme} {width}: {problem}"
        for scheme, width in show_mail(page, site.app, mail.html)
        for problem in _list_problems(page)
    ]
    assert found == []
    assert (FOLDER / sample.file_name).is_file(), "run make pictures"


def test_hairline_of_the_sheet_is_dark_in_the_dark_scheme(
    site: Site, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    borders = {
        scheme: page.evaluate(
            "getComputedStyle(document.querySelector('.sheet > table > tbody > tr > td')).borderTopColor"
        )
        for scheme, _width in show_mail(page, site.app, render_sample(site.app, SAMPLES[0]).html)
    }
    assert borders == {"light": "rgb(227, 228, 232)", "dark": "rgb(58, 60, 66)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_soft_paragraphs_are_soft_in_both_schemes(
    site: Site, open_context: Callable[..., BrowserContext], scheme: str
) -> None:
    invitation = next(sample for sample in SAMPLES if sample.kind is NotificationKind.INVITATION)
    page = open_context().new_page()
    colors = {}
    for shown, _width in show_mail(page, site.app, render_sample(site.app, invitation).html):
        colors[shown] = {
            name: page.locator(f".{name} div", has_text=text).first.evaluate("(each) => getComputedStyle(each).color")
            for name, text in (("ink", "website"), ("soft", "invites you"))
        }
    assert colors[scheme]["ink"] != colors[scheme]["soft"]


def test_button_has_its_size_in_outlook_for_windows(site: Site) -> None:
    # Word's engine ignores a link's padding: the cell around it carries color and padding.
    html = render_sample(site.app, SAMPLES[0]).html
    cell = html[: html.index("Choose your headshot</a>")].rpartition("<td")[2]
    assert 'bgcolor="' in cell
    assert "mso-padding-alt:13px 26px" in cell


def test_logo_keeps_its_proportions(site: Site) -> None:
    html = render_sample(site.app, SAMPLES[0]).html
    [image] = re.findall(r"<img[^>]*>", html)
    assert 'height="32"' in image
    assert "width" not in image


def test_no_two_mails_share_a_picture() -> None:
    names = [sample.file_name for sample in SAMPLES]
    assert len(set(names)) == len(names)
    assert {sample.kind for sample in SAMPLES} == set(NotificationKind)
