// A host of an MCP server: an official client starts it, takes the steps that
// standard input holds, and prints what came of each.
//
//     node mcp_client.mjs LINE COMMAND [ARGUMENT]...
//
// LINE says which client: 1, which knows the revisions up to 2025-11-25; 2,
// which looks what the server speaks; 2-pinned, 2026-07-28 or nothing; 2-legacy,
// the older ones alone.

import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Transport1 }
	from "@modelcontextprotocol/sdk/client/stdio.js";
import { readFileSync } from "node:fs";

const NAME = { name: "interop", version: "1" };
const MODES = {
	"2": "auto",
	"2-pinned": { pin: "2026-07-28" },
	"2-legacy": "legacy",
};

const [line, command, ...args] = process.argv.slice(2);
const isFirst = line === "1";
const client = isFirst ? new Client1(NAME)
	: new Client(NAME, { versionNegotiation: { mode: MODES[line] } });
const transport = new (isFirst ? Transport1 : StdioClientTransport)(
	{ command, args, stderr: "ignore" });
const complaints = [];
let version;

function callTool({ name, arguments: given }, options) {
	const call = { name, arguments: given };
	return isFirst ? client.callTool(call, undefined, options)
		: client.callTool(call, options);
}

const STEPS = {
	list: () => client.listTools(),
	call: (step) => callTool(step),
	ping: () => client.ping(),
	together: ({ steps }) => Promise.all(steps.map(take)),
	cancel: (step) => {
		const stop = new AbortController();
		const answer = callTool(step, { signal: stop.signal });
		setImmediate(() => stop.abort("enough"));
		return answer;
	},
};

async function take(step) {
	try {
		return { result: await STEPS[step.do](step) };
	} catch (error) {
		return { error: { code: error.code ?? null,
			message: String(error.message ?? error) } };
	}
}

transport.setProtocolVersion = (negotiated) => { version = negotiated; };
client.onerror = (error) => complaints.push(String(error));
await client.connect(transport);
const answers = [];
for (const step of JSON.parse(readFileSync(0, "utf8")))
	answers.push(await take(step));
console.log(JSON.stringify({
	version: isFirst ? version : client.getNegotiatedProtocolVersion(),
	server: client.getServerVersion(),
	capabilities: client.getServerCapabilities(),
	instructions: client.getInstructions(),
	answers,
	complaints,
}));
await client.close();
