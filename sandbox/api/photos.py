"""The photos endpoints: lists, the favourite, one photo, download addresses."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from sandbox import serializers
from sandbox.api import request_parsing
from sandbox.api.models import alive
from sandbox.api.responses import success
from sandbox.clock import iso
from sandbox.core import Sandbox
from sandbox.errors import invalid_request, not_found
from sandbox.photo_urls import photo_urls
from sandbox.store import photos
from sandbox.store.photos import Photo

LIKED = ("none", "liked", "loved")


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the five endpoints."""
    _gallery_routes(api, sandbox)
    _other_routes(api, sandbox)


def _gallery_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/models/<model_id>/photos")
    def list_photos(model_id: str) -> Response:
        page, everything = request_parsing.page(), request_parsing.include_all()
        status = request_parsing.choice("status", ("active", "deleted"), "active") or "active"
        liked = request_parsing.choice("likedStatus", LIKED)
        with sandbox.read() as db:
            alive(db, model_id)
            found, total = photos.of_model(
                db, model_id, status=status, liked_status=liked, limit=page.limit, offset=page.offset
            )
        shown = [serializers.photo_out(sandbox, photo, everything) for photo in found]
        return success(sandbox, photos=shown, pagination=page.described(total))

    @api.get("/organization/models/<model_id>/photos/favorite")
    def get_favorite(model_id: str) -> Response:
        with sandbox.read() as db:
            chosen = alive(db, model_id).favorite_photo_id
            photo = None if chosen is None else photos.by_id(db, model_id, chosen)
        if photo is None:
            return success(sandbox, photo=None, message="No favorite photo selected")
        return success(sandbox, photo=serializers.single_photo_out(sandbox, photo, include_all=False))


def _other_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/models/<model_id>/photos/<photo_id:photo_id>")
    def get_photo(model_id: str, photo_id: str) -> Response:
        everything = request_parsing.include_all()
        with sandbox.read() as db:
            alive(db, model_id)
            photo = photos.by_id(db, model_id, photo_id)
        if photo is None:
            raise not_found("Photo")
        return success(sandbox, photo=serializers.single_photo_out(sandbox, photo, everything))

    @api.get("/organization/photos/favorites")
    def list_favorites() -> Response:
        page, everything = request_parsing.page(), request_parsing.include_all()
        with sandbox.read() as db:
            found, total = photos.favorites(db, request.args.get("teamId"), page.limit, page.offset)
        shown = [serializers.favorite_out(sandbox, favorite, everything) for favorite in found]
        return success(sandbox, photos=shown, pagination=page.described(total))

    @api.post("/organization/models/<model_id>/photos/download")
    def download_photos(model_id: str) -> Response:
        told = request_parsing.optional_body()
        wanted, everything = _photo_ids(told), _include(told)
        with sandbox.read() as db:
            alive(db, model_id)
            found, _ = photos.of_model(db, model_id)
        return _downloads(sandbox, _chosen(found, wanted), everything)


def _downloads(sandbox: Sandbox, found: list[Photo], everything: bool) -> Response:
    downloads, expires_at = [], iso(sandbox.clock.now())
    for photo in found:
        urls, expires_at = photo_urls(sandbox, photo, everything)
        downloads.append({"photoId": photo.id, "urls": urls})
    return success(sandbox, downloads=downloads, expiresAt=expires_at)


def _chosen(found: list[Photo], wanted: list[str]) -> list[Photo]:
    if not wanted:
        return found
    if set(wanted) - {photo.id for photo in found}:
        raise not_found("Photo")
    return [photo for photo in found if photo.id in wanted]


def _photo_ids(told: dict[str, Any]) -> list[str]:
    value = told.get("photoIds") or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid_request("photoIds must be an array of strings")
    return value


def _include(told: dict[str, Any]) -> bool:
    value = told.get("include", "main")
    if value not in ("main", "all"):
        raise invalid_request("include must be main or all")
    return bool(value == "all")
