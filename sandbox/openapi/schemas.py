"""The shapes the API answers with; every object is closed, so that a new field is noticed."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ADDRESS: Schema = {"type": "string", "format": "uri"}
MODEL_STATUS = ["onboarding", "waiting", "pending", "generatingHeadshots", "active", "failed", "deleted"]
MEMBER_STATUS = ["accepted", "pending", "finished"]
INVITE_STATUS = ["pending", "accepted", "uploading", "generating", "completed", "revoked", "deleted"]
ERROR_CODES = [
    "UNAUTHORIZED",
    "FORBIDDEN",
    "INVALID_REQUEST",
    "INVALID_EMAIL",
    "ALREADY_EXISTS",
    "ALREADY_DELETED",
    "INSUFFICIENT_CREDITS",
    "NOT_FOUND",
    "RATE_LIMIT_EXCEEDED",
    "INVITE_LIMIT_EXCEEDED",
    "INTERNAL_ERROR",
]


def one_of(values: list[str]) -> Schema:
    """Return a closed set of words."""
    return {"type": "string", "enum": values}


def nullable(schema: Schema) -> Schema:
    """Return the schema, or null."""
    return {"oneOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(schema: Schema) -> Schema:
    """Return an array of these."""
    return {"type": "array", "items": schema}


def closed(fields: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Return an object with exactly these fields, and perhaps the optional ones."""
    return {
        "type": "object",
        "properties": fields | (optional or {}),
        "required": list(fields),
        "additionalProperties": False,
    }


def schemas() -> dict[str, Schema]:
    """Return every named schema."""
    return {
        "Error": closed({"success": {"const": False}, "error": TEXT, "code": one_of(ERROR_CODES)}),
        "Pagination": closed(
            {
                "total": COUNT,
                "limit": {"type": "integer", "minimum": 1, "maximum": 200},
                "offset": COUNT,
                "hasMore": FLAG,
            }
        ),
        "Team": closed({"id": TEXT, "name": TEXT}),
        "Organization": closed({"uid": TEXT, "name": TEXT, "website": TEXT, "teams": many(ref("Team"))}),
        "Model": closed(_model()),
        "Urls": closed({"main": ADDRESS}, {"thumbnail": ADDRESS, "original": ADDRESS}),
        "Photo": closed(_photo()),
        "ModelPhoto": closed(_photo() | {"modelId": TEXT}),
        "FavoritePhoto": closed(_photo() | {"modelId": TEXT, "email": TEXT, "title": nullable(TEXT)} | _team()),
        "Download": closed({"photoId": TEXT, "urls": ref("Urls")}),
        "Invite": closed(
            {"email": TEXT, "status": one_of(INVITE_STATUS), "createdAt": MOMENT} | _team(), {"modelId": TEXT}
        ),
        "AcceptedMember": closed(_member()),
        "Member": closed(
            _member() | {"status": one_of(MEMBER_STATUS), "modelId": TEXT, "modelStatus": one_of(MODEL_STATUS)}
        ),
    }


def _team() -> dict[str, Schema]:
    return {"teamId": nullable(TEXT), "teamName": nullable(TEXT)}


def _model() -> dict[str, Schema]:
    return {
        "id": TEXT,
        "uid": TEXT,
        "email": TEXT,
        "title": nullable(TEXT),
        "status": one_of(MODEL_STATUS),
        **_team(),
        "isDevelopment": FLAG,
        "createdAt": MOMENT,
        "finishedAt": nullable(MOMENT),
    }


def _photo() -> dict[str, Schema]:
    return {
        "id": TEXT,
        "status": one_of(["active", "deleted"]),
        "likedStatus": one_of(["none", "liked", "loved"]),
        "createdAt": MOMENT,
        "urls": ref("Urls"),
        "expiresAt": MOMENT,
    }


def _member() -> dict[str, Schema]:
    return {"id": TEXT, "email": TEXT, "name": nullable(TEXT), **_team(), "joinedAt": MOMENT}
