"""The items of OWASP ASVS 5.0 that apply here, and the table of the tests that are marked with them."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.architecture.code import ROOT, list_python_files, parse_file

PAGE = ROOT / "docs/asvs.md"
# Our number, the sections of ASVS 5.0.0 and what is required.
ITEMS = """
A01 | 3.3.1, 3.3.3 | The session cookie has the prefix __Host-, Secure and no domain
A02 | 3.3.2, 3.3.4 | Cookies are HttpOnly and SameSite=Lax
A03 | 3.3.5 | Cookies stay below 4,096 bytes
A04 | 7.2.1-3 | The session token is a random reference of 128 bits or more, checked by the server
A05 | 7.2.4 | A sign-in and a change of rights issue a new token; the old one is dead
A06 | 7.3.1 | Idle sessions end
A07 | 7.3.2 | Sessions have an absolute end
A08 | 7.4.1 | After signing out the cookie opens nothing
A09 | 7.4.2 | Deactivation and erasure end all sessions
A10 | 7.4.4-5 | Signing out is on each page; admins end the sessions of a person
A11 | 7.5.2 | People list and end their own sessions
A12 | 7.6.1-2, 6.8.4 | The console requires a recent sign-in
A13 | 3.5.1 | Each request that changes something needs a token of this session
A14 | 3.5.3 | Reading changes nothing
A15 | 3.5.2, 3.5.8 | Files and fragments refuse loads by other sites
A16 | 3.4.1 | HSTS for a year
A17 | 3.4.2 | No other origin may read a response
A18 | 3.4.3 | A content security policy without inline scripts
A19 | 3.4.6 | No page is framed
A20 | 13.2.4 | The frame is the studio's alone and gets the camera alone
A21 | 3.4.4-5, 3.4.8 | nosniff, referrer policy, opener policy
A22 | 3.5.5 | Messages of the frame count by origin
A23 | 3.2.1, 4.1.1 | Each response has the right content type
A24 | 3.7.2 | Redirects stay on this site
A25 | 1.2.1-3 | Foreign text is escaped
A26 | 1.2.4 | SQL has parameters only
A27 | 1.2.10 | CSV files run no formulas
A28 | 1.3.6 | Photo addresses cannot reach the internal network
A29 | 15.3.2 | No redirects are followed on outbound calls
A30 | 15.2.2, 5.2.1 | Bytes and time of a download are capped
A31 | 5.2.6 | Pixels are capped
A32 | 5.2.2 | Files are what their first bytes declare
A33 | 14.2.8 | Camera data and places are removed
A34 | 5.3.1-2 | Storage names contain no foreign text
A35 | 5.4.1-2 | Download names are encoded
A36 | 5.2.4 | Storage is capped by person
A37 | 8.2.1 | Each role reaches its routes and no other
A38 | 8.2.2 | Other people's objects do not exist
A39 | 8.2.3, 15.3.1 | Responses hold no inner or foreign fields
A40 | 15.3.3 | Extra fields change nothing
A41 | 8.3.1-2 | A change of role counts at the next request
A42 | 2.3.1, 2.3.4 | No session without consent; twenty presses make one
A43 | 2.3.3 | Each step is whole or not done
A44 | 2.4.1, 6.3.1 | Rate limits by person and address
A45 | 4.1.3, 15.3.4 | Forwarded headers count from the platform alone
A46 | 4.2.1 | Contradicting lengths are refused
A47 | - | Foreign host names are refused
A48 | 4.1.2 | Pages insist on https
A49 | 9.1.1-3, 9.2.1-3 | Tokens are checked: signature, algorithm, times
A50 | 10.1.2, 10.2.1-2, 10.5.1-5 | State, nonce, PKCE, issuer, audience, logout tokens
A51 | 11.2.1, 11.4.1, 11.5.1 | Few, standard algorithms
A52 | 12.3.2 | Certificates are always checked
A53 | 13.3.1, 14.2.1 | Secrets are in the environment alone
A54 | 13.4.1-5 | No debug page, listing or inner details
A55 | 16.5.1, 16.5.4 | One error page, with a number and without a trace
A56 | 16.5.2-3 | Outages of others are readable pages
A57 | 16.2.5 | Nothing private in logs
A58 | 16.4.1 | Nothing foreign begins a log line
A59 | 16.3.1-3, 16.2.1-2 | Acts are audited; entries cannot be changed
A60 | 14.3.1-3 | Pages are not kept; signing out clears the browser
A61 | 14.2.4, 14.2.7 | Data is deleted on schedule
A62 | 15.1.2, 15.2.1 | Packages are pinned with hashes, with safe versions
"""


def list_items() -> dict[str, tuple[str, str]]:
    """Return section and requirement of each item by its number."""
    rows = [[part.strip() for part in line.split(" | ")] for line in ITEMS.strip().splitlines()]
    return {number: (section, requirement) for number, section, requirement in rows}


def list_marked_tests() -> dict[str, list[str]]:
    """Return the files of the tests that carry ``@pytest.mark.asvs``, by item."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in list_python_files("tests"):
        for node in ast.walk(parse_file(path)):
            if isinstance(node, ast.FunctionDef):
                for item in _list_items_of(node):
                    found[item].append(path.relative_to(ROOT).as_posix())
    return found


def _list_items_of(function: ast.FunctionDef) -> list[str]:
    marks = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    marks = [each for each in marks if ast.unparse(each.func) == "pytest.mark.asvs"]
    return [str(argument.value) for mark in marks for argument in mark.args if isinstance(argument, ast.Constant)]


def render_page() -> str:
    """Return the documentation page."""
    marked = list_marked_tests()
    lines = [
        "# OWASP ASVS 5.0",
        "",
        "The items of levels 1 and 2, and a few of level 3, that apply, and the files of tests with their mark",
        '(`@pytest.mark.asvs("A13")`). Generated by `make docs`; a test fails while an item has no test.',
        "",
        "| Item | ASVS 5.0.0 | Requirement | Tests in |",
        "|---|---|---|---|",
    ]
    for item, (section, requirement) in list_items().items():
        files = ", ".join(f"`{name}`" for name in sorted(set(marked.get(item, []))))
        lines.append(f"| {item} | {section} | {requirement} | {files} |")
    return "\n".join(lines) + "\n"
