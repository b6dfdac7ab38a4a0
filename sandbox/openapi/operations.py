"""The 24 operations of the API: parameters, bodies and responses."""

from __future__ import annotations

from typing import Any

from sandbox.openapi.schemas import (
    COUNT,
    FLAG,
    MEMBER_STATUS,
    MODEL_STATUS,
    TEXT,
    TIMESTAMP,
    URL,
    Schema,
    build_array,
    build_enum,
    build_nullable,
    build_object,
    build_ref,
)

Operation = dict[str, Any]

RATE_HEADERS = {
    "X-RateLimit-Limit": {"required": True, "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"required": True, "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"required": True, "schema": TIMESTAMP},
}
ERROR_DESCRIPTIONS = {
    400: "Invalid request",
    401: "No or wrong key",
    402: "Insufficient credits",
    403: "Feature not enabled",
    404: "Not found",
    429: "Rate or invite limit",
}
MAX_EMAIL_LENGTH = 254
EMAIL_BODY: Schema = {"type": "string", "format": "email", "minLength": 3, "maxLength": MAX_EMAIL_LENGTH}
LIMIT = {"type": "integer", "minimum": 1, "default": 50}
OFFSET = {"type": "integer", "minimum": 0, "maximum": 9007199254740992, "default": 0}
STATUS_FILTER = build_enum([*MODEL_STATUS, "generating", "generating-headshots"])


def build_operation(
    name: str, success_keys: dict[str, Schema], *errors: int, optional: dict[str, Schema] | None = None
) -> Operation:
    """Build an operation whose success response has these keys. 401 and 429 are always included."""
    success = build_object({"success": {"const": True}, **success_keys}, optional)
    responses = {"200": _build_response("Success", success)}
    for status in sorted({401, 429, *errors}):
        responses[str(status)] = _build_response(ERROR_DESCRIPTIONS[status], build_ref("Error"))
    return {"operationId": name, "responses": responses}


def _build_response(description: str, schema: Schema) -> dict[str, Any]:
    return {
        "description": description,
        "headers": RATE_HEADERS,
        "content": {"application/json": {"schema": schema}},
    }


def add_query_parameters(operation: Operation, queries: dict[str, Schema]) -> Operation:
    """Add optional query parameters to an operation."""
    listed = [{"name": name, "in": "query", "schema": schema} for name, schema in queries.items()]
    return {**operation, "parameters": listed}


def add_body(operation: Operation, schema: Schema, *, required: bool = True) -> Operation:
    """Add a JSON body to an operation."""
    content = {"application/json": {"schema": schema}}
    return {**operation, "requestBody": {"required": required, "content": content}}


def build_path_item(parameters: list[str], **methods: Operation) -> dict[str, Any]:
    """Build a path item with these path parameters."""
    item: dict[str, Any] = dict(methods)
    if parameters:
        text = {"type": "string", "minLength": 1}
        item["parameters"] = [{"name": n, "in": "path", "required": True, "schema": text} for n in parameters]
    return item


def build_paths() -> dict[str, Any]:
    """Build all paths of the V2 API."""
    return (
        _build_organization_paths()
        | _build_invite_paths()
        | _build_team_paths()
        | _build_member_paths()
        | _build_model_paths()
        | _build_photo_paths()
    )


def _build_organization_paths() -> dict[str, Any]:
    number = {"type": "number", "minimum": 0}
    return {
        "/organization": build_path_item(
            [], get=build_operation("getOrganization", {"organization": build_ref("Organization")})
        ),
        "/organization/credits": build_path_item([], get=build_operation("getCredits", {"credits": number})),
    }


def _build_invite_paths() -> dict[str, Any]:
    echo = build_object({"email": TEXT})
    create = build_operation(
        "createInvite",
        {"input": echo, "message": TEXT, "link": URL, "id": TEXT},
        400, 402, 404,
        optional={"teamId": TEXT},
    )  # fmt: skip
    body = _build_request_object({"email": EMAIL_BODY}, {"teamId": build_nullable(TEXT)})
    revoke = build_operation("revokeInvite", {"input": echo, "message": TEXT}, 400, 404)
    return {
        "/organization/invites": build_path_item(
            [],
            get=build_operation("listInvites", {"invites": build_array(build_ref("Invite"))}),
            post=add_body(create, body),
        ),
        "/organization/invites/revoke": build_path_item(
            [], post=add_body(revoke, _build_request_object({"email": _build_nonblank_text()}))
        ),
        "/organization/invites/{email}": build_path_item(
            ["email"], get=build_operation("getInvite", {"invite": build_ref("Invite")}, 404)
        ),
    }


def _build_team_paths() -> dict[str, Any]:
    keys = {"organization": build_ref("Organization")}
    name = _build_request_object({"name": _build_nonblank_text()})
    emails = _build_request_object({"emails": build_array(TEXT)})
    return {
        "/organization/teams": build_path_item(
            [],
            get=build_operation("listTeams", {"teams": build_array(build_ref("Team"))}),
            post=add_body(build_operation("createTeam", keys, 400), name),
        ),
        "/organization/teams/{teamId}": build_path_item(
            ["teamId"],
            put=add_body(build_operation("updateTeam", keys, 400, 404), name),
            delete=build_operation("deleteTeam", keys, 404),
        ),
        "/organization/teams/{teamId}/members": build_path_item(
            ["teamId"], post=add_body(build_operation("addMembers", {"message": TEXT}, 400, 404), emails)
        ),
    }


def _build_member_paths() -> dict[str, Any]:
    listing_all = build_operation(
        "listMembers", {"members": build_array(build_ref("Member")), "pagination": build_ref("Pagination")}, 400
    )

    def part(name: str, schema: str) -> dict[str, Any]:
        return build_path_item(
            [], get=build_operation(name, {"members": build_array(build_ref(schema)), "count": COUNT})
        )

    queries = {"limit": LIMIT, "offset": OFFSET, "status": build_enum(MEMBER_STATUS)}
    return {
        "/organization/team": build_path_item([], get=add_query_parameters(listing_all, queries)),
        "/organization/team/accepted": part("listAccepted", "AcceptedMember"),
        "/organization/team/pending": part("listPending", "Member"),
        "/organization/team/finished": part("listFinished", "Member"),
    }


def _build_model_paths() -> dict[str, Any]:
    listing = build_operation(
        "listModels", {"models": build_array(build_ref("Model")), "pagination": build_ref("Pagination")}, 400
    )
    queries = {"limit": LIMIT, "offset": OFFSET, "status": STATUS_FILTER, "teamId": TEXT}
    keys = {"modelId": TEXT, "status": build_enum(MODEL_STATUS), "signedUrl": URL}
    body = _build_request_object(
        {"email": EMAIL_BODY},
        {
            "teamId": build_nullable(TEXT),
            "isDevelopment": FLAG,
            "version": build_nullable(build_enum(["lora", "one-shot"])),
        },
    )
    create = add_body(build_operation("createModel", keys, 400, 402, 403, 404), body)
    return {
        "/organization/models": build_path_item([], get=add_query_parameters(listing, queries), post=create),
        "/organization/models/{modelId}": build_path_item(
            ["modelId"],
            get=build_operation("getModel", {"model": build_ref("Model")}, 404),
            delete=build_operation("deleteModel", {"message": TEXT, "modelId": TEXT}, 400, 404),
        ),
    }


def _build_photo_paths() -> dict[str, Any]:
    include = {"include": build_enum(["main", "all"])}
    pages = {"limit": LIMIT, "offset": OFFSET, **include}
    filters = {"status": build_enum(["active", "deleted"]), "likedStatus": build_enum(["none", "liked", "loved"])}
    listing = build_operation(
        "listPhotos", {"photos": build_array(build_ref("Photo")), "pagination": build_ref("Pagination")}, 400, 404
    )
    favorite = build_operation(
        "getFavorite", {"photo": build_nullable(build_ref("ModelPhoto"))}, 404, optional={"message": TEXT}
    )
    single = build_operation("getPhoto", {"photo": build_ref("ModelPhoto")}, 400, 404)
    listing_all = build_operation(
        "listFavorites",
        {"photos": build_array(build_ref("FavoritePhoto")), "pagination": build_ref("Pagination")},
        400,
    )
    keys = {"downloads": build_array(build_ref("Download")), "expiresAt": TIMESTAMP}
    download_body = _build_request_object({}, {"photoIds": build_array(TEXT), "include": build_enum(["main", "all"])})
    download = add_body(build_operation("downloadPhotos", keys, 400, 404), download_body, required=False)
    base = "/organization/models/{modelId}/photos"
    return {
        base: build_path_item(["modelId"], get=add_query_parameters(listing, pages | filters)),
        f"{base}/favorite": build_path_item(["modelId"], get=favorite),
        f"{base}/{{photoId}}": build_path_item(["modelId", "photoId"], get=add_query_parameters(single, include)),
        f"{base}/download": build_path_item(["modelId"], post=download),
        "/organization/photos/favorites": build_path_item(
            [], get=add_query_parameters(listing_all, pages | {"teamId": TEXT})
        ),
    }


def _build_nonblank_text() -> Schema:
    """Build the schema of a string that is not blank."""
    return {"type": "string", "pattern": r"\S"}


def _build_request_object(fields: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Build the schema of a request body. Unknown fields are ignored."""
    return {"type": "object", "properties": fields | (optional or {}), "required": list(fields)}
