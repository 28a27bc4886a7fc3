// Pictures of the page at three widths, in light and dark, for whoever changes how it looks: PAGE=http://localhost:4173/ npm run look
import { mkdir } from "node:fs/promises";

import { browser } from "./chromium.mjs";

const into = process.env.INTO ?? "screenshots";
await mkdir(into, { recursive: true });
const chrome = await browser();
for (const [name, width, colorScheme] of [
  ["wide", 1360, "light"],
  ["dark", 1360, "dark"],
  ["middle", 820, "light"],
  ["narrow", 390, "light"],
]) {
  const page = await chrome.newPage({ viewport: { width, height: 900 }, colorScheme, locale: "en-GB" });
  await page.goto(process.env.PAGE ?? "http://localhost:4173/");
  await page.locator(".card").first().waitFor();
  await page.screenshot({ path: `${into}/${name}-choose.png` });
  await page.getByRole("combobox").fill(process.env.WORDS ?? "pa");
  await page.getByRole("option").first().waitFor();
  await page.screenshot({ path: `${into}/${name}-search.png` });
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Add to basket", exact: true }).click();
  await page.getByRole("list", { name: "Recommended" }).waitFor();
  const why = page.getByText("Why?").first();
  if (await why.isVisible()) await why.click();
  await page.screenshot({ path: `${into}/${name}-product.png`, fullPage: true });
  await page.close();
}
await chrome.close();
