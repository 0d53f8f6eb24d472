-- Searches that stay fast as they grow: an index of every three characters in a row.

-- A development version laid it out another way, as part of step 4.
DROP TRIGGER IF EXISTS projects_search_insert;
DROP TRIGGER IF EXISTS projects_search_delete;
DROP TRIGGER IF EXISTS projects_search_update;
DROP TABLE IF EXISTS projects_terms;
DROP TABLE IF EXISTS projects_search;
DROP TABLE IF EXISTS projects_indexed;

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

-- A workspace's serial has its place above a project's 42 bits.
CREATE TRIGGER workspaces_most BEFORE INSERT ON workspaces WHEN NEW.serial >= 1 << 21 BEGIN
    SELECT RAISE(ABORT, 'there are too many workspaces');
END;
