import { useState } from "react";

import { Basket } from "./page/Basket";
import { Browse } from "./page/Browse";
import { ProductPage } from "./page/ProductPage";
import { Search } from "./page/Search";
import { useAddress } from "./page/useAddress";
import { addedTo, type BasketLine } from "./page/basketLines";

/** The whole page: search above, the chosen product, and the basket beside it. The address says what is shown. */
export function App() {
  const [{ sku, storeId }, goTo] = useAddress();
  const [basket, setBasket] = useState<BasketLine[]>([]);
  const choose = (chosen: string) => goTo({ sku: chosen, storeId });
  const add = (line: BasketLine) => setBasket((lines) => addedTo(lines, line));

  return (
    <>
      <a className="skip" href="#main">
        Skip to the product
      </a>
      <header className="top">
        <a
          className="brand"
          href="?"
          onClick={(event) => {
            event.preventDefault();
            goTo({ sku: null, storeId });
          }}
        >
          Shelfgraph
        </a>
        <Search onChoose={choose} />
        <a className="to-basket" href="#basket-panel">
          Basket ({basket.length})
        </a>
      </header>
      <div className="layout">
        <main id="main" tabIndex={-1}>
          {sku === null ? (
            <Browse onChoose={choose} />
          ) : (
            <ProductPage
              key={sku}
              sku={sku}
              storeId={storeId}
              onChoose={choose}
              onStore={(chosen) => goTo({ sku, storeId: chosen })}
              onAdd={add}
            />
          )}
        </main>
        <Basket
          lines={basket}
          storeId={storeId}
          onChoose={choose}
          onAdd={add}
          onRemove={(gone) => setBasket((lines) => lines.filter((line) => line.sku !== gone))}
        />
      </div>
    </>
  );
}
