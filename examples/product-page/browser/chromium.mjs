// A headless Chromium of one test run's own, which talks to nobody but the page under test.
import { chromium } from "playwright-core";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser; CHROMIUM says where it is installed. */
export function browser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
}

/** A page at an address below PAGE, and the hosts and faults that it met. */
export async function open(chrome, path = "", { width = 1280, height = 900 } = {}) {
  const page = await chrome.newPage({ viewport: { width, height }, locale: "en-GB" });
  const hosts = new Set();
  const faults = [];
  page.on("request", (request) => request.url().startsWith("data:") || hosts.add(new URL(request.url()).host));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  await page.goto(`${process.env.PAGE}${path}`);
  return { page, hosts, faults };
}
