// The three servers, each with users 1001001, 1001002 and admin, on the loopback and in clear, with data of their own.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { once } from "node:events";
import { within } from "../harness/queue.js";
import { PASSWORD, Server, temporaryFolder } from "../harness/server.js";

const USERS = ["1001001", "1001002", "admin"];

/** The servers that are installed here, by name. */
export const PEERS = { Prosody: existsSync("/usr/bin/prosody"), ejabberd: existsSync("/usr/sbin/ejabberdctl") };

export async function offhook() {
  const server = await Server.start();
  return { url: server.ws, version: "this version", stop: () => server.stop() };
}

export async function prosody() {
  const folder = temporaryFolder();
  const port = await freePort();
  const accounts = join(folder.path, "data/localhost/accounts");
  mkdirSync(accounts, { recursive: true });
  for (const user of USERS) writeFileSync(join(accounts, `${user}.dat`), `return { ["password"] = "${PASSWORD}" };`);
  const config = join(folder.path, "prosody.cfg.lua");
  writeFileSync(config, `
daemonize = false
run_as_root = true
pidfile = "${folder.path}/prosody.pid"
data_path = "${folder.path}/data"
log = { error = "${folder.path}/prosody.log" }
modules_enabled = { "roster", "saslauth", "disco", "ping", "websocket", "http", "posix", "presence", "c2s", "smacks", "blocklist" }
modules_disabled = { "s2s", "offline" }
c2s_ports = {}
s2s_ports = {}
http_interfaces = { "127.0.0.1" }
http_ports = { ${port} }
https_ports = {}
consider_websocket_secure = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
VirtualHost "localhost"
http_host = "localhost"
Component "pubsub.localhost" "pubsub"
admins = { "admin@localhost" }
`);
  const child = spawn("prosody", ["--config", config, "-F"], { stdio: "ignore" });
  await accepts(port, child);
  return { url: `ws://127.0.0.1:${port}/xmpp-websocket`, version: installed("prosody"), stop: stopper(child, folder) };
}

export async function ejabberd() {
  const folder = temporaryFolder();
  const port = await freePort();
  const config = join(folder.path, "ejabberd.yml");
  writeFileSync(config, `
loglevel: error
hosts: [localhost]
listen:
  - port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers: { "/ws": ejabberd_http_ws }
acl: { admin: { user: ["admin@localhost"] } }
access_rules: { pubsub_createnode: { allow: admin } }
auth_method: internal
modules:
  mod_roster: {}
  mod_disco: {}
  mod_ping: {}
  mod_caps: {}
  mod_blocking: {}
  mod_privacy: {}
  mod_stream_mgmt: {}
  mod_pubsub:
    host: "pubsub.localhost"
    access_createnode: pubsub_createnode
    plugins: [flat]
`);
  const library = readdirSync("/usr/lib/x86_64-linux-gnu").find((name) => name.startsWith("ejabberd-"));
  const ready = join(folder.path, "ready");
  const names = USERS.map((user) => `<<"${user}">>`).join(",");
  const register = `[ejabberd_auth:try_register(U, <<"localhost">>, <<"${PASSWORD}">>) || U <- [${names}]], file:write_file("${ready}", <<"ready">>).`;
  const child = spawn("erl", ["-noinput", "-noshell", "-mnesia", "dir", `"${folder.path}/db"`, "-s", "ejabberd", "-eval", register], {
    stdio: "ignore",
    env: {
      ...process.env,
      HOME: folder.path,
      ERL_LIBS: `/usr/lib/x86_64-linux-gnu/${library ?? ""}`,
      EJABBERD_CONFIG_PATH: config,
      EJABBERD_LOG_PATH: join(folder.path, "ejabberd.log"),
      ERL_CRASH_DUMP: join(folder.path, "crash"),
    },
  });
  await accepts(port, child, () => existsSync(ready));
  return { url: `ws://127.0.0.1:${port}/ws`, version: installed("ejabberd"), stop: stopper(child, folder) };
}

function installed(name) {
  const version = execFileSync("dpkg-query", ["-W", "-f", "${Version}", name], { encoding: "utf8" });
  return version.replace(/-.*/, "");
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves when something accepts on the port, and `isReady` says so too. */
function accepts(port, child, isReady = () => true) {
  let gone = false;
  child.on("exit", () => (gone = true));
  const attempt = async () => {
    for (;;) {
      if (gone) throw new Error("the server ended before it accepted connections");
      const socket = net.connect(port, "127.0.0.1");
      const open = await new Promise((resolve) => {
        socket.on("connect", () => resolve(true));
        socket.on("error", () => resolve(false));
      });
      socket.destroy();
      if (open && isReady()) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return within(`port ${port} to accept`, attempt(), 90_000);
}

function stopper(child, folder) {
  return async () => {
    const ended = child.exitCode !== null || once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    folder.release();
  };
}
