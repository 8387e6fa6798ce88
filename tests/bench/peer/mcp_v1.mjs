// The tools of catalog.mjs by version 1 of the official SDK.

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from
	"@modelcontextprotocol/sdk/server/stdio.js";
import { register } from "./catalog.mjs";

const server = new McpServer({ name: "bench", version: "1" });
register(server);
await server.connect(new StdioServerTransport());
