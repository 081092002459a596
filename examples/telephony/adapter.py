#!/usr/bin/env python3
"""Makes of real SIP calls what Offhook can tell of: calls of the contact centre, and events at a node.

Reads Kamailio's log on standard input (see kamailio.cfg) and posts

- each step to the node /pbx/calls with a publisher's token. The id of an event is the Call-ID and the step, so that whatever
  is sent again, because there was no answer or because SIP said it twice, is there once;
- each call to a queue to /offhook/v1/calls, as the telephone network does: the caller rings, and Offhook chooses the agent.
  When the agent's telephone answers, the agent's call is answered; when one of them hangs up, it ends.

Only the standard library is needed. Settings are in the environment: OFFHOOK_URL, OFFHOOK_TOKEN (of the publisher),
OFFHOOK_ADMIN and OFFHOOK_AGENT (user:password each).
"""

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request

URL = os.environ.get("OFFHOOK_URL", "http://127.0.0.1:8081")
TOKEN = os.environ["OFFHOOK_TOKEN"]
ADMIN = os.environ.get("OFFHOOK_ADMIN", "admin:offhook")
AGENT = os.environ.get("OFFHOOK_AGENT", "1001001:offhook")
NODE = "/pbx/calls"
TRIES = 20


def basic(credentials):
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def send(method, path, body, authorization, content_type="application/json", tries=1):
    """Asks once, or with several tries until there is an answer that time does not change: for what may be repeated."""
    data = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": authorization, "Content-Type": content_type}
    for attempt in range(tries):
        request = urllib.request.Request(URL + path, data.encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or attempt + 1 == tries:
                return error.code, error.read().decode()
            wait = float(error.headers.get("Retry-After", 1))
        except OSError:
            wait = min(0.1 * 2**attempt, 5)
        time.sleep(wait)
    return 0, "no answer"


def tell(step, call_id, caller, dialled, who):
    """The step as an event at the node."""
    event = {
        "node": NODE,
        "id": f"{call_id} {step}",
        "payload": {"step": step, "call": call_id, "from": caller, "to": dialled, "by": who},
    }
    return send("POST", "/offhook/v1/events", event, "Bearer " + TOKEN, tries=TRIES)


class Calls:
    """The contact centre's half. It knows which of its calls is which call of SIP."""

    def __init__(self):
        self.numbers = {}

    def began(self, call_id, caller, dialled):
        if call_id in self.numbers:
            return "known"
        body = {"from": caller, "to": dialled, "variables": {"callVariable1": call_id[:40]}}
        status, answer = send("POST", "/offhook/v1/calls", body, basic(ADMIN))
        if status == 201:
            self.numbers[call_id] = json.loads(answer)["id"]
        return status

    def answered(self, call_id):
        if call_id not in self.numbers:
            return "unknown"
        # The telephone is the agent's, so it is the agent who answers.
        number = self.numbers[call_id]
        status, call = send("GET", f"/offhook/v1/calls/{number}", "", basic(ADMIN))
        agent = AGENT.split(":")[0]
        parties = json.loads(call).get("parties", []) if status == 200 else []
        extension = next((party["number"] for party in parties if party.get("user") == agent), None)
        if extension is None:
            return "no agent"
        body = (
            f"<Dialog><targetMediaAddress>{extension}</targetMediaAddress>"
            "<requestedAction>ANSWER</requestedAction></Dialog>"
        )
        path = f"/finesse/api/Dialog/{number}"
        return send("PUT", path, body, basic(AGENT), "application/xml")[0]

    def ended(self, call_id, caller):
        number = self.numbers.pop(call_id, None)
        if number is None:
            return "unknown"
        path = f"/offhook/v1/calls/{number}/hang-up"
        return send("POST", path, {"number": caller}, basic(ADMIN))[0]


def main():
    calls = Calls()
    for line in sys.stdin:
        _, found, rest = line.partition("OFFHOOK ")
        words = rest.split()
        if not found or len(words) != 5:
            continue
        step, call_id, caller, dialled, who = words
        status, answer = tell(step, call_id, caller, dialled, who)
        outcome = ""
        if step == "began":
            outcome = calls.began(call_id, caller, dialled)
        elif step == "answered":
            outcome = calls.answered(call_id)
        elif step == "ended":
            outcome = calls.ended(call_id, caller)
        print(f"{step:<9} {caller} -> {dialled}: event {status} {answer.strip()} call {outcome}", flush=True)


if __name__ == "__main__":
    main()
