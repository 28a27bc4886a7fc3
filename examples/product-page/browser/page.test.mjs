// What a person sees and does on the page, on the running service of tests/service_shop.py.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browser, open } from "./chromium.mjs";

let chrome;
before(async () => {
  chrome = await browser();
});
after(() => chrome.close());

const section = (page, name) => page.getByRole("region", { name });
const basket = (page) => page.getByRole("complementary");

test("a product is found by keyboard alone and put into the basket", async () => {
  const { page, hosts, faults } = await open(chrome);
  await page.getByRole("heading", { name: "Choose a product" }).waitFor();
  await page.keyboard.press("Tab"); // past "Skip to the product" and the brand to the search box
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type("spagh");
  const hits = page.getByRole("listbox", { name: "Products found" }).getByRole("option");
  await hits.first().waitFor();
  const name = (await hits.nth(1).locator("span").first().innerText()).split("\n")[0];
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const heading = page.getByRole("heading", { level: 1, name, exact: true });
  await heading.waitFor();
  assert.equal(await heading.evaluate((node) => node === document.activeElement), true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await basket(page).getByRole("list", { name: "In the basket" }).getByText(name, { exact: true }).waitFor();
  assert.deepEqual([...hosts], [new URL(process.env.PAGE).host]);
  assert.deepEqual(faults, []);
});

test("a product page tells price, stock by store, substitutes, complements and why", async () => {
  const { page } = await open(chrome, "?sku=spaghetti");
  await page.getByRole("heading", { level: 1, name: "Spaghetti", exact: true }).waitFor();
  assert.match(await page.locator(".details").innerText(), /Food › Pasta[\s\S]*Roma · 500 g[\s\S]*€1\.00[\s\S]*In stock/);
  const stores = await section(page, "Where to have it").innerText();
  assert.match(stores, /Store S1[\s\S]*10 left[\s\S]*In stock/);
  assert.match(stores, /Store S2[\s\S]*Not counted/);
  const substitutes = section(page, "Instead of it").getByRole("listitem");
  assert.match(await substitutes.first().innerText(), /Fusilli[\s\S]*€1\.10[\s\S]*85 % sure/);
  await substitutes.first().getByText("Why?").click();
  assert.match(await substitutes.first().innerText(), /Fusilli can stand in for Spaghetti \(probability 0\.85\)/);
  assert.match(await substitutes.first().innerText(), /switched to/);
  assert.match(await substitutes.first().innerText(), /With a probability below 0\.80 it would stand behind Penne\./);
  assert.match(await section(page, "Goes with it").innerText(), /Tomato sauce[\s\S]*90 % sure/);
});

test("what goes with the basket is offered with its reason, and what may not be is named", async () => {
  const { page } = await open(chrome, "?sku=spaghetti&store=S1");
  await page.getByRole("button", { name: "Add to basket", exact: true }).click();
  const offers = basket(page).getByRole("list", { name: "Recommended" });
  assert.match(await offers.innerText(), /Tomato sauce[\s\S]*Goes with Spaghetti/);
  const withheld = basket(page).getByRole("list", { name: "Not offered", exact: true });
  assert.match(await withheld.innerText(), /Pale ale\s+needs proof of age/);
  assert.match(await withheld.innerText(), /Pesto\s+out of stock/);
  await basket(page).getByRole("button", { name: "Add Tomato sauce to basket" }).click();
  await basket(page).getByRole("button", { name: "Remove Tomato sauce" }).waitFor();
  await basket(page).getByRole("button", { name: "Remove Tomato sauce" }).click();
  await basket(page).getByRole("button", { name: "Remove Spaghetti" }).click();
  await basket(page).getByText("Nothing in it yet.").waitFor();
});

test("a store chosen by its radio button stands in the address and survives Back", async () => {
  const { page } = await open(chrome, "?sku=spaghetti");
  await section(page, "Where to have it").getByText("Store S1").click();
  await page.waitForURL(/sku=spaghetti&store=S1/);
  await section(page, "Instead of it").getByRole("button", { name: "Fusilli", exact: true }).click();
  await page.waitForURL(/sku=fusilli&store=S1/);
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Spaghetti", exact: true }).waitFor();
  assert.equal(await page.getByRole("radio", { name: /Store S1/ }).isChecked(), true);
});

test("nothing found, no such product and no relation are said", async () => {
  const { page } = await open(chrome, "?sku=no-such");
  await page.getByText("No product has the key “no-such”.").waitFor();
  await page.getByRole("combobox").fill("zzzz");
  await page.getByText("Nothing is called “zzzz”.").waitFor();
  await page.goto(`${process.env.PAGE}?sku=nuts`);
  await page.getByText("Nothing is known to stand in for Salted nuts.").waitFor();
});

test("an answer that does not come is told, and trying again helps", async () => {
  const { page } = await open(chrome);
  await page.route("**/graphql", (route) => route.abort());
  await page.goto(`${process.env.PAGE}?sku=cola`);
  const alert = page.getByRole("alert");
  assert.match(await alert.innerText(), /The shop does not answer[\s\S]*OFFLINE/);
  await page.unroute("**/graphql");
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { level: 1, name: "Cola", exact: true }).waitFor();
});

test("while an answer is awaited the page says so", async () => {
  const { page } = await open(chrome);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/graphql", (route) => held.then(() => route.continue()));
  await page.goto(`${process.env.PAGE}?sku=cola`);
  await page.getByRole("status", { name: "Loading the product" }).waitFor();
  release();
  await page.getByRole("heading", { level: 1, name: "Cola", exact: true }).waitFor();
});

for (const width of [320, 390, 768, 1280]) {
  test(`nothing sticks out of a screen ${width} wide`, async () => {
    const { page } = await open(chrome, "?sku=spaghetti", { width });
    await page.getByRole("button", { name: "Add to basket", exact: true }).click();
    await basket(page).getByRole("list", { name: "Recommended" }).waitFor();
    const reach = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(reach <= width, `${reach} > ${width}`);
  });
}
