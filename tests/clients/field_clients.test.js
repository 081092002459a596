// Clients in the field that are no library of today, replayed: the calls that they make, in their order, and what their parsers need.
// Each says what it stands for; the real libraries have tests of their own.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BoshClient } from "./harness/bosh.js";
import { FollowedList, FollowedObject, Requests, list, parse, participants, update } from "./harness/javascript_library.js";
import { Queue } from "./harness/queue.js";
import { RawClient } from "./harness/raw.js";
import { PASSWORD, Server } from "./harness/server.js";
import { TcpClient } from "./harness/tcp.js";

const API = "/finesse/api";
const [ADA, BEN, CY] = ["1001001", "1001002", "1001003"];
const STREAMS = "http://etherx.jabber.org/streams";

let server;
before(async () => {
  // Some of them know no TLS.
  const variables = { OFFHOOK_CONTACT_EXTENSIONS_MUST_EXIST: "true", OFFHOOK_TCP_STARTTLS: "optional" };
  server = await Server.start({ variables });
});
after(async () => assert.equal((await server.stop()).code, 0));

const extension = (user) => `200${user.slice(-4)}`;
const dialog = (inside) => `<Dialog>${inside}</Dialog>`;
const action = (name, user) =>
  dialog(`<targetMediaAddress>${extension(user)}</targetMediaAddress><requestedAction>${name}</requestedAction>`);
const makeCall = (from, to) =>
  dialog(`<requestedAction>MAKE_CALL</requestedAction><fromAddress>${from}</fromAddress><toAddress>${to}</toAddress>`);

async function get(path, user, headers = {}) {
  const answer = await server.rest("GET", `${API}/${path}`, { user, headers });
  assert.equal(answer.status, 200, `${path}: ${answer.body}`);
  return parse(answer.body);
}

describe("a desktop that is built on the JavaScript library", () => {
  let socket;
  let user;
  let dialogs;
  const requests = new Requests();
  const unread = new Queue();

  /** Every event goes to everything that follows; then the test may look. */
  const follow = (frame) => {
    if (!frame.startsWith("<message")) return false;
    const found = update(frame);
    assert.match(found.event, /^(POST|PUT|DELETE)$/, "the library compares with these and no others");
    user.take(found) || dialogs.take(found);
    requests.take(found);
    unread.push(found);
    return true;
  };
  const put = async (path, body, method = "PUT") => {
    const { id, outcome } = requests.next();
    // The name of the header is in lower case.
    const answer = await server.rest(method, `${API}/${path}`, { user: ADA, body, headers: { requestid: id } });
    assert.equal(answer.status, 202, answer.body);
    assert.equal(answer.body, "");
    return outcome;
  };
  const only = () => {
    assert.equal(dialogs.items.size, 1);
    return [...dialogs.items.values()][0];
  };
  const until = (what, wanted) => unread.next(what, wanted);
  const state = (dialog, who) => participants(dialog).find((party) => party.mediaAddress === extension(who))?.state;

  before(async () => {
    socket = await RawClient.signIn(server, ADA, "desktop");
    const nocache = `nocache=${Date.now()}`;
    user = new FollowedObject(`${API}/User/${ADA}`, "User", await get(`User/${ADA}?${nocache}`, ADA));
    dialogs = new FollowedList(`${API}/User/${ADA}/Dialogs`, "Dialog", await get(`User/${ADA}/Dialogs?${nocache}`, ADA));
    socket.divert = follow;
    socket.send("<presence xmlns='jabber:client'/>");
    await server.signIn(BEN);
  });
  after(() => socket.leave());

  test("knows its user from each event alone as it would from an answer", async () => {
    const login = `<User><state>LOGIN</state><extension>${extension(ADA)}</extension></User>`;
    for (const [body, expected] of [
      [login, "NOT_READY"],
      ["<User><state>READY</state></User>", "READY"],
      ["<User><state>NOT_READY</state><reasonCodeId>3</reasonCodeId></User>", "NOT_READY"],
    ]) {
      assert.equal(await put(`User/${ADA}`, body), "done");
      assert.equal(user.object.state, expected);
      assert.deepEqual(user.object, (await get(`User/${ADA}`, ADA)).User);
    }
    assert.deepEqual(list(user.object.roles.role), ["Agent"]);
    assert.equal(user.object.reasonCode.label, "Lunch");
  });

  test("keeps its list of calls by the source of each event", async () => {
    assert.equal(dialogs.items.size, 0);
    await put(`User/${ADA}/Dialogs`, makeCall(extension(ADA), extension(BEN)), "POST");
    await until("ringing", ({ data }) => data?.dialog?.state === "ALERTING");
    const { id, uri } = only();
    assert.equal(uri, `${API}/Dialog/${id}`);
    assert.equal(participants(only()).length, 2);
    assert.equal((await server.rest("PUT", `${API}/Dialog/${id}`, { user: BEN, body: action("ANSWER", BEN) })).status, 202);
    await until("answered", ({ data }) => data?.dialog?.state === "ACTIVE");
    assert.equal(state(only(), BEN), "ACTIVE");
    assert.ok(list(participants(only())[0].actions.action).includes("HOLD"));
    assert.equal(only().mediaProperties.callvariables.CallVariable.length, 10, "all ten, though they are empty");
    assert.equal(await put(`Dialog/${id}`, action("HOLD", ADA)), "done");
    // State and call are events of their own, and either may be the first.
    await until("the call on hold", ({ data }) => data?.dialog && state(data.dialog, ADA) === "HELD");
    await until("the state", ({ data }) => data?.user?.state === "HOLD");
    assert.equal(state(only(), ADA), "HELD");
    assert.deepEqual(only(), (await get(`Dialog/${id}`, ADA)).Dialog, "as an answer has it");
    assert.equal(user.object.state, "HOLD");
  });

  test("hands an error that comes as an event to whoever has asked, as a 400", async () => {
    const { id } = only();
    assert.deepEqual(await put(`Dialog/${id}`, action("HOLD", ADA)), {
      status: 400,
      ErrorType: "Generic Error",
      ErrorMessage: "CF_INVALID_OBJECT_STATE",
      ErrorData: "22",
    });
  });

  test("reads an error that is answered", async () => {
    const answer = await server.rest("PUT", `${API}/User/${ADA}`, { user: ADA, body: "<User/>" });
    const { ErrorType, ErrorMessage } = parse(answer.body).ApiErrors.ApiError;
    assert.deepEqual([answer.status, ErrorType], [400, "Parameter Missing"]);
    assert.equal(typeof ErrorMessage, "string");
  });

  test("sees that a call has ended for itself though it goes on for others", async () => {
    // Transferred in one step: DELETE, the call is ACTIVE and the own part of it DROPPED.
    await server.signIn(CY);
    const { id } = only();
    await put(`Dialog/${id}`, action("RETRIEVE", ADA));
    const transfer = action("TRANSFER_SST", ADA).replace("</Dialog>", `<toAddress>${extension(CY)}</toAddress></Dialog>`);
    await put(`Dialog/${id}`, transfer);
    const gone = await until("the end", ({ event, data }) => event === "DELETE" && data?.dialogs);
    assert.equal(state(gone.data.dialogs.Dialog, ADA), "DROPPED");
    assert.equal(dialogs.items.size, 0);
    assert.equal((await server.rest("PUT", `${API}/Dialog/${id}`, { user: BEN, body: action("DROP", BEN) })).status, 202);
  });
});

// A stream library for Go with a REST client of its own: structures with exact names, numbers where the names say so.
describe("a client in Go", () => {
  const headers = (RequestId) => ({ Accept: "*/*", "User-Agent": "Finesse/1.0", ...(RequestId ? { RequestId } : {}) });
  const USER = ["dialogs", "extension", "firstName", "lastName", "loginId", "loginName", "mediaType", "pendingState", "roles",
    "settings", "state", "stateChangeTime", "teamId", "teamName", "uri", "wrapUpTimer"];
  const number = (text) => assert.match(text, /^-?\d+$/, "is read as an integer");
  let socket;
  const event = async (requestId) => {
    const wanted = (frame) => frame.startsWith("<message") && frame.includes(requestId);
    return update(await socket.frames.next(`the event of ${requestId}`, wanted));
  };

  before(async () => {
    socket = await RawClient.signIn(server, "1001004", "gosrc");
    socket.send("<presence xmlns='jabber:client'/>");
  });
  after(() => socket.leave());

  test("finds its user by login name, in exact names", async () => {
    const byId = (await get("User/1001004", "1001004", headers())).User;
    const byName = (await get(`User/${byId.loginName}`, "1001004", headers())).User;
    assert.deepEqual(byName, byId);
    for (const name of USER) assert.ok(name in byName, name);
    for (const name of ["teamId", "mediaType", "reasonCodeId", "wrapUpTimer"]) number(byName[name]);
  });

  test("signs in and waits for the event with its RequestId", async () => {
    const answer = await server.signIn("1001004", { headers: headers("go-1") });
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.requestid, "go-1");
    const { data, event: method, source } = await event("go-1");
    assert.deepEqual([method, source, data.user.state, data.user.reasonCodeId], ["PUT", `${API}/User/1001004`, "NOT_READY", "-1"]);
    for (const name of USER) assert.ok(name in data.user, name);
  });

  test("reads what an error event says as numbers", async () => {
    assert.equal((await server.changeState("1001004", "LOGOUT", { headers: headers("go-2") })).status, 202);
    await event("go-2");
    assert.equal((await server.changeState("1001004", "READY", { headers: headers("go-3") })).status, 202);
    let { apiError } = (await event("go-3")).data.apiErrors;
    number(apiError.errorData);
    assert.equal(apiError.errorMessage, "CF_INVALID_OBJECT_STATE");
    const nowhere = await server.signIn("1001004", { extension: "99", headers: headers("go-4") });
    assert.equal(nowhere.status, 202);
    ({ apiError } = (await event("go-4")).data.apiErrors);
    for (const name of ["errorData", "peripheralErrorCode"]) number(apiError[name]);
    assert.equal(apiError.peripheralErrorMsg, "PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID");
  });
});

// A library for .NET over BOSH: raw requests with the same id each time, and bare addresses.
describe("a client in C# over BOSH", () => {
  test("subscribes by bare addresses, always as sub9, and hears each event once", async () => {
    const client = new BoshClient({ url: server.bosh, domain: server.domain, user: "1001005", password: PASSWORD });
    await client.signIn();
    await client.send("<presence xmlns='jabber:client'/>");
    const bare = `1001005@${server.domain}`;
    const answers = [];
    const messages = [];
    // An answer may come with a later response than that to its request.
    const sort = (body) => {
      for (const child of [...body.childNodes]) {
        if (child.localName === "iq") answers.push(child);
        if (child.localName === "message") messages.push(String(child));
      }
    };
    for (const node of ["User/1001005", "User/1001005/Dialogs"]) {
      sort(await client.send(
        `<iq xmlns="jabber:client" type="set" id="sub9" from="${bare}" to="${server.pubsub()}">` +
          `<pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="${API}/${node}" jid="${bare}"/></pubsub></iq>`,
      ));
      while (answers.length === 0) sort(await client.send());
      const answer = answers.shift();
      assert.deepEqual([answer.getAttribute("id"), answer.getAttribute("type")], ["sub9", "result"], String(answer));
      assert.equal(answer.getElementsByTagName("subscription")[0].getAttribute("subscription"), "subscribed");
    }
    // It takes an empty body for success, whatever the status.
    const signedIn = await server.signIn("1001005", { requestId: "cs-1" });
    assert.deepEqual([signedIn.status, signedIn.body], [202, ""]);
    await server.changeState("1001005", "READY", { requestId: "cs-2" });
    while (!messages.some((message) => message.includes("cs-2"))) sort(await client.send());
    assert.equal(messages.filter((message) => message.includes("cs-1")).length, 1, "although it is subscribed already by itself");
    assert.ok(messages.every((message) => message.includes(`to="${bare}"`)), messages.join("\n"));
    await client.send("", 'type="terminate"');
  });
});

// A program for .NET that writes its XML itself and reads none: it scans the bytes.
describe("a client in C# without a library", () => {
  const NEGOTIATE = `<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='${STREAMS}' version='1.0'>`;
  let client;
  after(() => client?.end());

  test("signs in with an extra attribute in the element for it, and several requests in one write", async () => {
    client = await TcpClient.connect(server.ready.xmpp);
    client.send(NEGOTIATE);
    await client.upTo("</stream:features>");
    const secret = Buffer.from(["", "1001006", PASSWORD].join("\0")).toString("base64");
    client.send(
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN' xmlns:ga='http://www.google.com/talk/protocol/auth' ` +
        `ga:client-uses-full-bind-result='true'>${secret}</auth>`,
    );
    await client.upTo("<success");
    client.send(NEGOTIATE);
    await client.upTo("</stream:features>");
    client.send(
      "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>isi</resource></bind></iq>" +
        "<iq type='set' id='2'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>" +
        "<iq type='get' id='3'><query xmlns='jabber:iq:roster'/></iq>" +
        "<iq type='get' id='4'><vCard xmlns='vcard-temp'/></iq>" +
        "<iq type='get' id='5'><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query></iq>" +
        "<iq type='get' id='6'><query xmlns='nobody:knows:this'/></iq>" +
        `<presence><priority>1</priority></presence><iq type='get' id='1001006@${server.domain}' to='${server.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`,
    );
    const answers = (await client.upTo(`id="1001006@${server.domain}"`)) + client.text;
    for (const id of ["1", "2", "3", "4", "5", "6"]) assert.ok(answers.includes(`id="${id}"`), `${id} in ${answers}`);
    assert.ok(answers.includes("service-unavailable"), answers);
  });

  test("scans for messages, and makes a document of one by writing brackets anew", async () => {
    assert.equal((await server.signIn("1001006", { requestId: "kr-1" })).status, 202);
    const message = await client.message();
    assert.equal(message.match(/<message/g).length, 1, message);
    const replaced = message.replaceAll("&lt;", "<").replaceAll("&gt;", ">");
    const document = replaced.slice(replaced.indexOf("<Update>"), replaced.indexOf("</Update>") + "</Update>".length);
    const { Update } = parse(document);
    assert.deepEqual([Update.data.user.state, Update.requestId, Update.event], ["NOT_READY", "kr-1", "PUT"]);
  });
});

// Smack: it asks for the node as if to subscribe, and then only listens.
describe("a client in Java that looks and listens", () => {
  test("gets its nodes by disco#info, hears of both without subscribing, and takes 202 and nothing else for success", async () => {
    const socket = await RawClient.signIn(server, "1001007", "1001007");
    socket.send("<presence xmlns='jabber:client'/>");
    for (const node of ["User/1001007", "User/1001007/Dialogs"]) {
      const query = `<query xmlns="http://jabber.org/protocol/disco#info" node="${API}/${node}"/>`;
      const info = await socket.iq("get", server.pubsub(), query);
      assert.match(info, /type="result"/);
      assert.match(info, /category="pubsub"[^>]* type="leaf"|type="leaf"[^>]* category="pubsub"/, info);
    }
    const options = { user: "1001007" };
    const signedIn = await server.signIn("1001007");
    const called = await server.rest("POST", `${API}/User/1001007/Dialogs`, { ...options, body: makeCall(extension("1001007"), "5551001") });
    assert.deepEqual([signedIn.status, called.status], [202, 202]);
    const heard = (wanted) => socket.frames.next(wanted, (frame) => frame.startsWith("<message") && frame.includes(wanted));
    await heard("&lt;state&gt;NOT_READY&lt;");
    const { data } = update(await heard("&lt;dialogs&gt;&lt;Dialog&gt;"));
    // It waits for a second and then asks what has become of the call; an event is enough to know.
    const found = (await get(`Dialog/${data.dialogs.Dialog.id}`, "1001007")).Dialog;
    assert.equal(found.fromAddress, extension("1001007"));
    await socket.leave();
  });
});

describe("clients that ask again and again", () => {
  test("read the list of users, and the calls of those who talk", async () => {
    const { Users } = await get("Users", "admin");
    const talking = list(Users.User).filter(({ state }) => state === "TALKING").map(({ loginId }) => loginId);
    assert.deepEqual(talking, ["1001007"]);
    const { Dialogs } = await get("User/1001007/Dialogs", "admin");
    assert.equal(list(Dialogs.Dialog).length, 1);
  });

  test("that send JSON to a path that nobody has are told so", async () => {
    const headers = { "Content-Type": "application/json" };
    const body = '{"Dialog": {"requestedAction": "Transfer"}}';
    const answer = await server.rest("PUT", `${API}/User/1001007/Dialogs/16777217`, { user: "1001007", body, headers });
    assert.equal(answer.status, 404, answer.body);
  });
});
