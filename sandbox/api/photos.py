"""The photos endpoints: lists, favorites, one photo and download URLs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from sandbox import serializers
from sandbox.api import request_parsing
from sandbox.api.models import get_model_or_404
from sandbox.api.responses import build_success
from sandbox.clock import format_iso
from sandbox.core import Sandbox
from sandbox.errors import InvalidRequestError, NotFoundError
from sandbox.photo_urls import build_photo_urls
from sandbox.store import photos
from sandbox.store.photos import Photo

LIKED = ("none", "liked", "loved")


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the endpoints."""
    _add_gallery_routes(api, sandbox)
    _add_photo_routes(api, sandbox)


def _add_gallery_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/models/<model_id>/photos")
    def list_photos(model_id: str) -> Response:
        page, include_all = request_parsing.parse_page(), request_parsing.parse_include()
        status = request_parsing.parse_choice("status", ("active", "deleted"), "active") or "active"
        liked = request_parsing.parse_choice("likedStatus", LIKED)
        with sandbox.read() as db:
            get_model_or_404(db, model_id)
            found, total = photos.list_photos(
                db, model_id, status=status, liked_status=liked, limit=page.limit, offset=page.offset
            )
        shown = [serializers.serialize_photo(sandbox, photo, include_all) for photo in found]
        return build_success(sandbox, photos=shown, pagination=page.serialize_pagination(total))

    @api.get("/organization/models/<model_id>/photos/favorite")
    def get_favorite(model_id: str) -> Response:
        with sandbox.read() as db:
            favorite_id = get_model_or_404(db, model_id).favorite_photo_id
            photo = None if favorite_id is None else photos.find_photo(db, model_id, favorite_id)
        if photo is None:
            return build_success(sandbox, photo=None, message="No favorite photo selected")
        return build_success(sandbox, photo=serializers.serialize_single_photo(sandbox, photo, include_all=False))


def _add_photo_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/models/<model_id>/photos/<photo_id:photo_id>")
    def get_photo(model_id: str, photo_id: str) -> Response:
        include_all = request_parsing.parse_include()
        with sandbox.read() as db:
            get_model_or_404(db, model_id)
            photo = photos.find_photo(db, model_id, photo_id)
        if photo is None:
            raise NotFoundError("Photo")
        return build_success(sandbox, photo=serializers.serialize_single_photo(sandbox, photo, include_all))

    @api.get("/organization/photos/favorites")
    def list_favorites() -> Response:
        page, include_all = request_parsing.parse_page(), request_parsing.parse_include()
        with sandbox.read() as db:
            found, total = photos.list_favorites(db, request.args.get("teamId"), page.limit, page.offset)
        shown = [serializers.serialize_favorite(sandbox, favorite, include_all) for favorite in found]
        return build_success(sandbox, photos=shown, pagination=page.serialize_pagination(total))

    @api.post("/organization/models/<model_id>/photos/download")
    def download_photos(model_id: str) -> Response:
        payload = request_parsing.parse_optional_body()
        photo_ids, include_all = _parse_photo_ids(payload), _parse_include(payload)
        with sandbox.read() as db:
            get_model_or_404(db, model_id)
            found, _ = photos.list_photos(db, model_id)
        return _build_downloads(sandbox, _select_photos(found, photo_ids), include_all)


def _build_downloads(sandbox: Sandbox, found: list[Photo], include_all: bool) -> Response:
    downloads, expires_at = [], format_iso(sandbox.clock.now())
    for photo in found:
        urls, expires_at = build_photo_urls(sandbox, photo, include_all)
        downloads.append({"photoId": photo.id, "urls": urls})
    return build_success(sandbox, downloads=downloads, expiresAt=expires_at)


def _select_photos(found: list[Photo], photo_ids: list[str]) -> list[Photo]:
    if not photo_ids:
        return found
    if set(photo_ids) - {photo.id for photo in found}:
        raise NotFoundError("Photo")
    return [photo for photo in found if photo.id in photo_ids]


def _parse_photo_ids(payload: dict[str, Any]) -> list[str]:
    value = payload.get("photoIds") or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRequestError("photoIds must be an array of strings")
    return value


def _parse_include(payload: dict[str, Any]) -> bool:
    value = payload.get("include", "main")
    if value not in ("main", "all"):
        raise InvalidRequestError("include must be main or all")
    return bool(value == "all")
