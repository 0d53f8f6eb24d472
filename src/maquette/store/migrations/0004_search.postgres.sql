-- Lists that stay fast as they grow: an index of every three characters in a row, and how many projects stand where.

-- The index needs the extension pg_trgm. Where that isn't installed or may not be, searches read every row, and the
-- server says so at each start. The extension may live in any schema, so its operator class is named in full.
DO $do$
DECLARE
    home TEXT;
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
    SELECT n.nspname INTO STRICT home
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
    EXECUTE format('CREATE INDEX projects_search_name ON projects USING gin (name_folded %I.gin_trgm_ops)', home);
    EXECUTE format(
        'CREATE INDEX projects_search_description ON projects USING gin (description_folded %I.gin_trgm_ops)', home
    );
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR invalid_schema_name
    OR undefined_object OR no_data_found OR invalid_parameter_value THEN
    RAISE WARNING 'searches read every row: %', SQLERRM;
END $do$;

-- What a member sees besides their assignments; where that is little, their list begins here.
CREATE INDEX projects_team ON projects (workspace, serial) WHERE visibility = 'team' AND archived_at IS NULL;

-- Each ordering of a workspace's active projects is cut into blocks of at most 4,096: where a block starts, and how
-- many it holds. The first one starts before everything; a full one is halved, an empty one belongs to the one before.
-- The triggers run once for each statement, so that a halving never meets rows that are there but not counted yet.
CREATE TABLE blocks_name_folded (
    workspace BIGINT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    serial BIGINT NOT NULL,
    held BIGINT NOT NULL,
    PRIMARY KEY (workspace, value, serial)
);
CREATE TABLE blocks_created_at (
    workspace BIGINT NOT NULL,
    value BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    held BIGINT NOT NULL,
    PRIMARY KEY (workspace, value, serial)
);
CREATE TABLE blocks_updated_at (LIKE blocks_created_at INCLUDING ALL);

DO $do$
DECLARE
    ordering TEXT;
    least TEXT;
    event TEXT;
    changed_rows TEXT;
    moved TEXT;
BEGIN
    FOR ordering, least IN VALUES ('name_folded', ''), ('created_at', '0'), ('updated_at', '0') LOOP
        EXECUTE format($sql$
            INSERT INTO blocks_%1$s (workspace, value, serial, held)
            SELECT workspace, CASE place WHEN 0 THEN %2$L ELSE value END, CASE place WHEN 0 THEN 0 ELSE serial END,
                LEAST(2048, counted - place)
            FROM (
                SELECT workspace, %1$s AS value, serial, COUNT(*) OVER (PARTITION BY workspace) AS counted,
                    ROW_NUMBER() OVER (PARTITION BY workspace ORDER BY %1$s, serial) - 1 AS place
                FROM projects WHERE archived_at IS NULL
            ) AS placed
            WHERE place %% 2048 = 0;

            INSERT INTO blocks_%1$s SELECT serial, %2$L, 0, 0 FROM workspaces ON CONFLICT DO NOTHING;

            CREATE FUNCTION blocks_%1$s_begin() RETURNS trigger LANGUAGE plpgsql AS $function$
            BEGIN
                INSERT INTO blocks_%1$s VALUES (NEW.serial, %2$L, 0, 0);
                RETURN NULL;
            END $function$;
            CREATE TRIGGER blocks_%1$s_workspace AFTER INSERT ON workspaces
            FOR EACH ROW EXECUTE FUNCTION blocks_%1$s_begin();

            CREATE FUNCTION blocks_%1$s_halve(of_workspace BIGINT) RETURNS void LANGUAGE plpgsql AS $function$
            DECLARE
                full_one blocks_%1$s;
            BEGIN
                DELETE FROM blocks_%1$s WHERE workspace = of_workspace AND held = 0 AND serial > 0;
                LOOP
                    SELECT * INTO full_one FROM blocks_%1$s WHERE workspace = of_workspace AND held > 4096 LIMIT 1;
                    EXIT WHEN NOT FOUND;
                    INSERT INTO blocks_%1$s
                    SELECT workspace, %1$s, serial, full_one.held - 2048 FROM projects
                    WHERE workspace = of_workspace AND archived_at IS NULL
                        AND (%1$s, serial) >= (full_one.value, full_one.serial)
                    ORDER BY %1$s, serial LIMIT 1 OFFSET 2048;
                    UPDATE blocks_%1$s SET held = 2048 WHERE workspace = of_workspace
                        AND value = full_one.value AND serial = full_one.serial;
                END LOOP;
            END $function$;
        $sql$, ordering, least);

        FOR event, changed_rows, moved IN VALUES
            ('insert', 'NEW TABLE AS added', 'SELECT *, 1 AS amount FROM added'),
            ('delete', 'OLD TABLE AS gone', 'SELECT *, -1 AS amount FROM gone'),
            ('update', 'OLD TABLE AS gone NEW TABLE AS added',
                'SELECT *, -1 AS amount FROM gone UNION ALL SELECT *, 1 AS amount FROM added')
        LOOP
            EXECUTE format($sql$
                CREATE FUNCTION blocks_%1$s_after_%2$s() RETURNS trigger LANGUAGE plpgsql AS $function$
                BEGIN
                    UPDATE blocks_%1$s AS b SET held = b.held + shift.amount
                    FROM (
                        SELECT block.workspace, block.value, block.serial, SUM(moved.amount) AS amount
                        FROM (%4$s) AS moved CROSS JOIN LATERAL (
                            SELECT s.workspace, s.value, s.serial FROM blocks_%1$s AS s
                            WHERE s.workspace = moved.workspace AND (s.value, s.serial) <= (moved.%1$s, moved.serial)
                            ORDER BY s.value DESC, s.serial DESC LIMIT 1
                        ) AS block
                        WHERE moved.archived_at IS NULL
                        GROUP BY block.workspace, block.value, block.serial
                    ) AS shift
                    WHERE shift.amount <> 0
                        AND b.workspace = shift.workspace AND b.value = shift.value AND b.serial = shift.serial;
                    IF FOUND THEN
                        PERFORM blocks_%1$s_halve(touched.workspace)
                        FROM (SELECT DISTINCT workspace FROM (%4$s) AS moved) AS touched;
                    END IF;
                    RETURN NULL;
                END $function$;
                CREATE TRIGGER blocks_%1$s_%2$s AFTER %2$s ON projects REFERENCING %3$s
                FOR EACH STATEMENT EXECUTE FUNCTION blocks_%1$s_after_%2$s();
            $sql$, ordering, event, changed_rows, moved);
        END LOOP;
    END LOOP;
END $do$;
