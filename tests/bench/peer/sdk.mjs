// What the official client takes for the same requests; with "mcp" for a second
// argument, also with a server of the tools as a child, by the official SDK of
// MCP: each answer's call is handed to it.
//
//     NODE_EXTRA_CA_CERTS=CA.pem node sdk.mjs BASE_URL mcp|alone REQUEST...

import Anthropic from "@anthropic-ai/sdk";
import { readFileSync } from "node:fs";

const [baseURL, how, ...paths] = process.argv.slice(2);
const model = new Anthropic({ baseURL, apiKey: "test-key", maxRetries: 0 });

async function startTools() {
	const { Client } = await import("@modelcontextprotocol/client");
	const { StdioClientTransport } =
		await import("@modelcontextprotocol/client/stdio");
	const tools = new Client({ name: "bench", version: "1" });
	const script = new URL("./tools.mjs", import.meta.url).pathname;
	await tools.connect(new StdioClientTransport(
		{ command: process.execPath, args: [script] }));
	await tools.listTools();
	return tools;
}

const tools = how === "mcp" ? await startTools() : null;
for (const path of paths) {
	const request = JSON.parse(readFileSync(path, "utf8"));
	const message = await model.messages.stream(request).finalMessage();
	const call = message.content.find((one) => one.type === "tool_use");
	if (!call)
		throw new Error("no call");
	await tools?.callTool({ name: call.name, arguments: call.input });
}
await tools?.close();
