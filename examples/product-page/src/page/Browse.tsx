import { graphql } from "../generated";
import { useAnswer } from "../shelfgraph/useAnswer";
import { Loading, Nothing, Picture, Problem, Stock } from "./parts";
import { priceWords } from "./words";

const BrowseProducts = graphql(`
  query BrowseProducts {
    products(first: 24) {
      totalCount
      edges {
        node {
          sku
          name
          imageUrl
          availability
          category {
            name
          }
          price {
            amount
            currencyCode
          }
        }
      }
    }
  }
`);

/** Where nothing is chosen yet: some products to begin with. */
export function Browse({ onChoose }: { onChoose: (sku: string) => void }) {
  const { data, error, isLoading, again } = useAnswer(BrowseProducts, {});
  return (
    <section aria-labelledby="browse">
      <h1 id="browse">Choose a product</h1>
      {error && <Problem error={error} again={again} />}
      {isLoading && !data && <Loading what="products" lines={8} />}
      {data && data.products.edges.length === 0 && <Nothing>This shop has no products yet.</Nothing>}
      {data && (
        <ul className="cards">
          {data.products.edges.map(({ node }) => (
            <li key={node.sku}>
              <button type="button" className="card" onClick={() => onChoose(node.sku)}>
                <Picture name={node.name ?? node.sku} tint={node.category?.name ?? ""} imageUrl={node.imageUrl} />
                <strong>{node.name ?? node.sku}</strong>
                <span>{priceWords(node.price)}</span>
                <Stock availability={node.availability} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
