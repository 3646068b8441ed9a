"""What somebody who got hold of the serving or the reading role's password would try.

Each is a name and the statements of one session, in order; one that is refused does not stop the
next. ``{me}`` is the role, ``{file}`` a path on the server's machine that nobody has written.
"""

from __future__ import annotations

ENTRY = "SELECT * FROM products_auditentry LIMIT 1"

HOSTILE: dict[str, tuple[str, ...]] = {
    # Forging what only the database writes.
    "forge an audit entry": (
        (
            "INSERT INTO products_auditentry SELECT uuidv7(), now(), actor, 'somebody else', "
            "action, reason, request_id, address, operation, record_table, record_id, lots, body, "
            "sha256, before, after FROM products_auditentry LIMIT 1"
        ),
    ),
    "forge an entry that waits for its seal": (
        "INSERT INTO products_pending VALUES (uuidv7(), pg_current_xact_id())",
    ),
    "forge a leaf": (
        "INSERT INTO products_leaf SELECT max(index) + 1, uuidv7(), sha256('x') FROM products_leaf",
    ),
    "forge a node of the tree": ("INSERT INTO products_node VALUES (30, 0, sha256('x'))",),
    "forge a checkpoint": (
        (
            "INSERT INTO products_checkpoint (number, size, root, note, key_id, sealed_at) "
            "SELECT 999, 999, sha256('x'), 'forged', id, now() FROM products_ledgerkey LIMIT 1"
        ),
    ),
    "add a checkpoint over another root": (
        (
            "SELECT products_add_checkpoint((SELECT count(*) FROM products_leaf), sha256('x'), "
            "encode(sha256('x'), 'base64') || E'\\n' || (SELECT count(*) FROM products_leaf) || "
            "E'\\n', (SELECT id FROM products_ledgerkey LIMIT 1))"
        ),
    ),
    "add a checkpoint over entries that are not there": (
        (
            "SELECT products_add_checkpoint(1000000, products_root(1000000), E'x\\n1000000\\nx', "
            "(SELECT id FROM products_ledgerkey LIMIT 1))"
        ),
    ),
    "add an earlier checkpoint again": (
        (
            "SELECT products_add_checkpoint(c.size, c.root, c.note, c.key_id) "
            "FROM products_checkpoint c"
        ),
    ),
    "call the trail's function": ("SELECT products_audit()",),
    "copy entries in from a file": ("COPY products_auditentry FROM '/dev/null'",),
    # Changing history in other words.
    "delete in a common table expression": (
        "WITH gone AS (DELETE FROM products_auditentry RETURNING 1) SELECT count(*) FROM gone",
    ),
    "update in a common table expression": (
        "WITH was AS (UPDATE products_reading SET text = '9' RETURNING 1) SELECT * FROM was",
    ),
    "delete with a cursor": (
        "BEGIN",
        "DECLARE c CURSOR FOR SELECT * FROM products_auditentry FOR UPDATE",
        "FETCH c",
        "DELETE FROM products_auditentry WHERE CURRENT OF c",
        "COMMIT",
    ),
    "delete through a prepared statement": (
        "PREPARE gone AS DELETE FROM products_result",
        "EXECUTE gone",
    ),
    "delete in an anonymous block": (
        (
            "DO $$ BEGIN DELETE FROM products_auditentry; EXCEPTION WHEN OTHERS THEN "
            "DELETE FROM products_pending; END $$"
        ),
    ),
    "delete in a function of XML": (
        "SELECT query_to_xml('DELETE FROM products_auditentry', true, true, '')",
    ),
    "delete while explaining": ("EXPLAIN (ANALYZE) DELETE FROM products_signature",),
    "delete while copying out": (
        "COPY (DELETE FROM products_signature RETURNING *) TO '/dev/null'",
    ),
    "delete while preparing a transaction": (
        "BEGIN",
        "DELETE FROM products_review",
        "PREPARE TRANSACTION 'hostile'",
    ),
    "delete what a savepoint held back": (
        "BEGIN",
        "SAVEPOINT s",
        "DELETE FROM products_hold",
        "ROLLBACK TO s",
        "DELETE FROM products_hold",
        "COMMIT",
    ),
    "merge over history": (
        (
            "MERGE INTO products_reading r USING products_reading s ON r.id = s.id "
            "WHEN MATCHED THEN UPDATE SET text = '1'"
        ),
    ),
    "merge history away": (
        (
            "MERGE INTO products_auditentry r USING products_auditentry s ON r.id = s.id "
            "WHEN MATCHED THEN DELETE"
        ),
    ),
    "insert over an entry": (
        f"INSERT INTO products_auditentry {ENTRY} ON CONFLICT (id) DO UPDATE SET reason = 'x'",
    ),
    "insert over a signature": (
        (
            "INSERT INTO products_signature SELECT * FROM products_signature LIMIT 1 "
            "ON CONFLICT (id) DO UPDATE SET reason = 'x'"
        ),
    ),
    "empty the trail": ("TRUNCATE products_auditentry, products_leaf, products_pending CASCADE",),
    "write into a lot's unchangeable columns": ("UPDATE products_lot SET number = 'EV-1'",),
    "write into an account's name": ("UPDATE products_user SET username = username || 'x'",),
    "make it a demonstration": (
        "UPDATE products_installation SET kind = 'demo'",
        "INSERT INTO products_installation (kind) VALUES ('demo')",
    ),
    # Triggers and functions.
    "disable all triggers": ("ALTER TABLE products_reading DISABLE TRIGGER ALL",),
    "disable the trail": ("ALTER TABLE products_reading DISABLE TRIGGER zz_audit",),
    "let the trail fire on replicas only": (
        "ALTER TABLE products_reading ENABLE REPLICA TRIGGER zz_audit",
    ),
    "drop a guard": ("DROP TRIGGER append_only ON products_auditentry",),
    "rename the trail": ("ALTER TRIGGER zz_audit ON products_reading RENAME TO aa_audit",),
    "replace the trail's function": (
        (
            "CREATE OR REPLACE FUNCTION products_audit() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NULL; END $$"
        ),
    ),
    "replace a guard by a temporary function": (
        (
            "CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS "
            "$$ SELECT 'x' $$"
        ),
    ),
    "drop the guard's function": ("DROP FUNCTION products_append_only() CASCADE",),
    "strip the trail's function of its owner's rights": (
        "ALTER FUNCTION products_audit() SECURITY INVOKER",
        "ALTER FUNCTION products_audit() SET search_path = pg_temp",
        "ALTER FUNCTION products_audit() OWNER TO {me}",
        "ALTER FUNCTION products_audit() RENAME TO products_audit_was",
    ),
    "swallow rows before they are written": (
        (
            "CREATE TRIGGER aa_swallow BEFORE INSERT ON products_signin FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
    ),
    "create a function with its owner's rights": (
        (
            "CREATE FUNCTION public.hostile() RETURNS void LANGUAGE sql SECURITY DEFINER AS "
            "$$ DELETE FROM public.products_auditentry $$"
        ),
        "SELECT public.hostile()",
    ),
    "create an event trigger": (
        "CREATE EVENT TRIGGER hostile ON sql_drop EXECUTE FUNCTION products_append_only()",
    ),
    "create a rule instead of inserting": (
        "CREATE RULE hostile AS ON INSERT TO products_auditentry DO INSTEAD NOTHING",
    ),
    "turn triggers off for the session": (
        "SET session_replication_role = replica",
        "SELECT set_config('session_replication_role', 'replica', false)",
        "DELETE FROM products_auditentry",
        "DELETE FROM products_reading",
    ),
    # Structure.
    "rename the trail's table": ("ALTER TABLE products_auditentry RENAME TO was",),
    "move the trail to another schema": ("ALTER TABLE products_auditentry SET SCHEMA pg_temp",),
    "drop the trail": ("DROP TABLE products_auditentry CASCADE",),
    "take a table over": (
        "ALTER TABLE products_reading OWNER TO {me}",
        "REASSIGN OWNED BY exolot_owner TO {me}",
    ),
    "drop all that the owner has": ("DROP OWNED BY exolot_owner CASCADE",),
    "change a column": (
        "ALTER TABLE products_reading DROP COLUMN text",
        "ALTER TABLE products_reading ADD COLUMN hostile text",
        "ALTER TABLE products_reading ALTER COLUMN text TYPE varchar(1)",
        "ALTER TABLE products_auditentry ALTER COLUMN reason SET DEFAULT 'x'",
    ),
    "drop a constraint": (
        "ALTER TABLE products_auditentry DROP CONSTRAINT products_auditentry_pkey",
        "ALTER TABLE products_auditentry DROP CONSTRAINT products_auditentry_sha256_check",
        "ALTER TABLE products_run ALTER CONSTRAINT run_of_its_samples_lot NOT ENFORCED",
    ),
    "hide rows by a policy": (
        "ALTER TABLE products_auditentry ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY hostile ON products_auditentry USING (false)",
    ),
    "keep the trail off the disk's log": ("ALTER TABLE products_auditentry SET UNLOGGED",),
    "inherit from the trail": ("ALTER TABLE products_signin INHERIT products_auditentry",),
    "make an index of its own": (
        "CREATE UNIQUE INDEX hostile ON products_auditentry (action)",
        "DROP INDEX auditentry_by_record",
    ),
    "write the tables anew": (
        "VACUUM FULL products_auditentry",
        "CLUSTER products_auditentry USING products_auditentry_pkey",
        "REINDEX TABLE products_auditentry",
        "VACUUM (FREEZE) products_auditentry",
    ),
    "falsify statistics": (
        "SELECT pg_clear_relation_stats('public', 'products_auditentry')",
        "CREATE STATISTICS hostile ON action, reason FROM products_auditentry",
        "SELECT pg_stat_reset()",
    ),
    "comment and label": (
        "COMMENT ON TABLE products_auditentry IS 'false'",
        "SECURITY LABEL ON TABLE products_auditentry IS 'x'",
    ),
    # Shadows.
    "shadow the trail by a temporary table": (
        "CREATE TEMP TABLE products_auditentry (LIKE public.products_auditentry)",
        "SELECT * INTO TEMP products_pending FROM public.products_pending",
        "CREATE TEMP VIEW products_auditentry AS SELECT 1",
        "CREATE TEMP SEQUENCE hostile",
    ),
    "shadow the trail by a schema of its own": (
        'CREATE SCHEMA "{me}"',
        "CREATE SCHEMA hostile",
        "CREATE TABLE public.hostile (id int)",
        "CREATE TABLE pg_temp.products_auditentry (id int)",
        "CREATE VIEW public.hostile AS SELECT 1",
        "CREATE MATERIALIZED VIEW public.hostile AS SELECT 1",
    ),
    "shadow an operator, a cast or a type": (
        "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
        "CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT",
        "CREATE DOMAIN public.text AS pg_catalog.text",
        "CREATE TYPE public.hostile AS ENUM ('x')",
        "CREATE AGGREGATE public.hostile (int) (SFUNC = int4pl, STYPE = int)",
        'CREATE COLLATION public.hostile FROM "C"',
        "CREATE CONVERSION public.hostile FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "CREATE TEXT SEARCH DICTIONARY public.hostile (TEMPLATE = simple)",
    ),
    # Becoming somebody else.
    "become the owner": (
        "SET ROLE exolot_owner",
        "SELECT set_config('role', 'exolot_owner', false)",
        "DELETE FROM products_auditentry",
    ),
    "become the superuser": (
        "SET SESSION AUTHORIZATION postgres",
        "SELECT set_config('session_authorization', 'postgres', false)",
        "SET ROLE postgres",
        "DELETE FROM products_auditentry",
    ),
    "grant itself more": (
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {me}",
        "GRANT DELETE ON products_auditentry TO {me} WITH GRANT OPTION",
        "GRANT ALL ON SCHEMA public TO {me}",
        "GRANT EXECUTE ON FUNCTION products_audit() TO {me}",
        "GRANT UPDATE ON products_auditentry TO PUBLIC",
    ),
    "grant itself a role": (
        "GRANT exolot_owner TO {me}",
        "GRANT pg_write_all_data TO {me}",
        "GRANT pg_write_server_files, pg_execute_server_program TO {me}",
        "GRANT exolot_app TO exolot_auditor",
    ),
    "raise its own attributes": (
        "ALTER ROLE {me} SUPERUSER",
        "ALTER ROLE {me} CREATEROLE CREATEDB BYPASSRLS REPLICATION",
    ),
    "change other roles": (
        "ALTER ROLE exolot_owner PASSWORD 'known'",
        "ALTER ROLE exolot_owner SET session_replication_role = replica",
        "ALTER ROLE ALL SET exolot.action = 'x'",
        "CREATE ROLE hostile LOGIN",
        "DROP ROLE exolot_auditor",
        "REVOKE SELECT ON products_auditentry FROM exolot_auditor",
    ),
    "set what a session may not": (
        "SET allow_system_table_mods = on",
        "SET ignore_checksum_failure = on",
        "SET zero_damaged_pages = on",
        "SET ignore_system_indexes = on",
        "DELETE FROM pg_trigger",
        "UPDATE pg_proc SET prosrc = '' WHERE proname = 'products_audit'",
    ),
    "set a role's own defaults beyond its rights": (
        "ALTER ROLE {me} SET session_replication_role = replica",
        "ALTER ROLE {me} SET log_statement = 'none'",
        "ALTER ROLE {me} IN DATABASE {database} SET exolot.action = 'hostile'",
    ),
    "drop all that it was given": ("DROP OWNED BY {me} CASCADE",),
    "give its rights back": (
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {me}",
        "REVOKE CONNECT ON DATABASE {database} FROM {me}",
    ),
    "default rights for what comes": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE exolot_owner GRANT ALL ON TABLES TO {me}",
    ),
    # The server.
    "change the server's settings": (
        "ALTER SYSTEM SET fsync = off",
        "SELECT pg_reload_conf()",
        "SELECT pg_rotate_logfile()",
    ),
    "change the database": (
        "ALTER DATABASE {database} SET session_replication_role = replica",
        "ALTER DATABASE {database} OWNER TO {me}",
        "ALTER DATABASE {database} CONNECTION LIMIT 0",
        "DROP DATABASE {database}",
        "CREATE DATABASE hostile",
    ),
    "run a program": (
        "COPY (SELECT 1) TO PROGRAM 'touch {file}'",
        "COPY products_auditentry FROM PROGRAM 'touch {file}'",
    ),
    "write a file": (
        "COPY products_auditentry TO '{file}'",
        "SELECT lo_export(1, '{file}')",
        "SELECT pg_file_write('{file}', 'x', false)",
    ),
    "read files": (
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_read_binary_file('global/pg_control')",
        "SELECT pg_ls_dir('.')",
        "SELECT pg_stat_file('postgresql.conf')",
        "SELECT lo_import('/etc/passwd')",
        "COPY products_auditentry FROM '/etc/passwd'",
    ),
    "load code": (
        "LOAD '/tmp/hostile.so'",
        "CREATE FUNCTION public.hostile() RETURNS int LANGUAGE c AS '/tmp/hostile.so', 'x'",
        "CREATE LANGUAGE plpython3u",
    ),
    "add extensions": (
        "CREATE EXTENSION dblink",
        "CREATE EXTENSION file_fdw",
        "SELECT dblink_exec('dbname={database}', 'DELETE FROM products_auditentry')",
        "CREATE FOREIGN DATA WRAPPER hostile",
        "CREATE SERVER hostile FOREIGN DATA WRAPPER hostile",
        "CREATE TABLESPACE hostile LOCATION '/tmp'",
    ),
    "replicate": (
        "CREATE PUBLICATION hostile FOR ALL TABLES",
        "CREATE SUBSCRIPTION hostile CONNECTION 'dbname=x' PUBLICATION x WITH (connect = false)",
        "SELECT pg_create_physical_replication_slot('hostile')",
        "SELECT pg_switch_wal()",
        "SELECT pg_promote()",
    ),
    # Other people's sessions and locks.
    "end the owner's sessions": (
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = '{database}' AND usename <> '{me}'"
        ),
        (
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            "WHERE datname = '{database}' AND usename <> '{me}'"
        ),
    ),
    "lock the trail": (
        "BEGIN",
        "LOCK TABLE products_auditentry IN ACCESS EXCLUSIVE MODE",
        "COMMIT",
        "BEGIN",
        "SELECT * FROM products_auditentry FOR UPDATE",
        "COMMIT",
        "BEGIN",
        "LOCK TABLE products_leaf IN SHARE MODE",
        "COMMIT",
    ),
    "flood with notices": (
        "LISTEN exolot_seal",
        (
            "DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM pg_notify('exolot_seal', i::text); "
            "END LOOP; END $$"
        ),
        "UNLISTEN *",
    ),
    # The ledger's own functions and names.
    "take entries out of the queue by the sealer's mark": (
        "SELECT set_config('exolot.sealing', 'on', false)",
        "DELETE FROM products_pending",
        "TRUNCATE products_pending",
        "UPDATE products_pending SET xid = '1'",
    ),
    "seal a negative number": ("SELECT products_seal(-1)", "SELECT products_seal(0)"),
    "seal and take it back": ("BEGIN", "SELECT products_seal(3)", "ROLLBACK"),
    "name an actor that is none": (
        "SELECT set_config('exolot.actor', 'nobody', false)",
        "INSERT INTO products_person (printed_name) VALUES ('Hostile')",
    ),
    "name somebody at great length": (
        (
            "SELECT length(set_config('exolot.' || name, repeat('x', 100000), false)) "
            "FROM unnest(ARRAY['actor_name', 'action', 'request_id', 'address']) AS name"
        ),
        "INSERT INTO products_person (printed_name) VALUES ('Hostile')",
    ),
    "state another time": (
        "SELECT set_config('exolot.at', 'yesterday', false)",
        "SELECT products_begin('x', null, '', '', '', '', now() - interval '1 day')",
    ),
    "write without naming an action": (
        "SELECT set_config('exolot.action', '', false)",
        "INSERT INTO products_person (printed_name) VALUES ('Hostile')",
        "UPDATE products_lot SET version = version + 1",
        "DELETE FROM products_user_groups",
    ),
}

# What the serving role may do, and the reading role may not.
BEYOND_READING: dict[str, tuple[str, ...]] = {
    "record a person": ("INSERT INTO products_person (printed_name) VALUES ('Hostile')",),
    "decide on a lot": ("UPDATE products_lot SET decision = 'released', version = version + 1",),
    "change an account": ("UPDATE products_user SET is_active = true, locked_at = now()",),
    "take roles": ("DELETE FROM products_user_groups",),
    "seal": ("SELECT products_seal(5)",),
    "lock a lot": (
        "BEGIN",
        "SELECT * FROM products_lot FOR UPDATE",
        "LOCK TABLE products_lot IN ROW EXCLUSIVE MODE",
        "COMMIT",
    ),
    "write where transactions only read": (
        "SET default_transaction_read_only = off",
        "SET TRANSACTION READ WRITE",
        "INSERT INTO products_person (printed_name) VALUES ('Hostile')",
    ),
    "use counters": (
        "SELECT nextval(oid::regclass) FROM pg_class WHERE relkind = 'S'",
        "SELECT setval(oid::regclass, 1000000) FROM pg_class WHERE relkind = 'S'",
    ),
}

# PostgreSQL lets every role that may connect do this, to itself or beside the records. Catalog in
# which it shows -> statements, and those that take it back.
BESIDE_THE_RECORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "settings of roles and databases": (
        ("ALTER ROLE {me} IN DATABASE {database} SET synchronous_commit = off",),
        ("ALTER ROLE {me} IN DATABASE {database} RESET ALL",),
    ),
    "large objects": (("SELECT lo_from_bytea(4711, 'x')",), ("SELECT lo_unlink(4711)",)),
}
