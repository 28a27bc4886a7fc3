import { useId } from "react";

import { graphql } from "../generated";
import type { CandidatesFragment } from "../generated/graphql";
import type { BasketLine } from "./basketLines";
import { Nothing, Picture, Probability, Stock } from "./parts";
import { priceWords } from "./words";

graphql(`
  fragment Candidates on RelatedConnection {
    totalCount
    edges {
      probability
      isCalibrated
      availability
      verdict {
        word
        reason
      }
      node {
        sku
        name
        imageUrl
        category {
          name
        }
        price {
          amount
          currencyCode
        }
      }
      explanation {
        sentence
        paths {
          steps {
            source
            relation
            target
            isForward
          }
        }
        counterfactual {
          sentence
        }
      }
    }
  }
`);

type Props = {
  heading: string;
  nothing: string;
  candidates: CandidatesFragment | null | undefined;
  onChoose: (sku: string) => void;
  onAdd: (line: BasketLine) => void;
};
type Edge = CandidatesFragment["edges"][number];

/** Candidates of a relation, each with how sure it is and why. */
export function Related({ heading, nothing, candidates, onChoose, onAdd }: Props) {
  const title = useId();
  const edges = candidates?.edges ?? [];
  return (
    <section className="related" aria-labelledby={title}>
      <h2 id={title}>{heading}</h2>
      {edges.length === 0 ? (
        <Nothing>{nothing}</Nothing>
      ) : (
        <ul>
          {edges.map((edge) => (
            <Candidate key={edge.node.sku} edge={edge} onChoose={onChoose} onAdd={onAdd} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Candidate({ edge, onChoose, onAdd }: { edge: Edge } & Pick<Props, "onChoose" | "onAdd">) {
  const { node, verdict, explanation } = edge;
  const name = node.name ?? node.sku;
  return (
    <li>
      <Picture name={name} tint={node.category?.name ?? ""} imageUrl={node.imageUrl} />
      <div>
        <p className="line">
          <button type="button" className="link" onClick={() => onChoose(node.sku)}>
            {name}
          </button>
          <span>{priceWords(node.price)}</span>
        </p>
        <p className="marks">
          {edge.probability !== null && <Probability value={edge.probability} isCalibrated={edge.isCalibrated} />}
          {verdict && (
            <span className="verdict" title={verdict.reason}>
              {verdict.word} by a person
            </span>
          )}
          <Stock availability={edge.availability} />
          <button
            type="button"
            className="small"
            aria-label={`Add ${name} to basket`}
            onClick={() => onAdd({ sku: node.sku, name })}
          >
            Add
          </button>
        </p>
        {explanation && (
          <details>
            <summary>Why?</summary>
            <p>{explanation.sentence}</p>
            <Paths paths={explanation.paths} />
            <p className="quiet">{explanation.counterfactual.sentence}</p>
          </details>
        )}
      </div>
    </li>
  );
}

function Paths({ paths }: { paths: NonNullable<Edge["explanation"]>["paths"] }) {
  if (paths.length === 0) return null;
  return (
    <ul className="paths">
      {paths.map(({ steps }, index) => (
        <li key={index}>
          {steps[0]?.source}
          {steps.map((step, place) => (
            <span key={place}>
              {" "}
              <span className="relation">
                {step.isForward ? "—" : "←"} {step.relation.toLowerCase().replaceAll("_", " ")}{" "}
                {step.isForward ? "→" : "—"}
              </span>{" "}
              {step.target}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
