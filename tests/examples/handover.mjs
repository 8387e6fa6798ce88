// A loader that hands its failed INSERT over to pgmend and says how it went;
// the incident is written here, so nothing is to be converted.
//
//     echo '{"id": 1, "customer": "Ada", "coupon": "SPRING"}' |
//         PGHOST=... PGUSER=orders_loader node handover.mjs \
//             --db "host=... user=healer"

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import pg from "pg";

function handOver(error, sql, params, payload, options) {
	const { code, message, detail, hint, where, schema, table, column } = error;
	const incident = JSON.stringify({
		pgmend_incident: 1,
		id: `orders/${payload.id}`,
		source: { kind: "app", name: "orders" },
		error: { sqlstate: code, message, detail, hint, context: where,
			schema, table, column },
		statement: { sql, params },
		payload,
	});
	return spawnSync("pgmend", ["heal", ...options, "-"], {
		input: incident, stdio: ["pipe", "inherit", "inherit"],
	}).status;
}

const record = JSON.parse(readFileSync(0, "utf8"));
const names = Object.keys(record);
const columns = names.map(pg.escapeIdentifier).join(", ");
const places = names.map((_, index) => `$${index + 1}`).join(", ");
const insert = `INSERT INTO analytics.orders (${columns}) VALUES (${places})`;
const client = new pg.Client();
await client.connect();
try {
	await client.query(insert, Object.values(record));
} catch (error) {
	if (!(error instanceof pg.DatabaseError))
		throw error;
	process.exitCode = handOver(error, insert, names, record,
		process.argv.slice(2));
} finally {
	await client.end();
}
