from flask import Blueprint

routes = Blueprint("answers", __name__)


@routes.get("/answers")
def listed():
    return "answers"
