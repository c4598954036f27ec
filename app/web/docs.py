"""The API explained on a page of our own: every call, what it takes, what it gives.

Made from the OpenAPI document, so it cannot differ from what runs. The usual viewers set styles
in attributes or load their code from another host; our Content-Security-Policy allows neither.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.rendering import page

router = APIRouter()

_METHODS = ("get", "post", "put", "patch", "delete")
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a call, or a field of a body."""

    name: str
    kind: str
    required: bool
    note: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation."""

    anchor: str
    method: str
    path: str
    title: str
    text: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]
    can_be_tried: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The calls that share a tag."""

    name: str
    calls: list[Call] = field(default_factory=list)


@router.get("/api/docs")
def show_docs(request: Request) -> Response:
    """Every call of the API; calls that only read can be tried in place."""
    document = request.app.openapi()
    groups = grouped(document)
    return page(
        request,
        "web/api_docs.html",
        groups=groups,
        count=sum(len(group.calls) for group in groups),
        document_url=request.app.openapi_url,
    )


def grouped(document: Mapping[str, Any]) -> list[Group]:
    """The calls of an OpenAPI document by tag, in its order."""
    groups: dict[str, Group] = {}
    for tag, call in _calls(document):
        groups.setdefault(tag, Group(tag.capitalize())).calls.append(call)
    return list(groups.values())


def _calls(document: Mapping[str, Any]) -> Iterator[tuple[str, Call]]:
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                tag = next(iter(operation.get("tags", [])), "other")
                yield tag, _call(document, path, method, operation)


def _call(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Call:
    parameters = tuple(
        Field(
            each["name"],
            kind_of(document, each.get("schema", {})),
            each.get("required", False),
            each.get("description", "") or each.get("schema", {}).get("description", ""),
            each["in"],
        )
        for each in operation.get("parameters", [])
    )
    text = operation.get("description", "").replace("``", "")
    return Call(
        anchor=operation.get("operationId", f"{method}{path}"),
        method=method.upper(),
        path=path,
        title=text.partition("\n")[0] or operation.get("summary", ""),
        text=text.partition("\n")[2].strip(),
        parameters=parameters,
        body=_body(document, operation),
        answers=tuple(
            (status, answer.get("description", ""))
            for status, answer in operation.get("responses", {}).items()
        ),
        can_be_tried=method == "get" and "{" not in path,
    )


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[Field, ...]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    return tuple(_fields(document, resolved(document, schema)))


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Field]:
    required = schema.get("required", [])
    for name, each in schema.get("properties", {}).items():
        note = each.get("description", "")
        default = each.get("default")
        if default not in (None, "", [], ()) and not note:
            note = f"Default: {default}"
        yield Field(name, kind_of(document, each), name in required, note)


def resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference leads to, or the schema itself."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Mapping[str, Any] = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def kind_of(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> str:
    """What a value is, in a few words: ``string (uuid)``, ``list of {id, level}``."""
    schema = resolved(document, schema)
    for name in ("anyOf", "oneOf"):
        if name in schema:
            kinds = (kind_of(document, each, depth) for each in schema[name])
            return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {kind_of(document, schema.get('items', {}), depth + 1)}"
    if "properties" in schema and depth < _DEPTH:
        return "{" + ", ".join(schema["properties"]) + "}"
    kind = schema.get("type", "value")
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)
