"""The schemas of API responses. Objects are closed, so that a new field fails the tests."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
TIMESTAMP: Schema = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
COUNT: Schema = {"type": "integer", "minimum": 0}
URL: Schema = {"type": "string", "format": "uri"}
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


def build_enum(values: list[str]) -> Schema:
    """Build the schema of an enumeration."""
    return {"type": "string", "enum": values}


def build_nullable(schema: Schema) -> Schema:
    """Build a schema that also allows null."""
    return {"oneOf": [schema, {"type": "null"}]}


def build_ref(name: str) -> Schema:
    """Build a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def build_array(schema: Schema) -> Schema:
    """Build the schema of an array."""
    return {"type": "array", "items": schema}


def build_object(fields: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Build the schema of an object without additional properties."""
    return {
        "type": "object",
        "properties": fields | (optional or {}),
        "required": list(fields),
        "additionalProperties": False,
    }


def build_schemas() -> dict[str, Schema]:
    """Build all named schemas."""
    return {
        "Error": build_object({"success": {"const": False}, "error": TEXT, "code": build_enum(ERROR_CODES)}),
        "Pagination": build_object(
            {
                "total": COUNT,
                "limit": {"type": "integer", "minimum": 1, "maximum": 200},
                "offset": COUNT,
                "hasMore": FLAG,
            }
        ),
        "Team": build_object({"id": TEXT, "name": TEXT}),
        "Organization": build_object(
            {"uid": TEXT, "name": TEXT, "website": TEXT, "teams": build_array(build_ref("Team"))}
        ),
        "Model": build_object(_model_fields()),
        "Urls": build_object({"main": URL}, {"thumbnail": URL, "original": URL}),
        "Photo": build_object(_photo_fields()),
        "ModelPhoto": build_object(_photo_fields() | {"modelId": TEXT}),
        "FavoritePhoto": build_object(
            _photo_fields() | {"modelId": TEXT, "email": TEXT, "title": build_nullable(TEXT)} | _team_fields()
        ),
        "Download": build_object({"photoId": TEXT, "urls": build_ref("Urls")}),
        "Invite": build_object(
            {"email": TEXT, "status": build_enum(INVITE_STATUS), "createdAt": TIMESTAMP} | _team_fields(),
            {"modelId": TEXT},
        ),
        "AcceptedMember": build_object(_member_fields()),
        "Member": build_object(
            _member_fields()
            | {"status": build_enum(MEMBER_STATUS), "modelId": TEXT, "modelStatus": build_enum(MODEL_STATUS)}
        ),
    }


def _team_fields() -> dict[str, Schema]:
    return {"teamId": build_nullable(TEXT), "teamName": build_nullable(TEXT)}


def _model_fields() -> dict[str, Schema]:
    return {
        "id": TEXT,
        "uid": TEXT,
        "email": TEXT,
        "title": build_nullable(TEXT),
        "status": build_enum(MODEL_STATUS),
        **_team_fields(),
        "isDevelopment": FLAG,
        "createdAt": TIMESTAMP,
        "finishedAt": build_nullable(TIMESTAMP),
    }


def _photo_fields() -> dict[str, Schema]:
    return {
        "id": TEXT,
        "status": build_enum(["active", "deleted"]),
        "likedStatus": build_enum(["none", "liked", "loved"]),
        "createdAt": TIMESTAMP,
        "urls": build_ref("Urls"),
        "expiresAt": TIMESTAMP,
    }


def _member_fields() -> dict[str, Schema]:
    return {"id": TEXT, "email": TEXT, "name": build_nullable(TEXT), **_team_fields(), "joinedAt": TIMESTAMP}
