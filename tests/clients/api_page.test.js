// The description of the web service as people read it, in Chromium: everything of it is on the page, and can be found.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openBrowser } from "./harness/chromium.js";
import { Server } from "./harness/server.js";

describe("/offhook/api in Chromium", () => {
  let server;
  let browser;
  let page;
  const problems = [];

  before(async () => {
    server = await Server.start();
    browser = await openBrowser(server.wss, server.ca.pem);
    page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("requestfailed", (request) => problems.push(request.url()));
    await page.goto(`https://${server.ready.https}/offhook/api`);
    await page.waitForSelector("main > details");
  });
  after(async () => {
    await browser?.close();
    if (server) assert.equal((await server.stop()).code, 0);
  });

  const shown = () => page.$$eval("main > details", (all) => all.filter((one) => one.checkVisibility()).map((one) => one.firstChild.textContent));

  test("shows every operation of the description", async () => {
    const { body } = await server.rest("GET", "/offhook/openapi.json");
    const paths = Object.values(JSON.parse(body).paths);
    const operations = paths.flatMap((item) => Object.keys(item).filter((key) => key !== "parameters"));
    assert.ok(operations.length > 50, `${operations.length} operations`);
    assert.equal((await shown()).length, operations.length);
  });

  test("opens one, with who may and what is answered", async () => {
    const operation = page.locator("main > details", { hasText: "PUT/finesse/api/User/{user} " }).first();
    await operation.locator("summary").first().click();
    const text = await operation.innerText();
    for (const part of ["Who may: ", "202", "401", "What is sent: application/xml"]) assert.ok(text.includes(part), `${part} in ${text}`);
    assert.ok(await operation.evaluate((one) => one.scrollWidth <= one.clientWidth), "nothing is cut off at the side");
  });

  test("finds some", async () => {
    await page.fill("#filter", "teammessage");
    const found = await shown();
    assert.ok(found.length > 2 && found.every((title) => title.toLowerCase().includes("teammessage")), found.join("\n"));
    assert.deepEqual(problems, []);
  });
});
