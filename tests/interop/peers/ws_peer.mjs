// The npm package `ws` as a peer: node ws_peer.mjs [CA CERT KEY]
//
// It serves on a port that it prints, and connects to each URL that comes in on stdin. In both roles the path of the
// URL says what it does with the connection. What it sees goes to stdout, one line each. It ends with its stdin.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import WebSocket, { WebSocketServer } from "ws";

const FRAGMENT = 7;
const [ca, cert, key] = process.argv.slice(2).map((file) => readFileSync(file));
const say = (...words) => console.log(words.join(" "));

const behaviours = {
  "/echo": (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),

  // The same in small frames, which may cut characters, with a ping behind the first.
  "/fragments": (socket) => {
    socket.on("message", (data, binary) => {
      for (let at = 0; at < data.length; at += FRAGMENT) {
        const fin = at + FRAGMENT >= data.length;
        socket.send(data.subarray(at, at + FRAGMENT), { binary, fin });
        if (at === 0) socket.ping("in between");
      }
    });
    socket.on("pong", (data) => say("pong", data));
  },

  "/ping": (socket) => {
    socket.on("message", (data) => socket.ping(data));
    socket.on("pong", (data) => say("pong", data));
  },

  "/close": (socket) =>
    socket.on("message", (data) => {
      const [, code, reason] = /^(\d+) (.*)$/s.exec(data);
      socket.close(Number(code), reason);
    }),
};
behaviours["/subprotocol"] = behaviours["/echo"];

function serve(socket, url) {
  const { pathname } = new URL(url, "ws://localhost");
  say("opened", `extensions=${socket.extensions}`, `subprotocol=${socket.protocol}`);
  socket.on("error", () => {}); // told by the code of its "close"
  socket.on("close", (code, reason) => say("closed", code, reason));
  behaviours[pathname](socket);
}

// Compression is offered and accepted: the other end is the one that must not want it.
const server = ca ? createSecureServer({ cert, key }) : createServer();
new WebSocketServer({
  server,
  perMessageDeflate: true,
  handleProtocols: (offered) => offered.has("chat.v2") && "chat.v2",
}).on("connection", (socket, request) => serve(socket, request.url));

function connect(url) {
  const offers = url.endsWith("/subprotocol") ? ["chat.v1", "chat.v2"] : [];
  const socket = new WebSocket(url, offers, { ca, perMessageDeflate: true });
  const failed = (error) => say("failed", error.message);
  socket.on("error", failed);
  socket.on("open", () => serve(socket.off("error", failed), url));
}

const { version } = createRequire(import.meta.url)("ws/package.json");
server.listen(0, "127.0.0.1", () => {
  say("peer", `ws ${version}, node ${process.version}`);
  say("listening", server.address().port);
});
createInterface({ input: process.stdin }).on("line", connect).on("close", () => process.exit());
