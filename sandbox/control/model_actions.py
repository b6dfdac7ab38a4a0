"""Moves a model where a test or a person at the dashboard wants it, through the steps the provider would take."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import lifecycle
from sandbox.core import Sandbox
from sandbox.errors import UnknownPhotoError, WrongStatusError
from sandbox.pipeline import Pipeline
from sandbox.store import models, photos
from sandbox.store.models import Model
from sandbox.studio_backend import SandboxStudioStore

TARGETS = ("waiting", "pending", "generatingHeadshots", "active", "failed", "onboarding", "deleted")
FURTHEST = 8


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person would have told and uploaded in the studio; uploads are JPEG bytes."""

    title: str = "Sandbox Person"
    trigger: str = "female"
    uploads: tuple[bytes, ...] = ()


def complete(sandbox: Sandbox, model_id: str, answers: Answers) -> Model:
    """Do the studio's upload step for the person.

    Raises:
        WrongStatusError: it is over already.
        NoCreditsError: the balance is too low.
    """
    store = SandboxStudioStore(sandbox)
    with sandbox.write() as db:
        model = lifecycle.alive(db, model_id)
        if model.status != "onboarding":
            raise WrongStatusError(model.status)
    for number, upload in enumerate(answers.uploads, 1):
        store.add_upload(model_id, upload, f"upload-{number}.jpg")
    store.set_profile(model_id, answers.title, answers.trigger)
    with sandbox.write() as db:
        return lifecycle.complete_onboarding(sandbox, db, model_id)


def advance(sandbox: Sandbox, pipeline: Pipeline, model_id: str, target: str) -> Model:
    """Go on step by step, without waiting, until the model has the target status.

    Raises:
        WrongStatusError: the target does not lie ahead.
    """
    ways = {"failed": lifecycle.fail, "onboarding": lifecycle.retry, "deleted": lifecycle.delete}
    if target in ways:
        with sandbox.write() as db:
            return ways[target](sandbox, db, model_id)
    for _ in range(FURTHEST):
        with sandbox.read() as db:
            model = lifecycle.alive(db, model_id)
        if model.status == target:
            return model
        if model.status == "active":
            raise WrongStatusError(model.status)
        _step(sandbox, pipeline, model)
    raise WrongStatusError(model.status)


def _step(sandbox: Sandbox, pipeline: Pipeline, model: Model) -> None:
    if model.status == "onboarding":
        complete(sandbox, model.id, Answers(title=model.title or Answers().title))
    elif model.status == "generatingHeadshots":
        pipeline.make_gallery(model)
    else:
        with sandbox.write() as db:
            current = lifecycle.alive(db, model.id)
            status = lifecycle.following(sandbox, current)
            if status is not None and current.status == model.status:
                lifecycle.move(sandbox, db, current, status)


def select_favorite(sandbox: Sandbox, model_id: str, photo_id: str | None) -> Model:
    """Choose a photo for the person, the first one when none is named.

    Raises:
        UnknownPhotoError: there is no such photo.
    """
    with sandbox.write() as db:
        if photo_id is None:
            found, _ = photos.of_model(db, model_id, limit=1)
            if not found:
                raise UnknownPhotoError("the model has no photos yet")
            photo_id = found[0].id
        return lifecycle.select_favorite(sandbox, db, model_id, photo_id)


def rate(sandbox: Sandbox, model_id: str, photo_id: str, liked_status: str) -> Model:
    """Rate one photo none, liked or loved, as the person can in the studio; silent.

    Raises:
        UnknownPhotoError: there is no such photo.
    """
    with sandbox.write() as db:
        model = lifecycle.alive(db, model_id)
        if photos.by_id(db, model_id, photo_id) is None:
            raise UnknownPhotoError(photo_id)
        photos.set_liked(db, model_id, photo_id, liked_status)
        return model


def clear_favorite(sandbox: Sandbox, model_id: str) -> Model:
    """Have no favourite; silent, as there."""
    return _change(sandbox, model_id, favorite_photo_id=None)


def expire_session(sandbox: Sandbox, model_id: str) -> Model:
    """Let the signed URL die."""
    return _change(sandbox, model_id, token_dead=1)


def revive_session(sandbox: Sandbox, model_id: str) -> Model:
    """Let a signed URL that was made to die live again."""
    return _change(sandbox, model_id, token_dead=0)


def expire_photo_urls(sandbox: Sandbox, model_id: str) -> Model:
    """Let every photo address issued so far die; new ones work."""
    with sandbox.read() as db:
        epoch = lifecycle.alive(db, model_id).url_epoch
    return _change(sandbox, model_id, url_epoch=epoch + 1)


def delete_photo(sandbox: Sandbox, model_id: str, photo_id: str) -> Model:
    """Mark one photo deleted; it stops being the favourite.

    Raises:
        UnknownPhotoError: there is no such photo.
    """
    with sandbox.write() as db:
        model = lifecycle.alive(db, model_id)
        if photos.by_id(db, model_id, photo_id) is None:
            raise UnknownPhotoError(photo_id)
        photos.set_status(db, model_id, photo_id, "deleted")
        if model.favorite_photo_id == photo_id:
            models.change(db, model_id, favorite_photo_id=None)
        return lifecycle.alive(db, model_id)


def _change(sandbox: Sandbox, model_id: str, **columns: object) -> Model:
    with sandbox.write() as db:
        lifecycle.alive(db, model_id)
        models.change(db, model_id, **columns)
        return lifecycle.alive(db, model_id)
