"""The models endpoints: list, create (whitelabel), get and delete."""

from __future__ import annotations

from flask import Blueprint, Response, request

from sandbox import creation, lifecycle, serializers
from sandbox.api import request_parsing
from sandbox.api.responses import build_success
from sandbox.core import Sandbox
from sandbox.errors import ApiError, InvalidRequestError, NotFoundError, UnknownModelError, WrongStatusError
from sandbox.sessions import build_signed_url
from sandbox.store import models
from sandbox.store.database import Connection
from sandbox.store.models import Model

VERSIONS = ("lora", "one-shot")


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the endpoints."""
    _add_collection_routes(api, sandbox)
    _add_model_routes(api, sandbox)


def _add_collection_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/models")
    def list_models() -> Response:
        page = request_parsing.parse_page()
        statuses = {*serializers.MODEL_STATUSES, *serializers.GENERATING_SPELLINGS}
        status = request_parsing.parse_choice("status", statuses)
        if status in serializers.GENERATING_SPELLINGS:
            status = "generatingHeadshots"
        with sandbox.read() as db:
            found, total = models.list_models(db, status, request.args.get("teamId"), page.limit, page.offset)
        shown = [serializers.serialize_model(sandbox, model) for model in found]
        return build_success(sandbox, models=shown, pagination=page.serialize_pagination(total))

    @api.post("/organization/models")
    def create_model() -> Response:
        if not sandbox.switches.whitelabel:
            raise ApiError(403, "FORBIDDEN", "Whitelabel is not enabled for this organization")
        payload = request_parsing.parse_body()
        new = creation.CreateModelRequest(
            request_parsing.parse_email(payload),
            request_parsing.parse_flag(payload, "isDevelopment"),
            _parse_version(payload.get("version")),
        )
        with sandbox.write() as db:
            model = creation.create_or_reuse_model(sandbox, db, new, request_parsing.parse_team_id(db, payload))
        status = serializers.serialize_status(sandbox, model.status)
        return build_success(sandbox, modelId=model.id, status=status, signedUrl=build_signed_url(sandbox, model))


def _add_model_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/models/<model_id>")
    def get_model(model_id: str) -> Response:
        with sandbox.read() as db:
            model = models.find_model(db, model_id)
        hidden = sandbox.switches.deleted_models == "not_found"
        if model is None or (model.status == "deleted" and hidden):
            raise NotFoundError("Model")
        return build_success(sandbox, model=serializers.serialize_model(sandbox, model))

    @api.delete("/organization/models/<model_id>")
    def delete_model(model_id: str) -> Response:
        try:
            with sandbox.write() as db:
                lifecycle.delete_model(sandbox, db, model_id)
        except UnknownModelError as exc:
            raise NotFoundError("Model") from exc
        except WrongStatusError as exc:
            raise ApiError(400, "ALREADY_DELETED", "Model has already been deleted") from exc
        return build_success(sandbox, message="Model deleted", modelId=model_id)


def get_model_or_404(db: Connection, model_id: str) -> Model:
    """Return an undeleted model.

    Raises:
        NotFoundError: there is none.
    """
    try:
        return lifecycle.get_undeleted_model(db, model_id)
    except UnknownModelError as exc:
        raise NotFoundError("Model") from exc


def _parse_version(value: object) -> str | None:
    if value is None or value in VERSIONS:
        return value
    raise InvalidRequestError(f"version must be one of: {', '.join(VERSIONS)}")
