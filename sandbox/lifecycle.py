"""The transitions of a model: each function changes its row and records the webhook event."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sandbox import events
from sandbox.core import Sandbox
from sandbox.errors import NoCreditsError, UnknownModelError, UnknownPhotoError, WrongStatusError
from sandbox.store import models, organization, photos, uploads
from sandbox.store.database import Connection
from sandbox.store.models import Model, NewModel

IN_PROGRESS = ("waiting", "pending", "generatingHeadshots")


def get_model(db: Connection, model_id: str) -> Model:
    """Return a model, deleted or not.

    Raises:
        UnknownModelError: no model has this id.
    """
    model = models.find_model(db, model_id)
    if model is None:
        raise UnknownModelError(model_id)
    return model


def get_undeleted_model(db: Connection, model_id: str) -> Model:
    """Return a model that is not deleted.

    Raises:
        UnknownModelError: no undeleted model has this id.
    """
    model = get_model(db, model_id)
    if model.status == "deleted":
        raise UnknownModelError(model_id)
    return model


def create_model(sandbox: Sandbox, db: Connection, new: NewModel) -> Model:
    """Create a session and record the event."""
    model = get_model(db, models.create_model(db, new))
    events.record_event(sandbox, db, events.CREATED, model)
    return model


def compute_cost(sandbox: Sandbox, model: Model) -> Decimal:
    """Return the cost of completing this session, in credits."""
    if model.is_development or model.free_shoot:
        return Decimal(0)
    return Decimal(str(sandbox.switches.shoot_cost))


def complete_onboarding(sandbox: Sandbox, db: Connection, model_id: str) -> Model:
    """Charge the credit and queue the session for training.

    Raises:
        WrongStatusError: the model is not in onboarding.
        NoCreditsError: the balance is too low; nothing has changed.
    """
    model = get_undeleted_model(db, model_id)
    if model.status != "onboarding":
        raise WrongStatusError(model.status)
    if not organization.charge_credits(db, compute_cost(sandbox, model)):
        raise NoCreditsError
    return set_status(sandbox, db, model, "waiting")


def get_step_seconds(sandbox: Sandbox, model: Model, status: str) -> float | None:
    """Return the duration of a status at speed 1, in seconds. None if it does not end by itself."""
    switches = sandbox.switches
    durations = {
        "waiting": switches.waiting_seconds,
        "pending": switches.pending_seconds,
        "generatingHeadshots": switches.generating_seconds,
        "failed": switches.failed_seconds,
    }
    seconds = durations.get(status)
    if seconds is None or status == "failed" or not model.is_development:
        return seconds
    total = sum(durations[step] for step in IN_PROGRESS)
    return switches.development_seconds * (seconds / total) if total else 0.0


def set_status(sandbox: Sandbox, db: Connection, model: Model, status: str, since: str | None = None) -> Model:
    """Set the status, schedule the next step (counted from `since` or now) and record the event."""
    seconds = get_step_seconds(sandbox, model, status)
    next_at = None if seconds is None else sandbox.compute_due_at(seconds, since)
    models.update_model(db, model.id, status=status, next_at=next_at)
    updated = get_model(db, model.id)
    events.record_event(sandbox, db, events.STATUS_UPDATED, updated)
    return updated


def find_next_status(sandbox: Sandbox, model: Model) -> str | None:
    """Return the status that follows without action. None if there is none or if it is `active`."""
    if model.status == "waiting":
        skips = model.version == "one-shot" and sandbox.switches.one_shot_skips_training
        return "generatingHeadshots" if skips else "pending"
    return {"pending": "generatingHeadshots", "failed": "pending"}.get(model.status)


def finish_model(sandbox: Sandbox, db: Connection, model: Model, photo_ids: Sequence[str]) -> Model:
    """Set a model active with its photos and record both events."""
    now = sandbox.now()
    photos.create_photos(db, model.id, photo_ids, now)
    models.update_model(db, model.id, finished_at=now)
    done = set_status(sandbox, db, model, "active")
    events.record_event(sandbox, db, events.PHOTOS_READY, done)
    return done


def fail_model(sandbox: Sandbox, db: Connection, model_id: str) -> Model:
    """Set a model failed. The pipeline restarts it.

    Raises:
        WrongStatusError: the model is not in progress.
    """
    model = get_undeleted_model(db, model_id)
    if model.status not in IN_PROGRESS:
        raise WrongStatusError(model.status)
    models.update_model(db, model_id, run=model.run + 1)
    return set_status(sandbox, db, model, "failed")


def reset_to_onboarding(sandbox: Sandbox, db: Connection, model_id: str) -> Model:
    """Reset a session to onboarding, as the provider's admins can: results are deleted, the next run is free.

    Raises:
        WrongStatusError: the model is already in onboarding.
    """
    model = get_undeleted_model(db, model_id)
    if model.status == "onboarding":
        raise WrongStatusError(model.status)
    photos.delete_photos(db, model_id)
    uploads.delete_uploads(db, model_id)
    models.update_model(
        db,
        model_id,
        run=model.run + 1,
        free_shoot=1,
        favorite_photo_id=None,
        finished_at=None,
        token_dead=0,
    )
    sandbox.pictures.remove_model_pictures(model_id)
    return set_status(sandbox, db, model, "onboarding")


def delete_model(sandbox: Sandbox, db: Connection, model_id: str) -> Model:
    """Delete a session and record the event. Credits are not refunded.

    Raises:
        WrongStatusError: the model is already deleted.
    """
    model = get_model(db, model_id)
    if model.status == "deleted":
        raise WrongStatusError(model.status)
    photos.delete_photos(db, model_id)
    uploads.delete_uploads(db, model_id)
    models.update_model(
        db,
        model_id,
        status="deleted",
        deleted_at=sandbox.now(),
        run=model.run + 1,
        next_at=None,
        favorite_photo_id=None,
    )
    sandbox.pictures.remove_model_pictures(model_id)
    deleted = get_model(db, model_id)
    events.record_event(sandbox, db, events.DELETED, deleted)
    return deleted


def select_favorite(sandbox: Sandbox, db: Connection, model_id: str, photo_id: str) -> Model:
    """Set the favorite photo. Repeating the same choice records no event.

    Raises:
        UnknownPhotoError: the model has no such photo, or it is deleted.
    """
    model = get_undeleted_model(db, model_id)
    photo = photos.find_photo(db, model_id, photo_id)
    if photo is None or photo.status != "active":
        raise UnknownPhotoError(photo_id)
    if model.favorite_photo_id == photo_id:
        return model
    models.update_model(db, model_id, favorite_photo_id=photo_id)
    chosen = get_model(db, model_id)
    events.record_event(sandbox, db, events.FAVORITE_SELECTED, chosen)
    return chosen
