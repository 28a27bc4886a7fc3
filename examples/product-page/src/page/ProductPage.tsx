import { useEffect, useRef } from "react";

import { graphql } from "../generated";
import type { ProductPageQuery } from "../generated/graphql";
import { useAnswer } from "../shelfgraph/useAnswer";
import type { BasketLine } from "./basketLines";
import { Loading, Nothing, Picture, Problem, Stock } from "./parts";
import { Related } from "./Related";
import { StockByStore } from "./StockByStore";
import { priceWords, unitsWords } from "./words";

const ProductPageDocument = graphql(`
  query ProductPage($sku: String!, $storeId: String) {
    product(sku: $sku) {
      sku
      name
      description
      size
      sizeUnit
      imageUrl
      minimumAge
      brand {
        name
      }
      category {
        name
        parent {
          name
        }
      }
      price(storeId: $storeId) {
        amount
        currencyCode
      }
      availability(storeId: $storeId)
      suppliers(first: 3) {
        edges {
          leadTimeDays
          node {
            supplierId
            name
          }
        }
      }
      ...StockByStore
      substitutes(first: 6, storeId: $storeId) {
        ...Candidates
      }
      complements(first: 6, storeId: $storeId) {
        ...Candidates
      }
    }
  }
`);

type Props = {
  sku: string;
  storeId: string | null;
  onChoose: (sku: string) => void;
  onStore: (storeId: string | null) => void;
  onAdd: (line: BasketLine) => void;
};

/** One product with everything about it, in one operation. */
export function ProductPage({ sku, storeId, onChoose, onStore, onAdd }: Props) {
  const { data, error, isLoading, again } = useAnswer(ProductPageDocument, { sku, storeId });
  const product = data?.product;

  if (error) return <Problem error={error} again={again} />;
  if (!data) return <Loading what="the product" lines={9} />;
  if (!product) return <Nothing>No product has the key “{sku}”. Search for another one above.</Nothing>;
  const name = product.name ?? product.sku;
  return (
    <article aria-busy={isLoading}>
      <Details product={product} onAdd={() => onAdd({ sku: product.sku, name })} />
      <StockByStore product={product} storeId={storeId} onStore={onStore} />
      <div className="relations">
        <Related
          heading="Instead of it"
          nothing={`Nothing is known to stand in for ${name}.`}
          candidates={product.substitutes}
          onChoose={onChoose}
          onAdd={onAdd}
        />
        <Related
          heading="Goes with it"
          nothing={`Nothing is known to go with ${name}.`}
          candidates={product.complements}
          onChoose={onChoose}
          onAdd={onAdd}
        />
      </div>
    </article>
  );
}

type Product = NonNullable<ProductPageQuery["product"]>;

function Details({ product, onAdd }: { product: Product; onAdd: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // A product chosen by keyboard is read out, and Tab goes on from it.
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  const name = product.name ?? product.sku;
  const shelf = [product.category?.parent?.name, product.category?.name].filter(Boolean).join(" › ");
  const facts = [
    product.brand?.name,
    product.size && `${unitsWords(product.size)} ${product.sizeUnit ?? ""}`.trim(),
    product.minimumAge > 0 && `from ${product.minimumAge} years`,
  ].filter(Boolean);
  return (
    <section className="details" aria-labelledby="name">
      <Picture name={name} tint={product.category?.name ?? ""} imageUrl={product.imageUrl} />
      <div>
        {shelf && <p className="shelf">{shelf}</p>}
        <h1 id="name" ref={heading} tabIndex={-1}>
          {name}
        </h1>
        <p className="facts">{facts.join(" · ")}</p>
        {product.description && <p>{product.description}</p>}
        <p className="buy">
          <strong className="price">{priceWords(product.price)}</strong>
          <Stock availability={product.availability} />
          <button type="button" className="main" onClick={onAdd}>
            Add to basket
          </button>
        </p>
        {product.suppliers.edges.length > 0 && (
          <p className="fine">
            Supplied by{" "}
            {product.suppliers.edges
              .map(({ node, leadTimeDays }) =>
                leadTimeDays ? `${node.name ?? node.supplierId} in ${Math.round(leadTimeDays)} days` : node.name,
              )
              .join(", ")}
          </p>
        )}
      </div>
    </section>
  );
}
