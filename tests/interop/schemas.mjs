// JSON Schema 2020-12 as somebody else reads it, strictly. Standard input: an
// array of {schema, values}; prints for each what is wrong with the schema, and
// with each of the values.

import Ajv2020 from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";

function check({ schema, values }) {
	// A branch of anyOf may require what is defined beside it, and a fact be
	// of several types.
	const ajv = new Ajv2020({ strict: true, strictRequired: false,
		allowUnionTypes: true, allErrors: true });
	let isValid;
	try {
		isValid = ajv.compile(schema);
	} catch (error) {
		return { schema: error.message, values: [] };
	}
	return { schema: null, values: values.map((value) =>
		isValid(value) ? null : ajv.errorsText(isValid.errors)) };
}

const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(check)));
