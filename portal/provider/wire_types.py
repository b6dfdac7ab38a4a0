"""Types of the provider's API, parsed tolerantly."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, Self

import msgspec

from portal.provider.fields import parse_struct

MODEL_STATUS_SPELLINGS: Mapping[str, str] = {
    "generating": "generatingHeadshots",
    "generating-headshots": "generatingHeadshots",
}
INVITE_STATUS_SPELLINGS: Mapping[str, str] = {
    "pending-invite": "pending",
    "waiting-for-upload": "accepted",
    "generating-headshots": "generating",
    "active": "completed",
}


def normalize_model_status(text: str) -> str:
    """The one spelling of a model status; a value never seen before is returned as it came."""
    return MODEL_STATUS_SPELLINGS.get(text, text)


class ApiObject(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all API types: built with `parse`; printing one shows only its id."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @classmethod
    def parse(cls, raw: object) -> Self:
        """Build from decoded JSON. Unknown fields, nulls and unusable optional values are dropped.

        Raises `fields.WrongShape` when a required field is missing or unusable.
        """
        return parse_struct(raw, cls, cls.aliases)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'id', '')}>"


class Model(ApiObject, frozen=True):
    """One headshot session at the provider. Times are UTC; `status` is open text."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("_id", "modelId")}

    id: str
    status: str
    email: str | None = None
    title: str | None = None
    uid: str | None = None
    team_id: str | None = None
    team_name: str | None = None
    is_development: bool = False
    created_at: datetime | None = None
    finished_at: datetime | None = None
    deleted_at: datetime | None = None
    signed_url: str | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "status", normalize_model_status(self.status))

    @property
    def is_deleted(self) -> bool:
        """Whether the provider counts it as deleted, by status or by date."""
        return self.status == "deleted" or self.deleted_at is not None


class PhotoUrls(ApiObject, frozen=True):
    """Signed addresses of one photo's sizes; each is a password for 24 hours."""

    main: str | None = None
    thumbnail: str | None = None
    original: str | None = None


class Photo(ApiObject, frozen=True):
    """One generated picture. The member fields are filled only in the organization's list of favorites."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("_id", "photoId"), "title": ("name",)}

    id: str
    model_id: str | None = None
    status: str = "active"
    liked_status: str = "none"
    created_at: datetime | None = None
    urls: PhotoUrls = PhotoUrls()
    expires_at: datetime | None = None
    email: str | None = None
    title: str | None = None
    team_id: str | None = None
    team_name: str | None = None

    @property
    def is_liked(self) -> bool:
        """Whether the person rated it in the studio; the favorite is another matter."""
        return self.liked_status in {"liked", "loved"}


class DownloadLink(ApiObject, frozen=True):
    """The addresses of one photo in a bulk download."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("photoId", "_id")}

    id: str
    urls: PhotoUrls = PhotoUrls()
    url: str | None = None

    def __post_init__(self) -> None:
        if self.url and not self.urls.main:
            msgspec.structs.force_setattr(self, "urls", msgspec.structs.replace(self.urls, main=self.url))


class Downloads(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk download: the links and the one time they all die."""

    links: tuple[DownloadLink, ...]
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"<Downloads of {len(self.links)}>"


class CreatedSession(ApiObject, frozen=True):
    """A model just created. `signed_url` is a password for its owner: never log it."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"modelId": ("id", "_id")}

    model_id: str
    signed_url: str
    status: str = "onboarding"

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "status", normalize_model_status(self.status))

    def __repr__(self) -> str:
        return f"<CreatedSession {self.model_id}>"


class Invite(ApiObject, frozen=True):
    """One invitation. `valid` and `used` come from the old API only."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("_id",)}

    email: str
    id: str | None = None
    status: str | None = None
    model_id: str | None = None
    team_id: str | None = None
    team_name: str | None = None
    created_at: datetime | None = None
    link: str | None = None
    valid: bool | None = None
    used: bool | None = None

    def __post_init__(self) -> None:
        status = self.status
        if status is None:
            status = "accepted" if self.used else "pending" if self.valid else None
        else:
            status = INVITE_STATUS_SPELLINGS.get(status, status)
        msgspec.structs.force_setattr(self, "status", status)


class CreatedInvite(ApiObject, frozen=True):
    """An invitation just sent. `link` lets its holder sign up: never log it."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("_id",)}

    id: str
    link: str
    team_id: str | None = None
    message: str | None = None


class Team(ApiObject, frozen=True):
    """One team of the organization."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("_id", "teamId")}

    id: str
    name: str


class Member(ApiObject, frozen=True):
    """One member of the organization; the narrower lists leave most fields out."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("_id", "uid"), "name": ("title",)}

    id: str
    email: str | None = None
    name: str | None = None
    status: str | None = None
    team_id: str | None = None
    team_name: str | None = None
    model_id: str | None = None
    model_status: str | None = None
    joined_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.model_status is not None:
            msgspec.structs.force_setattr(self, "model_status", normalize_model_status(self.model_status))


class Organization(ApiObject, frozen=True):
    """The organization the API key belongs to."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {"uid": ("id", "_id")}

    uid: str
    name: str | None = None
    website: str | None = None
    teams: tuple[Team, ...] = ()

    def __repr__(self) -> str:
        return f"<Organization {self.uid}>"


class Pagination(ApiObject, frozen=True):
    """Pagination of a list; None where a value was not sent."""

    total: int | None = None
    has_more: bool | None = None


def find_newest(models: list[Model]) -> Model | None:
    """The model created last, those without a date counting as oldest; None of an empty list."""
    oldest = datetime.min.replace(tzinfo=UTC)
    return max(models, key=lambda model: model.created_at or oldest, default=None)
