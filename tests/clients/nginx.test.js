// What `offhook trace` says of a line through nginx: without its Upgrade headers, with a read timeout that is too short, and as it should be.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { within } from "./harness/queue.js";
import { OFFHOOK, PASSWORD, Server, environment, temporaryFolder } from "./harness/server.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const NGINX = ["/usr/sbin/nginx", join(ROOT, ".cache/nginx/usr/sbin/nginx")].find((path) => existsSync(path));

const UPGRADE = `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_set_header Host $http_host;`;
const SETTINGS = { stripped: "", short: `${UPGRADE} proxy_read_timeout 5s;`, healthy: UPGRADE };

describe("a line through nginx", { skip: NGINX ? false : "nginx is not here" }, () => {
  let server;
  let folder;
  let nginx;
  const ports = {};

  before(async () => {
    folder = temporaryFolder();
    server = await Server.start();
    for (const name of Object.keys(SETTINGS)) ports[name] = await freePort();
    const servers = Object.entries(SETTINGS).map(
      ([name, settings]) => `server { listen 127.0.0.1:${ports[name]}; location / { proxy_pass http://${server.ready.http}; ${settings} } }`,
    );
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder.path}/${kind};`);
    const config = join(folder.path, "nginx.conf");
    mkdirSync(join(folder.path, "logs"));
    writeFileSync(
      config,
      `daemon off; worker_processes 1; error_log stderr notice; pid ${folder.path}/pid; events {}
       http { access_log off; ${temporary.join(" ")} ${servers.join("\n")} }`,
    );
    nginx = spawn(NGINX, ["-p", folder.path, "-c", config], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    const started = new Promise((resolve) => {
      nginx.stderr.on("data", (chunk) => {
        said += chunk;
        if (said.includes("start worker process ")) resolve();
      });
    });
    const early = once(nginx, "exit").then(() => Promise.reject(new Error(said)));
    await within("nginx", Promise.race([started, early]));
    early.catch(() => {});
  });
  after(async () => {
    if (nginx) {
      const gone = once(nginx, "exit");
      nginx.kill("SIGTERM");
      await gone;
    }
    if (server) assert.equal((await server.stop()).code, 0);
    folder?.release();
  });

  async function trace(name, seconds) {
    const args = ["trace", `ws://127.0.0.1:${ports[name]}/ws/`, "--user", "1001001", "--timeout", String(seconds)];
    const child = spawn(OFFHOOK, args, { env: { ...environment(), OFFHOOK_PASSWORD: PASSWORD } });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    const [code] = await within("the tracer", once(child, "close"), 40_000);
    return { code, text };
  }

  test("without Upgrade headers", async () => {
    const { code, text } = await trace("stripped", 5);
    assert.equal(code, 1, text);
    assert.match(text, /upgrade .* · UP-426/);
    assert.match(text, /server: nginx/);
    assert.match(text, /A proxy on the way dropped the header Upgrade/);
    assert.match(text, /do +In the proxy use HTTP\/1\.1 towards the server and pass on `Upgrade`/);
  });

  test("with a read timeout of 5 s", async () => {
    const { code, text } = await trace("short", 30);
    assert.equal(code, 1, text);
    assert.match(text, /CLOSE-1006/);
    assert.match(text, /seen +(4\.[89]|5\.[0-4]) s of silence came before it: 5 s is .*; there was no close frame/);
    assert.match(text, /TIME-IDLE/);
  });

  test("as it should be", async () => {
    const { code, text } = await trace("healthy", 7);
    assert.equal(code, 0, text);
    assert.match(text, /left in good order/);
    assert.doesNotMatch(text, /offhook explain/);
  });
});

async function freePort() {
  const listener = net.createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}
