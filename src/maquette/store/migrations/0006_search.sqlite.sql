-- How long the texts of the tail are is looked at for one create in 64, and no longer for one in 16: it took as long as
-- a statement of its own. A search then reads some 200,000 characters at most.
DROP TRIGGER projects_search_insert;
CREATE TRIGGER projects_search_insert AFTER INSERT ON projects
WHEN NEW.serial - (SELECT serial FROM projects_indexed) NOT BETWEEN 1 AND 255 OR LENGTH(NEW.description_folded) > 2000
    OR NEW.serial % 64 = 0 AND 60000 < (
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
