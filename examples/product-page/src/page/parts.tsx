import type { ReactNode } from "react";

import type { Availability } from "../generated/graphql";
import type { ServiceError } from "../shelfgraph/client";
import { AVAILABILITY, mayPass, percentWords, problemWords } from "./words";

/** A failure in words, with its code and request id for whoever mends it. */
export function Problem({ error, again }: { error: ServiceError; again: () => void }) {
  return (
    <div className="problem" role="alert">
      <p>{problemWords(error.code, error.message)}</p>
      <p className="fine">
        {error.code}
        {error.requestId && ` · request ${error.requestId}`}
      </p>
      {mayPass(error.code) && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Grey lines where an answer will be. */
export function Loading({ what, lines = 4 }: { what: string; lines?: number }) {
  return (
    <div className="loading" role="status" aria-label={`Loading ${what}`}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  );
}

/** An honest word where there is nothing. */
export function Nothing({ children }: { children: ReactNode }) {
  return <p className="nothing">{children}</p>;
}

/** Whether a product can be had; the word says it too, not the colour alone. */
export function Stock({ availability }: { availability: Availability | null | undefined }) {
  if (!availability) return null;
  return <span className={`stock ${availability.toLowerCase()}`}>{AVAILABILITY[availability]}</span>;
}

/** How sure the relation is. */
export function Probability({ value, isCalibrated }: { value: number; isCalibrated: boolean }) {
  return (
    <span className="probability" title={isCalibrated ? "Fitted on people's labels" : "Not fitted on people's labels"}>
      <meter min={0} max={1} value={value} aria-hidden="true" />
      {percentWords(value)} sure
    </span>
  );
}

/** A product's picture; where it has none, its first letter on its category's colour. */
export function Picture({ name, tint, imageUrl }: { name: string; tint: string; imageUrl?: string | null }) {
  if (imageUrl) return <img className="picture" src={imageUrl} alt="" loading="lazy" />;
  const hue = [...tint].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  return (
    <span className="picture letter" style={{ "--hue": hue } as React.CSSProperties} aria-hidden="true">
      <span>{name.slice(0, 1).toUpperCase()}</span>
    </span>
  );
}
