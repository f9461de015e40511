"""Every list of the API, found by its routes: a GET without path parameters that answers with a `Page`.

A list is exported by asking its own route part by part, so that an export can never show more than the list does.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar, get_args

from fastapi import Depends, Request, params
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

from server.service.context import Reading
from server.service.errors import InvalidError, NotFoundError
from server.service.people.rights import Act
from server.service.reporting.listing import PART
from server.service.shapes import Page
from server.web.auth import DECLARED, Gate, Me, routes_of

T = TypeVar("T")
START: Final = "/api/v1/"
CURSORS: Final = ("after", "before")
OWN: Final = frozenset({"look", "limit", *CURSORS})


@dataclass(frozen=True, slots=True)
class Listed:
    """One list: its name (the address with dashes), its act, what its rows are, and its route."""

    name: str
    act: Act
    model: type[BaseModel]
    route: APIRoute

    def part(self, look: Reading, after: str | None, filters: Mapping[str, str]) -> Page[Any]:
        """Ask for one part, by the filters of the list's own; raises InvalidError for a wrong one."""
        parameters = inspect.signature(self.route.endpoint).parameters
        cursor = next((name for name in CURSORS if name in parameters), None)
        asked = {name: value for name, value in filters.items() if name not in OWN}
        if after is not None and cursor is not None:
            asked[cursor] = after
        given = _given(self.route.endpoint, asked)
        given |= {"look": look} | ({"limit": PART} if "limit" in parameters else {})
        page: Page[Any] = _at_once(self.route.endpoint(**given))
        return page if cursor is not None else page.model_copy(update={"next": None})


def lists() -> dict[str, Listed]:
    """Give every list there is, by name."""
    from server.web.routes import ROUTERS  # the routers' own module exports them; this one is imported by a router

    return {listed.name: listed for route in routes_of(ROUTERS) for listed in _listed(route)}


async def list_named(name: str, request: Request, viewer: Me) -> Listed:
    """Find a list that its asker may see; raises NotFoundError, or what the list's own gate says."""
    found = lists().get(name)
    if found is None:
        raise NotFoundError("list", name)
    await Gate(found.act)(request, viewer)
    return found


Named = Annotated[Listed, Depends(list_named)]


def _listed(route: APIRoute) -> Iterator[Listed]:
    if "GET" not in (route.methods or ()) or "{" in route.path or not route.path.startswith(START):
        return
    answer = inspect.signature(route.endpoint).return_annotation
    parameters = inspect.signature(route.endpoint).parameters
    if not (isinstance(answer, type) and issubclass(answer, Page)) or "look" not in parameters:
        return
    if any(p.default is p.empty and _dependency(p) is None for name, p in parameters.items() if name != "look"):
        return  # it asks for something that only its own caller can say
    (model,) = get_args(answer.model_fields["rows"].annotation)
    act = Act((route.openapi_extra or {})[DECLARED])
    yield Listed(route.path.removeprefix(START).replace("/", "-"), act, model, route)


def _given(call: Callable[..., Any], asked: Mapping[str, str]) -> dict[str, Any]:
    """Read what a handler, or what it depends on, takes of the query; the rest stays as it is by default."""
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(call).parameters.items():
        if name in OWN and name not in asked:
            continue
        if (inner := _dependency(parameter)) is not None:
            given[name] = inner(**_given(inner, asked))
        elif name in asked:
            try:
                given[name] = TypeAdapter(parameter.annotation).validate_python(asked[name])
            except ValidationError as error:
                raise InvalidError("wrong_filter", f"{name}: {error.errors()[0]['msg']}") from None
    return given


def _dependency(parameter: inspect.Parameter) -> Callable[..., Any] | None:
    """Give what makes a parameter, if it is not read from the query itself."""
    made = (one for one in get_args(parameter.annotation)[1:] if isinstance(one, params.Depends))
    found = next(made, None)
    return None if found is None else found.dependency or get_args(parameter.annotation)[0]


def _at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a handler that waits for nothing: lists are read inline."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError("a list's handler waits for something; it cannot be exported")
