import type { CodegenConfig } from "@graphql-codegen/cli";

// Reads the committed contract, so that it works without a running service and without a network.
const config: CodegenConfig = {
  schema: process.env.SHELFGRAPH_CONTRACT ?? "../../api/schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/generated/**"],
  generates: {
    "src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        // A scalar that the contract gains breaks nobody who does not ask for it.
        defaultScalarType: "unknown",
        scalars: {
          CurrencyCode: "string",
          Date: "string",
          DateTime: "string",
          Decimal: "string",
          Sequence: "number",
        },
      },
    },
  },
};

export default config;
