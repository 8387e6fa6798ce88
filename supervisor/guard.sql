-- The guard: what the login role that heals can't do even when everything else
-- fails. It may only use the commands that a heal uses, drops nothing, and
-- rewrites no large table. Needs a superuser. It doesn't see what no event
-- trigger sees: TRUNCATE, rows, disabled triggers, renamed columns.

RESET ROLE;
-- ;;

-- Who is guarded; `rewrite_max` in bytes.
CREATE TABLE IF NOT EXISTS "{{schema}}".guard (
    role name PRIMARY KEY,
    rewrite_max bigint NOT NULL
        DEFAULT 1024::bigint * 1024 * 1024 CHECK (rewrite_max >= 0)
);
-- ;;
INSERT INTO "{{schema}}".guard (role) VALUES ({{role_text}})
ON CONFLICT DO NOTHING;
-- ;;

-- They run as their owner, and ask who logged in: SET ROLE changes nothing.
CREATE OR REPLACE FUNCTION "{{schema}}".guard_command() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF tg_tag NOT IN ('ALTER TABLE', 'ALTER TYPE', 'COMMENT', 'CREATE TABLE')
       AND EXISTS (SELECT FROM "{{schema}}".guard g
                    WHERE g.role = session_user) THEN
        RAISE EXCEPTION 'the guard of pgmend refuses % by %', tg_tag,
            session_user USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
-- ;;
CREATE OR REPLACE FUNCTION "{{schema}}".guard_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dropped text;
BEGIN
    SELECT o.object_type || ' ' || o.object_identity INTO dropped
      FROM pg_event_trigger_dropped_objects() o
     WHERE NOT o.is_temporary
     ORDER BY o.original DESC LIMIT 1;
    IF dropped IS NOT NULL
       AND EXISTS (SELECT FROM "{{schema}}".guard g
                    WHERE g.role = session_user) THEN
        RAISE EXCEPTION 'the guard of pgmend refuses to drop the % by %',
            dropped, session_user USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
-- ;;
CREATE OR REPLACE FUNCTION "{{schema}}".guard_rewrite() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rewritten oid := pg_event_trigger_table_rewrite_oid();
    size bigint := pg_total_relation_size(rewritten);
BEGIN
    IF EXISTS (SELECT FROM "{{schema}}".guard g
                WHERE g.role = session_user AND g.rewrite_max < size) THEN
        RAISE EXCEPTION 'the guard of pgmend refuses to rewrite % (%) by %',
            rewritten::regclass, pg_size_pretty(size), session_user
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
-- ;;

-- ALWAYS: session_replication_role doesn't switch them off.
DO $$
DECLARE
    guard record;
BEGIN
    FOR guard IN
        SELECT * FROM (VALUES ('command', 'ddl_command_start'),
                              ('drop', 'sql_drop'),
                              ('rewrite', 'table_rewrite')) v (name, event)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_event_trigger e
                        WHERE e.evtname = '{{schema}}_guard_' || guard.name)
        THEN
            EXECUTE format('CREATE EVENT TRIGGER %I ON %s EXECUTE FUNCTION '
                '"{{schema}}".%I()', '{{schema}}_guard_' || guard.name,
                guard.event, 'guard_' || guard.name);
        END IF;
        EXECUTE format('ALTER EVENT TRIGGER %I ENABLE ALWAYS',
                       '{{schema}}_guard_' || guard.name);
    END LOOP;
END
$$;
