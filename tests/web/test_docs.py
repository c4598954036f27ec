"""The page about the API: complete, and true to the OpenAPI document."""

from typing import TYPE_CHECKING

from app.web.docs import grouped, kind_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

DOCUMENT = {
    "paths": {
        "/things": {
            "post": {
                "tags": ["things"],
                "operationId": "make_thing",
                "description": "Make a thing.\n\nIt is ``new``.",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/schemas/Thing"}}}
                },
                "responses": {"201": {"description": "Made"}},
            },
            "get": {
                "tags": ["things"],
                "summary": "List Things",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                ],
            },
        }
    },
    "schemas": {
        "Thing": {
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "description": "What to call it."},
                "parts": {"type": "array", "items": {"$ref": "#/schemas/Part"}, "default": []},
                "kind": {"enum": ["a", "b"], "default": "a"},
            },
        },
        "Part": {"properties": {"id": {"type": "string"}, "size": {"type": "number"}}},
    },
}


def test_calls_come_by_tag_with_their_fields() -> None:
    [group] = grouped(DOCUMENT)
    read, make = group.calls

    assert (read.method, read.title, read.can_be_tried) == ("GET", "List Things", True)
    assert (make.title, make.text) == ("Make a thing.", "It is new.")
    assert [(field.name, field.kind, field.required) for field in make.body] == [
        ("name", "string", True),
        ("parts", "list of {id, size}", False),
        ("kind", "one of a, b", False),
    ]
    assert make.body[2].note == "Default: a"
    assert make.answers == (("201", "Made"),)


def test_a_value_that_may_be_nothing_says_so() -> None:
    schema = {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}

    assert kind_of({}, schema) == "string (uuid) or null"


def test_the_page_lists_every_call_of_the_document(client: "TestClient") -> None:
    document = client.get("/api/v1/openapi.json").json()
    page = client.get("/api/docs")

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for path, operations in document["paths"].items():
        assert f"<code>{path}</code>" in page.text
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page.text
