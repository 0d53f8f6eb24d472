-- Webhooks: endpoints, what they want, what waits for them, what was sent.

CREATE TABLE webhooks (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workspace INTEGER NOT NULL REFERENCES workspaces (serial),
    dialect TEXT NOT NULL,      -- in whose words its messages are written
    name TEXT NOT NULL,
    description TEXT,
    url TEXT NOT NULL,
    secret_sealed BLOB NOT NULL,
    old_secret_sealed BLOB,     -- signs too, until a rotation's overlap ends
    old_secret_until INTEGER,
    enabled INTEGER NOT NULL,
    disabled_reason TEXT,
    vouched_by INTEGER,         -- whose authority messages are sent on: who made or last enabled it; null: the operator
    created_by INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    removed_at INTEGER,         -- its deliveries are forgotten in batches, and then itself
    failures INTEGER NOT NULL DEFAULT 0,    -- in a row
    failing_since INTEGER,
    paused_until INTEGER NOT NULL DEFAULT 0,
    ready_at INTEGER,           -- when something can be sent next; null: nothing waits, or it is disabled
    leased_until INTEGER NOT NULL DEFAULT 0,
    leased_by TEXT,
    held INTEGER NOT NULL DEFAULT 0     -- how many deliveries there are of it, whatever their state
) STRICT;
CREATE INDEX webhooks_of_workspace ON webhooks (workspace, serial);
CREATE INDEX webhooks_ready ON webhooks (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX webhooks_disabled ON webhooks (serial) WHERE enabled = 0;
CREATE INDEX webhooks_removed ON webhooks (removed_at) WHERE removed_at IS NOT NULL;

CREATE TABLE webhook_events (   -- which types an endpoint wants; * is every one
    webhook INTEGER NOT NULL REFERENCES webhooks (serial) ON DELETE CASCADE,
    type TEXT NOT NULL,
    created_by INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (webhook, type)
) STRICT;

CREATE TABLE deliveries (       -- one event for one endpoint
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook INTEGER NOT NULL REFERENCES webhooks (serial),
    event INTEGER NOT NULL REFERENCES events (serial),
    state TEXT NOT NULL,        -- waiting, delivered, failed
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,    -- in all
    tries INTEGER NOT NULL DEFAULT 0,       -- since `since_at`
    since_at INTEGER NOT NULL,  -- when its 24 hours began: at the event, or when it was last asked for again
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (event, webhook)
) STRICT;
CREATE INDEX deliveries_waiting ON deliveries (webhook, due_at, serial) WHERE state = 'waiting';
CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX deliveries_of_webhook ON deliveries (webhook, serial);
CREATE INDEX deliveries_by_state ON deliveries (webhook, state, serial);

CREATE TABLE replays (          -- a time that is being sent again, worked off in parts; its row goes when it is done
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook INTEGER NOT NULL REFERENCES webhooks (serial) ON DELETE CASCADE,
    until_at INTEGER NOT NULL,
    newest INTEGER NOT NULL,    -- the last event that had happened when it was asked for
    missing_only INTEGER NOT NULL,
    types TEXT NOT NULL,        -- what the endpoint wanted then, as JSON
    at INTEGER NOT NULL,        -- the last event that was looked at: its time and its serial
    event INTEGER NOT NULL,
    turn_at INTEGER NOT NULL    -- when it last had its turn
) STRICT;
CREATE INDEX replays_of_webhook ON replays (webhook);
CREATE INDEX replays_by_turn ON replays (turn_at, serial);

CREATE TABLE attempts (
    delivery INTEGER NOT NULL REFERENCES deliveries (serial) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    url TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER,             -- null: no answer
    reason TEXT,
    request_headers TEXT NOT NULL,      -- JSON
    response_headers TEXT NOT NULL,     -- JSON
    response_body BLOB NOT NULL,        -- its first 64 KiB
    PRIMARY KEY (delivery, number)
) STRICT;

CREATE TABLE messages (         -- the bytes of an event in a dialect's words, written once and sent by every attempt
    event INTEGER NOT NULL REFERENCES events (serial),
    dialect TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (event, dialect)
) STRICT;
CREATE INDEX events_by_time ON events (workspace, at, serial);
