-- One row about a table and its partitions ($1, an array of oids, the table's
-- first): what the facts table.* and db.* need. $2: the role that replays; NULL
-- for the session's own.
-- if pg_rewrite
WITH RECURSIVE dependent_view (oid) AS (
    SELECT r.ev_class
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refobjid = ($1::pg_catalog.oid[])[1]
       AND r.ev_class <> d.refobjid
     UNION
    SELECT r.ev_class
      FROM dependent_view v
      JOIN pg_catalog.pg_depend d ON d.refobjid = v.oid
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND r.ev_class <> v.oid
)
-- end
SELECT n.nspname,
       c.relname,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       c.relkind,
       c.relispartition,
       c.relnatts AS columns_used,
       s.row_estimate,
       s.size,
-- if pg_publication
       (SELECT pg_catalog.string_agg(p.pubname, E'\n' ORDER BY p.pubname)
          FROM pg_catalog.pg_publication p
         CROSS JOIN (
               SELECT $1::pg_catalog.oid[] || ARRAY(
                      SELECT a.relid::pg_catalog.oid
                        FROM pg_catalog.pg_partition_ancestors(
                             ($1::pg_catalog.oid[])[1]) a) AS oids
               OFFSET 0) f
         WHERE p.puballtables
            OR p.oid = ANY (ARRAY(
               SELECT r.prpubid FROM pg_catalog.pg_publication_rel r
                WHERE r.prrelid = ANY (f.oids)))
            OR p.oid = ANY (ARRAY(                             -- since 15
               SELECT m.pnpubid                                -- since 15
                 FROM pg_catalog.pg_publication_namespace m    -- since 15
                 JOIN pg_catalog.pg_class r                    -- since 15
                   ON r.relnamespace = m.pnnspid               -- since 15
                WHERE r.oid = ANY (f.oids)))                   -- since 15
       ) AS publications,
-- unless pg_publication
       NULL AS publications,
-- end
       EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s
                WHERE s.srrelid = ANY ($1::pg_catalog.oid[])) AS subscribed,
-- if pg_rewrite
       (SELECT pg_catalog.count(*) FROM dependent_view) AS views,
-- unless pg_rewrite
       0 AS views,
-- end
-- if pg_trigger
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_trigger g
         WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) AS triggers,
-- unless pg_trigger
       0 AS triggers,
-- end
-- if pg_constraint
       (SELECT pg_catalog.count(*)
          FROM pg_catalog.pg_constraint k
         WHERE k.oid = ANY (ARRAY(
               SELECT d.objid FROM pg_catalog.pg_depend d
                WHERE d.refclassid
                      = 'pg_catalog.pg_class'::pg_catalog.regclass
                  AND d.refobjid = c.oid
                  AND d.classid
                      = 'pg_catalog.pg_constraint'::pg_catalog.regclass))
           AND k.confrelid = c.oid AND k.contype = 'f') AS fk_in,
-- unless pg_constraint
       0 AS fk_in,
-- end
       c.relrowsecurity AS rls,
       pg_catalog.current_database() AS database,
       pg_catalog.pg_is_in_recovery() AS in_recovery,
       session_user AS role,
       pg_catalog.cardinality($1::pg_catalog.oid[]) AS relations,
       pg_catalog.has_table_privilege(
           COALESCE($2::pg_catalog.name, session_user), c.oid, 'INSERT')
           AS loader_may_insert,
       EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p
                WHERE p.partrelid = c.oid AND p.partdefid <> 0)
           AS default_partition,
       -- Milliseconds; NULL where there are standbys that the login may not
       -- look at.
       (SELECT CASE WHEN pg_catalog.bool_or(w.state IS NULL) THEN NULL
                    ELSE (EXTRACT(EPOCH FROM COALESCE(
                          pg_catalog.max(w.replay_lag),
                          '0'::pg_catalog.interval)) * 1000)
                         ::pg_catalog.int8 END
          FROM pg_catalog.pg_stat_get_wal_senders() w) AS replica_lag
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN (
       SELECT CASE WHEN pg_catalog.bool_or(m.reltuples < 0)
                        FILTER (WHERE m.relkind <> 'p') THEN NULL
                   ELSE (pg_catalog.sum(m.reltuples)
                         FILTER (WHERE m.relkind <> 'p'))::pg_catalog.int8
              END AS row_estimate,
              (pg_catalog.sum(pg_catalog.pg_total_relation_size(m.oid))
               FILTER (WHERE m.relkind <> 'f'))::pg_catalog.int8 AS size
         FROM pg_catalog.pg_class m
        WHERE m.oid = ANY ($1::pg_catalog.oid[])) s
 WHERE c.oid = ($1::pg_catalog.oid[])[1]
