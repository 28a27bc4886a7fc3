import type { Availability, WithheldReason } from "../generated/graphql";
import type { Code } from "../shelfgraph/client";

type Money = { amount: string; currencyCode: string };

/** An amount as people of this browser's language write it; null is no price. */
export function priceWords(price: Money | null | undefined): string {
  if (!price) return "No price";
  return new Intl.NumberFormat(undefined, { style: "currency", currency: price.currencyCode }).format(
    Number(price.amount),
  );
}

/** A share of 1 as a whole percentage; never 0 % or 100 % for what is neither. */
export function percentWords(share: number): string {
  if (share > 0 && share < 0.01) return "< 1 %";
  if (share < 1 && share > 0.99) return "> 99 %";
  return `${Math.round(100 * share)} %`;
}

/** A quantity without zeros that say nothing. */
export function unitsWords(units: string): string {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 }).format(Number(units));
}

export const AVAILABILITY: Record<Availability, string> = {
  IN_STOCK: "In stock",
  OUT: "Out of stock",
  UNKNOWN: "Not counted",
};

const WITHHELD: Partial<Record<WithheldReason, string>> = {
  OUT_OF_STOCK: "out of stock",
  DELISTED: "no longer sold",
  NOT_RANGED: "not sold at this store",
  NOT_LAUNCHED: "not on sale yet",
  REJECTED_BY_PERSON: "a merchandiser said no",
  ABOVE_PRICE_CEILING: "dearer than asked for",
  PACK_TOO_DIFFERENT: "the pack is too different",
  EXCLUDED: "not wanted",
  IN_BASKET: "already in the basket",
  NEVER_TOGETHER: "does not go with this basket",
  UNDER_AGE: "needs proof of age",
};

/** Why a product is not offered, in a shopper's words; reasons newer than this page keep their own. */
export function withheldWords(reason: WithheldReason): string {
  return WITHHELD[reason] ?? reason.toLowerCase().replaceAll("_", " ");
}

const PROBLEMS: Partial<Record<Code, string>> = {
  OFFLINE: "The shop does not answer. Check the connection.",
  UNAVAILABLE: "Part of the shop does not answer now. It mends itself within seconds.",
  TIMEOUT: "This took too long.",
  RATE_LIMITED: "Too many questions at once. Wait a moment.",
  UNAUTHENTICATED: "This page has no key that the shop knows.",
  FORBIDDEN: "This page's key may not see that.",
};

/** What a failure means to a person; where it was the question's fault, what the service said. */
export function problemWords(code: Code, message: string): string {
  return PROBLEMS[code] ?? message;
}

/** Whether trying again may help. */
export function mayPass(code: Code): boolean {
  return code !== "UNAUTHENTICATED" && code !== "FORBIDDEN" && code !== "BAD_USER_INPUT";
}
