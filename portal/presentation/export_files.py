"""The files of an export: pictures, manifest, LDIF and CSV for directories."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime

from portal.models.exports import Export, ExportKind, ExportPerson
from portal.presentation.csv_file import render_csv
from portal.services.export_building import ExportedFile

# RFC 2849 folds lines at 76 bytes; the first has the attribute's name in front.
_LDIF_WIDTH = 76
_POWERSHELL = """# Sets thumbnailPhoto in Active Directory from this folder. Needs the module ActiveDirectory.
# Run it where people.csv and the folder headshots are.
Import-Csv .\\people.csv -Encoding UTF8 | ForEach-Object {
    $photo = [System.IO.File]::ReadAllBytes((Join-Path $PWD $_.file))
    $user = Get-ADUser -Filter "mail -eq '$($_.email)'"
    if ($user) { Set-ADUser $user -Replace @{ thumbnailPhoto = $photo } } else { Write-Warning "$($_.email) not found" }
}
"""


def render_lists(export: Export, files: list[ExportedFile], now: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the text files that stand beside the pictures."""
    yield "manifest.json", render_manifest(files, size_key=export.size_key, now=now)
    if export.kind == ExportKind.DIRECTORY:
        yield "people.csv", render_people_csv(files)
        yield "set-photos.ps1", render_powershell()


def render_manifest(files: list[ExportedFile], *, size_key: str, now: datetime) -> bytes:
    """Render ``manifest.json``: every file with its person, size, digest, when it was chosen and that AI made it."""
    entries = [
        {
            "file": each.path,
            "email": each.email,
            "name": each.name,
            "employee_number": each.employee_number,
            "directory_object_id": each.object_id,
            "chosen_at": each.chosen_at.isoformat(),
            "is_ai_generated": each.is_ai_generated,
            "bytes": each.size,
            "sha256": each.sha256,
        }
        for each in files
    ]
    content = {"created_at": now.isoformat(), "size": size_key, "files": entries}
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def render_people_csv(files: list[ExportedFile]) -> bytes:
    """Render ``people.csv``: which picture belongs to whom, with the keys of directories."""
    header = ("file", "email", "name", "employee_number", "object_id", "user_principal_name", "team")
    rows = (
        (
            each.path,
            each.email,
            each.name,
            each.employee_number,
            each.object_id,
            each.user_principal_name,
            each.team,
        )
        for each in files
    )
    return "".join(render_csv(header, rows)).encode()


def render_powershell() -> bytes:
    """Render the sample that sets the pictures in Active Directory; with a byte order mark, for Windows PowerShell."""
    return b"\xef\xbb\xbf" + _POWERSHELL.replace("\n", "\r\n").encode()


def iterate_ldif(exported: ExportPerson, content: bytes) -> Iterator[str]:
    """Yield the lines of one LDIF change record that sets the person's picture.

    The entry is named by the mail address; the reader replaces the base by their own.
    """
    yield from _fold("dn", f"mail={_escape_dn(exported.listed.email)},ou=people,dc=example,dc=com")
    yield "changetype: modify"
    for attribute in ("thumbnailPhoto", "jpegPhoto"):
        yield f"replace: {attribute}"
        yield from _wrap(f"{attribute}:: {base64.b64encode(content).decode()}")
        yield "-"
    yield ""


def _fold(name: str, value: str) -> Iterator[str]:
    needs_no_encoding = value.isascii() and not value.startswith((" ", ":", "<")) and value.isprintable()
    line = f"{name}: {value}" if needs_no_encoding else f"{name}:: {base64.b64encode(value.encode()).decode()}"
    yield from _wrap(line)


def _wrap(line: str) -> Iterator[str]:
    yield line[:_LDIF_WIDTH]
    for start in range(_LDIF_WIDTH, len(line), _LDIF_WIDTH - 1):
        yield f" {line[start : start + _LDIF_WIDTH - 1]}"


def _escape_dn(value: str) -> str:
    escaped = "".join(f"\\{character}" if character in ',+"\\<>;=' else character for character in value)
    return f"\\{escaped}" if escaped.startswith(("#", " ")) else escaped
