// A headless Chromium that trusts the server's own key besides the public authorities, and nothing else.

import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import tls from "node:tls";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Starts a browser. `url` is any address of the server over TLS, `ca` what signed its certificate; `args` are more of the command line. */
export async function openBrowser(url, ca, args = []) {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--ignore-certificate-errors-spki-list=${await keyOf(url, ca)}`,
      ...args,
    ],
  });
}

/** The hash of the server's public key, after checking its certificate against `ca` as any client would. */
async function keyOf(url, ca) {
  const { hostname, port } = new URL(url);
  const socket = tls.connect({ host: hostname, port: Number(port), ca, servername: "localhost" });
  await once(socket, "secureConnect");
  const certificate = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return createHash("sha256").update(certificate.publicKey.export({ type: "spki", format: "der" })).digest("base64");
}
