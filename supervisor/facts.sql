-- One row about a table and its partitions ($1, an array of oids, the table's
-- first): what the facts table.* and db.* need. $2: the role that replays; NULL
-- for the session's own.
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
), family (oid) AS MATERIALIZED (
    SELECT pg_catalog.unnest($1::pg_catalog.oid[])
     UNION ALL
    SELECT a.relid
      FROM pg_catalog.pg_partition_ancestors(($1::pg_catalog.oid[])[1]) a
), publication AS (
    SELECT p.pubname
      FROM pg_catalog.pg_publication p
     WHERE p.puballtables
        OR EXISTS (SELECT FROM pg_catalog.pg_publication_rel r
                    WHERE r.prpubid = p.oid
                      AND r.prrelid IN (SELECT oid FROM family))
        OR EXISTS (SELECT                                        -- since 15
                     FROM pg_catalog.pg_publication_namespace s  -- since 15
                     JOIN pg_catalog.pg_class c                  -- since 15
                       ON c.relnamespace = s.pnnspid             -- since 15
                    WHERE s.pnpubid = p.oid                      -- since 15
                      AND c.oid IN (SELECT oid FROM family))     -- since 15
)
SELECT n.nspname,
       c.relname,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       c.relkind,
       c.relispartition,
       c.relnatts AS columns_used,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0
           AND NOT a.attisdropped) AS columns,
       (SELECT CASE WHEN pg_catalog.bool_or(t.reltuples < 0) THEN NULL
                    ELSE pg_catalog.sum(t.reltuples)::pg_catalog.int8 END
          FROM pg_catalog.pg_class t
         WHERE t.oid = ANY ($1::pg_catalog.oid[]) AND t.relkind <> 'p')
           AS row_estimate,
       (SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(t.oid))
               ::pg_catalog.int8
          FROM pg_catalog.pg_class t
         WHERE t.oid = ANY ($1::pg_catalog.oid[]) AND t.relkind <> 'f')
           AS size,
       (SELECT pg_catalog.string_agg(p.pubname, E'\n' ORDER BY p.pubname)
          FROM publication p) AS publications,
       EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s
                WHERE s.srrelid = ANY ($1::pg_catalog.oid[])) AS subscribed,
       (SELECT pg_catalog.count(*) FROM dependent_view) AS views,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_trigger g
         WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) AS triggers,
       (SELECT pg_catalog.count(DISTINCT k.oid)
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_constraint k ON k.oid = d.objid
         WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
           AND d.refobjid = c.oid
           AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
           AND k.confrelid = c.oid AND k.contype = 'f') AS fk_in,
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
 WHERE c.oid = ($1::pg_catalog.oid[])[1]
