"""The JSON API, one router per topic."""

from server.web.routes import captures, duties, health, items, live, oversight, people, requests, sign_in, stocktakes

ROUTERS = (
    sign_in.router,
    live.router,
    people.router,
    items.router,
    requests.router,
    oversight.router,
    duties.router,
    stocktakes.router,
    captures.router,
    health.router,
)
