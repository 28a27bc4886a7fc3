/** One product in the basket; the name is kept so that the basket shows without asking. */
export type BasketLine = { sku: string; name: string };

/** The basket with a product at its end, once. */
export function addedTo(lines: BasketLine[], line: BasketLine): BasketLine[] {
  return lines.some(({ sku }) => sku === line.sku) ? lines : [...lines, line];
}
