"""WebSocket (RFC 7395) for slixmpp, which itself speaks XMPP over TCP only.

The library writes its stream to a transport and is fed what arrives. This transport puts each thing it writes into one
WebSocket message and turns the framing's <open/> and <close/> into the stream tags that the library expects.
"""

import asyncio
import re
from xml.sax.saxutils import quoteattr

import websockets
from slixmpp import ClientXMPP

FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
FIRST_TAG = re.compile(r"<[^\s/>]+")


class WebSocketTransport(asyncio.Transport):
    """What slixmpp writes to: every `write` is one stanza, one stream header or the end of the stream."""

    def __init__(self, socket, protocol):
        super().__init__()
        self.socket = socket
        self.protocol = protocol
        self.frames = asyncio.Queue()
        self.closing = False
        self.tasks = [asyncio.ensure_future(self._send()), asyncio.ensure_future(self._receive())]

    def get_extra_info(self, name, default=None):
        return default

    def write(self, data):
        text = data.decode() if isinstance(data, bytes) else data
        if text.startswith("<stream:stream") or text.startswith("<?xml"):
            to = re.search(r"to=(['\"])(.*?)\1", text).group(2)
            text = f"<open xmlns='{FRAMING}' to={quoteattr(to)} version='1.0'/>"
        elif text.startswith("</stream:stream"):
            text = f"<close xmlns='{FRAMING}'/>"
        elif not text.strip():
            return  # A whitespace keep-alive has no place in RFC 7395.
        else:
            # On TCP the stream header declares this; a frame stands alone.
            tag = text[: text.index(">")]
            if "xmlns=" not in tag:
                text = FIRST_TAG.sub(lambda found: found.group() + " xmlns='jabber:client'", text, count=1)
        self.frames.put_nowait(text)

    def is_closing(self):
        return self.closing

    def close(self):
        self.closing = True
        self.frames.put_nowait(None)

    def abort(self):
        self.close()

    async def _send(self):
        while (frame := await self.frames.get()) is not None:
            await self.socket.send(frame)
        await self.socket.close()

    async def _receive(self):
        reason = None
        try:
            async for frame in self.socket:
                self.protocol.data_received(as_stream(frame))
        except websockets.ConnectionClosed as error:
            reason = error
        self.protocol.connection_lost(reason)


def as_stream(frame):
    """The text of one frame as it would stand in a TCP stream."""
    if frame.startswith("<open"):
        attributes = frame[len("<open") :].rstrip().removesuffix("/>").removesuffix("></open>")
        attributes = re.sub(r"\sxmlns=(['\"]).*?\1", "", attributes)
        return f"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'{attributes}>"
    if frame.startswith("<close"):
        return "</stream:stream>"
    return frame


class WebSocketClient(ClientXMPP):
    """A slixmpp client that connects to a WebSocket URL."""

    def __init__(self, jid, password, url, ssl=None, **options):
        super().__init__(jid, password, **options)
        self.url = url
        self.ssl = ssl
        self.whitespace_keepalive = False

    async def _connect_loop(self):
        self.event_when_connected = "connected"
        try:
            socket = await websockets.connect(self.url, subprotocols=["xmpp"], ssl=self.ssl, compression=None)
        except (OSError, websockets.WebSocketException) as error:
            self.event("connection_failed", error)
            return
        self.connection_made(WebSocketTransport(socket, self))
