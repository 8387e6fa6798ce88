-- The audit schema of pgmend. Every statement may run again and then changes
-- nothing. A line "-- ;;" stands between two statements; {{schema}} is the
-- schema's name (lower-case letters, digits and underscores), {{role}} the
-- quoted name of the login role that heals.

SELECT pg_catalog.pg_advisory_xact_lock(
    pg_catalog.hashtextextended('pgmend init', 0));
-- ;;
SET LOCAL search_path = pg_catalog, pg_temp;
-- ;;

-- Roles. The owner can't log in; nobody needs to be its member to heal.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['owner', 'writer', 'reader', 'approver'] LOOP
        name := '{{schema}}_' || name;
        IF to_regrole(quote_ident(name)) IS NULL THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
        IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = name
                   AND (r.rolcanlogin OR r.rolsuper OR r.rolcreaterole)) THEN
            RAISE EXCEPTION 'role % exists and may log in, or more', name;
        END IF;
    END LOOP;
    IF NOT pg_has_role(current_user, '{{schema}}_owner',
                       CASE WHEN current_setting('server_version_num')::integer
                                 >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', '{{schema}}_owner');
    END IF;
END
$$;
-- ;;

-- A schema that someone else made first could hold code of theirs.
CREATE SCHEMA IF NOT EXISTS "{{schema}}" AUTHORIZATION "{{schema}}_owner";
-- ;;
DO $$
BEGIN
    IF (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = '{{schema}}')
       <> to_regrole('"{{schema}}_owner"') THEN
        RAISE EXCEPTION 'schema {{schema}} exists and is owned by another role';
    END IF;
END
$$;
-- ;;
SET LOCAL ROLE "{{schema}}_owner";
-- ;;

CREATE TABLE IF NOT EXISTS "{{schema}}".meta (
    key text PRIMARY KEY,
    value text NOT NULL
);
-- ;;
INSERT INTO "{{schema}}".meta (key, value)
VALUES ('schema_version', '1'), ('chain_id', gen_random_uuid()::text)
ON CONFLICT DO NOTHING;
-- ;;

-- One row a run. What it says is also in the run's first event, hashed.
CREATE TABLE IF NOT EXISTS "{{schema}}".run (
    run_id uuid PRIMARY KEY,
    incident_id text NOT NULL,
    incident_hash text NOT NULL,
    fingerprint text,
    source_kind text NOT NULL,
    source_name text,
    pipeline text,
    mode text NOT NULL CHECK (mode IN ('heal', 'dry-run')),
    occurred_at timestamptz,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    version text NOT NULL,
    policy_files text,
    policy_meaning text,
    host text NOT NULL,
    os_user text NOT NULL,
    db_role name NOT NULL DEFAULT session_user
);
-- ;;
CREATE INDEX IF NOT EXISTS run_received_at ON "{{schema}}".run (received_at);
-- ;;
CREATE INDEX IF NOT EXISTS run_fingerprint ON "{{schema}}".run (fingerprint);
-- ;;

-- The chain. Only append() writes here.
CREATE TABLE IF NOT EXISTS "{{schema}}".event (
    seq bigint PRIMARY KEY,
    run_id uuid NOT NULL,
    run_seq integer NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z]+\.[a-z]+$'),
    body text NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    mac bytea NOT NULL,
    UNIQUE (run_id, run_seq)
);
-- ;;
CREATE INDEX IF NOT EXISTS event_finished ON "{{schema}}".event
    ((body::json ->> 'fingerprint'), seq) WHERE kind = 'run.finished';
-- ;;
CREATE INDEX IF NOT EXISTS event_anchor ON "{{schema}}".event (seq)
    WHERE kind = 'audit.anchor';
-- ;;
CREATE INDEX IF NOT EXISTS event_finished_at ON "{{schema}}".event (at)
    WHERE kind = 'run.finished';
-- ;;
CREATE INDEX IF NOT EXISTS event_requested_at ON "{{schema}}".event (at)
    WHERE kind = 'model.requested';
-- ;;

-- The last event's seq and hash; has_mac: whether any event carries a MAC.
CREATE TABLE IF NOT EXISTS "{{schema}}".chain_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    has_mac boolean NOT NULL DEFAULT false
);
-- ;;
INSERT INTO "{{schema}}".chain_head (seq, hash)
SELECT 0, sha256(convert_to('pgmend-chain-v1:' || m.value, 'UTF8'))
  FROM "{{schema}}".meta m WHERE m.key = 'chain_id'
ON CONFLICT DO NOTHING;
-- ;;

-- The commit marker, inserted inside the DDL transaction.
CREATE TABLE IF NOT EXISTS "{{schema}}".applied (
    run_id uuid,
    step integer,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    sql_hash text NOT NULL,
    intent_hash text NOT NULL,
    PRIMARY KEY (run_id, step)
);
-- ;;

-- Exactly once: inserted before a record's row, in the same transaction.
CREATE TABLE IF NOT EXISTS "{{schema}}".replayed (
    source_kind text,
    source_name text,
    incident_id text,
    ordinal bigint,
    payload_hash text NOT NULL,
    run_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_kind, source_name, incident_id, ordinal)
);
-- ;;

-- Every record that met a drift, once: one record is no drift.
CREATE TABLE IF NOT EXISTS "{{schema}}".witness (
    fingerprint text,
    record_hash text,
    schema_name name NOT NULL,
    table_name name NOT NULL,
    run_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (fingerprint, record_hash)
);
-- ;;
CREATE INDEX IF NOT EXISTS witness_table
    ON "{{schema}}".witness (schema_name, table_name, at);
-- ;;

-- Changes that were allowed or wait for people, each before it is made: what
-- the limits on changes in an hour or a day count.
CREATE TABLE IF NOT EXISTS "{{schema}}".reservation (
    run_id uuid PRIMARY KEY,
    fingerprint text NOT NULL,
    schema_name name NOT NULL,
    table_name name NOT NULL,
    pipeline text,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- ;;
CREATE INDEX IF NOT EXISTS reservation_at ON "{{schema}}".reservation (at);
-- ;;
CREATE INDEX IF NOT EXISTS reservation_fingerprint
    ON "{{schema}}".reservation (fingerprint);
-- ;;

-- Plans that wait for people, and what people said to exactly that plan.
CREATE TABLE IF NOT EXISTS "{{schema}}".approval (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id uuid NOT NULL,
    decision text NOT NULL
        CHECK (decision IN ('requested', 'granted', 'rejected')),
    plan_sha256 text NOT NULL,
    plan json CHECK ((plan IS NOT NULL) = (decision = 'requested')),
    approvers integer
        CHECK ((approvers IS NOT NULL) = (decision = 'requested')),
    fingerprint text,
    reason text,
    decided_by name NOT NULL DEFAULT session_user,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- ;;
CREATE UNIQUE INDEX IF NOT EXISTS approval_requested
    ON "{{schema}}".approval (run_id) WHERE decision = 'requested';
-- ;;
CREATE UNIQUE INDEX IF NOT EXISTS approval_decided
    ON "{{schema}}".approval (run_id, decided_by) WHERE decision <> 'requested';
-- ;;

-- Alerts to be sent.
CREATE TABLE IF NOT EXISTS "{{schema}}".notification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id uuid NOT NULL,
    channel text NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- ;;

-- Large or personal texts. Events name them by hash, so that the owner can
-- delete them without breaking the chain.
CREATE TABLE IF NOT EXISTS "{{schema}}".artifact (
    run_id uuid,
    hash text,
    kind text NOT NULL,
    content bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, hash)
);
-- ;;

-- A length of four bytes, then the bytes: no two lists of fields are alike.
CREATE OR REPLACE FUNCTION "{{schema}}".lp(bytes bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$ SELECT int4send(octet_length(bytes)) || bytes $$;
-- ;;

-- Appends one event: the only way into the chain.
CREATE OR REPLACE FUNCTION "{{schema}}".append(
    run_id uuid, run_seq integer, actor text, kind text, body text, mac bytea,
    OUT seq bigint, OUT at_us bigint, OUT prev_hash bytea, OUT hash bytea)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_decision boolean := append.kind IN ('approval.granted',
                                           'approval.rejected');
    head "{{schema}}".chain_head;
    moment timestamptz;
BEGIN
    IF NOT is_decision
       AND NOT pg_has_role(session_user, '{{schema}}_writer', 'MEMBER') THEN
        RAISE EXCEPTION 'only a writer may append %', append.kind
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM append.body::json;

    SELECT h.* INTO STRICT head FROM "{{schema}}".chain_head h FOR UPDATE;
    IF head.has_mac AND append.mac = ''::bytea AND NOT is_decision THEN
        RAISE EXCEPTION 'the audit chain carries MACs and this event has none: '
                        'the secret audit-hmac is not configured here'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    -- The time is taken once the head is ours: it follows the order of seq.
    moment := clock_timestamp();
    at_us := (extract(epoch FROM moment) * 1000000)::bigint;
    seq := head.seq + 1;
    prev_hash := head.hash;
    hash := sha256(decode('01', 'hex')
        || "{{schema}}".lp(prev_hash)
        || int8send(seq)
        || uuid_send(append.run_id)
        || int4send(append.run_seq)
        || int8send(at_us)
        || "{{schema}}".lp(convert_to(append.actor, 'UTF8'))
        || "{{schema}}".lp(convert_to(append.kind, 'UTF8'))
        || "{{schema}}".lp(convert_to(append.body, 'UTF8'))
        || "{{schema}}".lp(append.mac));

    INSERT INTO "{{schema}}".event
        (seq, run_id, run_seq, at, actor, kind, body, prev_hash, hash, mac)
    VALUES (append.seq, append.run_id, append.run_seq, moment, append.actor,
            append.kind, append.body, append.prev_hash, append.hash,
            append.mac);
    UPDATE "{{schema}}".chain_head h
       SET seq = append.seq, hash = append.hash,
           has_mac = h.has_mac OR append.mac <> ''::bytea;
END
$$;
-- ;;

CREATE OR REPLACE FUNCTION "{{schema}}".refuse_change()
RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: it is append-only',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
-- ;;

-- Who may ask and who may answer; an answer is to exactly the plan asked about.
CREATE OR REPLACE FUNCTION "{{schema}}".check_approval()
RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    needed name := CASE NEW.decision WHEN 'requested' THEN '{{schema}}_writer'
                                     ELSE '{{schema}}_approver' END;
BEGIN
    IF NOT pg_has_role(session_user, needed, 'MEMBER') THEN
        RAISE EXCEPTION '% needs a member of %', NEW.decision, needed
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.decision <> 'requested'
       AND NOT EXISTS (SELECT FROM "{{schema}}".approval a
                       WHERE a.run_id = NEW.run_id
                         AND a.decision = 'requested'
                         AND a.plan_sha256 = NEW.plan_sha256) THEN
        RAISE EXCEPTION 'this run did not ask for approval of this plan'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
-- ;;

-- ALWAYS: plain triggers don't fire under session_replication_role = replica.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['meta', 'run', 'event', 'applied', 'replayed',
                                'approval', 'notification', 'witness',
                                'reservation'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR '
            'DELETE OR TRUNCATE ON "{{schema}}".%I FOR EACH STATEMENT EXECUTE '
            'FUNCTION "{{schema}}".refuse_change()', name);
        EXECUTE format('ALTER TABLE "{{schema}}".%I ENABLE ALWAYS TRIGGER '
            'append_only', name);
    END LOOP;
END
$$;
-- ;;
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR TRUNCATE
    ON "{{schema}}".artifact FOR EACH STATEMENT
    EXECUTE FUNCTION "{{schema}}".refuse_change();
-- ;;
ALTER TABLE "{{schema}}".artifact ENABLE ALWAYS TRIGGER append_only;
-- ;;
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR TRUNCATE
    ON "{{schema}}".chain_head FOR EACH STATEMENT
    EXECUTE FUNCTION "{{schema}}".refuse_change();
-- ;;
ALTER TABLE "{{schema}}".chain_head ENABLE ALWAYS TRIGGER append_only;
-- ;;
CREATE OR REPLACE TRIGGER one_step BEFORE UPDATE
    ON "{{schema}}".chain_head FOR EACH ROW
    WHEN (NEW.seq IS DISTINCT FROM OLD.seq + 1)
    EXECUTE FUNCTION "{{schema}}".refuse_change();
-- ;;
ALTER TABLE "{{schema}}".chain_head ENABLE ALWAYS TRIGGER one_step;
-- ;;
CREATE OR REPLACE TRIGGER check_approval BEFORE INSERT
    ON "{{schema}}".approval FOR EACH ROW
    EXECUTE FUNCTION "{{schema}}".check_approval();
-- ;;
ALTER TABLE "{{schema}}".approval ENABLE ALWAYS TRIGGER check_approval;
-- ;;

-- Runs with how they ended.
CREATE OR REPLACE VIEW "{{schema}}".v_run AS
SELECT r.run_id, r.incident_id, r.source_kind, r.source_name, r.pipeline,
       r.mode, r.occurred_at, r.received_at, f.at AS finished_at,
       f.result ->> 'outcome' AS outcome,
       (f.result ->> 'exit_code')::integer AS exit_code,
       f.result ->> 'reason_code' AS reason_code,
       coalesce(r.fingerprint, f.result ->> 'fingerprint') AS fingerprint,
       f.result #>> '{target,table}' AS target,
       f.result #>> '{plan,sha256}' AS plan_sha256,
       f.result #>> '{model,planner}' AS planner,
       (f.result #>> '{model,input_tokens}')::bigint AS input_tokens,
       (f.result #>> '{model,output_tokens}')::bigint AS output_tokens,
       (f.result #>> '{model,cost_microusd}')::bigint AS cost_microusd,
       f.at - coalesce(r.occurred_at, r.received_at) AS time_to_repair,
       f.at - r.received_at AS time_from_receipt,
       f.result ->> 'message' AS message, r.db_role, r.host, r.os_user
  FROM "{{schema}}".run r
  LEFT JOIN LATERAL (
       SELECT e.at, e.body::json AS result
         FROM "{{schema}}".event e
        WHERE e.run_id = r.run_id AND e.kind = 'run.finished'
        ORDER BY e.seq DESC LIMIT 1) f ON true;
-- ;;

-- Days: how much was healed, how fast, for how much.
CREATE OR REPLACE VIEW "{{schema}}".v_daily AS
SELECT (v.received_at AT TIME ZONE 'UTC')::date AS day,
       count(*) AS runs,
       count(*) FILTER (WHERE v.outcome = 'healed') AS healed,
       round(100.0 * count(*) FILTER (WHERE v.outcome = 'healed') / count(*), 1)
           AS healed_percent,
       count(*) FILTER (WHERE v.outcome = 'escalated') AS escalated,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY v.time_to_repair)
           FILTER (WHERE v.outcome = 'healed') AS mttr_p50,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY v.time_to_repair)
           FILTER (WHERE v.outcome = 'healed') AS mttr_p95,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY v.time_from_receipt)
           FILTER (WHERE v.outcome = 'healed') AS from_receipt_p50,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY v.time_from_receipt)
           FILTER (WHERE v.outcome = 'healed') AS from_receipt_p95,
       round(sum(coalesce(v.cost_microusd, 0)) / 10000.0 / count(*), 3)
           AS cents_per_incident,
       sum(coalesce(v.input_tokens, 0) + coalesce(v.output_tokens, 0))
           AS tokens
  FROM "{{schema}}".v_run v
 GROUP BY 1;
-- ;;

-- Plans that still wait for somebody.
CREATE OR REPLACE VIEW "{{schema}}".v_escalation AS
SELECT a.run_id, a.at AS requested_at, a.fingerprint, a.plan_sha256,
       a.approvers, d.granted, a.plan
  FROM "{{schema}}".approval a
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE g.decision = 'granted') AS granted,
              count(*) FILTER (WHERE g.decision = 'rejected') AS rejected
         FROM "{{schema}}".approval g
        WHERE g.run_id = a.run_id AND g.plan_sha256 = a.plan_sha256) d
 WHERE a.decision = 'requested' AND d.rejected = 0
   AND NOT EXISTS (SELECT FROM "{{schema}}".applied m
                    WHERE m.run_id = a.run_id);
-- ;;

-- What drifts most.
CREATE OR REPLACE VIEW "{{schema}}".v_top_drift AS
SELECT v.target, v.fingerprint, count(*) AS incidents,
       count(*) FILTER (WHERE v.outcome = 'healed') AS healed,
       min(v.received_at) AS first_seen, max(v.received_at) AS last_seen
  FROM "{{schema}}".v_run v
 WHERE v.fingerprint IS NOT NULL
 GROUP BY v.target, v.fingerprint
 ORDER BY count(*) DESC;
-- ;;

-- Every action that was about to be applied, and whether it was.
CREATE OR REPLACE VIEW "{{schema}}".v_ddl AS
SELECT e.seq, e.at, e.run_id, a.action ->> 'op' AS op,
       a.action ->> 'target' AS target, a.action ->> 'sql' AS sql,
       a.action ->> 'inverse_sql' AS inverse_sql,
       m.run_id IS NOT NULL AS is_committed, m.xid
  FROM "{{schema}}".event e
 CROSS JOIN LATERAL json_array_elements(
       e.body::json #> '{plan,actions}') AS a (action)
  LEFT JOIN LATERAL (
       SELECT p.run_id, p.xid FROM "{{schema}}".applied p
        WHERE p.run_id = e.run_id
          AND p.step = coalesce((e.body::json ->> 'step')::integer, 1)) m
       ON true
 WHERE e.kind = 'ddl.intent';
-- ;;

-- Runs that a crash left open. A living run holds a lock on its id and is
-- listed with is_running; without such rows this is empty.
CREATE OR REPLACE VIEW "{{schema}}".v_unresolved AS
SELECT r.run_id, r.received_at, s.has_intent,
       EXISTS (SELECT FROM "{{schema}}".applied m WHERE m.run_id = r.run_id)
           AS has_marker,
       EXISTS (SELECT FROM pg_locks l
                WHERE l.locktype = 'advisory' AND l.objsubid = 1
                  AND l.database = (SELECT d.oid FROM pg_database d
                                     WHERE d.datname = current_database())
                  AND (l.classid::bigint << 32) | l.objid::bigint =
                      hashtextextended('pgmend run ' || r.run_id::text, 0))
           AS is_running
  FROM "{{schema}}".run r
 CROSS JOIN LATERAL (
       SELECT coalesce(bool_or(e.kind = 'ddl.intent'), false) AS has_intent,
              coalesce(bool_or(e.kind IN ('ddl.committed', 'ddl.aborted')),
                       false) AS is_known,
              coalesce(bool_or(e.kind = 'run.finished'), false) AS is_finished
         FROM "{{schema}}".event e WHERE e.run_id = r.run_id) s
 WHERE NOT s.is_finished OR (s.has_intent AND NOT s.is_known);
-- ;;

-- Reservations that count: the change is there, or may still come. One that
-- waits for people doesn't any more once the same drift was healed without
-- them.
CREATE OR REPLACE VIEW "{{schema}}".v_reservation AS
SELECT r.run_id, r.fingerprint, r.schema_name, r.table_name, r.pipeline, r.at,
       s.is_applied, s.is_in_flight, w.is_waiting
  FROM "{{schema}}".reservation r
 CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM "{{schema}}".applied m
                       WHERE m.run_id = r.run_id) AS is_applied,
              NOT coalesce(bool_or(e.kind = 'run.finished'), false)
              OR (bool_or(e.kind = 'ddl.unknown')
                  AND NOT bool_or(e.kind = 'ddl.aborted')) AS is_in_flight
         FROM "{{schema}}".event e WHERE e.run_id = r.run_id) s
 CROSS JOIN LATERAL (
       SELECT coalesce(bool_or(a.decision = 'requested')
                       AND NOT bool_or(a.decision = 'rejected'), false)
              AND NOT EXISTS (
                  SELECT FROM "{{schema}}".reservation l
                    JOIN "{{schema}}".applied m ON m.run_id = l.run_id
                   WHERE l.fingerprint = r.fingerprint AND l.at > r.at)
              AS is_waiting
         FROM "{{schema}}".approval a WHERE a.run_id = r.run_id) w
 WHERE s.is_applied OR s.is_in_flight OR w.is_waiting;
-- ;;

-- Rights. Columns that the server fills in can't be given by a writer.
REVOKE ALL ON FUNCTION "{{schema}}".lp(bytea),
    "{{schema}}".append(uuid, integer, text, text, text, bytea),
    "{{schema}}".refuse_change(), "{{schema}}".check_approval() FROM PUBLIC;
-- ;;
GRANT USAGE ON SCHEMA "{{schema}}" TO "{{schema}}_writer",
    "{{schema}}_reader", "{{schema}}_approver";
-- ;;
GRANT EXECUTE ON FUNCTION
    "{{schema}}".append(uuid, integer, text, text, text, bytea)
    TO "{{schema}}_writer", "{{schema}}_approver";
-- ;;
GRANT SELECT ON "{{schema}}".meta, "{{schema}}".run, "{{schema}}".event,
    "{{schema}}".chain_head, "{{schema}}".applied, "{{schema}}".replayed,
    "{{schema}}".approval, "{{schema}}".notification, "{{schema}}".v_run,
    "{{schema}}".v_daily, "{{schema}}".v_escalation, "{{schema}}".v_top_drift,
    "{{schema}}".v_ddl, "{{schema}}".v_unresolved, "{{schema}}".witness,
    "{{schema}}".reservation, "{{schema}}".v_reservation
    TO "{{schema}}_writer", "{{schema}}_reader", "{{schema}}_approver";
-- ;;
GRANT SELECT ON "{{schema}}".artifact TO "{{schema}}_approver";
-- ;;
GRANT INSERT (run_id, incident_id, incident_hash, fingerprint, source_kind,
              source_name, pipeline, mode, occurred_at, version, policy_files,
              policy_meaning, host, os_user)
    ON "{{schema}}".run TO "{{schema}}_writer";
-- ;;
GRANT INSERT (run_id, step, sql_hash, intent_hash)
    ON "{{schema}}".applied TO "{{schema}}_writer";
-- ;;
GRANT INSERT (source_kind, source_name, incident_id, ordinal, payload_hash,
              run_id)
    ON "{{schema}}".replayed TO "{{schema}}_writer";
-- ;;
GRANT INSERT (fingerprint, record_hash, schema_name, table_name, run_id)
    ON "{{schema}}".witness TO "{{schema}}_writer";
-- ;;
GRANT INSERT (run_id, fingerprint, schema_name, table_name, pipeline)
    ON "{{schema}}".reservation TO "{{schema}}_writer";
-- ;;
GRANT INSERT (run_id, decision, plan_sha256, plan, approvers, fingerprint)
    ON "{{schema}}".approval TO "{{schema}}_writer";
-- ;;
GRANT INSERT (run_id, decision, plan_sha256, reason)
    ON "{{schema}}".approval TO "{{schema}}_approver";
-- ;;
GRANT INSERT (run_id, channel, body)
    ON "{{schema}}".notification TO "{{schema}}_writer";
-- ;;
GRANT INSERT (run_id, hash, kind, content)
    ON "{{schema}}".artifact TO "{{schema}}_writer";
-- ;;

-- The login role that heals: it writes, and its messages are in English.
RESET ROLE;
-- ;;
GRANT "{{schema}}_writer" TO {{role}};
-- ;;
DO $lc_messages$
BEGIN
    ALTER ROLE {{role}} SET lc_messages = 'C';
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'lc_messages can''t be set here: some drifts will be found '
                 'by trial only';
END
$lc_messages$;
