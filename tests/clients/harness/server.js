// Starts the real binary on free ports with data of its own, and stops it as a service manager would.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after } from "node:test";
import { within } from "./queue.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The binary under test. */
export const OFFHOOK =
  process.env.OFFHOOK_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "release/offhook");

/** The password of every demo account. */
export const PASSWORD = "offhook";

/** An empty folder that `release` removes. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "offhook-test-"));
  return { path, release: () => rmSync(path, { recursive: true, force: true }) };
}

/** Variables for the binary: ours, without any setting of the person who runs the tests. */
export function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OFFHOOK_")));
}

/** Runs the binary to its end and returns its exit code and what it printed. */
export async function run(args, { input = "", patience_ms } = {}) {
  const child = spawn(OFFHOOK, args, { env: environment() });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) child[stream].on("data", (chunk) => (output[stream] += chunk));
  child.stdin.on("error", () => {}); // It may end without reading.
  child.stdin.end(input);
  const [code, signal] = await within(`offhook ${args.join(" ")} to end`, once(child, "close"), patience_ms);
  return { code, signal, ...output };
}

// A test that fails before it stops its server must not leave it behind: that would keep the tests from ending. A file's own
// `after` comes later than this one and gets its time; if nothing is left, nobody waits for the timer.
const running = new Set();
after(() => setTimeout(() => running.forEach((child) => child.kill("SIGKILL")), 5000).unref());

export class Server {
  /**
   * Starts a server and resolves when it is ready.
   *
   * - `data`: folder to use; by default a new one, removed by `stop`.
   * - `args`: more of the command line; `demo: false` leaves the demo data out.
   * - `variables`: more of the environment.
   */
  static async start({ data, args = [], demo = true, variables = {} } = {}) {
    const server = new Server();
    server.folder = temporaryFolder();
    server.data = data ?? join(server.folder.path, "data");
    const readyFile = join(server.folder.path, "ready.json");
    const ready = fileAppears(server.folder.path, readyFile);
    const listen = ["https", "http", "xmpp", "xmpps"].flatMap((name) => [`--${name}`, "127.0.0.1:0"]);
    server.child = spawn(
      OFFHOOK,
      ["serve", ...(demo ? ["--demo", "--demo-callers", "off"] : []), ...listen, "--data", server.data, "--ready-file", readyFile, ...args],
      { env: { ...environment(), ...variables }, stdio: ["ignore", "pipe", "pipe"] },
    );
    running.add(server.child);
    server.child.on("exit", () => running.delete(server.child));
    server.stdout = "";
    server.stderr = "";
    server.child.stdout.on("data", (chunk) => (server.stdout += chunk));
    server.child.stderr.on("data", (chunk) => (server.stderr += chunk));
    server.closed = once(server.child, "close");
    const early = server.closed.then(([code, signal]) => {
      throw new Error(`offhook ended with ${signal ?? code} before it was ready:\n${server.stdout}${server.stderr}`);
    });
    try {
      server.ready = await within("the ready file", Promise.race([ready.promise, early]));
    } finally {
      ready.cancel();
      early.catch(() => {});
    }
    server.domain = server.ready.domain;
    return server;
  }

  get ws() {
    return `ws://${this.ready.http}/ws`;
  }

  get wss() {
    return `wss://${this.ready.https}/ws`;
  }

  /** BOSH in clear. */
  get bosh() {
    return `http://${this.ready.http}/http-bind/`;
  }

  /** BOSH over TLS. */
  get secureBosh() {
    return `https://${this.ready.https}/http-bind/`;
  }

  /** The certificate that clients must trust, as PEM text. Its path is the one that the server prints. */
  get ca() {
    const path = /(\S+\.(?:pem|crt))/.exec(this.stdout.match(/^.*certificate.*$/im)?.[0] ?? "")?.[1];
    if (!path) throw new Error(`no certificate path in what the server printed:\n${this.stdout}`);
    return { path, pem: readFileSync(path, "utf8") };
  }

  pubsub() {
    return `pubsub.${this.domain}`;
  }

  node(user) {
    return `/finesse/api/User/${user}`;
  }

  /** Sends one REST request over the clear listener; resolves with its status, headers and body. */
  rest(method, path, { user, password = PASSWORD, body, headers = {}, secure = false } = {}) {
    const [host, port] = (secure ? this.ready.https : this.ready.http).split(":");
    const options = { host, port, path, method, agent: false, headers: { ...headers } };
    if (secure) options.ca = this.ca.pem;
    if (user) options.headers.Authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    if (body !== undefined) {
      options.headers["Content-Type"] ??= "application/xml";
      options.headers["Content-Length"] = Buffer.byteLength(body);
    }
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
        response.on("error", reject);
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Asks for another state of `user`, as that user. `fields` are further elements of the body. */
  changeState(user, state, { requestId, fields = {}, ...options } = {}) {
    const more = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
    return this.rest("PUT", this.node(user), {
      user,
      body: `<User><state>${state}</state>${more.join("")}</User>`,
      headers: requestId ? { requestId } : {},
      ...options,
    });
  }

  signIn(user, options = {}) {
    const extension = options.extension ?? `200${user.slice(-4)}`;
    return this.changeState(user, "LOGIN", { ...options, fields: { extension } });
  }

  /** Ends it at once, as a power cut would. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.closed;
    this.folder.release();
  }

  /** Asks it to end and resolves with its exit code, how long that took in milliseconds, and the signal if it was one. */
  async stop(signal = "SIGTERM") {
    const started = performance.now();
    this.child.kill(signal);
    const [code, by] = await within("the server to end", this.closed);
    this.folder.release();
    return { code, signal: by, ms: performance.now() - started };
  }
}

/** Resolves with the JSON in `file` once it is there, whole. */
function fileAppears(folder, file) {
  let watcher;
  const promise = new Promise((resolve) => {
    const look = () => {
      if (!existsSync(file)) return;
      try {
        resolve(JSON.parse(readFileSync(file, "utf8")));
      } catch {
        // Half written: the watcher calls again.
      }
    };
    watcher = watch(folder, look);
    look();
  });
  return { promise, cancel: () => watcher.close() };
}
