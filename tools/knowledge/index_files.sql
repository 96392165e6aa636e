-- Of all files that an index ever had: those that a Linux device may install, and of their releases
-- the newest ones, and for each kind of wheel the newest that has it. A file that the table has twice
-- comes twice.
--
-- Reads the table distribution_metadata and returns rows of the same columns, so what it makes can
-- be read again in place of the table. The same text runs on the warehouse that hosts the public
-- data set, with that as the default data set, and on an export of it.
WITH files AS (
  SELECT
    REPLACE(REPLACE(REPLACE(LOWER(name), '_', '-'), '.', '-'), '--', '-') AS project,
    version,
    upload_time,
    CASE
      WHEN packagetype = 'sdist' THEN 'sdist'
      ELSE SUBSTR(filename, LENGTH(name) + LENGTH(version) + 3)
    END AS kind
  FROM distribution_metadata
  WHERE packagetype = 'sdist'
    OR (packagetype = 'bdist_wheel' AND (filename LIKE '%-any.whl' OR filename LIKE '%linux%'))
),
newest AS (
  SELECT project, kind, MAX(upload_time) AS uploaded
  FROM files
  GROUP BY project, kind
),
releases AS (
  SELECT project, version, MIN(upload_time) AS released
  FROM files
  GROUP BY project, version
),
recent AS (
  SELECT project, version
  FROM releases
  WHERE project <> ''
  QUALIFY ROW_NUMBER() OVER (PARTITION BY project ORDER BY released DESC) <= 24
),
kept AS (
  SELECT files.project, files.version
  FROM files
  INNER JOIN newest
    ON newest.project = files.project
    AND newest.kind = files.kind
    AND newest.uploaded = files.upload_time
  UNION DISTINCT
  SELECT project, version FROM recent
)
SELECT
  m.name,
  m.version,
  m.filename,
  m.packagetype,
  m.python_version,
  m.size,
  m.requires_python,
  m.requires_dist,
  m.upload_time,
  m.sha256_digest,
  m.blake2_256_digest
FROM distribution_metadata AS m
INNER JOIN kept
  ON kept.project = REPLACE(REPLACE(REPLACE(LOWER(m.name), '_', '-'), '.', '-'), '--', '-')
  AND kept.version = m.version
WHERE m.packagetype = 'sdist'
  OR (
    m.packagetype = 'bdist_wheel'
    AND (m.filename LIKE '%-any.whl' OR m.filename LIKE '%linux%')
  )
