"""Stand-ins typed to what the core calls: a provider that fails on cue, and photos without a network."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from portal.provider.client import ProviderClient
from portal.provider.download import DownloadedPhoto, PhotoDownloader
from portal.provider.errors import AlreadyExists, NotFound, Unavailable
from portal.provider.wire_types import CreatedSession, Model, Photo, PhotoUrls

Cue = BaseException | Callable[[], None]


@dataclass
class Session:
    """One model at the provider."""

    id: str
    email: str
    status: str
    created_at: datetime
    finished_at: datetime | None = None
    signed_url: str | None = None
    photos: list[str] = field(default_factory=list)
    favorite: str | None = None


class ScriptedProvider(ProviderClient):
    """Keeps models like the provider does; ``cues`` are raised or called, one for each call of that name."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.models: dict[str, Session] = {}
        # Ids of photos that lists have in a form that cannot be read.
        self.unreadable: set[str] = set()
        self.calls: list[str] = []
        self.cues: dict[str, list[Cue]] = defaultdict(list)
        self.credits = Decimal(100)
        # What happens after a create took effect and before its response arrives.
        self.after_create: list[Cue] = []

    def __repr__(self) -> str:
        return f"<ScriptedProvider {self.calls}>"

    def called(self, name: str) -> int:
        """How often a call was made."""
        return self.calls.count(name)

    def fails(self, name: str, *cues: Cue) -> None:
        """Let the next calls of this name end, or begin, like this."""
        self.cues[name] += cues

    def add(self, email: str = "somebody@example.com", status: str = "onboarding", **fields: Any) -> Session:
        """Let there be a model."""
        fields.setdefault("id", f"theirs-{next(self._numbers)}")
        fields.setdefault("created_at", self._clock())
        model = Session(email=email, status=status, **fields)
        self.models[model.id] = model
        return model

    def create_model(self, email: str, **_options: Any) -> CreatedSession:
        self._cue("create_model")
        with self._lock:
            if any(model.email == email.lower() and model.status != "deleted" for model in self.models.values()):
                raise AlreadyExists("POST", "/organization/models", status=400)
            number = next(self._numbers)
            url = f"https://studio.example/auth?token=canary-{number}"
            model = self.add(email.lower(), id=f"created-{number}")
        while self.after_create:
            _play(self.after_create.pop(0))
        return CreatedSession(model_id=model.id, signed_url=url, status=model.status)

    def get_model(self, model_id: str, **_options: Any) -> Model:
        self._cue("get_model")
        if model_id not in self.models:
            raise NotFound("GET", "/organization/models/:modelId", status=404)
        return _build_model(self.models[model_id])

    def delete_model(self, model_id: str, **_options: Any) -> None:
        self._cue("delete_model")
        if model_id in self.models:
            self.models[model_id].status = "deleted"

    def list_models(self, status: str | None = None, *_args: Any, **_options: Any) -> Iterator[Model]:
        # The response is made up before it is on its way.
        listed = [_build_model(model) for model in self.models.values() if status in {None, model.status}]
        self._cue("list_models")
        yield from listed

    def list_photos(
        self, model_id: str, *_args: Any, on_unusable: Callable[[int], None], **_options: Any
    ) -> Iterator[Photo]:
        self._cue("list_photos")
        generation = self.called("list_photos")
        for photo_id in self.models[model_id].photos:
            if photo_id in self.unreadable:
                on_unusable(1)
                continue
            yield Photo(id=photo_id, urls=PhotoUrls(main=f"https://cdn.example/{photo_id}?sig={generation}"))

    def get_favorite(self, model_id: str, **_options: Any) -> Photo | None:
        self._cue("get_favorite")
        favorite = self.models[model_id].favorite
        return None if favorite is None else Photo(id=favorite, model_id=model_id)

    def list_favorites(self, *_args: Any, **_options: Any) -> Iterator[Photo]:
        self._cue("list_favorites")
        for model in self.models.values():
            if model.favorite is not None:
                yield Photo(id=model.favorite, model_id=model.id)

    def get_credits(self, **_options: Any) -> Decimal:
        self._cue("get_credits")
        return self.credits

    def _cue(self, name: str) -> None:
        with self._lock:
            self.calls.append(name)
            cue = self.cues[name].pop(0) if self.cues[name] else None
        _play(cue)


class ScriptedDownloader(PhotoDownloader):
    """Photos by the id in their address; ``cues`` are raised or called, one for each fetch of that photo."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.addresses: list[str] = []
        self.cues: dict[str, list[Cue]] = defaultdict(list)

    def download(self, url: str) -> DownloadedPhoto:
        photo_id = url.rpartition("/")[2].partition("?")[0]
        self.fetched.append(photo_id)
        self.addresses.append(url)
        _play(self.cues[photo_id].pop(0) if self.cues[photo_id] else None)
        return DownloadedPhoto(self.content[photo_id], "image/jpeg")


def build_lost_response() -> Unavailable:
    """A create that took effect, and whose response never arrived."""
    return Unavailable("POST", "/organization/models", is_timeout=True, outcome_unknown=True)


def _play(cue: Cue | None) -> None:
    if isinstance(cue, BaseException):
        raise cue
    if cue is not None:
        cue()


def _build_model(model: Session) -> Model:
    return Model(
        id=model.id,
        status=model.status,
        email=model.email,
        created_at=model.created_at,
        finished_at=model.finished_at,
        signed_url=model.signed_url,
    )
