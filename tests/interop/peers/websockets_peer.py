"""The PyPI package `websockets` as a peer: python websockets_peer.py [CA CERT KEY]

It serves on a port that it prints, and connects to each URL that comes in on stdin. In both roles the path of the URL
says what it does with the connection. What it sees goes to stdout, one line each. It ends with its stdin.
"""

import asyncio
import logging
import platform
import ssl
import sys
from urllib.parse import urlsplit

import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

FRAGMENT = 7
# Compression is offered and accepted by default: the other end is the one that must not want it.
OPTIONS = {"max_size": None, "ping_interval": None}


def say(*words):
    print(*words, flush=True)


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def echo_in_fragments(connection):
    """The same in small frames, which may cut characters, with a ping behind the first."""

    async def fragments(data):
        for at in range(0, len(data), FRAGMENT):
            yield data[at : at + FRAGMENT]
            if at == 0:
                await ping(connection, "in between")

    async for message in connection:
        is_text = isinstance(message, str)
        data = message.encode() if is_text else message
        await connection.send(fragments(data), text=is_text)


async def ping_on_message(connection):
    async for message in connection:
        await ping(connection, message)


async def close_on_message(connection):
    code, reason = (await connection.recv()).split(" ", 1)
    await connection.close(int(code), reason)


BEHAVIOURS = {
    "/echo": echo,
    "/fragments": echo_in_fragments,
    "/ping": ping_on_message,
    "/close": close_on_message,
    "/subprotocol": echo,
}


async def ping(connection, payload):
    pong = await connection.ping(payload)
    pong.add_done_callback(lambda pong: pong.exception() or say("pong", payload))


async def handle(connection, path):
    extensions = ",".join(extension.name for extension in connection.protocol.extensions)
    say("opened", f"extensions={extensions}", f"subprotocol={connection.subprotocol or ''}")
    try:
        await BEHAVIOURS[path](connection)
    except websockets.ConnectionClosed:
        pass  # told below
    await connection.wait_closed()
    say("closed", connection.close_code, connection.close_reason)


async def handle_client(connection):
    await handle(connection, connection.request.path)


async def connect_to(url, tls):
    path = urlsplit(url).path
    offers = ["chat.v1", "chat.v2"] if path == "/subprotocol" else None
    try:
        connection = await connect(url, ssl=tls, subprotocols=offers, proxy=None, **OPTIONS)
    except (OSError, websockets.InvalidHandshake) as error:
        say("failed", error)
    else:
        await handle(connection, path)


def tls_contexts(ca, cert, key):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return ssl.create_default_context(cafile=ca), server


async def main():
    client_tls, server_tls = tls_contexts(*sys.argv[1:]) if sys.argv[1:] else (None, None)
    server = serve(
        handle_client,
        "127.0.0.1",
        0,
        ssl=server_tls,
        select_subprotocol=lambda _, offers: "chat.v2" if "chat.v2" in offers else None,
        **OPTIONS,
    )
    async with server as server:
        say("peer", f"websockets {websockets.__version__}, Python {platform.python_version()}")
        say("listening", server.sockets[0].getsockname()[1])
        tasks = set()
        while line := await asyncio.to_thread(sys.stdin.readline):
            task = asyncio.create_task(connect_to(line.strip(), client_tls))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


logging.getLogger("websockets").setLevel(logging.CRITICAL)  # refused handshakes are part of the test
asyncio.run(main())
