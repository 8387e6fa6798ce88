-- A table, its partitions ($1, an array of oids, the table's first) and what
-- hangs on them: rows of object, property and value. A property without a value
-- is left out by whoever reads them. Two snapshots are compared row by row.
--
-- Names of relations are qualified and quoted, as regclass writes them along our
-- search_path. What an object says of its own name or table is cut out of
-- definitions, so that a partition's index reads as its parent's. The triggers
-- of foreign keys have oids in their names: of them only a constraint's
-- "unenforced" tells, which nothing may change. pg_attver (15.20 and later)
-- counts type changes in attoptions and is left out.
-- if pg_rewrite
WITH RECURSIVE dependent_view (oid) AS (
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
-- end
SELECT 'relation ' || c.oid::pg_catalog.regclass,
       pg_catalog.unnest(ARRAY['kind', 'owner', 'acl', 'row_security',
            'forced_row_security', 'replica_identity', 'options',
            'toast_options', 'persistence', 'tablespace', 'access_method',
            'row_type_of', 'key', 'bound', 'comment']),
       pg_catalog.unnest(ARRAY[
            c.relkind::pg_catalog.text,
            pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
            c.relacl::pg_catalog.text,
            CASE WHEN c.relrowsecurity THEN 'on' END,
            CASE WHEN c.relforcerowsecurity THEN 'on' END,
            c.relreplident::pg_catalog.text,
            c.reloptions::pg_catalog.text,
            (SELECT x.reloptions::pg_catalog.text
               FROM pg_catalog.pg_class x
              WHERE x.oid = c.reltoastrelid),
            c.relpersistence::pg_catalog.text,
            c.reltablespace::pg_catalog.text,
            c.relam::pg_catalog.text,
            NULLIF(c.reloftype, 0)::pg_catalog.text,
            CASE WHEN c.relkind = 'p'
                 THEN pg_catalog.pg_get_partkeydef(c.oid) END,
            pg_catalog.pg_get_expr(c.relpartbound, c.oid),
            (SELECT d.description FROM pg_catalog.pg_description d
              WHERE d.objoid = c.oid AND d.objsubid = 0 AND d.classoid
                    = 'pg_catalog.pg_class'::pg_catalog.regclass)])
  FROM pg_catalog.pg_class c
 WHERE c.oid = ANY ($1::pg_catalog.oid[])
-- if pg_partitioned_table
UNION ALL
SELECT 'relation ' || p.partrelid::pg_catalog.regclass, 'key_types',
       -- A line a column; none where an expression is part of the key.
       (SELECT pg_catalog.string_agg(pg_catalog.format_type(
                      a.atttypid, a.atttypmod), E'\n' ORDER BY k.place)
          FROM pg_catalog.unnest(p.partattrs::pg_catalog.int2[])
               WITH ORDINALITY k (attnum, place)
          JOIN pg_catalog.pg_attribute a
            ON a.attrelid = p.partrelid AND a.attnum = k.attnum)
  FROM pg_catalog.pg_partitioned_table p
 WHERE p.partrelid = ANY ($1::pg_catalog.oid[]) AND p.partexprs IS NULL
-- end
UNION ALL
SELECT pg_catalog.format('column %s.%I', a.attrelid::pg_catalog.regclass,
                         a.attname),
       pg_catalog.unnest(ARRAY['type', 'not_null', 'default', 'identity',
            'generated', 'collation', 'storage', 'compression', 'statistics',
            'acl', 'options', 'comment']),
       pg_catalog.unnest(ARRAY[
            pg_catalog.format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN 'yes' END,
            (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
               FROM pg_catalog.pg_attrdef d
              WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
            a.attidentity::pg_catalog.text,
            a.attgenerated::pg_catalog.text,
            CASE WHEN a.attcollation <> t.typcollation
                 THEN (SELECT pg_catalog.format('%s.%I',
                                k.collnamespace::pg_catalog.regnamespace,
                                k.collname)
                         FROM pg_catalog.pg_collation k
                        WHERE k.oid = a.attcollation) END,
            CASE WHEN a.attstorage <> t.typstorage
                 THEN a.attstorage::pg_catalog.text END,
            pg_catalog.to_jsonb(a) ->> 'attcompression',
            NULLIF(a.attstattarget, -1)::pg_catalog.text,
            a.attacl::pg_catalog.text,
            (SELECT pg_catalog.string_agg(o, ',')
               FROM pg_catalog.unnest(a.attoptions) o
              WHERE o NOT LIKE 'pg\_attver=%'),
            (SELECT e.description FROM pg_catalog.pg_description e
              WHERE e.objoid = a.attrelid AND e.objsubid = a.attnum
                AND e.classoid
                    = 'pg_catalog.pg_class'::pg_catalog.regclass)])
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = ANY ($1::pg_catalog.oid[])
   AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
-- From 18 on NOT NULL has a row, too: a column's "not_null" tells.
SELECT pg_catalog.format('constraint %I on %s', k.conname,
                         k.conrelid::pg_catalog.regclass),
       pg_catalog.unnest(ARRAY['on', 'kind', 'definition', 'refers_to',
            'columns', 'not_valid', 'parent', 'unenforced', 'comment']),
       pg_catalog.unnest(ARRAY[
            k.conrelid::pg_catalog.regclass::pg_catalog.text,
            k.contype::pg_catalog.text,
            CASE WHEN k.contype = 'f' THEN pg_catalog.replace(
                 pg_catalog.pg_get_constraintdef(k.oid), ' REFERENCES '
                 || k.confrelid::pg_catalog.regclass::pg_catalog.text || '(',
                 ' REFERENCES (')
                 ELSE pg_catalog.pg_get_constraintdef(k.oid) END,
            NULLIF(k.confrelid, 0)::pg_catalog.regclass::pg_catalog.text,
            (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname),
                           ',' ORDER BY a.attname COLLATE "C")
               FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)),
            CASE WHEN NOT k.convalidated THEN 'yes' END,
            (SELECT pg_catalog.format('constraint %I on %s', m.conname,
                           m.conrelid::pg_catalog.regclass)
               FROM pg_catalog.pg_constraint m WHERE m.oid = k.conparentid),
            (SELECT pg_catalog.string_agg(g.tgname, ',')
               FROM pg_catalog.pg_trigger g
              WHERE g.tgconstraint = k.oid AND g.tgisinternal
                AND g.tgenabled <> 'O'),
            (SELECT d.description FROM pg_catalog.pg_description d
              WHERE d.objoid = k.oid AND d.classoid
                    = 'pg_catalog.pg_constraint'::pg_catalog.regclass)])
  FROM pg_catalog.pg_constraint k
 WHERE k.contype <> 'n'
   AND k.oid = ANY (ARRAY(
       SELECT o.oid FROM pg_catalog.pg_constraint o
        WHERE o.conrelid = ANY ($1::pg_catalog.oid[])
        UNION
       SELECT d.objid FROM pg_catalog.pg_depend d
        WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND d.refobjid = ANY ($1::pg_catalog.oid[])
          AND d.classid
              = 'pg_catalog.pg_constraint'::pg_catalog.regclass))
UNION ALL
SELECT pg_catalog.format('index %s', i.indexrelid::pg_catalog.regclass),
       pg_catalog.unnest(ARRAY['on', 'definition', 'is', 'not_valid',
            'clustered', 'replica_identity', 'tablespace', 'columns', 'comment']),
       pg_catalog.unnest(ARRAY[
            i.indrelid::pg_catalog.regclass::pg_catalog.text,
            pg_catalog.substr(
                pg_catalog.pg_get_indexdef(i.indexrelid),
                pg_catalog.length(pg_catalog.format(
                    'CREATE %sINDEX %I ON %s%s ',
                    CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname,
                    CASE WHEN x.relkind = 'I' THEN 'ONLY ' END,
                    i.indrelid::pg_catalog.regclass)) + 1),
            pg_catalog.concat_ws(',',
                CASE WHEN i.indisunique THEN 'unique' END,
                CASE WHEN i.indisprimary THEN 'primary' END,
                CASE WHEN i.indisexclusion THEN 'exclusion' END,
                CASE WHEN NOT i.indimmediate THEN 'deferred' END),
            CASE WHEN NOT i.indisvalid OR NOT i.indisready
                      OR NOT i.indislive THEN 'yes' END,
            CASE WHEN i.indisclustered THEN 'yes' END,
            CASE WHEN i.indisreplident THEN 'yes' END,
            x.reltablespace::pg_catalog.text,
            (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname),
                           ',' ORDER BY a.attname COLLATE "C")
               FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = i.indrelid AND a.attnum > 0
                AND (a.attnum = ANY (i.indkey) OR a.attnum IN (
                     SELECT d.refobjsubid FROM pg_catalog.pg_depend d
                      WHERE d.classid
                            = 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND d.objid = i.indexrelid
                        AND d.refclassid
                            = 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND d.refobjid = i.indrelid))),
            (SELECT d.description FROM pg_catalog.pg_description d
              WHERE d.objoid = i.indexrelid AND d.objsubid = 0
                AND d.classoid
                    = 'pg_catalog.pg_class'::pg_catalog.regclass)])
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
 WHERE i.indrelid = ANY ($1::pg_catalog.oid[])
-- if pg_trigger
UNION ALL
SELECT pg_catalog.format('trigger %I on %s', g.tgname,
                         g.tgrelid::pg_catalog.regclass),
       pg_catalog.unnest(ARRAY['on', 'definition', 'level', 'enabled',
            'function_owner']),
       pg_catalog.unnest(ARRAY[
            g.tgrelid::pg_catalog.regclass::pg_catalog.text,
            pg_catalog.replace(pg_catalog.pg_get_triggerdef(g.oid),
                ' ON ' || g.tgrelid::pg_catalog.regclass || ' ', ' ON '),
            CASE WHEN g.tgtype & 1 = 1 THEN 'row' ELSE 'statement' END,
            g.tgenabled::pg_catalog.text,
            (SELECT pg_catalog.pg_get_userbyid(f.proowner)::pg_catalog.text
               FROM pg_catalog.pg_proc f WHERE f.oid = g.tgfoid)])
  FROM pg_catalog.pg_trigger g
 WHERE g.tgrelid = ANY ($1::pg_catalog.oid[]) AND NOT g.tgisinternal
-- end
-- if pg_statistic_ext
UNION ALL
SELECT pg_catalog.format('statistics %s.%I', s.stxrelid::pg_catalog.regclass,
                         s.stxname),
       pg_catalog.unnest(ARRAY['on', 'definition', 'target', 'owner']),
       pg_catalog.unnest(ARRAY[
            s.stxrelid::pg_catalog.regclass::pg_catalog.text,
            pg_catalog.pg_get_statisticsobjdef(s.oid),
            NULLIF(s.stxstattarget, -1)::pg_catalog.text,
            pg_catalog.pg_get_userbyid(s.stxowner)::pg_catalog.text])
  FROM pg_catalog.pg_statistic_ext s
 WHERE s.stxrelid = ANY ($1::pg_catalog.oid[])
-- end
-- if pg_rewrite
UNION ALL
SELECT pg_catalog.format('rule %I on %s', r.rulename,
                         r.ev_class::pg_catalog.regclass),
       pg_catalog.unnest(ARRAY['definition', 'enabled']),
       pg_catalog.unnest(ARRAY[
            pg_catalog.pg_get_ruledef(r.oid),
            r.ev_enabled::pg_catalog.text])
  FROM pg_catalog.pg_rewrite r
 WHERE r.ev_class = ANY ($1::pg_catalog.oid[])
-- end
-- if pg_policy
UNION ALL
SELECT pg_catalog.format('policy %I on %s', y.polname,
                         y.polrelid::pg_catalog.regclass),
       pg_catalog.unnest(ARRAY['command', 'permissive', 'roles', 'using',
            'check']),
       pg_catalog.unnest(ARRAY[
            y.polcmd::pg_catalog.text,
            y.polpermissive::pg_catalog.text,
            y.polroles::pg_catalog.text,
            pg_catalog.pg_get_expr(y.polqual, y.polrelid),
            pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid)])
  FROM pg_catalog.pg_policy y
 WHERE y.polrelid = ANY ($1::pg_catalog.oid[])
-- end
-- if pg_inherits
UNION ALL
SELECT pg_catalog.format('child %s', h.inhrelid::pg_catalog.regclass),
       'of ' || h.inhparent::pg_catalog.regclass::pg_catalog.text, 'yes'
  FROM pg_catalog.pg_inherits h
 WHERE h.inhrelid = ANY ($1::pg_catalog.oid[])
    OR h.inhparent = ANY ($1::pg_catalog.oid[])
UNION ALL
SELECT pg_catalog.format('constraint %I on %s', k.conname,
                         k.conrelid::pg_catalog.regclass), 'parent',
       pg_catalog.format('constraint %I on %s', k.conname,
                         h.inhparent::pg_catalog.regclass)
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_inherits h ON h.inhrelid = k.conrelid
 WHERE k.conrelid = ANY ($1::pg_catalog.oid[])
   AND k.contype = 'c' AND k.coninhcount > 0
UNION ALL
SELECT pg_catalog.format('index %s', i.indexrelid::pg_catalog.regclass),
       'parent',
       pg_catalog.format('index %s', h.inhparent::pg_catalog.regclass)
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_inherits h ON h.inhrelid = i.indexrelid
 WHERE i.indrelid = ANY ($1::pg_catalog.oid[])
UNION ALL
SELECT pg_catalog.format('trigger %I on %s', g.tgname,
                         g.tgrelid::pg_catalog.regclass), 'parent',
       pg_catalog.format('trigger %I on %s', m.tgname,
                         m.tgrelid::pg_catalog.regclass)
  FROM pg_catalog.pg_trigger g
  JOIN pg_catalog.pg_trigger m ON m.oid = g.tgparentid
 WHERE g.tgrelid = ANY ($1::pg_catalog.oid[]) AND NOT g.tgisinternal
-- end
-- if pg_rewrite
UNION ALL
SELECT pg_catalog.format('view %s', c.oid::pg_catalog.regclass),
       pg_catalog.unnest(ARRAY['owner', 'acl', 'definition']),
       pg_catalog.unnest(ARRAY[
            pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
            c.relacl::pg_catalog.text,
            pg_catalog.pg_get_viewdef(c.oid)])
  FROM pg_catalog.pg_class c
 WHERE c.oid = ANY (ARRAY(SELECT v.oid FROM dependent_view v))
-- end
-- if pg_publication_rel
UNION ALL
SELECT 'relation ' || r.prrelid::pg_catalog.regclass,
       'published by ' || pg_catalog.quote_ident(p.pubname), 'yes'
  FROM pg_catalog.pg_publication_rel r
  JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
 WHERE r.prrelid = ANY ($1::pg_catalog.oid[])
-- end
-- if pg_enum
UNION ALL
-- The enum types that the table's columns may have. A label says which one it
-- comes after.
SELECT pg_catalog.format('enum %I.%I', n.nspname, t.typname), p.name, p.value
  FROM pg_catalog.pg_class c
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
 WHERE c.oid = ($1::pg_catalog.oid[])[1]
-- end
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
