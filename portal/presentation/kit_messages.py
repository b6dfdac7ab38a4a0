"""The texts about the files of a kit: the place each goes to, one line on how, and its size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _

from portal.domain.ai_policy import AiPolicy, is_marked
from portal.domain.kit_files import KIT_FILES, KitFileSpec, KitShape
from portal.images.visible_mark import MarkTexts
from portal.models.kits import KitFile


@dataclass(frozen=True)
class KitRow:
    """One file as a page lists it.

    Attributes:
        key: its key in addresses.
        icon: name of its icon.
        title: the place it goes to.
        hint: one line on where to put it.
        size: format and pixels, or why it is smaller than the place takes.
        is_ready: it can be downloaded.
        is_offered: a file is made of this photo; False where the company takes own photos only.
        is_smaller: the photo has fewer pixels than the place takes.
    """

    key: str
    icon: str
    title: str
    hint: str
    size: str
    is_ready: bool
    is_offered: bool = True
    is_smaller: bool = False


_TITLES: dict[str, tuple[str, Callable[[], str], Callable[[], str]]] = {
    "microsoft365": ("people", lambda: "Microsoft Teams", lambda: _("Your picture, then Change.")),
    "chat": ("hash", lambda: _("Slack and Google"), lambda: _("Edit profile, then Upload photo.")),
    "linkedin": ("case", lambda: "LinkedIn", lambda: _("Your profile, then the camera icon.")),
    "directory": ("roster", lambda: _("Directory and HR"), lambda: _("Your profile in the company’s directory.")),
    "signature-256": ("mail", lambda: _("Email signature"), lambda: _("Insert it as a picture in your mail app.")),
    "signature-128": ("mail", lambda: _("Email signature, small"), lambda: _("For mail apps that don’t resize.")),
    "badge": ("badge", lambda: _("Badge"), lambda: _("Send it to your badge office.")),
    "ldap": ("server", lambda: "LDAP", lambda: _("For the administrators of the directory.")),
    "web": ("globe", lambda: _("Website"), lambda: _("For team pages and articles.")),
    "full": ("image", lambda: _("Full size"), lambda: _("For print, press and events.")),
}
_ORDER = tuple(_TITLES)


def get_mark_texts(locale: str) -> MarkTexts:
    """Return the visible mark in the company's language."""
    with force_locale(locale):
        return MarkTexts(_("AI-generated"), _("AI"))


def build_kit_rows(
    files: dict[str, KitFile], offered: Collection[KitFileSpec], policy: Mapping[str, AiPolicy], *, is_own: bool
) -> list[KitRow]:
    """Return a row for every file of the kit, with those that are still being made or not offered.

    Args:
        files: what is rendered, by key.
        offered: the files made of this photo.
        policy: how a generated picture is disclosed at each destination.
        is_own: the photo is no generated one, so that nothing is to disclose.
    """
    specs = {spec.key: spec for spec in KIT_FILES}
    rows = []
    for key in _ORDER:
        icon, title, hint = _TITLES[key]
        file = files.get(key)
        if specs[key] not in offered:
            hint_text = _("Needs a photo that isn’t AI-generated.")
            rows.append(KitRow(key, icon, title(), hint_text, "", is_ready=False, is_offered=False))
            continue
        text = hint()
        if policy[key] is AiPolicy.TEXT and not is_own:
            text = _("Write “AI-generated” beside it.")
        elif is_marked(policy, key, is_generated=not is_own):
            text = _("“AI-generated” is drawn into a corner.")
        size, is_smaller = _describe_size(specs[key], file), _is_smaller(specs[key], file)
        rows.append(KitRow(key, icon, title(), text, size, is_ready=file is not None, is_smaller=is_smaller))
    return rows


def _is_smaller(spec: KitFileSpec, file: KitFile | None) -> bool:
    return file is not None and spec.width is not None and file.width < spec.width


def _describe_size(spec: KitFileSpec, file: KitFile | None) -> str:
    if file is None:
        return ""
    if _is_smaller(spec, file):
        text: str = _("%(width)s × %(height)s, your headshot isn’t larger", width=file.width, height=file.height)
    elif spec.shape is KitShape.CIRCLE:
        text = _("Round PNG, %(width)s × %(height)s", width=file.width, height=file.height)
    else:
        text = _("JPEG, %(width)s × %(height)s", width=file.width, height=file.height)
    return text
