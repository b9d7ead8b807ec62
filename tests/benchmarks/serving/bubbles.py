"""Both protocols over Socket.IO, without a model: `bubbles.py PORT`.

Rasa's own answers each message with two bubbles, the second a moment later; ours acknowledges it.
"""

import asyncio
import sys

from sanic import Sanic
from sanic.response import json
from socketio import AsyncServer

MOMENT = 0.03
app = Sanic("bubbles", configure_logging=False)
stock, ours = AsyncServer(async_mode="sanic"), AsyncServer(async_mode="sanic")
stock.attach(app)
ours.attach(app, "webhooks/web/socket.io")


@stock.on("user_uttered")
async def answer(connection, _):
    await stock.emit("bot_uttered", {"text": "It is a drug."}, room=connection)
    await asyncio.sleep(MOMENT)
    await stock.emit("bot_uttered", {"text": "Ask your team."}, room=connection)


@app.post("/webhooks/web/session")
async def session(_):
    return json({"token": "signed"}, status=201)


@ours.on("message")
async def acknowledge(_, message):
    turn = {"kind": "answer", "message_id": message["message_id"]}
    return {"status": 200, "messages": [{"custom": turn}, {"text": "It is a drug."}]}


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), access_log=False)
