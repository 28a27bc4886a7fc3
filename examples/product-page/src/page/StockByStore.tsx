import { graphql } from "../generated";
import type { StockByStoreFragment } from "../generated/graphql";
import { Nothing, Stock } from "./parts";
import { unitsWords } from "./words";

graphql(`
  fragment StockByStore on Product {
    stocks(first: 100) {
      totalCount
      edges {
        node {
          storeId
          onHandUnits
          availability
          store {
            name
            city
          }
        }
      }
    }
  }
`);

type Props = {
  product: StockByStoreFragment;
  storeId: string | null;
  onStore: (storeId: string | null) => void;
};

/** What each store holds; choosing one makes prices, substitutes and recommendations those of that store. */
export function StockByStore({ product, storeId, onStore }: Props) {
  const stocks = product.stocks?.edges.map(({ node }) => node) ?? [];
  return (
    <section className="stores" aria-labelledby="stores">
      <h2 id="stores">Where to have it</h2>
      {stocks.length === 0 ? (
        <Nothing>No store sells it now.</Nothing>
      ) : (
        <fieldset>
          <legend>My store</legend>
          <label>
            <input type="radio" name="store" checked={storeId === null} onChange={() => onStore(null)} />
            <span>Any store</span>
          </label>
          {stocks.map((stock) => (
            <label key={stock.storeId}>
              <input
                type="radio"
                name="store"
                checked={storeId === stock.storeId}
                onChange={() => onStore(stock.storeId)}
              />
              <span>
                {stock.store?.name ?? stock.storeId}
                {stock.store?.city && <small>{stock.store.city}</small>}
              </span>
              <span className="units">
                {stock.onHandUnits !== null && stock.availability === "IN_STOCK" && `${unitsWords(stock.onHandUnits)} left`}
              </span>
              <Stock availability={stock.availability} />
            </label>
          ))}
        </fieldset>
      )}
    </section>
  );
}
