// The official client, once: the request is read from standard input, what the
// client made of the answer is printed, or the error that it threw.
//
//     node client.mjs BASE_URL KEY

import Anthropic from "@anthropic-ai/sdk";
import { readFileSync } from "node:fs";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new Anthropic({ baseURL, apiKey, maxRetries: 0 });
const request = JSON.parse(readFileSync(0, "utf8"));
try {
	const message = await client.messages.stream(request).finalMessage();
	console.log(JSON.stringify({ message }));
} catch (error) {
	console.log(JSON.stringify({
		error: error.constructor.name,
		status: error.status ?? null,
		type: error.type ?? null,
	}));
}
