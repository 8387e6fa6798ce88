-- A table, its partitions ($1, an array of oids, the table's first) and what
-- hangs on them: rows of object, property and value. An empty value is left
-- out. Two snapshots are compared row by row. The array lets the server plan
-- for the few relations that there are.
--
-- Names of relations are qualified and quoted. What an object says of its own
-- name or table is cut out of definitions, so that a partition's index reads as
-- its parent's. The triggers of foreign keys have oids in their names: of them
-- only a constraint's "unenforced" tells, which nothing may change. pg_attver
-- (15.20 and later) counts type changes in attoptions and is left out.
WITH RECURSIVE relation AS MATERIALIZED (
    SELECT c.*, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::pg_catalog.oid[])
), dependent_view (oid) AS (
    SELECT r.ev_class
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refobjid = ANY ($1::pg_catalog.oid[])
       AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
       AND r.ev_class <> d.refobjid
     UNION
    SELECT r.ev_class
      FROM dependent_view v
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refobjid = v.oid
       AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE r.ev_class <> d.refobjid
)
SELECT 'relation ' || c.name, p.name, p.value
  FROM relation c
 CROSS JOIN LATERAL (VALUES
       ('kind', c.relkind::pg_catalog.text),
       ('owner', pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text),
       ('acl', c.relacl::pg_catalog.text),
       ('row_security', CASE WHEN c.relrowsecurity THEN 'on' END),
       ('forced_row_security', CASE WHEN c.relforcerowsecurity THEN 'on' END),
       ('replica_identity', c.relreplident::pg_catalog.text),
       ('options', c.reloptions::pg_catalog.text),
       ('toast_options', (SELECT x.reloptions::pg_catalog.text
                            FROM pg_catalog.pg_class x
                           WHERE x.oid = c.reltoastrelid)),
       ('persistence', c.relpersistence::pg_catalog.text),
       ('tablespace', c.reltablespace::pg_catalog.text),
       ('access_method', c.relam::pg_catalog.text),
       ('row_type_of', NULLIF(c.reloftype, 0)::pg_catalog.text),
       ('key', CASE WHEN c.relkind = 'p'
                    THEN pg_catalog.pg_get_partkeydef(c.oid) END),
       -- A line a column; none where an expression is part of the key.
       ('key_types', (SELECT pg_catalog.string_agg(pg_catalog.format_type(
                             a.atttypid, a.atttypmod), E'\n' ORDER BY k.place)
                        FROM pg_catalog.pg_partitioned_table p
                       CROSS JOIN LATERAL pg_catalog.unnest(
                             p.partattrs::pg_catalog.int2[])
                             WITH ORDINALITY k (attnum, place)
                        JOIN pg_catalog.pg_attribute a
                          ON a.attrelid = c.oid AND a.attnum = k.attnum
                       WHERE p.partrelid = c.oid AND p.partexprs IS NULL)),
       ('bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid)),
       ('comment', (SELECT d.description FROM pg_catalog.pg_description d
                     WHERE d.objoid = c.oid AND d.objsubid = 0 AND d.classoid
                           = 'pg_catalog.pg_class'::pg_catalog.regclass))
       ) p (name, value)
 WHERE p.value <> ''
UNION ALL
SELECT pg_catalog.format('column %s.%I', c.name, a.attname), p.name, p.value
  FROM relation c
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d
         ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 CROSS JOIN LATERAL (VALUES
       ('type', pg_catalog.format_type(a.atttypid, a.atttypmod)),
       ('not_null', CASE WHEN a.attnotnull THEN 'yes' END),
       ('default', pg_catalog.pg_get_expr(d.adbin, d.adrelid)),
       ('identity', a.attidentity::pg_catalog.text),
       ('generated', a.attgenerated::pg_catalog.text),
       ('collation', CASE WHEN a.attcollation <> t.typcollation
            THEN (SELECT pg_catalog.format('%I.%I', n.nspname, k.collname)
                    FROM pg_catalog.pg_collation k
                    JOIN pg_catalog.pg_namespace n ON n.oid = k.collnamespace
                   WHERE k.oid = a.attcollation) END),
       ('storage', CASE WHEN a.attstorage <> t.typstorage
                        THEN a.attstorage::pg_catalog.text END),
       ('compression', pg_catalog.to_jsonb(a) ->> 'attcompression'),
       ('statistics', NULLIF(a.attstattarget, -1)::pg_catalog.text),
       ('acl', a.attacl::pg_catalog.text),
       ('options', (SELECT pg_catalog.string_agg(o, ',')
                      FROM pg_catalog.unnest(a.attoptions) o
                     WHERE o NOT LIKE 'pg\_attver=%')),
       ('comment', (SELECT e.description FROM pg_catalog.pg_description e
                     WHERE e.objoid = c.oid AND e.objsubid = a.attnum
                       AND e.classoid
                           = 'pg_catalog.pg_class'::pg_catalog.regclass))
       ) p (name, value)
 WHERE p.value <> ''
UNION ALL
SELECT pg_catalog.format('constraint %I on %s', k.conname, k.on_name),
       p.name, p.value
  FROM (SELECT k.*, c.name AS on_name, (SELECT h.inhparent
                  FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
                  AS on_parent
          FROM relation c
          -- From 18 on NOT NULL has a row, too: a column's "not_null" tells.
          JOIN pg_catalog.pg_constraint k
            ON k.conrelid = c.oid AND k.contype <> 'n'
         UNION ALL
        SELECT k.*, k.conrelid::pg_catalog.regclass::pg_catalog.text, NULL
          FROM (SELECT DISTINCT d.objid FROM pg_catalog.pg_depend d
                 WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                   AND d.refobjid = ANY ($1::pg_catalog.oid[])
                   AND d.classid
                       = 'pg_catalog.pg_constraint'::pg_catalog.regclass) d
          JOIN pg_catalog.pg_constraint k ON k.oid = d.objid
         WHERE k.confrelid <> 0
           AND k.conrelid <> ALL ($1::pg_catalog.oid[])) k
 CROSS JOIN LATERAL (VALUES
       ('on', k.on_name),
       ('kind', k.contype::pg_catalog.text),
       ('definition', CASE WHEN k.contype = 'f' THEN pg_catalog.replace(
            pg_catalog.pg_get_constraintdef(k.oid), ' REFERENCES '
            || k.confrelid::pg_catalog.regclass::pg_catalog.text || '(',
            ' REFERENCES (')
            ELSE pg_catalog.pg_get_constraintdef(k.oid) END),
       ('refers_to', NULLIF(k.confrelid, 0)::pg_catalog.regclass
                     ::pg_catalog.text),
       ('columns', (SELECT pg_catalog.string_agg(
                           pg_catalog.quote_ident(a.attname), ','
                           ORDER BY a.attname COLLATE "C")
                      FROM pg_catalog.pg_attribute a
                     WHERE a.attrelid = k.conrelid
                       AND a.attnum = ANY (k.conkey))),
       ('not_valid', CASE WHEN NOT k.convalidated THEN 'yes' END),
       ('parent', COALESCE(
            (SELECT pg_catalog.format('constraint %I on %s', m.conname,
                           m.conrelid::pg_catalog.regclass)
               FROM pg_catalog.pg_constraint m WHERE m.oid = k.conparentid),
            CASE WHEN k.contype = 'c' AND k.coninhcount > 0
                 THEN pg_catalog.format('constraint %I on %s', k.conname,
                           k.on_parent::pg_catalog.regclass) END)),
       ('unenforced', (SELECT pg_catalog.string_agg(g.tgname, ',')
                         FROM pg_catalog.pg_trigger g
                        WHERE g.tgconstraint = k.oid AND g.tgisinternal
                          AND g.tgenabled <> 'O')),
       ('comment', (SELECT d.description FROM pg_catalog.pg_description d
                     WHERE d.objoid = k.oid AND d.classoid
                           = 'pg_catalog.pg_constraint'
                             ::pg_catalog.regclass))
       ) p (name, value)
 WHERE p.value <> ''
UNION ALL
SELECT pg_catalog.format('index %s', i.indexrelid::pg_catalog.regclass),
       p.name, p.value
  FROM relation c
  JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
 CROSS JOIN LATERAL (VALUES
       ('on', c.name),
       ('definition', pg_catalog.substr(
            pg_catalog.pg_get_indexdef(i.indexrelid),
            pg_catalog.length(pg_catalog.format(
                'CREATE %sINDEX %I ON %s%s ',
                CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname,
                CASE WHEN x.relkind = 'I' THEN 'ONLY ' END, c.name)) + 1)),
       ('is', pg_catalog.concat_ws(',',
            CASE WHEN i.indisunique THEN 'unique' END,
            CASE WHEN i.indisprimary THEN 'primary' END,
            CASE WHEN i.indisexclusion THEN 'exclusion' END,
            CASE WHEN NOT i.indimmediate THEN 'deferred' END)),
       ('not_valid', CASE WHEN NOT i.indisvalid OR NOT i.indisready
                            OR NOT i.indislive THEN 'yes' END),
       ('clustered', CASE WHEN i.indisclustered THEN 'yes' END),
       ('replica_identity', CASE WHEN i.indisreplident THEN 'yes' END),
       ('tablespace', x.reltablespace::pg_catalog.text),
       ('columns', (SELECT pg_catalog.string_agg(
                           pg_catalog.quote_ident(a.attname), ','
                           ORDER BY a.attname COLLATE "C")
                      FROM pg_catalog.pg_attribute a
                     WHERE a.attrelid = c.oid AND a.attnum > 0
                       AND (a.attnum = ANY (i.indkey) OR a.attnum IN (
                            SELECT d.refobjsubid FROM pg_catalog.pg_depend d
                             WHERE d.classid
                                 = 'pg_catalog.pg_class'::pg_catalog.regclass
                               AND d.objid = i.indexrelid
                               AND d.refclassid
                                 = 'pg_catalog.pg_class'::pg_catalog.regclass
                               AND d.refobjid = c.oid)))),
       ('parent', (SELECT pg_catalog.format('index %s',
                              h.inhparent::pg_catalog.regclass)
                     FROM pg_catalog.pg_inherits h
                    WHERE h.inhrelid = i.indexrelid)),
       ('comment', (SELECT d.description FROM pg_catalog.pg_description d
                     WHERE d.objoid = i.indexrelid AND d.objsubid = 0
                       AND d.classoid
                           = 'pg_catalog.pg_class'::pg_catalog.regclass))
       ) p (name, value)
 WHERE p.value <> ''
UNION ALL
SELECT pg_catalog.format('trigger %I on %s', g.tgname, c.name),
       p.name, p.value
  FROM relation c
  JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal
  JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
 CROSS JOIN LATERAL (VALUES
       ('on', c.name),
       ('definition', pg_catalog.replace(pg_catalog.pg_get_triggerdef(g.oid),
                                         ' ON ' || c.name || ' ', ' ON ')),
       ('level', CASE WHEN g.tgtype & 1 = 1 THEN 'row' ELSE 'statement' END),
       ('enabled', g.tgenabled::pg_catalog.text),
       ('function_owner', pg_catalog.pg_get_userbyid(f.proowner)
                          ::pg_catalog.text),
       ('parent', (SELECT pg_catalog.format('trigger %I on %s', m.tgname,
                              m.tgrelid::pg_catalog.regclass)
                     FROM pg_catalog.pg_trigger m WHERE m.oid = g.tgparentid))
       ) p (name, value)
 WHERE p.value <> ''
UNION ALL
SELECT pg_catalog.format('statistics %s.%I', c.name, s.stxname),
       p.name, p.value
  FROM relation c
  JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = c.oid
 CROSS JOIN LATERAL (VALUES
       ('on', c.name),
       ('definition', pg_catalog.pg_get_statisticsobjdef(s.oid)),
       ('target', NULLIF(s.stxstattarget, -1)::pg_catalog.text),
       ('owner', pg_catalog.pg_get_userbyid(s.stxowner)::pg_catalog.text)
       ) p (name, value)
 WHERE p.value <> ''
UNION ALL
SELECT pg_catalog.format('rule %I on %s', r.rulename, c.name),
       p.name, p.value
  FROM relation c
  JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid
 CROSS JOIN LATERAL (VALUES
       ('definition', pg_catalog.pg_get_ruledef(r.oid)),
       ('enabled', r.ev_enabled::pg_catalog.text)) p (name, value)
UNION ALL
SELECT pg_catalog.format('policy %I on %s', y.polname, c.name),
       p.name, p.value
  FROM relation c
  JOIN pg_catalog.pg_policy y ON y.polrelid = c.oid
 CROSS JOIN LATERAL (VALUES
       ('command', y.polcmd::pg_catalog.text),
       ('permissive', y.polpermissive::pg_catalog.text),
       ('roles', y.polroles::pg_catalog.text),
       ('using', pg_catalog.pg_get_expr(y.polqual, c.oid)),
       ('check', pg_catalog.pg_get_expr(y.polwithcheck, c.oid))
       ) p (name, value)
 WHERE p.value <> ''
UNION ALL
SELECT pg_catalog.format('child %s', h.inhrelid::pg_catalog.regclass),
       'of ' || h.inhparent::pg_catalog.regclass::pg_catalog.text, 'yes'
  FROM pg_catalog.pg_inherits h
 WHERE h.inhrelid = ANY ($1::pg_catalog.oid[])
    OR h.inhparent = ANY ($1::pg_catalog.oid[])
UNION ALL
SELECT pg_catalog.format('view %s', c.oid::pg_catalog.regclass),
       p.name, p.value
  FROM dependent_view v
  JOIN pg_catalog.pg_class c ON c.oid = v.oid
 CROSS JOIN LATERAL (VALUES
       ('owner', pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text),
       ('acl', c.relacl::pg_catalog.text),
       ('definition', pg_catalog.pg_get_viewdef(c.oid))) p (name, value)
 WHERE p.value <> ''
UNION ALL
SELECT 'relation ' || c.name,
       'published by ' || pg_catalog.quote_ident(p.pubname), 'yes'
  FROM relation c
  JOIN pg_catalog.pg_publication_rel r ON r.prrelid = c.oid
  JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
UNION ALL
-- The enum types that the table's columns may have. A label says which one it
-- comes after.
SELECT pg_catalog.format('enum %I.%I', n.nspname, t.typname), p.name, p.value
  FROM relation c
  JOIN pg_catalog.pg_type t
    ON t.typnamespace = c.relnamespace AND t.typowner = c.relowner
   AND t.typtype = 'e'
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 CROSS JOIN LATERAL (
       SELECT 'owner' AS name,
              pg_catalog.pg_get_userbyid(t.typowner)::pg_catalog.text AS value
        UNION ALL SELECT 'acl', t.typacl::pg_catalog.text
        UNION ALL
       SELECT 'label ' || e.enumlabel, COALESCE('after '
              || pg_catalog.lag(e.enumlabel) OVER (ORDER BY e.enumsortorder),
              'first')
         FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) p
 WHERE c.oid = ($1::pg_catalog.oid[])[1] AND p.value <> ''
UNION ALL
SELECT 'role ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.roleid)),
       'member ' || pg_catalog.quote_ident(
           pg_catalog.pg_get_userbyid(m.member)),
       'admin ' || pg_catalog.bool_or(m.admin_option)::pg_catalog.text
  FROM pg_catalog.pg_auth_members m
 -- From 16 on a row for each grantor.
 GROUP BY m.roleid, m.member
UNION ALL
SELECT 'role ' || pg_catalog.quote_ident(r.rolname), 'may', pg_catalog.format(
           'super=%s createrole=%s createdb=%s login=%s replication=%s '
           'bypassrls=%s inherit=%s connections=%s until=%s',
           r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
           r.rolreplication, r.rolbypassrls, r.rolinherit, r.rolconnlimit,
           r.rolvaliduntil)
  FROM pg_catalog.pg_roles r
UNION ALL
-- Names that quote_ident() quotes: those above were.
SELECT 'keyword', k.word, 'yes'
  FROM pg_catalog.pg_get_keywords() k
 WHERE k.catcode <> 'U'
