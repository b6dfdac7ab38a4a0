"""What can happen to a model, one function each: rows change, events are recorded; no HTTP, no threads."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sandbox import events
from sandbox.core import Sandbox
from sandbox.errors import NoCreditsError, UnknownModelError, UnknownPhotoError, WrongStatusError
from sandbox.store import models, organization, photos, uploads
from sandbox.store.database import Connection
from sandbox.store.models import Model, NewModel

WORKING = ("waiting", "pending", "generatingHeadshots")


def get(db: Connection, model_id: str) -> Model:
    """Return a model, deleted or not.

    Raises:
        UnknownModelError: there was never such a model.
    """
    model = models.by_id(db, model_id)
    if model is None:
        raise UnknownModelError(model_id)
    return model


def alive(db: Connection, model_id: str) -> Model:
    """Return a model that is not deleted.

    Raises:
        UnknownModelError: there is none.
    """
    model = get(db, model_id)
    if model.status == "deleted":
        raise UnknownModelError(model_id)
    return model


def create(sandbox: Sandbox, db: Connection, new: NewModel) -> Model:
    """Begin a session and tell."""
    model = get(db, models.insert(db, new))
    events.record(sandbox, db, events.CREATED, model)
    return model


def shoot_cost(sandbox: Sandbox, model: Model) -> Decimal:
    """Return what completing this session costs, in credits."""
    if model.is_development or model.free_shoot:
        return Decimal(0)
    return Decimal(str(sandbox.switches.shoot_cost))


def complete_onboarding(sandbox: Sandbox, db: Connection, model_id: str) -> Model:
    """Take the credit and queue the session for training.

    Raises:
        WrongStatusError: it is not in onboarding.
        NoCreditsError: the balance is too low; nothing has changed.
    """
    model = alive(db, model_id)
    if model.status != "onboarding":
        raise WrongStatusError(model.status)
    if not organization.charge(db, shoot_cost(sandbox, model)):
        raise NoCreditsError
    return move(sandbox, db, model, "waiting")


def step_seconds(sandbox: Sandbox, model: Model, status: str) -> float | None:
    """Return how long a status lasts at speed 1, in seconds; None where a session rests."""
    now = sandbox.switches
    normal = {
        "waiting": now.waiting_seconds,
        "pending": now.pending_seconds,
        "generatingHeadshots": now.generating_seconds,
        "failed": now.failed_seconds,
    }
    seconds = normal.get(status)
    if seconds is None or status == "failed" or not model.is_development:
        return seconds
    usual = sum(normal[step] for step in WORKING)
    return now.development_seconds * (seconds / usual) if usual else 0.0


def move(sandbox: Sandbox, db: Connection, model: Model, status: str, since: str | None = None) -> Model:
    """Put a model into a status, schedule what follows (counted from now or `since`) and tell."""
    seconds = step_seconds(sandbox, model, status)
    next_at = None if seconds is None else sandbox.after(seconds, since)
    models.change(db, model.id, status=status, next_at=next_at)
    moved = get(db, model.id)
    events.record(sandbox, db, events.STATUS_UPDATED, moved)
    return moved


def following(sandbox: Sandbox, model: Model) -> str | None:
    """Return the status a working model goes to by itself, None for one at rest or about to be active."""
    if model.status == "waiting":
        skips = model.version == "one-shot" and sandbox.switches.one_shot_skips_training
        return "generatingHeadshots" if skips else "pending"
    return {"pending": "generatingHeadshots", "failed": "pending"}.get(model.status)


def finish(sandbox: Sandbox, db: Connection, model: Model, photo_ids: Sequence[str]) -> Model:
    """Make a model active with its photos and tell both facts."""
    now = sandbox.now()
    photos.insert(db, model.id, photo_ids, now)
    models.change(db, model.id, finished_at=now)
    done = move(sandbox, db, model, "active")
    events.record(sandbox, db, events.PHOTOS_READY, done)
    return done


def fail(sandbox: Sandbox, db: Connection, model_id: str) -> Model:
    """Let training or generation fail; it restarts by itself.

    Raises:
        WrongStatusError: it was not being worked on.
    """
    model = alive(db, model_id)
    if model.status not in WORKING:
        raise WrongStatusError(model.status)
    models.change(db, model_id, run=model.run + 1)
    return move(sandbox, db, model, "failed")


def retry(sandbox: Sandbox, db: Connection, model_id: str) -> Model:
    """Send a finished session back to onboarding, as an admin there can: results gone, the next run free.

    Raises:
        WrongStatusError: it is in onboarding already.
    """
    model = alive(db, model_id)
    if model.status == "onboarding":
        raise WrongStatusError(model.status)
    photos.delete_all(db, model_id)
    uploads.delete_all(db, model_id)
    models.change(
        db,
        model_id,
        run=model.run + 1,
        free_shoot=1,
        favorite_photo_id=None,
        finished_at=None,
        token_dead=0,
    )
    sandbox.pictures.remove_model(model_id)
    return move(sandbox, db, model, "onboarding")


def delete(sandbox: Sandbox, db: Connection, model_id: str) -> Model:
    """Delete a session and tell; no credit comes back.

    Raises:
        WrongStatusError: it was deleted before.
    """
    model = get(db, model_id)
    if model.status == "deleted":
        raise WrongStatusError(model.status)
    photos.delete_all(db, model_id)
    uploads.delete_all(db, model_id)
    models.change(
        db,
        model_id,
        status="deleted",
        deleted_at=sandbox.now(),
        run=model.run + 1,
        next_at=None,
        favorite_photo_id=None,
    )
    sandbox.pictures.remove_model(model_id)
    gone = get(db, model_id)
    events.record(sandbox, db, events.DELETED, gone)
    return gone


def select_favorite(sandbox: Sandbox, db: Connection, model_id: str, photo_id: str) -> Model:
    """Choose one photo; a repeat of the same choice is silent.

    Raises:
        UnknownPhotoError: the model has no such photo, or it is deleted.
    """
    model = alive(db, model_id)
    photo = photos.by_id(db, model_id, photo_id)
    if photo is None or photo.status != "active":
        raise UnknownPhotoError(photo_id)
    if model.favorite_photo_id == photo_id:
        return model
    models.change(db, model_id, favorite_photo_id=photo_id)
    chosen = get(db, model_id)
    events.record(sandbox, db, events.FAVORITE_SELECTED, chosen)
    return chosen
