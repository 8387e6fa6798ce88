// The tools of catalog.mjs by version 2 of the official SDK.

import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { register } from "./catalog.mjs";

const server = new McpServer({ name: "bench", version: "1" });
register(server);
await server.connect(new StdioServerTransport());
