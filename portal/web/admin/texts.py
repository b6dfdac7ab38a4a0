"""The console's own texts of the company: the form with its preview, versions, their differences, restoring."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain.company_texts import Content, TextSection
from portal.domain.errors import ChangedMeanwhile, NotFound
from portal.models import consents, text_versions
from portal.presentation import text_messages, text_preview
from portal.services import company_texts
from portal.web.admin.form_version import parse_version
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("texts", __name__, url_prefix="/admin/texts")

_SECTION = f"<any({', '.join(TextSection)}):section_name>"


@blueprint.get("")
def show_texts() -> str:
    """List the sections with their version and what is wrong with them."""
    rows = []
    for section in TextSection:
        latest = next(iter(text_versions.list_versions(section)), None)
        content = _load_content(section, latest[0].number if latest else 0, is_complete=False)
        rows.append((section, latest, len(text_preview.list_problems(section, content))))
    return render_template("admin/texts.html", rows=rows, messages=text_messages)


@blueprint.get(f"/{_SECTION}")
def show_section(section_name: str) -> str:
    """Show the form of a section with its preview."""
    section = TextSection(section_name)
    number = _find_number(section)
    return _render_form(section, _load_content(section, number), base=number)


@blueprint.post(f"/{_SECTION}/preview")
def render_preview(section_name: str) -> str:
    """Show the form again with a preview and a check of what was typed; nothing is stored."""
    section = TextSection(section_name)
    return _render_form(
        section, text_preview.parse_content(section, request.form), base=parse_version(), is_checked=True
    )


@blueprint.post(f"/{_SECTION}")
def publish_section(section_name: str) -> Response | tuple[str, int]:
    """Publish what was typed as a new version, unless something is wrong with it or another admin was faster."""
    section, base = TextSection(section_name), parse_version()
    content = text_preview.parse_content(section, request.form)
    if text_preview.list_problems(section, content):
        return _render_form(section, content, base=base, is_checked=True), 400
    if content == _load_content(section, base):
        flash(_("Nothing changed, so nothing was published."), "warn")
        return redirect(url_for("texts.show_section", section_name=section_name), 303)
    try:
        return _publish(section, content, base)
    except ChangedMeanwhile:
        return _render_form(section, content, base=_find_number(section), overtaken=base), 409


@blueprint.get(f"/{_SECTION}/versions")
def show_versions(section_name: str) -> str:
    """List all versions of a section, the newest first."""
    section = TextSection(section_name)
    return render_template(
        "admin/text_versions.html", section=section, listed=text_versions.list_versions(section), messages=text_messages
    )


@blueprint.get(f"/{_SECTION}/versions/<int:number>")
def show_version(section_name: str, number: int) -> str:
    """Show one version, and its difference from another one: the one before, unless ``from`` names it."""
    section = TextSection(section_name)
    version, content = _find_version(section, number), _load_content(section, number, is_complete=False)
    other = min(max(request.args.get("from", number - 1, type=int), 0), _find_number(section))
    return render_template(
        "admin/text_version.html",
        section=section,
        number=number,
        newest=_find_number(section),
        version=version,
        author={each.number: name for each, name in text_versions.list_versions(section)}.get(number),
        content=content,
        other=other,
        differences=text_preview.list_differences(section, _load_content(section, other, is_complete=False), content),
        groups=text_messages.list_groups(section),
        fields={each.key: each for group in text_messages.list_groups(section) for each in group.fields},
        messages=text_messages,
    )


@blueprint.post(f"/{_SECTION}/versions/<int:number>/restore")
def restore_version(section_name: str, number: int) -> Response:
    """Publish an earlier version once more, as a new one."""
    section = TextSection(section_name)
    _find_version(section, number)
    base, content = parse_version(), _load_content(section, number)
    if text_preview.list_problems(section, content):
        flash(_("This version can’t be published as it is. Correct it first."), "bad")
        return redirect(url_for("texts.show_version", section_name=section_name, number=number), 303)
    return _publish(section, content, base, restored_from=number)


def _publish(section: TextSection, content: Content, base: int, *, restored_from: int | None = None) -> Response:
    portal = get_context()
    number = company_texts.publish_texts(
        section,
        content,
        base=base,
        actor_id=get_current_person().id,
        now=portal.clock(),
        restored_from=restored_from,
    )
    portal.texts.refresh_texts()
    flash(_("Version %(number)s is published.", number=number), "good")
    return redirect(url_for("texts.show_section", section_name=str(section)), 303)


def _render_form(
    section: TextSection, content: Content, *, base: int, is_checked: bool = False, overtaken: int | None = None
) -> str:
    portal = get_context()
    locales = text_preview.list_locales()
    shown = request.form.get("preview") or get_current_person().locale
    preview = text_preview.build_preview(
        section,
        content,
        locale=shown if shown in locales else locales[0],
        settings=portal.settings,
        studio=portal.brand,
        today=portal.clock().date(),
    )
    return render_template(
        "admin/text_section.html",
        section=section,
        content=content,
        base=base,
        overtaken=overtaken,
        is_checked=is_checked,
        problems=text_preview.list_problems(section, content) if is_checked else {},
        groups=text_messages.list_groups(section),
        fields={each.key: each for group in text_messages.list_groups(section) for each in group.fields},
        preview=preview,
        messages=text_messages,
        asked_again=consents.count_people_with_consent() if section is TextSection.CONSENT else 0,
    )


def _find_number(section: TextSection) -> int:
    latest = text_versions.find_latest(section)
    return latest.number if latest is not None else 0


def _find_version(section: TextSection, number: int) -> text_versions.TextVersion | None:
    """Return a version, None for number 0, the built-in texts.

    Raises:
        NotFound: there is none with this number.
    """
    found = text_versions.find_version(section, number) if number else None
    if number and found is None:
        raise NotFound
    return found


def _load_content(section: TextSection, number: int, *, is_complete: bool = True) -> Content:
    """Return the texts of a version; complete ones have the built-in words where something was added since."""
    settings = get_context().settings
    found = text_versions.find_version(section, number) if number else None
    if found is None:
        return text_preview.build_built_in(section, settings)
    return text_preview.complete_content(section, found.content, settings) if is_complete else found.content
