"""The JSON API, one router per topic."""

from server.web.routes import (
    captures,
    care,
    disposal,
    duties,
    emergencies,
    health,
    imports,
    items,
    live,
    oversight,
    people,
    requests,
    sign_in,
    stations,
    stocktakes,
)

ROUTERS = (
    sign_in.router,
    live.router,
    people.router,
    stations.router,
    items.router,
    requests.router,
    emergencies.router,
    oversight.router,
    duties.router,
    care.router,
    stocktakes.router,
    disposal.router,
    imports.router,
    captures.router,
    health.router,
)
