-- Members that come and go, narrowed keys, and brand kits with colours and files.

ALTER TABLE members ADD COLUMN status TEXT NOT NULL DEFAULT 'active';  -- invited, active, deactivated
ALTER TABLE members ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN name TEXT NOT NULL DEFAULT '';         -- what this workspace calls the person
ALTER TABLE members ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
UPDATE members SET
    updated_at = created_at,
    name = (SELECT u.name FROM users u WHERE u.serial = user_serial),
    name_folded = (SELECT LOWER(u.name) FROM users u WHERE u.serial = user_serial);
CREATE INDEX members_of_user ON members (user_serial);

CREATE TABLE invitations (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace INTEGER NOT NULL REFERENCES workspaces (serial),
    user_serial INTEGER NOT NULL REFERENCES users (serial),
    token_hash BLOB NOT NULL UNIQUE,
    token_sealed BLOB,          -- until its letter is on its way
    invited_by INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,           -- accepted, or replaced by a newer one
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX invitations_of_member ON invitations (workspace, user_serial);
CREATE INDEX invitations_to_send ON invitations (next_attempt_at) WHERE token_sealed IS NOT NULL;

ALTER TABLE credentials ADD COLUMN grants TEXT;            -- JSON, of a key whose scope is custom
ALTER TABLE credentials ADD COLUMN created_by INTEGER;     -- who made it, where that isn't whom it acts as
ALTER TABLE credentials ADD COLUMN replaced_by INTEGER;    -- the key that a rotation put in its place

CREATE TABLE brand_colors (
    brand_kit INTEGER NOT NULL REFERENCES brand_kits (serial) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    hex TEXT NOT NULL,
    PRIMARY KEY (brand_kit, position)
) STRICT;

CREATE TABLE brand_assets (     -- a row never changes
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workspace INTEGER NOT NULL REFERENCES workspaces (serial),
    brand_kit INTEGER NOT NULL REFERENCES brand_kits (serial) ON DELETE CASCADE,
    kind TEXT NOT NULL,         -- logo, image
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,      -- bytes
    width INTEGER NOT NULL,     -- pixels
    height INTEGER NOT NULL,
    object_key TEXT NOT NULL UNIQUE,    -- where the object store keeps it
    thumbnail_key TEXT NOT NULL UNIQUE,
    created_by INTEGER NOT NULL REFERENCES users (serial),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX brand_assets_of_kit ON brand_assets (brand_kit, serial);

CREATE INDEX events_by_type ON events (workspace, type, serial);
