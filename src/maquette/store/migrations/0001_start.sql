-- Plans, people, workspaces, credentials, kits, projects, events, and what admission and idempotency remember.
-- Times are milliseconds since 1970, UTC. Every exposed record has a serial (order, cursors) and a UUIDv7 id.

CREATE TABLE plans (
    name TEXT PRIMARY KEY,
    month INTEGER,              -- calls a month; null is without limit, in all three
    burst INTEGER,              -- calls a minute
    projects INTEGER,           -- active projects
    custom_scopes INTEGER NOT NULL
) STRICT;

INSERT INTO plans (name, month, burst, projects, custom_scopes) VALUES
    ('starter', 1000, 10, 5, 0),
    ('professional', 50000, 100, 25, 0),
    ('business', 500000, 1000, NULL, 1),
    ('unlimited', NULL, NULL, NULL, 1);

CREATE TABLE users (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE, -- folded
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE workspaces (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    plan TEXT NOT NULL REFERENCES plans (name),
    version INTEGER NOT NULL,   -- goes up with every write inside the workspace
    -- Counts that lists would otherwise have to make, kept in each write's own transaction:
    active_private INTEGER NOT NULL DEFAULT 0,
    active_team INTEGER NOT NULL DEFAULT 0,
    archived_private INTEGER NOT NULL DEFAULT 0,
    archived_team INTEGER NOT NULL DEFAULT 0,
    brand_kits INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    workspace INTEGER NOT NULL REFERENCES workspaces (serial),
    user_serial INTEGER NOT NULL REFERENCES users (serial),
    role TEXT NOT NULL,
    removed_at INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, user_serial)
) STRICT;

CREATE TABLE credentials (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,    -- a client's clientId
    workspace INTEGER NOT NULL REFERENCES workspaces (serial),
    user_serial INTEGER NOT NULL REFERENCES users (serial),
    kind TEXT NOT NULL,         -- key, client
    name TEXT NOT NULL,
    scope TEXT NOT NULL,        -- full, read_only
    secret_hash BLOB UNIQUE,    -- SHA-256 of an API key; the key itself is never kept
    secret_sealed BLOB,         -- a client's secret, readable only with the sealing key
    hint TEXT NOT NULL,         -- prefix and last four, for display
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX credentials_of_workspace ON credentials (workspace, serial);

CREATE TABLE brand_kits (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workspace INTEGER NOT NULL REFERENCES workspaces (serial),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    typography TEXT NOT NULL,   -- JSON
    created_by INTEGER NOT NULL REFERENCES users (serial),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX brand_kits_by_serial ON brand_kits (workspace, serial);
CREATE INDEX brand_kits_by_name ON brand_kits (workspace, name_folded, serial);
CREATE INDEX brand_kits_by_created_at ON brand_kits (workspace, created_at, serial);
CREATE INDEX brand_kits_by_updated_at ON brand_kits (workspace, updated_at, serial);

CREATE TABLE projects (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workspace INTEGER NOT NULL REFERENCES workspaces (serial),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    slug TEXT NOT NULL,
    description TEXT,
    description_folded TEXT,
    color TEXT,
    visibility TEXT NOT NULL,   -- private, team
    brand_kit INTEGER REFERENCES brand_kits (serial),
    kit_selectable INTEGER NOT NULL,
    created_by INTEGER NOT NULL REFERENCES users (serial),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    archived_at INTEGER,
    UNIQUE (workspace, slug)
) STRICT;
CREATE INDEX projects_by_serial ON projects (workspace, serial) WHERE archived_at IS NULL;
CREATE INDEX projects_by_name ON projects (workspace, name_folded, serial) WHERE archived_at IS NULL;
CREATE INDEX projects_by_created_at ON projects (workspace, created_at, serial) WHERE archived_at IS NULL;
CREATE INDEX projects_by_updated_at ON projects (workspace, updated_at, serial) WHERE archived_at IS NULL;
CREATE INDEX projects_archived ON projects (workspace, serial) WHERE archived_at IS NOT NULL;
CREATE INDEX projects_by_kit ON projects (brand_kit) WHERE brand_kit IS NOT NULL;

CREATE TABLE assignments (
    user_serial INTEGER NOT NULL REFERENCES users (serial),
    project INTEGER NOT NULL REFERENCES projects (serial) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_serial, project)
) STRICT;
CREATE INDEX assignments_of_project ON assignments (project);

CREATE TABLE events (           -- the outbox and the audit log: what happened, and who did it from where
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workspace INTEGER NOT NULL,
    type TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    subject_id TEXT NOT NULL,
    data TEXT NOT NULL,         -- JSON: the record after the change, in the domain's words
    user_serial INTEGER,
    credential INTEGER,
    address TEXT NOT NULL,
    request_id TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX events_of_workspace ON events (workspace, serial);

CREATE TABLE idempotency (      -- the answer a key got, inserted in the write's own transaction
    workspace INTEGER NOT NULL,
    credential INTEGER NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,      -- method and path
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,      -- JSON
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, credential, key, request)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE months (           -- the ledger: calls of a month that some node has leased
    workspace INTEGER NOT NULL,
    month INTEGER NOT NULL,     -- its first instant
    leased INTEGER NOT NULL,
    PRIMARY KEY (workspace, month)
) STRICT;

CREATE TABLE calls (            -- who spent them, for the usage page; written in batches
    workspace INTEGER NOT NULL,
    day INTEGER NOT NULL,       -- its first instant
    credential INTEGER NOT NULL,
    dialect TEXT NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (workspace, day, credential, dialect)
) STRICT;

CREATE TABLE facts (            -- what a database says of itself, such as whose sealing key it needs
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
