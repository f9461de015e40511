"""The JSON API, one router per topic."""

from server.web.routes import captures, health, items, live, oversight, people, requests, sign_in, stocktakes

ROUTERS = (
    sign_in.router,
    live.router,
    people.router,
    items.router,
    requests.router,
    oversight.router,
    stocktakes.router,
    captures.router,
    health.router,
)
