-- The store's database, version 1. What the files beside it are: docs/formats/store.md; when rows and files change:
-- docs/design/durability.md.
--
-- A digest is text as OCI writes it ("sha256:" and 64 hex digits). Sizes are bytes. A point in time is two integers, seconds
-- since 1970 and nanoseconds, because images carry years that do not fit 64 bits of nanoseconds.
--
-- Version n+1 is a file schema_<n+1>.sql that changes version n; a new store runs them all in order, so that old and new
-- stores end up the same.

-- Readers see the last commit and never wait; one writer at a time. Kept in the file, so it is set once.
PRAGMA journal_mode = WAL;

BEGIN EXCLUSIVE;

-- "ncre": tells file(1), and us, whose database this is.
PRAGMA application_id = 1852011109;

-- Content: a row says that the files are there, whole. A row that nobody needs (see the views below) promises nothing:
-- a removal may have been cut short between the files and the row, so whoever wants one looks at the disk first.

CREATE TABLE blobs (                       -- blobs/<algorithm>/<hex>
  digest TEXT NOT NULL PRIMARY KEY,
  size   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE layers (                      -- layers/<algorithm>/<hex>/{tar,index}
  diff_id      TEXT NOT NULL PRIMARY KEY,
  tar_size     INTEGER NOT NULL,
  index_size   INTEGER NOT NULL,
  content_size INTEGER NOT NULL            -- of its regular files: docker's "size" of a layer
) STRICT, WITHOUT ROWID;

CREATE TABLE layer_blobs (                 -- the compressed forms of a layer that are kept
  diff_id TEXT NOT NULL REFERENCES layers ON DELETE CASCADE,
  blob    TEXT NOT NULL REFERENCES blobs ON DELETE CASCADE,
  PRIMARY KEY (diff_id, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX layer_blobs_by_blob ON layer_blobs (blob);

CREATE TABLE chains (                      -- chains/<algorithm>/<hex>/index
  chain_id   TEXT NOT NULL PRIMARY KEY,
  index_size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE chain_layers (
  chain_id TEXT NOT NULL REFERENCES chains ON DELETE CASCADE,
  position INTEGER NOT NULL,               -- 0 is the bottom
  diff_id  TEXT NOT NULL,
  PRIMARY KEY (chain_id, position)
) STRICT, WITHOUT ROWID;

-- Images. What they refer to carries no foreign key into the content tables: when content is damaged and `store check
-- --repair` takes it away, the image stays, says what it lacks, and is whole again once it was loaded again.

CREATE TABLE images (
  id                  TEXT NOT NULL PRIMARY KEY,  -- the digest of the config
  manifest            TEXT NOT NULL,              -- the newest manifest that leads here
  manifest_media_type TEXT NOT NULL,
  chain_id            TEXT,                       -- of all its layers; NULL when it has none
  created_seconds     INTEGER,                    -- NULL when the config does not say
  created_nanoseconds INTEGER,
  loaded_seconds      INTEGER NOT NULL,           -- when it entered this store
  loaded_nanoseconds  INTEGER NOT NULL,
  size                INTEGER NOT NULL,           -- sum of its layers' content_size
  os                  TEXT NOT NULL,
  architecture        TEXT NOT NULL,
  variant             TEXT NOT NULL,
  os_version          TEXT NOT NULL,
  os_features         TEXT NOT NULL,              -- a JSON array
  labels              TEXT NOT NULL,              -- a JSON object
  parent              TEXT                        -- the image it was built on here; may be gone
) STRICT, WITHOUT ROWID;
CREATE INDEX images_by_parent ON images (parent) WHERE parent IS NOT NULL;

CREATE TABLE image_layers (
  image    TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
  position INTEGER NOT NULL,               -- 0 is the bottom
  diff_id  TEXT NOT NULL,
  PRIMARY KEY (image, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_layers_by_layer ON image_layers (diff_id);

CREATE TABLE manifests (                   -- every manifest that leads to an image: one config may come in several packings
  digest     TEXT NOT NULL PRIMARY KEY,
  image      TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
  media_type TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX manifests_by_image ON manifests (image);

CREATE TABLE manifest_blobs (              -- config and layers as the manifest names them; a layer may be served from its tar
  manifest TEXT NOT NULL REFERENCES manifests ON DELETE CASCADE,
  blob     TEXT NOT NULL,
  PRIMARY KEY (manifest, blob)
) STRICT, WITHOUT ROWID;

CREATE TABLE indexes (                     -- multi-platform indexes that a name points at
  digest     TEXT NOT NULL PRIMARY KEY,
  media_type TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE index_children (              -- the manifests (or further indexes) it lists; most are not in this store
  index_digest TEXT NOT NULL REFERENCES indexes ON DELETE CASCADE,
  child        TEXT NOT NULL,
  PRIMARY KEY (index_digest, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX index_children_by_child ON index_children (child);

CREATE TABLE names (
  name   TEXT NOT NULL PRIMARY KEY,        -- docker.io/library/alpine:3.20 or ...@sha256:<hex>
  target TEXT NOT NULL,                    -- the manifest or index it points at
  image  TEXT NOT NULL REFERENCES images ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX names_by_image ON names (image);
CREATE INDEX names_by_target ON names (target);

-- Containers hold their layers themselves, so a forced removal of their image leaves them able to start.

CREATE TABLE containers (
  id                  TEXT NOT NULL PRIMARY KEY,
  name                TEXT NOT NULL UNIQUE,
  image               TEXT NOT NULL,
  image_name          TEXT NOT NULL,       -- as the user typed it
  command             TEXT NOT NULL,
  created_seconds     INTEGER NOT NULL,
  created_nanoseconds INTEGER NOT NULL,
  state               TEXT NOT NULL,       -- created, running, exited
  exit_code           INTEGER,
  chain_id            TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX containers_by_image ON containers (image);

CREATE TABLE container_layers (
  container TEXT NOT NULL REFERENCES containers ON DELETE CASCADE,
  position  INTEGER NOT NULL,
  diff_id   TEXT NOT NULL,
  PRIMARY KEY (container, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX container_layers_by_layer ON container_layers (diff_id);

-- What operations under way hold. A lease is the locked file leases/<lease>; rows of a lease whose file nobody has locked
-- are left from a process that died.

CREATE TABLE lease_objects (
  lease  TEXT NOT NULL,
  kind   TEXT NOT NULL CHECK (kind IN ('blob', 'layer', 'chain')),
  digest TEXT NOT NULL,
  PRIMARY KEY (lease, kind, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX lease_objects_by_object ON lease_objects (kind, digest);

-- The reference rules, in one place.

CREATE VIEW unneeded_indexes (digest) AS
  SELECT digest FROM indexes
  WHERE NOT EXISTS (SELECT 1 FROM names WHERE target = digest)
    AND NOT EXISTS (SELECT 1 FROM lease_objects AS held WHERE held.kind = 'blob' AND held.digest = indexes.digest)
    AND NOT EXISTS (SELECT 1 FROM index_children WHERE child = digest AND index_digest <> digest);

CREATE VIEW unneeded_blobs (digest) AS
  SELECT digest FROM blobs
  EXCEPT SELECT id FROM images
  EXCEPT SELECT digest FROM manifests
  EXCEPT SELECT blob FROM manifest_blobs
  EXCEPT SELECT digest FROM indexes
  EXCEPT SELECT child FROM index_children
  EXCEPT SELECT image FROM containers
  EXCEPT SELECT digest FROM lease_objects WHERE kind = 'blob';

CREATE VIEW unneeded_layers (digest) AS
  SELECT diff_id FROM layers
  EXCEPT SELECT diff_id FROM image_layers
  EXCEPT SELECT diff_id FROM container_layers
  EXCEPT SELECT digest FROM lease_objects WHERE kind = 'layer';

-- A chain is needed by whoever has exactly these layers. (EXCEPT knows no NULL trap.)
CREATE VIEW unneeded_chains (digest) AS
  SELECT chain_id FROM chains
  EXCEPT SELECT chain_id FROM images
  EXCEPT SELECT chain_id FROM containers
  EXCEPT SELECT digest FROM lease_objects WHERE kind = 'chain';

PRAGMA user_version = 1;

COMMIT;
