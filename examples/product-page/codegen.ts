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
        strictScalars: true,
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
