-- A table that isn't there: one row, about the first of some schemas ($1, an
-- array of names) in which it could be made, or else the first that exists. $2:
-- its name; $3: the role that replays, NULL for the session's own; $4: the
-- pipeline's tables, a JSON array of "schema.table".
--
-- It would belong to the one owner of the pipeline's other tables, else to the
-- schema's. What others may do with it the owner has said beforehand, or nobody.
WITH sibling AS (
    SELECT pg_catalog.min(c.relowner) AS owner
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p')
       AND n.nspname || '.' || c.relname IN (
           SELECT pg_catalog.json_array_elements_text($4::pg_catalog.json))
    HAVING pg_catalog.count(DISTINCT c.relowner) = 1
), place AS (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl, s.position,
           COALESCE($3::pg_catalog.name, session_user) AS loader,
           COALESCE((SELECT b.owner FROM sibling b),
                    CASE WHEN pg_catalog.pg_get_userbyid(n.nspowner)
                              = 'pg_database_owner'
                         THEN d.datdba ELSE n.nspowner END) AS owner
      FROM pg_catalog.unnest($1::pg_catalog.text[])
           WITH ORDINALITY s (name, position)
      JOIN pg_catalog.pg_namespace n ON n.nspname = s.name
      JOIN pg_catalog.pg_database d
        ON d.datname = pg_catalog.current_database()
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), made AS (
    SELECT p.*,
           pg_catalog.pg_has_role(session_user, p.owner, 'MEMBER')
           AND pg_catalog.pg_has_role(session_user, p.owner, 'SET') -- since 16
           AND pg_catalog.has_schema_privilege(p.owner, p.oid, 'CREATE')
               AS may_create
      FROM place p
     ORDER BY may_create DESC, p.position LIMIT 1
), planned AS (
    SELECT e.privilege_type, e.grantee
      FROM made m
      LEFT JOIN pg_catalog.pg_default_acl d
             ON d.defaclrole = m.owner AND d.defaclnamespace = 0
            AND d.defaclobjtype = 'r',
           pg_catalog.aclexplode(COALESCE(
               d.defaclacl, pg_catalog.acldefault('r', m.owner))) e
     UNION
    SELECT e.privilege_type, e.grantee
      FROM made m
      JOIN pg_catalog.pg_default_acl d
        ON d.defaclrole = m.owner AND d.defaclnamespace = m.oid
       AND d.defaclobjtype = 'r',
           pg_catalog.aclexplode(d.defaclacl) e
), publication AS (
    SELECT p.pubname
      FROM made m, pg_catalog.pg_publication p
     WHERE p.puballtables
        OR EXISTS (SELECT                                        -- since 15
                     FROM pg_catalog.pg_publication_namespace s  -- since 15
                    WHERE s.pnpubid = p.oid                      -- since 15
                      AND s.pnnspid = m.oid)                     -- since 15
), needed AS (
    SELECT CASE WHEN NOT pg_catalog.has_schema_privilege(
                             m.loader, m.oid, 'USAGE')
                THEN pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I',
                                       m.nspname, m.loader) END AS schema_grant,
           CASE WHEN NOT EXISTS (
                     SELECT FROM planned p
                      WHERE p.privilege_type = 'INSERT'
                        AND (p.grantee = 0 OR pg_catalog.pg_has_role(
                             m.loader, p.grantee, 'USAGE')))
                THEN pg_catalog.format('GRANT INSERT ON %I.%I TO %I', m.nspname,
                                       $2::pg_catalog.text, m.loader) END
               AS table_grant
      FROM made m
)
SELECT m.nspname,
       pg_catalog.pg_get_userbyid(m.owner) AS owner,
       m.may_create,
       NULLIF(pg_catalog.concat_ws('; ', w.schema_grant, w.table_grant), '')
           AS grants,
       -- A relation that the table would be mistaken for.
       (SELECT pg_catalog.min(c.relname::pg_catalog.text)
          FROM pg_catalog.pg_class c
         WHERE c.relnamespace = m.oid AND c.relname <> $2::pg_catalog.text
           AND pg_catalog.lower(c.relname)
               = pg_catalog.lower($2::pg_catalog.text)) AS twin,
       (SELECT pg_catalog.string_agg(b.pubname, E'\n' ORDER BY b.pubname)
          FROM publication b) AS publications,
       pg_catalog.current_database() AS database,
       pg_catalog.pg_is_in_recovery() AS in_recovery,
       session_user AS role,
       -- As in facts.sql.
       (SELECT CASE WHEN pg_catalog.bool_or(s.state IS NULL) THEN NULL
                    ELSE (EXTRACT(EPOCH FROM COALESCE(
                          pg_catalog.max(s.replay_lag),
                          '0'::pg_catalog.interval)) * 1000)
                         ::pg_catalog.int8 END
          FROM pg_catalog.pg_stat_get_wal_senders() s) AS replica_lag,
       -- What else an answer rests on.
       pg_catalog.concat_ws('|', m.nspowner, m.nspacl,
           (SELECT pg_catalog.string_agg(
                       pg_catalog.concat(p.grantee, p.privilege_type), ','
                       ORDER BY p.grantee, p.privilege_type)
              FROM planned p)) AS state
  FROM made m, needed w
