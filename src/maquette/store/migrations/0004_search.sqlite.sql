-- Lists that stay fast as they grow: an index of every three characters in a row, and how many projects stand where.

-- A row's id is its workspace and its serial, so that a search stays within its workspace by a range. `state` is three
-- U+0002 for the archived ones. Two U+0001 end each text: one or two characters are then the start of a triple wherever
-- they stand. No name and no description can hold either of them. The texts themselves are in `projects` alone; the
-- triggers hand the index what changes.
CREATE VIRTUAL TABLE projects_search USING fts5(
    state, name, description, content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE projects_terms USING fts5vocab(projects_search, instance);

-- Few at a time cost five times as much as many, so the index may lag behind: it holds the projects up to a serial, and
-- a search reads those above. Moving that serial is what fills the index, so the two can't disagree. In order of its
-- row ids it takes in many at once.
CREATE TABLE projects_indexed (serial INTEGER NOT NULL CHECK (serial < 1 << 42)) STRICT;
INSERT INTO projects_indexed VALUES (0);
CREATE TRIGGER projects_search_move AFTER UPDATE OF serial ON projects_indexed BEGIN
    INSERT INTO projects_search (rowid, state, name, description)
    SELECT (workspace << 42) + serial, CASE WHEN archived_at IS NOT NULL THEN char(2, 2, 2) END,
        name_folded || char(1, 1), description_folded || char(1, 1)
    FROM projects WHERE serial > OLD.serial AND serial <= NEW.serial ORDER BY workspace, serial;
END;
UPDATE projects_indexed SET serial = (SELECT MAX(serial) FROM projects) WHERE EXISTS (SELECT 1 FROM projects);

-- What a member sees besides their assignments; where that is little, their list begins here.
CREATE INDEX projects_team ON projects (workspace, serial) WHERE visibility = 'team' AND archived_at IS NULL;

-- The 256th project behind that serial moves it, as do 60,000 characters and a description of over 2,000: what a search
-- has to read, and a single create to catch up with, stays at some milliseconds. Serials only grow, yet a project whose
-- serial was chosen by hand is taken in, too.
CREATE TRIGGER projects_search_insert AFTER INSERT ON projects
WHEN NEW.serial - (SELECT serial FROM projects_indexed) NOT BETWEEN 1 AND 255 OR LENGTH(NEW.description_folded) > 2000
    OR NEW.serial % 16 = 0 AND 60000 < (
        SELECT SUM(LENGTH(name_folded) + COALESCE(LENGTH(description_folded), 0)) FROM projects
        WHERE serial > (SELECT serial FROM projects_indexed)
    )
BEGIN
    INSERT INTO projects_search (rowid, state, name, description)
    SELECT (NEW.workspace << 42) + NEW.serial,
        CASE WHEN NEW.archived_at IS NOT NULL THEN char(2, 2, 2) END,
        NEW.name_folded || char(1, 1), NEW.description_folded || char(1, 1)
    FROM projects_indexed WHERE serial >= NEW.serial;
    UPDATE projects_indexed SET serial = NEW.serial WHERE serial < NEW.serial;
END;
CREATE TRIGGER projects_search_delete AFTER DELETE ON projects
WHEN OLD.serial <= (SELECT serial FROM projects_indexed)
BEGIN
    INSERT INTO projects_search (projects_search, rowid, state, name, description) VALUES (
        'delete', (OLD.workspace << 42) + OLD.serial,
        CASE WHEN OLD.archived_at IS NOT NULL THEN char(2, 2, 2) END,
        OLD.name_folded || char(1, 1), OLD.description_folded || char(1, 1)
    );
END;
CREATE TRIGGER projects_search_update AFTER UPDATE OF name_folded, description_folded, archived_at ON projects
WHEN (
    OLD.name_folded IS NOT NEW.name_folded OR OLD.description_folded IS NOT NEW.description_folded
    OR (OLD.archived_at IS NULL) <> (NEW.archived_at IS NULL)
) AND (OLD.serial <= (SELECT serial FROM projects_indexed) OR LENGTH(NEW.description_folded) > 500)
BEGIN
    INSERT INTO projects_search (projects_search, rowid, state, name, description)
    SELECT 'delete', (OLD.workspace << 42) + OLD.serial,
        CASE WHEN OLD.archived_at IS NOT NULL THEN char(2, 2, 2) END,
        OLD.name_folded || char(1, 1), OLD.description_folded || char(1, 1)
    FROM projects_indexed WHERE serial >= OLD.serial;
    INSERT INTO projects_search (rowid, state, name, description)
    SELECT (NEW.workspace << 42) + NEW.serial,
        CASE WHEN NEW.archived_at IS NOT NULL THEN char(2, 2, 2) END,
        NEW.name_folded || char(1, 1), NEW.description_folded || char(1, 1)
    FROM projects_indexed WHERE serial >= NEW.serial;
    UPDATE projects_indexed SET serial = NEW.serial WHERE serial < NEW.serial;
END;

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
