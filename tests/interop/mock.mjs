// Somebody else's Messages API. The script is read from standard input: for
// each request the calls of tools that answer it. Prints its address; then, for
// each line that comes in, what it has been sent. Ends with its standard input.

import { LLMock } from "@copilotkit/aimock";
import { createInterface } from "node:readline";

const mock = new LLMock({
	host: "127.0.0.1",
	port: 0,
	auth: { apiKeys: ["test-key"] },
});

function answered(request) {
	return request.messages.filter((one) => one.role === "assistant").length;
}

for await (const line of createInterface({ input: process.stdin })) {
	if (line !== "journal") {
		JSON.parse(line).forEach((response, turn) =>
			mock.on({ predicate: (one) => answered(one) === turn },
				response));
		await mock.start();
		console.log(mock.url);
	} else {
		console.log(JSON.stringify(mock.getRequests().map(
			({ path, headers, response }) =>
				({ path, headers, status: response.status }))));
	}
}
await mock.stop();
