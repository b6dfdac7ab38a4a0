"""The composition root of the sandbox: one Flask app for one data folder."""

from __future__ import annotations

from flask import Flask

from sandbox import photo_files, signup
from sandbox.api import converters, fault_responses, responses, v1, v2
from sandbox.config import SandboxConfig
from sandbox.control import create_blueprint as create_control
from sandbox.core import Sandbox
from sandbox.dashboard import create_blueprint as create_dashboard
from sandbox.middleware import SandboxMiddleware
from sandbox.openapi import create_blueprint as create_openapi
from sandbox.pipeline import Pipeline
from sandbox.studio import create_blueprint as create_studio
from sandbox.studio_backend import SandboxStudioStore
from sandbox.webhook_sender import WebhookSender

MAX_REQUEST_BYTES = 64_000_000


def create_sandbox(config: SandboxConfig) -> Flask:
    """Build the sandbox as a Flask app. `get_sandbox(app)` returns its state, `stop_sandbox(app)` stops its threads.

    Raises:
        BadSettingError: a switch in the configuration is invalid.
    """
    sandbox = Sandbox(config)
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    pipeline, sender = Pipeline(sandbox), WebhookSender(sandbox)
    app.extensions["sandbox"] = sandbox
    app.extensions["sandbox_pipeline"], app.extensions["sandbox_sender"] = pipeline, sender
    converters.register_converters(app)
    fault_responses.register_fault_hooks(app)
    responses.register_error_handlers(app, sandbox)
    app.register_blueprint(v2.create_blueprint(sandbox))
    app.register_blueprint(v1.create_blueprint(sandbox))
    app.register_blueprint(signup.create_blueprint(sandbox))
    app.register_blueprint(create_control(sandbox, pipeline))
    app.register_blueprint(create_dashboard(sandbox, pipeline))
    app.register_blueprint(create_openapi(sandbox))
    if config.smtp_port is not None:
        # Without the option the mail server's library is not needed.
        from sandbox.dashboard import mails  # noqa: PLC0415
        from sandbox.mail_sink import MailSink  # noqa: PLC0415

        sink = app.extensions["sandbox_mail_sink"] = MailSink()
        sink.start(config.smtp_port)
        app.register_blueprint(mails.create_blueprint(sink))
    app.register_blueprint(photo_files.create_blueprint(sandbox))
    app.register_blueprint(create_studio(SandboxStudioStore(sandbox)))
    app.wsgi_app = SandboxMiddleware(app, app.wsgi_app, sandbox)  # type: ignore[method-assign]
    if config.background:
        pipeline.start()
        sender.start()
    return app


def get_sandbox(app: Flask) -> Sandbox:
    """Return the state of an app."""
    found: Sandbox = app.extensions["sandbox"]
    return found


def stop_sandbox(app: Flask) -> None:
    """Stop the threads and close the database. All state is persisted."""
    app.extensions["sandbox_pipeline"].stop()
    app.extensions["sandbox_sender"].stop()
    if "sandbox_mail_sink" in app.extensions:
        app.extensions["sandbox_mail_sink"].stop()
    get_sandbox(app).close()
