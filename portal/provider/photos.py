"""The provider's photo operations; the pictures themselves are fetched in download."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from portal.provider.fields import UnexpectedShape, parse_time
from portal.provider.operations import OperationGroup
from portal.provider.paging import iterate_pages, parse_list
from portal.provider.responses import Call, Json, Priority, build_unexpected, get_holder
from portal.provider.wire_types import DownloadLink, Downloads, Photo

Include = Literal["main", "all"]
PHOTOS = "/organization/models/:modelId/photos"
FAVORITE = "/organization/models/:modelId/photos/favorite"
PHOTO = "/organization/models/:modelId/photos/:photoId"
DOWNLOAD = "/organization/models/:modelId/photos/download"
FAVORITES = "/organization/photos/favorites"


class PhotoCalls(OperationGroup):
    """https://www.headshotpro.com/api/photos

    Every address in an response dies 24 hours after the call. Every method raises Unauthorized, Forbidden,
    NotFound, RateLimited, Unavailable or UnexpectedAnswer.
    """

    def list_photos(
        self,
        model_id: str,
        include: Include = "all",
        *,
        status: str | None = None,
        liked_status: str | None = None,
        on_unusable: Callable[[int], None] | None = None,
        priority: Priority = "background",
    ) -> Iterator[Photo]:
        """All photos of a model, 200 a page: https://www.headshotpro.com/api/photos

        The provider lists only `active` ones unless `status` asks otherwise. Before the model is ready the
        list is empty, or the provider may refuse. `on_unusable` gets the number of photos of a page that
        could not be read; the list lacks them.
        """
        query: dict[str, str] = {"include": include}
        for name, value in (("status", status), ("likedStatus", liked_status)):
            if value is not None:
                query[name] = value
        call = Call("GET", PHOTOS, {"modelId": model_id}, query, priority=priority)
        return iterate_pages(self._send, call, "photos", Photo.parse, on_unusable)

    def get_favorite(self, model_id: str, *, priority: Priority = "background") -> Photo | None:
        """The one photo picked in the studio, or None: https://www.headshotpro.com/api/photos

        This is not the `liked_status` of a photo; the two are independent.
        """
        call = Call("GET", FAVORITE, {"modelId": model_id}, priority=priority)
        response = self._send(call)
        holder = get_holder(response, "photo")
        if holder.get("photo") is None and ("photo" in holder or "message" in holder):
            return None
        return _parse_photo(call, holder)

    def get_photo(
        self, model_id: str, photo_id: str, include: Include = "all", *, priority: Priority = "background"
    ) -> Photo:
        """One photo: https://www.headshotpro.com/api/photos"""
        params = {"modelId": model_id, "photoId": photo_id}
        return self._send_for_one(
            Call("GET", PHOTO, params, {"include": include}, priority=priority), "photo", Photo.parse
        )

    def list_favorites(
        self, include: Include = "main", team_id: str | None = None, *, priority: Priority = "background"
    ) -> Iterator[Photo]:
        """The favorites of the whole organization, with their members: https://www.headshotpro.com/api/photos"""
        query = {"include": include} if team_id is None else {"include": include, "teamId": team_id}
        return iterate_pages(self._send, Call("GET", FAVORITES, query=query, priority=priority), "photos", Photo.parse)

    def get_downloads(
        self,
        model_id: str,
        photo_ids: Sequence[str] | None = None,
        include: Include = "all",
        *,
        priority: Priority = "background",
    ) -> Downloads:
        """Addresses of many photos at once, all of the model's when `photo_ids` is None.

        A POST, but it changes nothing: https://www.headshotpro.com/api/photos
        """
        body: dict[str, Any] = {"include": include}
        if photo_ids is not None:
            body["photoIds"] = list(photo_ids)
        call = Call("POST", DOWNLOAD, {"modelId": model_id}, body=body, priority=priority)
        response = self._send(call)
        links, _ = parse_list(call, response, "downloads", DownloadLink.parse)
        return Downloads(links=tuple(links), expires_at=parse_time(get_holder(response, "downloads").get("expiresAt")))


def _parse_photo(call: Call, holder: Json) -> Photo:
    try:
        return Photo.parse(holder.get("photo", holder))
    except UnexpectedShape:
        raise build_unexpected(call, "no usable photo", None) from None
