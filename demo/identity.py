"""The demo's identity provider, which requires no password.

Run as ``python -m demo.identity --port 5002``. It keeps no state, so sign-ins end with the process.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlencode

import oidc_provider_mock
from flask import Flask, Response, request
from jinja2 import BaseLoader, ChoiceLoader, DictLoader
from oidc_provider_mock import User
from werkzeug.serving import make_server

from demo.people import PEOPLE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The page loads no external files, so that it works without an internet connection.
_BASE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Demo sign-in</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif }
  main { max-width: 26rem; margin: 12vh auto; padding: 0 1rem }
  h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem }
  form { display: grid; gap: .5rem; margin: 1.5rem 0 }
  button { font: inherit; padding: .75rem 1rem; text-align: left; cursor: pointer }
  button { border-radius: .6rem; border: 1px solid #8886; background: #8881 }
  button:hover { background: #8883 }
  button small { display: block; opacity: .75 } .quiet { opacity: .75; font-size: .85rem }
</style>
<main>{% block content %}{{ content }}{% endblock %}</main>
</html>
"""
_SIGN_IN = """{% extends "_base.html" %}
{% block content %}
<h1>Demo sign-in</h1>
<p>This stands in for your company’s own identity provider. Choose who you are; there is no password.</p>
<form method="post" aria-label="Demo people">
{% for person in demo_people %}
  <button type="submit" name="sub" value="{{ person.subject }}">{{ person.name }}
    <small>{{ person.role }}, {{ person.email }}</small></button>
{% endfor %}
</form>
<form method="post"><button type="submit" name="action" value="deny">Cancel</button></form>
<p class="quiet">The portal gets your answer at {{ redirect_uri }}</p>
{% endblock %}
"""
_SIGN_OUT = """{% extends "_base.html" %}
{% block content %}
<h1>You are signed out</h1>
<p>The portal has ended your session. A company’s identity provider would now end its own; this one keeps none.</p>
<form method="post" action="{{ end_session_confirm_url }}">
  {% if redirect_uri %}<input type="hidden" name="redirect_uri" value="{{ redirect_uri }}">{% endif %}
  <button type="submit">Back to the portal</button>
</form>
{% endblock %}
"""


class _WithoutDebugger:
    """Takes the place of Werkzeug's debugger, which needs shared memory that a container may not offer."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self.trusted_hosts: list[str] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._app(environ, start_response)


def create_identity_provider() -> Flask:
    """Build the provider: authorization code flow, nonce required, with the demo's people."""
    users = [User(sub=person.subject, claims=person.build_claims()) for person in PEOPLE]
    with mock.patch("werkzeug.debug.DebuggedApplication", _WithoutDebugger):
        app: Flask = oidc_provider_mock.app(require_nonce=True, user_claims=users)
    app.debug = False
    pages = {"_base.html": _BASE, "authorization_form.html": _SIGN_IN, "end_session_form.html": _SIGN_OUT}
    templates = DictLoader(pages)
    original: BaseLoader | None = app.jinja_loader
    app.jinja_loader = ChoiceLoader([templates, *([original] if original else [])])
    app.jinja_env.globals["demo_people"] = PEOPLE
    app.after_request(_add_state)
    return app


def _add_state(response: Response) -> Response:
    """Add the missing `state` to the error response of a canceled sign-in."""
    state = request.args.get("state")
    if state and response.location and "error=" in response.location and "state=" not in response.location:
        response.location = f"{response.location}&{urlencode({'state': state})}"
    return response


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(description="The demo's identity provider.")
    parser.add_argument("--port", type=int, default=5002)
    port = parser.parse_args().port
    # Plain http, on loopback only.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    make_server("127.0.0.1", port, create_identity_provider(), threaded=True).serve_forever()


if __name__ == "__main__":
    main()
