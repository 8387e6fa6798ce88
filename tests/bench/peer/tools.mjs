// The tools of a planner as a server of MCP, by the official SDK; they do
// nothing.

import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

const server = new McpServer({ name: "bench", version: "1" });
for (const name of ["describe_table", "list_constraints", "list_dependents",
	"propose_repair", "give_up"])
	server.registerTool(name, { inputSchema: z.looseObject({}) },
		async () => ({ content: [{ type: "text", text: "{}" }] }));
await server.connect(new StdioServerTransport());
