"""The models endpoints: list, create (whitelabel), read, delete."""

from __future__ import annotations

from flask import Blueprint, Response, request

from sandbox import creation, lifecycle, serializers
from sandbox.api import request_parsing
from sandbox.api.responses import success
from sandbox.core import Sandbox
from sandbox.errors import ApiError, UnknownModelError, WrongStatusError, invalid_request, not_found
from sandbox.sessions import signed_url
from sandbox.store import models
from sandbox.store.database import Connection
from sandbox.store.models import Model

VERSIONS = ("lora", "one-shot")


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the four endpoints."""
    _collection_routes(api, sandbox)
    _single_routes(api, sandbox)


def _collection_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/models")
    def list_models() -> Response:
        page = request_parsing.page()
        statuses = {*serializers.MODEL_STATUSES, *serializers.GENERATING_SPELLINGS}
        status = request_parsing.choice("status", statuses)
        if status in serializers.GENERATING_SPELLINGS:
            status = "generatingHeadshots"
        with sandbox.read() as db:
            found, total = models.listed(db, status, request.args.get("teamId"), page.limit, page.offset)
        shown = [serializers.model_out(sandbox, model) for model in found]
        return success(sandbox, models=shown, pagination=page.described(total))

    @api.post("/organization/models")
    def create_model() -> Response:
        if not sandbox.switches.whitelabel:
            raise ApiError(403, "FORBIDDEN", "Whitelabel is not enabled for this organization")
        told = request_parsing.body()
        wanted = creation.Wanted(
            request_parsing.email(told), request_parsing.flag(told, "isDevelopment"), _version(told.get("version"))
        )
        with sandbox.write() as db:
            model = creation.create_or_reuse(sandbox, db, wanted, request_parsing.team(db, told))
        status = serializers.status_out(sandbox, model.status)
        return success(sandbox, modelId=model.id, status=status, signedUrl=signed_url(sandbox, model))


def _single_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/models/<model_id>")
    def get_model(model_id: str) -> Response:
        with sandbox.read() as db:
            model = models.by_id(db, model_id)
        hidden = sandbox.switches.deleted_models == "not_found"
        if model is None or (model.status == "deleted" and hidden):
            raise not_found("Model")
        return success(sandbox, model=serializers.model_out(sandbox, model))

    @api.delete("/organization/models/<model_id>")
    def delete_model(model_id: str) -> Response:
        try:
            with sandbox.write() as db:
                lifecycle.delete(sandbox, db, model_id)
        except UnknownModelError as exc:
            raise not_found("Model") from exc
        except WrongStatusError as exc:
            raise ApiError(400, "ALREADY_DELETED", "Model has already been deleted") from exc
        return success(sandbox, message="Model deleted", modelId=model_id)


def alive(db: Connection, model_id: str) -> Model:
    """Return a model that is not deleted, or answer 404."""
    try:
        return lifecycle.alive(db, model_id)
    except UnknownModelError as exc:
        raise not_found("Model") from exc


def _version(value: object) -> str | None:
    if value is None or value in VERSIONS:
        return value
    raise invalid_request(f"version must be one of: {', '.join(VERSIONS)}")
