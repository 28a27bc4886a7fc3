import { useCallback, useEffect, useState } from "react";

import type { TypedDocumentString } from "../generated/graphql";
import { connect, ServiceError } from "./client";

const ask = connect({ url: "/graphql" });

/** An operation as a component sees it. `data` stays on show while a newer answer is awaited. */
export type Answer<Data> = {
  data: Data | undefined;
  error: ServiceError | undefined;
  isLoading: boolean;
  again: () => void;
};

type State<Data> = { asked: string; data?: Data; error?: ServiceError };

/** The answer to an operation, asked anew when its variables change; `null` variables ask nothing. */
export function useAnswer<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables | null,
): Answer<Data> {
  const [state, setState] = useState<State<Data>>({ asked: "null" });
  const [turn, setTurn] = useState(0);
  const asked = JSON.stringify(variables);
  const wanted = variables === null ? asked : `${turn} ${asked}`;

  useEffect(() => {
    if (asked === "null") return;
    const abandoned = new AbortController();
    ask(document, JSON.parse(asked) as Variables, abandoned.signal).then(
      (data) => setState({ asked: wanted, data }),
      (error: unknown) => {
        if (!abandoned.signal.aborted) setState({ asked: wanted, error: asServiceError(error) });
      },
    );
    return () => abandoned.abort();
  }, [document, asked, wanted]);

  const again = useCallback(() => setTurn((before) => before + 1), []);
  const isLoading = state.asked !== wanted;
  return {
    data: variables === null ? undefined : state.data,
    error: isLoading || variables === null ? undefined : state.error,
    isLoading: variables !== null && isLoading,
    again,
  };
}

function asServiceError(error: unknown): ServiceError {
  return error instanceof ServiceError ? error : new ServiceError("INTERNAL", String(error));
}
