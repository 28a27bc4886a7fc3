import type { TypedDocumentString } from "../generated/graphql";
import { authorization } from "./authorization";

/** Why an operation failed: the contract's `extensions.code`, or OFFLINE where no answer came. */
export type Code =
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "BAD_USER_INPUT"
  | "NOT_FOUND"
  | "COST_EXCEEDED"
  | "RATE_LIMITED"
  | "UNAVAILABLE"
  | "TIMEOUT"
  | "INTERNAL"
  | "OFFLINE";

/** An operation that failed, and what its operator needs to find it in the log. */
export class ServiceError extends Error {
  constructor(
    readonly code: Code,
    message: string,
    readonly requestId: string | null = null,
  ) {
    super(message);
    this.name = "ServiceError";
  }
}

export type Settings = { url: string; key?: string };

type Body<Data> = {
  data: Data | null;
  errors?: { message: string; extensions?: { code?: Code } }[];
};

/** Answers one operation; its variables and its answer have the types of the contract. */
export type Ask = <Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
) => Promise<Data>;

/** A client of one service. It throws ServiceError, and an AbortError where the caller gave up. */
export function connect({ url, key }: Settings): Ask {
  return async (document, variables, signal) => {
    const { body, requestId } = await post(url, key, JSON.stringify({ query: document.toString(), variables }), signal);
    const [error] = body.errors ?? [];
    if (error || body.data === null) {
      throw new ServiceError(error?.extensions?.code ?? "INTERNAL", error?.message ?? "No data came.", requestId);
    }
    return body.data as never;
  };
}

async function post(url: string, key: string | undefined, body: string, signal?: AbortSignal) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", ...authorization(key) };
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal });
    const requestId = response.headers.get("x-request-id");
    return { body: (await response.json()) as Body<unknown>, requestId };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ServiceError("OFFLINE", "The service did not answer.");
  }
}
