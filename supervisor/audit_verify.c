#include "pgmend.h"
#include "sandbox/json.h"
#include "supervisor/audit.h"
#include "supervisor/chain.h"
#include "supervisor/database.h"

#define PAGE_ROWS 500

/* The walk along the chain: what the next event must follow. */
struct walk {
	struct database *database;
	const char *schema;
	const void *key;
	size_t key_size;
	struct digest last; /* hash of the event before */
	int64_t last_seq;
	bool is_trusted_start; /* the next event's predecessor isn't known */
	bool has_macs;	       /* an event before carried one */
	struct audit_report report;
};

__attribute__((format(printf, 4, 5))) static int
broken(struct walk *walk, int64_t seq, struct error *err, const char *format,
       ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	walk->report.broken_seq = seq;
	return fail_as(err, EXIT_AUDIT_BROKEN, "audit_broken",
		       "the audit chain is broken: %s", text);
}

static bool
read_event(struct event *ret_event, const struct rows *rows, int row)
{
	const char *mac = rows_text(rows, row, 9);
	struct event event = {
		.seq = rows_number(rows, row, 0),
		.run_id = rows_text(rows, row, 1),
		.run_seq = (int)rows_number(rows, row, 2),
		.at_us = rows_number(rows, row, 3),
		.actor = rows_text(rows, row, 4),
		.kind = rows_text(rows, row, 5),
		.body = rows_text(rows, row, 6),
		.has_mac = mac[0] != '\0',
	};

	*ret_event = event;
	return digest_parse(&ret_event->prev_hash, rows_text(rows, row, 7)) &&
	       digest_parse(&ret_event->hash, rows_text(rows, row, 8)) &&
	       (!event.has_mac || digest_parse(&ret_event->mac, mac));
}

static int
check_order(struct walk *walk, const struct event *event, struct error *err)
{
	if (event->seq != walk->last_seq + 1)
		return broken(walk, walk->last_seq + 1, err,
			      "event %lld is missing",
			      (long long)walk->last_seq + 1);
	if (!walk->is_trusted_start &&
	    !digest_same(&event->prev_hash, &walk->last))
		return broken(walk, event->seq, err,
			      "event %lld doesn't follow the one before it",
			      (long long)event->seq);
	return 0;
}

/* People's decisions are recorded by people, who don't hold the key. */
static bool
may_lack_mac(const struct event *event)
{
	return same_text(event->kind, "approval.granted") ||
	       same_text(event->kind, "approval.rejected");
}

static int
check_mac(struct walk *walk, const struct event *event, struct error *err)
{
	struct digest expected;

	if (!event->has_mac) {
		if (walk->has_macs && !may_lack_mac(event))
			return broken(walk, event->seq, err,
				      "event %lld carries no MAC, though "
				      "earlier ones do",
				      (long long)event->seq);
		return 0;
	}
	walk->has_macs = true;
	walk->report.with_mac++;
	if (walk->key == NULL)
		return 0;
	walk->report.mac_checked++;
	expected = event_mac(event, walk->key, walk->key_size);
	if (!digest_same(&event->mac, &expected))
		return broken(walk, event->seq, err,
			      "event %lld was not made with the key: its MAC "
			      "doesn't match",
			      (long long)event->seq);
	return 0;
}

/* The hash of an event that was walked over before. */
static int
hash_at(struct digest *ret_hash, struct walk *walk, long long seq,
	struct error *err)
{
	auto_free char *sql =
		xprintf("SELECT pg_catalog.encode(hash, 'hex') FROM \"%s\""
			".event WHERE seq = $1::bigint",
			walk->schema);
	auto_free char *parameter = xprintf("%lld", seq);
	auto_rows struct rows *rows = NULL;

	if (seq == walk->last_seq && !walk->is_trusted_start) {
		*ret_hash = walk->last;
		return 0;
	}
	if (seq == 0) {
		*ret_hash = chain_genesis(walk->report.chain_id);
		return 0;
	}
	if (database_run(walk->database, sql, 1,
			 (const char *const[]){parameter}, &rows, err) < 0)
		return -1;
	if (rows_count(rows) != 1 ||
	    !digest_parse(ret_hash, rows_text(rows, 0, 0)))
		return broken(walk, seq, err, "event %lld is missing", seq);
	return 0;
}

/* An earlier head inside a body, under that body's hash and MAC: a chain that
 * was rewritten since doesn't have it. */
static int
check_remembered_head(struct walk *walk, const struct event *event,
		      struct error *err)
{
	auto_json struct json *json = NULL;
	auto_free char *hex = NULL;
	struct digest remembered, found;
	long long seq = 0;
	int head;

	if (json_scan(&json, event->body, strlen(event->body), err) < 0)
		return broken(walk, event->seq, err,
			      "the body of event %lld is no JSON",
			      (long long)event->seq);
	head = json_member(json, 0, "head");
	hex = json_string(json, json_member(json, head, "hash"));
	if (!json_integer(json, json_member(json, head, "seq"), &seq) ||
	    !digest_parse(&remembered, hex) || seq >= event->seq)
		return broken(walk, event->seq, err,
			      "event %lld doesn't say what came before it",
			      (long long)event->seq);
	if (hash_at(&found, walk, seq, err) < 0)
		return -1;
	if (!digest_same(&remembered, &found))
		return broken(walk, seq, err,
			      "event %lld is not the one that event %lld "
			      "remembers",
			      seq, (long long)event->seq);
	return 0;
}

static bool
remembers_head(const struct event *event)
{
	return same_text(event->kind, "run.received") ||
	       same_text(event->kind, "audit.anchor");
}

static int
check_event(struct walk *walk, const struct event *event, struct error *err)
{
	struct digest expected = event_hash(event);

	if (check_order(walk, event, err) < 0)
		return -1;
	if (!digest_same(&event->hash, &expected))
		return broken(walk, event->seq, err,
			      "event %lld was changed: its hash doesn't match",
			      (long long)event->seq);
	if (check_mac(walk, event, err) < 0)
		return -1;
	if (remembers_head(event) &&
	    check_remembered_head(walk, event, err) < 0)
		return -1;
	return 0;
}

/* Returns the number of events read, 0 at the end, or -1. */
static int
walk_page(struct walk *walk, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT seq, run_id, run_seq, "
		"(extract(epoch FROM at) * 1000000)::bigint, actor, kind, "
		"body, pg_catalog.encode(prev_hash, 'hex'), "
		"pg_catalog.encode(hash, 'hex'), "
		"pg_catalog.encode(mac, 'hex') FROM \"%s\".event "
		"WHERE seq > $1::bigint ORDER BY seq LIMIT %d",
		walk->schema, PAGE_ROWS);
	auto_free char *after = xprintf("%lld", (long long)walk->last_seq);
	auto_rows struct rows *rows = NULL;

	if (database_run(walk->database, sql, 1, (const char *const[]){after},
			 &rows, err) < 0)
		return -1;
	for (int row = 0; row < rows_count(rows); row++) {
		struct event event;

		if (!read_event(&event, rows, row))
			return broken(walk, event.seq, err,
				      "event %lld was changed: its hashes "
				      "aren't any",
				      (long long)event.seq);
		if (check_event(walk, &event, err) < 0)
			return -1;
		walk->last = event.hash;
		walk->last_seq = event.seq;
		walk->is_trusted_start = false;
		walk->report.events++;
	}
	return rows_count(rows);
}

static int
check_head(struct walk *walk, struct error *err)
{
	auto_free char *sql =
		xprintf("SELECT seq, pg_catalog.encode(hash, 'hex') FROM "
			"\"%s\".chain_head",
			walk->schema);
	auto_rows struct rows *rows = NULL;
	struct digest head;

	if (database_run(walk->database, sql, 0, NULL, &rows, err) < 0)
		return -1;
	if (rows_count(rows) != 1 ||
	    !digest_parse(&head, rows_text(rows, 0, 1)))
		return broken(walk, 0, err, "it has no head");
	if (rows_number(rows, 0, 0) != walk->last_seq)
		return broken(walk, walk->last_seq + 1, err,
			      "event %lld is missing: the head is at %s",
			      (long long)walk->last_seq + 1,
			      rows_text(rows, 0, 0));
	if (!digest_same(&head, &walk->last))
		return broken(walk, walk->last_seq, err,
			      "event %lld is not the one that the head names",
			      (long long)walk->last_seq);
	digest_hex(walk->report.head, &head);
	return 0;
}

/* The tables beside the chain: each row there has its event. */
static int
check_companions(struct walk *walk, struct error *err)
{
	static const struct {
		const char *table, *kind;
	} companions[] = {
		{"run", "run.received"},
		{"applied", "ddl.intent"},
	};

	for (size_t i = 0; i < array_size(companions); i++) {
		auto_free char *sql = xprintf(
			"SELECT c.run_id FROM \"%s\".%s c WHERE NOT EXISTS "
			"(SELECT FROM \"%s\".event e WHERE e.run_id = c.run_id "
			"AND e.kind = '%s') LIMIT 1",
			walk->schema, companions[i].table, walk->schema,
			companions[i].kind);
		auto_rows struct rows *rows = NULL;

		if (database_run(walk->database, sql, 0, NULL, &rows, err) < 0)
			return -1;
		if (rows_count(rows) > 0)
			return broken(walk, 0, err,
				      "run %s is in table %s, but its event %s "
				      "is gone",
				      rows_text(rows, 0, 0),
				      companions[i].table, companions[i].kind);
	}
	return 0;
}

static int
start_walk(struct walk *walk, bool from_anchor, struct error *err)
{
	auto_free char *sql = xprintf(
		"SELECT m.value, (SELECT e.seq FROM \"%s\".event e "
		"WHERE e.kind = 'audit.anchor' AND (e.mac <> '' OR NOT $1) "
		"ORDER BY e.seq DESC LIMIT 1) "
		"FROM \"%s\".meta m WHERE m.key = 'chain_id'",
		walk->schema, walk->schema);
	const char *needs_mac = walk->key == NULL ? "f" : "t";
	auto_rows struct rows *rows = NULL;

	if (database_run(walk->database, sql, 1, &needs_mac, &rows, err) < 0)
		return -1;
	if (rows_count(rows) != 1)
		return broken(walk, 0, err, "it has no id");
	snprintf(walk->report.chain_id, sizeof(walk->report.chain_id), "%s",
		 rows_text(rows, 0, 0));
	walk->last = chain_genesis(walk->report.chain_id);
	if (from_anchor && rows_text(rows, 0, 1) != NULL) {
		walk->last_seq = rows_number(rows, 0, 1) - 1;
		walk->is_trusted_start = true;
	}
	walk->report.first_seq = walk->last_seq + 1;
	return 0;
}

static int
walk_chain(struct walk *walk, bool from_anchor, struct error *err)
{
	int count;

	if (start_walk(walk, from_anchor, err) < 0)
		return -1;
	do {
		count = walk_page(walk, err);
	} while (count > 0);
	if (count < 0 || check_head(walk, err) < 0)
		return -1;
	walk->report.last_seq = walk->last_seq;
	return from_anchor ? 0 : check_companions(walk, err);
}

int
audit_verify(struct audit_report *ret_report, struct database *database,
	     const struct audit_scope *scope, struct error *err)
{
	struct walk walk = {
		.database = database,
		.schema = scope->schema,
		.key = scope->key,
		.key_size = scope->key_size,
	};
	struct error ignored = NO_ERROR;
	int status;

	if (database_command(database,
			     "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
			     err) < 0)
		return -1;
	status = walk_chain(&walk, scope->from_anchor, err);
	database_command(database, "ROLLBACK", &ignored);
	if (status < 0)
		ret_report->broken_seq = walk.report.broken_seq;
	else
		*ret_report = walk.report;
	return status;
}
