"""Every refusal and failure as an RFC 9457 problem with a stable code, and its reasons in the reader's language."""

from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from server.domain.reasons import Language, text, who_lifts
from server.domain.verdicts import Reason
from server.service import errors
from server.service.people.sign_in import TooManyTriesError, WrongSignInError
from server.web.etags import ConditionError
from server.web.languages import language_of

log = structlog.get_logger(__name__)

MEDIA: Final = "application/problem+json"
STATUS: Final[dict[type[errors.ServiceError], int]] = {
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.StaleError: 412,
    ConditionError: 428,
    errors.InvalidError: 422,
    errors.ForbiddenError: 403,
    errors.RefusedError: 403,
    WrongSignInError: 401,
    TooManyTriesError: 429,
}


class NotSignedInError(errors.ServiceError):
    """The request says nothing, or nothing valid, about who is asking."""

    def __init__(self) -> None:
        super().__init__("not_signed_in", "sign in first")


class WrongTokenError(errors.ServiceError):
    """A page's form or script did not carry the token of its own sign-in."""

    def __init__(self) -> None:
        super().__init__("wrong_csrf_token", "send the sign-in's csrf token as X-CSRF-Token or form field csrf")


def locale_of(request: Request) -> Language:
    """Give the language of whoever asks, known or not yet."""
    return language_of(request, getattr(request.state, "locale", None))


def told(reason: Reason, locale: Language) -> dict[str, Any]:
    """Give a reason as it is sent, with its sentence in the reader's language."""
    return {
        "rule": reason.rule,
        "code": reason.code,
        "item": reason.item,
        "params": dict(reason.params),
        "text": text(reason, locale),
        "lifted_by": who_lifts(reason.code, locale),
    }


def problem(request: Request, status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """Give a problem document."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    body = {"type": f"urn:guiwei:problem:{code}", "title": code.replace("_", " "), "status": status, "code": code}
    return JSONResponse({**body, "detail": detail, "instance": request.url.path, **more}, status, headers, MEDIA)


def _service_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, errors.ServiceError):
        raise error
    named = error.reasons if isinstance(error, errors.RefusedError | errors.ForbiddenError) else ()
    reasons = [told(reason, locale_of(request)) for reason in named]
    if isinstance(error, errors.RefusedError):
        detail = "; ".join(f"{reason['rule']} {reason['text']}" for reason in reasons)
        return problem(request, 403, error.code, detail, reasons=reasons)
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
    answer = problem(request, status, error.code, error.detail, reasons=reasons)
    if isinstance(error, TooManyTriesError):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _not_signed_in(request: Request, error: Exception) -> Response:
    del error
    page = not request.url.path.startswith("/api/") and request.url.path != "/metrics"
    if page and "HX-Request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
    if page and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={request.url.path}", 303)
    return problem(request, 401, "not_signed_in", "sign in first", reasons=[])


def _wrong_token(request: Request, error: Exception) -> Response:
    return problem(request, 403, "wrong_csrf_token", str(error), reasons=[])


def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    fields = [{"at": ".".join(str(part) for part in e["loc"]), "what": str(e["msg"])} for e in error.errors()]
    detail = "; ".join(f"{field['at']}: {field['what']}" for field in fields)
    return problem(request, 422, "invalid", detail, reasons=[], fields=fields)


def _not_storable(request: Request, error: Exception) -> Response:
    del error  # it would show the statement
    return problem(request, 422, "invalid", "a text, number or date here is one no database can hold", reasons=[])


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "no_such_address", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "refused")
    answer = problem(request, error.status_code, code, str(error.detail), reasons=[])
    answer.headers.update(error.headers or {})
    return answer


def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, method=request.method, error=type(error).__name__)
    return problem(request, 500, "internal_error", "the server failed; the error is in its log", reasons=[])


def add_problems(app: FastAPI) -> None:
    """Have every error answered as a problem."""
    app.add_exception_handler(NotSignedInError, _not_signed_in)
    app.add_exception_handler(WrongTokenError, _wrong_token)
    app.add_exception_handler(errors.ServiceError, _service_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DataError, _not_storable)
    app.add_exception_handler(OverflowError, _not_storable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)
