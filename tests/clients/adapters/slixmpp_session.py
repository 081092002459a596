"""One slixmpp session, driven by lines of JSON on standard input; answers and events are lines on standard output.

    {"id": 1, "call": "ping", "args": ["localhost"]}  ->  {"id": 1, "result": null} or {"id": 1, "error": "…"}
"""

import asyncio
import json
import ssl
import sys

from urllib.parse import urlsplit

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout

from slixmpp_websocket import WebSocketClient

PUBSUB = "{http://jabber.org/protocol/pubsub}"
EVENT = "{http://jabber.org/protocol/pubsub#event}"


class Session:
    def __init__(self, account):
        jid = f"{account['user']}@{account['domain']}/{account['resource']}"
        url = urlsplit(account["url"])
        if url.scheme in ("ws", "wss"):
            trust = ssl.create_default_context(cafile=account["ca"]) if account.get("ca") else None
            self.client = WebSocketClient(jid, account["password"], account["url"], ssl=trust)
            # The socket below is TLS where the URL says so, or loopback; slixmpp sees neither.
            self.client["feature_mechanisms"].unencrypted_plain = True
            self.client["feature_mechanisms"].unencrypted_scram = True
            self.address = ()
        else:
            self.client = ClientXMPP(jid, account["password"])
            self.client.ca_certs = account["ca"]
            self.client.enable_plaintext = False
            self.client.enable_starttls = url.scheme == "xmpp"
            self.client.enable_direct_tls = url.scheme == "xmpps"
            self.address = (url.hostname, url.port)
        for plugin in ("xep_0030", "xep_0060", "xep_0199"):
            self.client.register_plugin(plugin)
        if account.get("eventing"):
            self.client.register_plugin("xep_0118")
            self.client.add_event_handler("user_tune_publish", self.on_tune)
        else:
            self.client.add_event_handler("message", self.on_message)
            self.client.add_event_handler("pubsub_publish", self.on_message)
        self.own_presence = asyncio.Event()
        self.client.add_event_handler("presence_available", self.on_presence)

    async def start(self):
        loop = asyncio.get_running_loop()
        outcome = loop.create_future()

        def settle(value):
            if not outcome.done():
                outcome.set_result(value)

        self.client.add_event_handler("session_start", lambda _: settle({"jid": self.client.boundjid.full}))
        self.client.add_event_handler("failed_auth", lambda failure: settle({"refused": failure["condition"]}))
        self.client.add_event_handler("connection_failed", lambda error: settle({"failed": str(error)}))
        self.client.add_event_handler("disconnected", lambda reason: settle({"failed": f"disconnected: {reason}"}))
        self.client.connect(*self.address)
        return await outcome

    def on_presence(self, presence):
        if presence["from"] == self.client.boundjid:
            self.own_presence.set()

    def on_message(self, message):
        for items in message.xml.iter(f"{EVENT}items"):
            for item in items.iter(f"{EVENT}item"):
                say(
                    event={
                        "from": str(message["from"]),
                        "to": str(message["to"]),
                        "node": items.get("node"),
                        "id": item.get("id"),
                        "text": item.findtext(f"{PUBSUB}notification", ""),
                    }
                )

    def on_tune(self, message):
        items = message["pubsub_event"]["items"]
        item = items["item"]
        say(
            event={
                "from": str(message["from"]),
                "to": str(message["to"]),
                "node": items["node"],
                "id": item["id"],
                "text": item["tune"]["title"],
            }
        )

    async def tune(self, title):
        await self.client["xep_0118"].publish_tune(title=title)

    async def info(self, to):
        info = (await self.client["xep_0030"].get_info(jid=to))["disco_info"]
        identities = [f"{category}/{kind}" for category, kind, *_ in info["identities"]]
        return {"identities": identities, "features": list(info["features"])}

    async def items(self, to):
        items = await self.client["xep_0030"].get_items(jid=to)
        return [item[0] for item in items["disco_items"]["items"]]

    async def ping(self, to):
        await self.client["xep_0199"].send_ping(to)

    async def roster(self):
        await self.client.get_roster()
        own = self.client.boundjid.bare
        return [jid for jid in self.client.client_roster.keys() if jid != own]

    async def presence(self):
        self.client.send_presence(ppriority=0)
        await self.own_presence.wait()

    async def subscribe(self, service, node):
        answer = await self.client["xep_0060"].subscribe(service, node, bare=False)
        state = answer["pubsub"]["subscription"]["subscription"]
        if state != "subscribed":
            raise ValueError(f"subscription is {state}")

    async def unsubscribe(self, service, node):
        await self.client["xep_0060"].unsubscribe(service, node, bare=False)

    async def leave(self):
        await self.client.disconnect(wait=2.0)


def say(**line):
    print(json.dumps(line), flush=True)


async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    session = Session(json.loads(await reader.readline()))
    say(started=await session.start())
    while line := await reader.readline():
        request = json.loads(line)
        try:
            say(id=request["id"], result=await getattr(session, request["call"])(*request["args"]))
        except (IqError, IqTimeout, ValueError) as error:
            say(id=request["id"], error=f"{type(error).__name__}: {error}")


asyncio.run(main())
