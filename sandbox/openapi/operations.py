"""The 24 operations: what each takes and which answers it gives."""

from __future__ import annotations

from typing import Any

from sandbox.openapi.schemas import (
    ADDRESS,
    COUNT,
    FLAG,
    MEMBER_STATUS,
    MODEL_STATUS,
    MOMENT,
    TEXT,
    Schema,
    closed,
    many,
    nullable,
    one_of,
    ref,
)

Operation = dict[str, Any]

RATE_HEADERS = {
    "X-RateLimit-Limit": {"required": True, "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"required": True, "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"required": True, "schema": MOMENT},
}
REASONS = {
    400: "Invalid request",
    401: "No or wrong key",
    402: "Insufficient credits",
    403: "Feature not enabled",
    404: "Not found",
    429: "Rate or invite limit",
}
LONGEST_EMAIL = 254
EMAIL_BODY: Schema = {"type": "string", "format": "email", "minLength": 3, "maxLength": LONGEST_EMAIL}
LIMIT = {"type": "integer", "minimum": 1, "default": 50}
OFFSET = {"type": "integer", "minimum": 0, "maximum": 9007199254740992, "default": 0}
STATUS_FILTER = one_of([*MODEL_STATUS, "generating", "generating-headshots"])


def operation(
    name: str, answer: dict[str, Schema], *errors: int, optional: dict[str, Schema] | None = None
) -> Operation:
    """Return an operation whose success carries these keys; 401 and 429 are always possible."""
    success = closed({"success": {"const": True}, **answer}, optional)
    answers = {"200": _answer("Success", success)}
    for status in sorted({401, 429, *errors}):
        answers[str(status)] = _answer(REASONS[status], ref("Error"))
    return {"operationId": name, "responses": answers}


def _answer(description: str, schema: Schema) -> dict[str, Any]:
    return {
        "description": description,
        "headers": RATE_HEADERS,
        "content": {"application/json": {"schema": schema}},
    }


def taking(described: Operation, queries: dict[str, Schema]) -> Operation:
    """Return the operation with optional query parameters."""
    listed = [{"name": name, "in": "query", "schema": schema} for name, schema in queries.items()]
    return {**described, "parameters": listed}


def with_body(described: Operation, schema: Schema, *, required: bool = True) -> Operation:
    """Return the operation with a JSON body."""
    content = {"application/json": {"schema": schema}}
    return {**described, "requestBody": {"required": required, "content": content}}


def under(parameters: list[str], **methods: Operation) -> dict[str, Any]:
    """Return a path item whose path has these parameters."""
    item: dict[str, Any] = dict(methods)
    if parameters:
        shape = {"type": "string", "minLength": 1}
        item["parameters"] = [{"name": n, "in": "path", "required": True, "schema": shape} for n in parameters]
    return item


def paths() -> dict[str, Any]:
    """Return every path of the V2 API."""
    return _organization() | _invites() | _teams() | _members() | _models() | _photos()


def _organization() -> dict[str, Any]:
    number = {"type": "number", "minimum": 0}
    return {
        "/organization": under([], get=operation("getOrganization", {"organization": ref("Organization")})),
        "/organization/credits": under([], get=operation("getCredits", {"credits": number})),
    }


def _invites() -> dict[str, Any]:
    echo = closed({"email": TEXT})
    create = operation(
        "createInvite",
        {"input": echo, "message": TEXT, "link": ADDRESS, "id": TEXT},
        400, 402, 404,
        optional={"teamId": TEXT},
    )  # fmt: skip
    body = _open({"email": EMAIL_BODY}, {"teamId": nullable(TEXT)})
    revoke = operation("revokeInvite", {"input": echo, "message": TEXT}, 400, 404)
    return {
        "/organization/invites": under(
            [], get=operation("listInvites", {"invites": many(ref("Invite"))}), post=with_body(create, body)
        ),
        "/organization/invites/revoke": under([], post=with_body(revoke, _open({"email": _filled()}))),
        "/organization/invites/{email}": under(["email"], get=operation("getInvite", {"invite": ref("Invite")}, 404)),
    }


def _teams() -> dict[str, Any]:
    answer = {"organization": ref("Organization")}
    name = _open({"name": _filled()})
    emails = _open({"emails": many(TEXT)})
    return {
        "/organization/teams": under(
            [],
            get=operation("listTeams", {"teams": many(ref("Team"))}),
            post=with_body(operation("createTeam", answer, 400), name),
        ),
        "/organization/teams/{teamId}": under(
            ["teamId"],
            put=with_body(operation("updateTeam", answer, 400, 404), name),
            delete=operation("deleteTeam", answer, 404),
        ),
        "/organization/teams/{teamId}/members": under(
            ["teamId"], post=with_body(operation("addMembers", {"message": TEXT}, 400, 404), emails)
        ),
    }


def _members() -> dict[str, Any]:
    everyone = operation("listMembers", {"members": many(ref("Member")), "pagination": ref("Pagination")}, 400)

    def part(name: str, schema: str) -> dict[str, Any]:
        return under([], get=operation(name, {"members": many(ref(schema)), "count": COUNT}))

    queries = {"limit": LIMIT, "offset": OFFSET, "status": one_of(MEMBER_STATUS)}
    return {
        "/organization/team": under([], get=taking(everyone, queries)),
        "/organization/team/accepted": part("listAccepted", "AcceptedMember"),
        "/organization/team/pending": part("listPending", "Member"),
        "/organization/team/finished": part("listFinished", "Member"),
    }


def _models() -> dict[str, Any]:
    listing = operation("listModels", {"models": many(ref("Model")), "pagination": ref("Pagination")}, 400)
    queries = {"limit": LIMIT, "offset": OFFSET, "status": STATUS_FILTER, "teamId": TEXT}
    answer = {"modelId": TEXT, "status": one_of(MODEL_STATUS), "signedUrl": ADDRESS}
    body = _open(
        {"email": EMAIL_BODY},
        {"teamId": nullable(TEXT), "isDevelopment": FLAG, "version": nullable(one_of(["lora", "one-shot"]))},
    )
    create = with_body(operation("createModel", answer, 400, 402, 403, 404), body)
    return {
        "/organization/models": under([], get=taking(listing, queries), post=create),
        "/organization/models/{modelId}": under(
            ["modelId"],
            get=operation("getModel", {"model": ref("Model")}, 404),
            delete=operation("deleteModel", {"message": TEXT, "modelId": TEXT}, 400, 404),
        ),
    }


def _photos() -> dict[str, Any]:
    include = {"include": one_of(["main", "all"])}
    pages = {"limit": LIMIT, "offset": OFFSET, **include}
    filters = {"status": one_of(["active", "deleted"]), "likedStatus": one_of(["none", "liked", "loved"])}
    listing = operation("listPhotos", {"photos": many(ref("Photo")), "pagination": ref("Pagination")}, 400, 404)
    favorite = operation("getFavorite", {"photo": nullable(ref("ModelPhoto"))}, 404, optional={"message": TEXT})
    single = operation("getPhoto", {"photo": ref("ModelPhoto")}, 400, 404)
    everyone = operation("listFavorites", {"photos": many(ref("FavoritePhoto")), "pagination": ref("Pagination")}, 400)
    answer = {"downloads": many(ref("Download")), "expiresAt": MOMENT}
    wanted = _open({}, {"photoIds": many(TEXT), "include": one_of(["main", "all"])})
    download = with_body(operation("downloadPhotos", answer, 400, 404), wanted, required=False)
    base = "/organization/models/{modelId}/photos"
    return {
        base: under(["modelId"], get=taking(listing, pages | filters)),
        f"{base}/favorite": under(["modelId"], get=favorite),
        f"{base}/{{photoId}}": under(["modelId", "photoId"], get=taking(single, include)),
        f"{base}/download": under(["modelId"], post=download),
        "/organization/photos/favorites": under([], get=taking(everyone, pages | {"teamId": TEXT})),
    }


def _filled() -> Schema:
    """Return a text that is more than blanks."""
    return {"type": "string", "pattern": r"\S"}


def _open(fields: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Return a request body: fields nobody knows are ignored."""
    return {"type": "object", "properties": fields | (optional or {}), "required": list(fields)}
