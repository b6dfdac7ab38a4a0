"""The provider's model operations: create, read, list, find, delete."""

from collections.abc import Iterator
from typing import Any

from portal.provider.errors import AlreadyDeleted, NotFound
from portal.provider.fields import UnexpectedShape
from portal.provider.operations import OperationGroup
from portal.provider.paging import iterate_pages
from portal.provider.responses import Call, Priority, build_unexpected, get_holder
from portal.provider.wire_types import CreatedSession, Model, find_newest

MODELS = "/organization/models"
MODEL = "/organization/models/:modelId"


class ModelCalls(OperationGroup):
    """https://www.headshotpro.com/api/models and https://www.headshotpro.com/api/whitelabel

    Every method raises Unauthorized, Forbidden, RateLimited, Unavailable or UnexpectedAnswer, and what its
    own docstring adds.
    """

    def create_model(
        self,
        email: str,
        *,
        team_id: str | None = None,
        is_development: bool | None = None,
        version: str | None = None,
        priority: Priority = "background",
        prepaid: bool = False,
    ) -> CreatedSession:
        """Create an anonymous user and a model for an address: https://www.headshotpro.com/api/whitelabel

        Never retried. When the error has `outcome_unknown`, check with `find_model_by_email` before another
        attempt. `prepaid`: the caller holds a grant from the budget already. Raises Forbidden (whitelabel is
        off), OutOfCredits, InvalidEmail, InvalidRequest, and AlreadyExists when the address exists at the provider.
        """
        body: dict[str, Any] = {"email": email}
        for name, value in (("teamId", team_id), ("isDevelopment", is_development), ("version", version)):
            if value is not None:
                body[name] = value
        call = Call("POST", MODELS, body=body, priority=priority, prepaid=prepaid, detect_duplicate_text=True)
        response = self._send(call)
        try:
            return CreatedSession.parse(get_holder(response, "modelId"))
        except UnexpectedShape:
            raise build_unexpected(call, "no usable session", None) from None

    def get_model(self, model_id: str, *, priority: Priority = "background") -> Model:
        """One model: https://www.headshotpro.com/api/models. Raises NotFound."""
        return self._send_for_one(Call("GET", MODEL, {"modelId": model_id}, priority=priority), "model", Model.parse)

    def list_models(
        self, status: str | None = None, team_id: str | None = None, *, priority: Priority = "background"
    ) -> Iterator[Model]:
        """All models, 200 a page, called for as they are consumed: https://www.headshotpro.com/api/models

        Whether deleted ones are listed without `status="deleted"` is not documented. Raises InvalidRequest
        for a status the provider does not know.
        """
        query = {name: value for name, value in (("status", status), ("teamId", team_id)) if value is not None}
        return iterate_pages(self._send, Call("GET", MODELS, query=query, priority=priority), "models", Model.parse)

    def find_model_by_email(self, email: str, *, priority: Priority = "background") -> Model | None:
        """The newest model of an address that is not deleted, or None; reads the whole list.

        Addresses are compared trimmed and in lower case; no filter by address is documented.
        """
        normalized = email.strip().lower()
        return find_newest(
            [
                model
                for model in self.list_models(priority=priority)
                if not model.is_deleted and (model.email or "").strip().lower() == normalized
            ]
        )

    def delete_model(self, model_id: str, *, priority: Priority = "background") -> None:
        """Delete a model and its photos: https://www.headshotpro.com/api/models. Gone already is success."""
        call = Call("DELETE", MODEL, {"modelId": model_id}, priority=priority, may_be_empty=True)
        try:
            self._send(call)
        except (NotFound, AlreadyDeleted):
            return
