"""Figures (to come)."""

from flask import Blueprint

routes = Blueprint("figures", __name__)


@routes.get("/figures")
def shown():
    return "figures"
