// A patient on npm's Socket.IO client: node socket_client.mjs ADDRESS TOKEN. Says one message twice,
// then asks for what it has missed; prints what was answered, as JSON.

import { io } from "socket.io-client";

const [address, token] = process.argv.slice(2);
const socket = io(address, { path: "/webhooks/web/socket.io/", auth: { token }, forceNew: true });
const call = (name, body) => socket.timeout(10000).emitWithAck(name, body);

await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
const message = { message: "hello", message_id: "m1" };
const answers = [await call("message", message), await call("message", message)];
const missed = await call("resume", { turns: 0, notices: 0 });
console.log(JSON.stringify({ answers, missed }));
socket.disconnect();
