"""The JSON API, one router per topic."""

from server.web.routes import live, sign_in

ROUTERS = (sign_in.router, live.router)
