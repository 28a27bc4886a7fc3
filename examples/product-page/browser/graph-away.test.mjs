// What a person sees while the service is there and its graph is not: the service's own typed error, and the way back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browser, open } from "./chromium.mjs";

let chrome;
before(async () => {
  chrome = await browser();
});
after(() => chrome.close());

test("a graph that is away is told by the contract's code", async () => {
  const { page } = await open(chrome, "?sku=spaghetti");
  const alert = page.getByRole("alert");
  await alert.waitFor({ timeout: 60_000 });
  assert.match(await alert.innerText(), /(UNAVAILABLE|TIMEOUT) · request [0-9a-f]{32}/);
  await alert.getByRole("button", { name: "Try again" }).waitFor();
});
