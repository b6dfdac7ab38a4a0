"""Actions on one model for tests and the dashboard, through the provider's own transitions."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import lifecycle
from sandbox.core import Sandbox
from sandbox.errors import UnknownPhotoError, WrongStatusError
from sandbox.pipeline import Pipeline
from sandbox.store import models, photos
from sandbox.store.models import Model
from sandbox.studio_backend import SandboxStudioStore

TARGET_STATUSES = ("waiting", "pending", "generatingHeadshots", "active", "failed", "onboarding", "deleted")
MAX_STEPS = 8


@dataclass(frozen=True, slots=True)
class OnboardingInput:
    """A person's input in the studio: name, trigger and uploads as JPEG bytes."""

    title: str = "Sandbox Person"
    trigger: str = "female"
    uploads: tuple[bytes, ...] = ()


def complete_onboarding(sandbox: Sandbox, model_id: str, onboarding: OnboardingInput) -> Model:
    """Complete the studio's upload step for the person.

    Raises:
        WrongStatusError: onboarding is already completed.
        NoCreditsError: the balance is too low.
    """
    store = SandboxStudioStore(sandbox)
    with sandbox.write() as db:
        model = lifecycle.get_undeleted_model(db, model_id)
        if model.status != "onboarding":
            raise WrongStatusError(model.status)
    for number, upload in enumerate(onboarding.uploads, 1):
        store.add_upload(model_id, upload, f"upload-{number}.jpg")
    store.set_profile(model_id, onboarding.title, onboarding.trigger)
    with sandbox.write() as db:
        return lifecycle.complete_onboarding(sandbox, db, model_id)


def advance_to(sandbox: Sandbox, pipeline: Pipeline, model_id: str, target: str) -> Model:
    """Run the steps without waiting until the model has the target status.

    Raises:
        WrongStatusError: the target cannot be reached from the current status.
    """
    transitions = {
        "failed": lifecycle.fail_model,
        "onboarding": lifecycle.reset_to_onboarding,
        "deleted": lifecycle.delete_model,
    }
    if target in transitions:
        with sandbox.write() as db:
            return transitions[target](sandbox, db, model_id)
    for _ in range(MAX_STEPS):
        with sandbox.read() as db:
            model = lifecycle.get_undeleted_model(db, model_id)
        if model.status == target:
            return model
        if model.status == "active":
            raise WrongStatusError(model.status)
        _step(sandbox, pipeline, model)
    raise WrongStatusError(model.status)


def _step(sandbox: Sandbox, pipeline: Pipeline, model: Model) -> None:
    if model.status == "onboarding":
        complete_onboarding(sandbox, model.id, OnboardingInput(title=model.title or OnboardingInput().title))
    elif model.status == "generatingHeadshots":
        pipeline.generate_gallery(model)
    else:
        with sandbox.write() as db:
            current = lifecycle.get_undeleted_model(db, model.id)
            status = lifecycle.find_next_status(sandbox, current)
            if status is not None and current.status == model.status:
                lifecycle.set_status(sandbox, db, current, status)


def select_favorite(sandbox: Sandbox, model_id: str, photo_id: str | None) -> Model:
    """Set the favorite photo, by default the first one.

    Raises:
        UnknownPhotoError: the model has no such photo.
    """
    with sandbox.write() as db:
        if photo_id is None:
            found, _ = photos.list_photos(db, model_id, limit=1)
            if not found:
                raise UnknownPhotoError("the model has no photos yet")
            photo_id = found[0].id
        return lifecycle.select_favorite(sandbox, db, model_id, photo_id)


def rate_photo(sandbox: Sandbox, model_id: str, photo_id: str, liked_status: str) -> Model:
    """Set the rating of a photo to none, liked or loved. Records no event.

    Raises:
        UnknownPhotoError: the model has no such photo.
    """
    with sandbox.write() as db:
        model = lifecycle.get_undeleted_model(db, model_id)
        if photos.find_photo(db, model_id, photo_id) is None:
            raise UnknownPhotoError(photo_id)
        photos.set_liked_status(db, model_id, photo_id, liked_status)
        return model


def clear_favorite(sandbox: Sandbox, model_id: str) -> Model:
    """Clear the favorite. Records no event, as at the provider."""
    return _update(sandbox, model_id, favorite_photo_id=None)


def expire_session(sandbox: Sandbox, model_id: str) -> Model:
    """Expire the signed URL."""
    return _update(sandbox, model_id, token_dead=1)


def restore_session(sandbox: Sandbox, model_id: str) -> Model:
    """Undo `expire_session`."""
    return _update(sandbox, model_id, token_dead=0)


def expire_photo_urls(sandbox: Sandbox, model_id: str) -> Model:
    """Invalidate all photo URLs issued so far."""
    with sandbox.read() as db:
        epoch = lifecycle.get_undeleted_model(db, model_id).url_epoch
    return _update(sandbox, model_id, url_epoch=epoch + 1)


def delete_photo(sandbox: Sandbox, model_id: str, photo_id: str) -> Model:
    """Mark a photo deleted. If it was the favorite, there is none afterwards.

    Raises:
        UnknownPhotoError: the model has no such photo.
    """
    with sandbox.write() as db:
        model = lifecycle.get_undeleted_model(db, model_id)
        if photos.find_photo(db, model_id, photo_id) is None:
            raise UnknownPhotoError(photo_id)
        photos.set_status(db, model_id, photo_id, "deleted")
        if model.favorite_photo_id == photo_id:
            models.update_model(db, model_id, favorite_photo_id=None)
        return lifecycle.get_undeleted_model(db, model_id)


def _update(sandbox: Sandbox, model_id: str, **columns: object) -> Model:
    with sandbox.write() as db:
        lifecycle.get_undeleted_model(db, model_id)
        models.update_model(db, model_id, **columns)
        return lifecycle.get_undeleted_model(db, model_id)
