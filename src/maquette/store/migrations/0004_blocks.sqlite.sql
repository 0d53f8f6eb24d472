-- Lists that stay fast as they grow: how many projects stand where.

-- What a member sees besides their assignments; where that is little, their list begins here.
CREATE INDEX projects_team ON projects (workspace, serial) WHERE visibility = 'team' AND archived_at IS NULL;

-- Each ordering of a workspace's active projects is cut into blocks of at most 4,096: where a block starts, and how
-- many it holds. The first one starts before everything; a full one is halved, an empty one belongs to the one before.

CREATE TABLE blocks_name_folded (
    workspace INTEGER NOT NULL,
    value TEXT NOT NULL,
    serial INTEGER NOT NULL,
    held INTEGER NOT NULL,
    PRIMARY KEY (workspace, value, serial)
) STRICT, WITHOUT ROWID;
INSERT INTO blocks_name_folded (workspace, value, serial, held)
SELECT workspace, CASE place WHEN 0 THEN '' ELSE value END, CASE place WHEN 0 THEN 0 ELSE serial END,
    MIN(2048, counted - place)
FROM (
    SELECT workspace, name_folded AS value, serial, COUNT(*) OVER (PARTITION BY workspace) AS counted,
        ROW_NUMBER() OVER (PARTITION BY workspace ORDER BY name_folded, serial) - 1 AS place
    FROM projects WHERE archived_at IS NULL
)
WHERE place % 2048 = 0;
INSERT INTO blocks_name_folded SELECT serial, '', 0, 0 FROM workspaces WHERE TRUE ON CONFLICT DO NOTHING;
CREATE TRIGGER blocks_name_folded_workspace AFTER INSERT ON workspaces BEGIN
    INSERT INTO blocks_name_folded VALUES (NEW.serial, '', 0, 0);
END;
CREATE TRIGGER blocks_name_folded_insert AFTER INSERT ON projects WHEN NEW.archived_at IS NULL BEGIN
    UPDATE blocks_name_folded SET held = held + 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_name_folded
        WHERE workspace = NEW.workspace AND (value, serial) <= (NEW.name_folded, NEW.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND NEW.archived_at IS NULL;
END;
CREATE TRIGGER blocks_name_folded_delete AFTER DELETE ON projects WHEN OLD.archived_at IS NULL BEGIN
    UPDATE blocks_name_folded SET held = held - 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_name_folded
        WHERE workspace = OLD.workspace AND (value, serial) <= (OLD.name_folded, OLD.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND OLD.archived_at IS NULL;
END;
CREATE TRIGGER blocks_name_folded_update AFTER UPDATE OF name_folded, archived_at ON projects
WHEN OLD.name_folded <> NEW.name_folded OR (OLD.archived_at IS NULL) <> (NEW.archived_at IS NULL)
BEGIN
    UPDATE blocks_name_folded SET held = held - 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_name_folded
        WHERE workspace = OLD.workspace AND (value, serial) <= (OLD.name_folded, OLD.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND OLD.archived_at IS NULL;
    UPDATE blocks_name_folded SET held = held + 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_name_folded
        WHERE workspace = NEW.workspace AND (value, serial) <= (NEW.name_folded, NEW.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND NEW.archived_at IS NULL;
END;
CREATE TRIGGER blocks_name_folded_halve AFTER UPDATE OF held ON blocks_name_folded WHEN NEW.held > 4096
BEGIN
    INSERT INTO blocks_name_folded
    SELECT workspace, name_folded, serial, NEW.held - 2048 FROM projects
    WHERE workspace = NEW.workspace AND archived_at IS NULL AND (name_folded, serial) >= (NEW.value, NEW.serial)
    ORDER BY name_folded, serial LIMIT 1 OFFSET 2048;
    UPDATE blocks_name_folded SET held = 2048
    WHERE workspace = NEW.workspace AND value = NEW.value AND serial = NEW.serial;
END;
CREATE TRIGGER blocks_name_folded_join AFTER UPDATE OF held ON blocks_name_folded WHEN NEW.held = 0 AND NEW.serial > 0
BEGIN
    DELETE FROM blocks_name_folded WHERE workspace = NEW.workspace AND value = NEW.value AND serial = NEW.serial;
END;

CREATE TABLE blocks_created_at (
    workspace INTEGER NOT NULL,
    value INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    held INTEGER NOT NULL,
    PRIMARY KEY (workspace, value, serial)
) STRICT, WITHOUT ROWID;
INSERT INTO blocks_created_at (workspace, value, serial, held)
SELECT workspace, CASE place WHEN 0 THEN 0 ELSE value END, CASE place WHEN 0 THEN 0 ELSE serial END,
    MIN(2048, counted - place)
FROM (
    SELECT workspace, created_at AS value, serial, COUNT(*) OVER (PARTITION BY workspace) AS counted,
        ROW_NUMBER() OVER (PARTITION BY workspace ORDER BY created_at, serial) - 1 AS place
    FROM projects WHERE archived_at IS NULL
)
WHERE place % 2048 = 0;
INSERT INTO blocks_created_at SELECT serial, 0, 0, 0 FROM workspaces WHERE TRUE ON CONFLICT DO NOTHING;
CREATE TRIGGER blocks_created_at_workspace AFTER INSERT ON workspaces BEGIN
    INSERT INTO blocks_created_at VALUES (NEW.serial, 0, 0, 0);
END;
CREATE TRIGGER blocks_created_at_insert AFTER INSERT ON projects WHEN NEW.archived_at IS NULL BEGIN
    UPDATE blocks_created_at SET held = held + 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_created_at
        WHERE workspace = NEW.workspace AND (value, serial) <= (NEW.created_at, NEW.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND NEW.archived_at IS NULL;
END;
CREATE TRIGGER blocks_created_at_delete AFTER DELETE ON projects WHEN OLD.archived_at IS NULL BEGIN
    UPDATE blocks_created_at SET held = held - 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_created_at
        WHERE workspace = OLD.workspace AND (value, serial) <= (OLD.created_at, OLD.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND OLD.archived_at IS NULL;
END;
CREATE TRIGGER blocks_created_at_update AFTER UPDATE OF created_at, archived_at ON projects
WHEN OLD.created_at <> NEW.created_at OR (OLD.archived_at IS NULL) <> (NEW.archived_at IS NULL)
BEGIN
    UPDATE blocks_created_at SET held = held - 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_created_at
        WHERE workspace = OLD.workspace AND (value, serial) <= (OLD.created_at, OLD.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND OLD.archived_at IS NULL;
    UPDATE blocks_created_at SET held = held + 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_created_at
        WHERE workspace = NEW.workspace AND (value, serial) <= (NEW.created_at, NEW.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND NEW.archived_at IS NULL;
END;
CREATE TRIGGER blocks_created_at_halve AFTER UPDATE OF held ON blocks_created_at WHEN NEW.held > 4096
BEGIN
    INSERT INTO blocks_created_at
    SELECT workspace, created_at, serial, NEW.held - 2048 FROM projects
    WHERE workspace = NEW.workspace AND archived_at IS NULL AND (created_at, serial) >= (NEW.value, NEW.serial)
    ORDER BY created_at, serial LIMIT 1 OFFSET 2048;
    UPDATE blocks_created_at SET held = 2048
    WHERE workspace = NEW.workspace AND value = NEW.value AND serial = NEW.serial;
END;
CREATE TRIGGER blocks_created_at_join AFTER UPDATE OF held ON blocks_created_at WHEN NEW.held = 0 AND NEW.serial > 0
BEGIN
    DELETE FROM blocks_created_at WHERE workspace = NEW.workspace AND value = NEW.value AND serial = NEW.serial;
END;

CREATE TABLE blocks_updated_at (
    workspace INTEGER NOT NULL,
    value INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    held INTEGER NOT NULL,
    PRIMARY KEY (workspace, value, serial)
) STRICT, WITHOUT ROWID;
INSERT INTO blocks_updated_at (workspace, value, serial, held)
SELECT workspace, CASE place WHEN 0 THEN 0 ELSE value END, CASE place WHEN 0 THEN 0 ELSE serial END,
    MIN(2048, counted - place)
FROM (
    SELECT workspace, updated_at AS value, serial, COUNT(*) OVER (PARTITION BY workspace) AS counted,
        ROW_NUMBER() OVER (PARTITION BY workspace ORDER BY updated_at, serial) - 1 AS place
    FROM projects WHERE archived_at IS NULL
)
WHERE place % 2048 = 0;
INSERT INTO blocks_updated_at SELECT serial, 0, 0, 0 FROM workspaces WHERE TRUE ON CONFLICT DO NOTHING;
CREATE TRIGGER blocks_updated_at_workspace AFTER INSERT ON workspaces BEGIN
    INSERT INTO blocks_updated_at VALUES (NEW.serial, 0, 0, 0);
END;
CREATE TRIGGER blocks_updated_at_insert AFTER INSERT ON projects WHEN NEW.archived_at IS NULL BEGIN
    UPDATE blocks_updated_at SET held = held + 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_updated_at
        WHERE workspace = NEW.workspace AND (value, serial) <= (NEW.updated_at, NEW.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND NEW.archived_at IS NULL;
END;
CREATE TRIGGER blocks_updated_at_delete AFTER DELETE ON projects WHEN OLD.archived_at IS NULL BEGIN
    UPDATE blocks_updated_at SET held = held - 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_updated_at
        WHERE workspace = OLD.workspace AND (value, serial) <= (OLD.updated_at, OLD.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND OLD.archived_at IS NULL;
END;
CREATE TRIGGER blocks_updated_at_update AFTER UPDATE OF updated_at, archived_at ON projects
WHEN OLD.updated_at <> NEW.updated_at OR (OLD.archived_at IS NULL) <> (NEW.archived_at IS NULL)
BEGIN
    UPDATE blocks_updated_at SET held = held - 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_updated_at
        WHERE workspace = OLD.workspace AND (value, serial) <= (OLD.updated_at, OLD.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND OLD.archived_at IS NULL;
    UPDATE blocks_updated_at SET held = held + 1 WHERE (workspace, value, serial) = (
        SELECT workspace, value, serial FROM blocks_updated_at
        WHERE workspace = NEW.workspace AND (value, serial) <= (NEW.updated_at, NEW.serial)
        ORDER BY value DESC, serial DESC LIMIT 1
    ) AND NEW.archived_at IS NULL;
END;
CREATE TRIGGER blocks_updated_at_halve AFTER UPDATE OF held ON blocks_updated_at WHEN NEW.held > 4096
BEGIN
    INSERT INTO blocks_updated_at
    SELECT workspace, updated_at, serial, NEW.held - 2048 FROM projects
    WHERE workspace = NEW.workspace AND archived_at IS NULL AND (updated_at, serial) >= (NEW.value, NEW.serial)
    ORDER BY updated_at, serial LIMIT 1 OFFSET 2048;
    UPDATE blocks_updated_at SET held = 2048
    WHERE workspace = NEW.workspace AND value = NEW.value AND serial = NEW.serial;
END;
CREATE TRIGGER blocks_updated_at_join AFTER UPDATE OF held ON blocks_updated_at WHEN NEW.held = 0 AND NEW.serial > 0
BEGIN
    DELETE FROM blocks_updated_at WHERE workspace = NEW.workspace AND value = NEW.value AND serial = NEW.serial;
END;
