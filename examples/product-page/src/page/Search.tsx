import { useEffect, useId, useState, type KeyboardEvent } from "react";

import { graphql } from "../generated";
import { useAnswer } from "../shelfgraph/useAnswer";
import { priceWords, problemWords } from "./words";

const SearchProducts = graphql(`
  query SearchProducts($words: String!) {
    products(query: $words, first: 8) {
      edges {
        node {
          sku
          name
          brand {
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

const TYPING_MS = 150;

/** A search box with its hits below it: arrows move, Enter chooses, Escape closes. */
export function Search({ onChoose }: { onChoose: (sku: string) => void }) {
  const [words, setWords] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const settled = useSettled(words.trim());
  const answer = useAnswer(SearchProducts, settled ? { words: settled } : null);
  const list = useId();
  const hits = answer.data?.products.edges.map(({ node }) => node) ?? [];
  const isShown = isOpen && settled !== "";

  const choose = (sku: string | undefined) => {
    if (sku === undefined) return;
    onChoose(sku);
    setWords("");
    setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length) {
      event.preventDefault();
      setOpen(true);
      setActive((active + step + hits.length) % hits.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (isShown && !answer.isLoading) choose(hits[active]?.sku);
    } else if (event.key === "Escape") {
      setOpen(false);
    }
  };

  return (
    <div className="search" onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}>
      <input
        type="search"
        role="combobox"
        aria-label="Search products"
        aria-autocomplete="list"
        aria-expanded={isShown}
        aria-controls={list}
        aria-activedescendant={isShown && hits.length ? `${list}-${active}` : undefined}
        placeholder="Search"
        autoComplete="off"
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setActive(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={onKeyDown}
      />
      {isShown && (
        <div className="hits">
          <ul id={list} role="listbox" aria-label="Products found">
            {hits.map((hit, index) => (
              <li
                key={hit.sku}
                id={`${list}-${index}`}
                role="option"
                aria-selected={index === active}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(hit.sku)}
              >
                <span>
                  {hit.name ?? hit.sku}
                  {hit.brand && <small>{hit.brand.name}</small>}
                </span>
                <span>{priceWords(hit.price)}</span>
              </li>
            ))}
          </ul>
          <p role="status">
            {answer.error
              ? problemWords(answer.error.code, answer.error.message)
              : answer.isLoading
                ? "Searching…"
                : hits.length === 0 && `Nothing is called “${settled}”.`}
          </p>
        </div>
      )}
    </div>
  );
}

/** A text once nobody has typed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
