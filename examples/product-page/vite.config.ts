import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { authorization } from "./src/shelfgraph/authorization.ts";

// The key stays on this side of the proxy: what a browser is given, everybody has.
const service = process.env.SHELFGRAPH_URL ?? "http://127.0.0.1:8000";
const proxy = {
  "/graphql": { target: service, changeOrigin: true, headers: authorization(process.env.SHELFGRAPH_KEY) },
};

export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy },
});
