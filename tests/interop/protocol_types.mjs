// Messages of a server against the official types. Standard input: an array of
// {type, message}, of which `type` is the result's or JSONRPCErrorResponse;
// prints for each what is wrong with it, or null.

import { specTypeSchemas } from "@modelcontextprotocol/client";
import { readFileSync } from "node:fs";

function check(type, value) {
	const { issues } = specTypeSchemas[type]["~standard"].validate(value);
	return issues ? JSON.stringify(issues) : null;
}

const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(({ type, message }) =>
	check("JSONRPCMessage", message) ??
	check(type, message.result ?? message))));
