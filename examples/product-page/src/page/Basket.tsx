import { graphql } from "../generated";
import type { BasketAdviceQuery } from "../generated/graphql";
import { useAnswer } from "../shelfgraph/useAnswer";
import type { BasketLine } from "./basketLines";
import { Loading, Nothing, Problem, Stock } from "./parts";
import { priceWords, withheldWords } from "./words";

const BasketAdvice = graphql(`
  query BasketAdvice($basket: [String!]!, $storeId: String) {
    recommendations(for: { basket: $basket, storeId: $storeId }, first: 5) {
      isFallback
      products {
        reason
        availability
        product {
          sku
          name
          price(storeId: $storeId) {
            amount
            currencyCode
          }
        }
      }
      withheld {
        reason
        product {
          sku
          name
        }
      }
    }
  }
`);

type Props = {
  lines: BasketLine[];
  storeId: string | null;
  onChoose: (sku: string) => void;
  onAdd: (line: BasketLine) => void;
  onRemove: (sku: string) => void;
};

/** The basket, and what would go well beside what is in it. */
export function Basket({ lines, storeId, onChoose, onAdd, onRemove }: Props) {
  const variables = lines.length ? { basket: lines.map(({ sku }) => sku), storeId } : null;
  const { data, error, isLoading, again } = useAnswer(BasketAdvice, variables);
  return (
    <aside className="basket" id="basket-panel" tabIndex={-1} aria-labelledby="basket">
      <h2 id="basket">
        Basket <span className="count">{lines.length}</span>
      </h2>
      {lines.length === 0 ? (
        <Nothing>Nothing in it yet. Add a product to see what goes with it.</Nothing>
      ) : (
        <ul className="lines" aria-label="In the basket">
          {lines.map((line) => (
            <li key={line.sku}>
              <button type="button" className="link" onClick={() => onChoose(line.sku)}>
                {line.name}
              </button>
              <button
                type="button"
                className="small"
                aria-label={`Remove ${line.name}`}
                onClick={() => onRemove(line.sku)}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      {error && <Problem error={error} again={again} />}
      {isLoading && !data && <Loading what="recommendations" />}
      {data?.recommendations && (
        <div aria-live="polite" aria-busy={isLoading}>
          <Advice advice={data.recommendations} onChoose={onChoose} onAdd={onAdd} />
        </div>
      )}
    </aside>
  );
}

type AdviceProps = { advice: NonNullable<BasketAdviceQuery["recommendations"]> } & Pick<Props, "onChoose" | "onAdd">;

function Advice({ advice, onChoose, onAdd }: AdviceProps) {
  return (
    <>
      <h3>You may want</h3>
      {advice.isFallback && <p className="fine">The shop answers with less than it knows now.</p>}
      {advice.products.length === 0 && <Nothing>Nothing goes with this basket.</Nothing>}
      <ul className="offers" aria-label="Recommended">
        {advice.products.map(({ product, reason, availability }) => (
          <li key={product.sku}>
            <p className="line">
              <button type="button" className="link" onClick={() => onChoose(product.sku)}>
                {product.name ?? product.sku}
              </button>
              <span>{priceWords(product.price)}</span>
            </p>
            <p className="why">{reason}</p>
            <p className="marks">
              <Stock availability={availability} />
              <button
                type="button"
                className="small"
                aria-label={`Add ${product.name ?? product.sku} to basket`}
                onClick={() => onAdd({ sku: product.sku, name: product.name ?? product.sku })}
              >
                Add
              </button>
            </p>
          </li>
        ))}
      </ul>
      {advice.withheld.length > 0 && (
        <>
          <h3>Not offered</h3>
          <ul className="withheld" aria-label="Not offered">
            {advice.withheld.map(({ product, reason }) => (
              <li key={product.sku}>
                {product.name ?? product.sku} <span>{withheldWords(reason)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
