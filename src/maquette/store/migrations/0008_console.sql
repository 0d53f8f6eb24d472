-- The console: people's passwords, the links by which they choose one, and their sessions.
-- Of links and sessions only the SHA-256 of the token is kept.

CREATE TABLE passwords (
    user_serial INTEGER PRIMARY KEY REFERENCES users (serial),
    hash TEXT NOT NULL,         -- argon2id, as a PHC string
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE password_links (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    user_serial INTEGER NOT NULL REFERENCES users (serial),
    token_hash BLOB NOT NULL UNIQUE,
    mailed INTEGER NOT NULL,    -- 1 for one that is sent by e-mail
    token_sealed BLOB,          -- of an e-mailed one, until a mail server has accepted the e-mail
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX password_links_of_user ON password_links (user_serial);
CREATE INDEX password_links_by_end ON password_links (expires_at);
CREATE INDEX password_links_unsent ON password_links (next_attempt_at) WHERE token_sealed IS NOT NULL;

CREATE TABLE sessions (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    user_serial INTEGER NOT NULL REFERENCES users (serial),
    token_hash BLOB NOT NULL UNIQUE,
    workspace INTEGER,          -- the one it shows; no foreign key, which would wait for the workspace's lock
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_serial);
CREATE INDEX sessions_by_end ON sessions (expires_at);
