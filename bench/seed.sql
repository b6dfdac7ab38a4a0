-- Fills an empty, migrated database; run by bench/seeding.py with :people, :shoots, :finished, :photos, :deliveries
-- and :entries replaced by numbers. One transaction, so now() is the same moment throughout. Triggers and foreign keys
-- are off: the caller set session_replication_role and removed the indexes of the large tables.

CREATE FUNCTION pg_temp.seed_id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
AS $$ SELECT md5(kind || ' ' || n)::uuid $$;

-- Photos' ids ascend with their numbers, so that the storage's listing can be generated in order.
CREATE FUNCTION pg_temp.photo_id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
AS $$ SELECT (lpad(to_hex(n), 8, '0') || substr(encode(sha256(convert_to('photo ' || n, 'UTF8')), 'hex'), 9, 24))::uuid $$;

-- Person 0 is the admin. Names repeat first names and are unique by their number.
INSERT INTO people (id, issuer, subject, email, name, groups, role, roles, locale, version, created_at, signed_in_at)
SELECT pg_temp.seed_id('person', n), 'https://id.example', 'subject-' || n, 'person' || n || '@example.com',
       (ARRAY['Ada', 'Ben', 'Chloe', 'Dev', 'Elif', 'Finn', 'Grace', 'Hugo', 'Ines', 'Jonas'])[n % 10 + 1]
       || ' Sample' || lpad(n::text, 6, '0'),
       -- Identity providers send several groups of a person, most of them no team.
       ARRAY['Team ' || n % 40, 'Everyone', 'Office ' || n % 12, 'Role ' || n % 90, 'Project ' || n % 300],
       CASE n WHEN 0 THEN 'admin' ELSE 'employee' END,
       CASE n WHEN 0 THEN ARRAY['admin'] ELSE '{}' END, 'en', 0,
       now() - (120 - n % 20) * interval '1 day', now() - n % 30 * interval '1 day'
FROM generate_series(0, :people - 1) AS n;

-- The first :finished shoots are finished, 40 photos each; then come those in the studio, in progress and refused.
INSERT INTO shoots (id, person_id, provider, provider_id, provider_status, status_at, status_since, signed_url,
                    is_development, problem, requested_at, attempts, ruled_out, minted_at, confirmed_at, confirmed_by,
                    photo_count, finished_at, copied_at, photos_awaited_since, photos_checked_at)
SELECT pg_temp.seed_id('shoot', n), pg_temp.seed_id('person', n * 5 / 3), 'profilebakery',
       CASE WHEN status IS NOT NULL THEN 'model-' || n END, status, since, since,
       CASE status WHEN 'onboarding' THEN '\x00'::bytea END, false,
       CASE WHEN status IS NULL THEN 'refused' END, since - interval '1 day', 1, 0, since - interval '1 day',
       CASE WHEN status IS NOT NULL THEN now() END, CASE WHEN status IS NOT NULL THEN 'sweep' END,
       CASE status WHEN 'active' THEN 40 ELSE 0 END,
       CASE status WHEN 'active' THEN since END,
       CASE status WHEN 'active' THEN since + interval '2 minutes' END,
       CASE status WHEN 'active' THEN since END,
       CASE status WHEN 'active' THEN now() END
FROM (
    SELECT n,
           CASE WHEN n < :finished THEN 'active' WHEN n % 40 = 0 THEN NULL
                WHEN n % 10 < 6 THEN 'onboarding' ELSE 'generatingHeadshots' END AS status,
           CASE WHEN n < :finished THEN now() - (n % 100 + 1) * interval '1 day' - n % 1440 * interval '1 minute'
                WHEN n % 10 < 6 THEN now() - n % 6 * interval '1 day'
                ELSE now() - n % 300 * interval '1 minute' END AS since
    FROM generate_series(0, :shoots - 1) AS n
) AS numbered;

-- All people are on the roster of one campaign; one of ten was reminded.
INSERT INTO campaigns (id, name, state, audience, due_on, reminders, version, created_at, started_at)
VALUES (pg_temp.seed_id('campaign', 0), 'Headshots', 'running', '{}', (now() + interval '14 days')::date, '{}', 0,
        now() - interval '120 days', now() - interval '120 days');

INSERT INTO roster_entries (id, address, name, team, employee_number, source, campaign_id, created_at, changed_at,
                            invited_at, reminded_at, reminders, person_id)
SELECT pg_temp.seed_id('entry', n), people.email, people.name, 'Team ' || n % 40, (100000 + n)::text, 'import',
       pg_temp.seed_id('campaign', 0), now() - interval '121 days', now() - interval '121 days',
       now() - interval '120 days', CASE n % 10 WHEN 0 THEN now() - interval '5 days' END,
       CASE n % 10 WHEN 0 THEN 1 ELSE 0 END, people.id
FROM generate_series(0, :people - 1) AS n JOIN people ON people.id = pg_temp.seed_id('person', n);

-- The provider's account as last read: a member and a session for each shoot that has one, and open invites.
INSERT INTO provider_account (id, content, read_at)
VALUES (1, '{"organization": {"id": "org_bench", "name": "Bench"}, "teams": [], "members": {}, "models": {}, "invites": {},
             "favorites": 0}', now());

INSERT INTO provider_records (kind, key, position, email, name, status, team_name, model_id, is_development, created_at,
                              finished_at)
SELECT kind, kind || '-' || shoots.provider_id, row_number() OVER (ORDER BY requested_at DESC), people.email, people.name,
       CASE kind WHEN 'model' THEN provider_status WHEN 'invite' THEN 'pending'
                 ELSE CASE provider_status WHEN 'active' THEN 'finished' ELSE 'pending' END END,
       'Team 1', shoots.provider_id, false, requested_at, finished_at
FROM shoots JOIN people ON people.id = shoots.person_id CROSS JOIN unnest(ARRAY['member', 'model', 'invite']) AS kind
WHERE shoots.provider_id IS NOT NULL;

-- Five calls to the provider a person, in the last 30 days.
INSERT INTO provider_calls (at, method, path_template, status, duration_ms)
SELECT now() - n % 30 * interval '1 day' - n % 1440 * interval '1 minute', 'GET',
       (ARRAY['/organization/models', '/organization/models/:modelId', '/organization/models/:modelId/photos',
              '/organization/credits'])[n % 4 + 1],
       CASE WHEN n % 500 = 0 THEN 429 WHEN n % 300 = 0 THEN 502 ELSE 200 END, 100 + n % 400
FROM generate_series(1, :people * 5) AS n;

INSERT INTO provider_call_totals (day, method, path_template, calls, failed, rate_limited, slow, duration_ms)
SELECT date(at AT TIME ZONE 'UTC'), method, path_template, count(*), count(*) FILTER (WHERE status >= 400),
       count(*) FILTER (WHERE status = 429), 0, sum(duration_ms)
FROM provider_calls GROUP BY 1, 2, 3;

INSERT INTO credit_readings (at, balance)
SELECT now() - n * interval '6 hours', 1000 + n * 10 FROM generate_series(0, 120) AS n;
INSERT INTO credit_balance (id, balance, read_at) VALUES (1, 1000, now());

INSERT INTO consents (id, person_id, policy_version, locale, text_sha256, text, purposes, provider, given_at)
SELECT pg_temp.seed_id('consent', row_number() OVER ()), person_id, :policy, 'en', '', '', '{}', 'profilebakery',
       requested_at - interval '1 minute'
FROM shoots;

INSERT INTO photos (id, shoot_id, provider_id, position, width, height, copied_at, similarity_hash, created_at)
SELECT pg_temp.photo_id(n), pg_temp.seed_id('shoot', n / 40), 'photo-' || n, n % 40, 1024, 1024,
       finished_at + interval '1 minute', hashtextextended(n::text, 0), finished_at
FROM generate_series(0, :photos - 1) AS n JOIN shoots ON shoots.id = pg_temp.seed_id('shoot', n / 40);

-- A file's content is the text "rendition <number> <name>".
INSERT INTO renditions (id, photo_id, name, content_type, width, height, size, sha256, storage_key)
SELECT md5(content)::uuid, photo_id, slot || '.' || extension,
       CASE extension WHEN 'jpg' THEN 'image/jpeg' ELSE 'image/webp' END, width, width, length(content), digest,
       'photos/' || photo_id || '/' || slot || '-' || left(digest, 16) || '.' || extension
FROM (
    SELECT pg_temp.photo_id(n) AS photo_id, slot, extension, width, 'rendition ' || n || ' ' || slot || '.' || extension
               AS content,
           encode(sha256(convert_to('rendition ' || n || ' ' || slot || '.' || extension, 'UTF8')), 'hex') AS digest
    FROM generate_series(0, :photos - 1) AS n, (VALUES
        ('96', 'webp', 96), ('320', 'webp', 320), ('640', 'webp', 640), ('1280', 'webp', 1024),
        ('96', 'jpg', 96), ('320', 'jpg', 320), ('640', 'jpg', 640), ('1280', 'jpg', 1024), ('original', 'jpg', 1024)
    ) AS rendition (slot, extension, width)
) AS file;

-- Three of four finished shoots have a choice, half of them made in the studio.
INSERT INTO choices (id, person_id, shoot_id, photo_id, origin, key, acted_at, recorded_at)
SELECT pg_temp.seed_id('choice', n), person_id, shoots.id, pg_temp.photo_id(n * 40 + n % 40),
       CASE n % 2 WHEN 0 THEN 'studio' ELSE 'portal' END, 'seed', copied_at + interval '1 hour', copied_at + interval '1 hour'
FROM generate_series(0, :finished - 1) AS n JOIN shoots ON shoots.id = pg_temp.seed_id('shoot', n)
WHERE n % 4 < 3;

-- Spread over 120 days; bodies of the last 31 days are there, so that a night deletes one day's.
INSERT INTO deliveries (dedupe_key, provider, event, model_id, received_at, stale, key_id, body_sha256, body, state,
                        applied_at)
SELECT 'seed-' || n, 'profilebakery', 'model.status.updated', 'model-' || n % :shoots, received_at, false, 'seed',
       md5('body ' || n) || md5(n::text),
       CASE WHEN received_at > now() - interval '31 days' THEN convert_to(repeat('{"event": "seed"}', 35), 'UTF8') END,
       CASE WHEN n % 50 = 0 THEN 'ignored' ELSE 'applied' END,
       CASE WHEN n % 50 <> 0 THEN received_at + interval '1 second' END
FROM (
    SELECT n, now() - interval '89 days' * (1 - n::float8 / :deliveries) AS received_at
    FROM generate_series(0, :deliveries - 1) AS n
) AS received;

-- What the worker counts every hour, as its last run left it.
INSERT INTO delivery_totals (id, received, counted_before)
SELECT 1, count(*), now() - interval '1 hour' FROM deliveries WHERE received_at < now() - interval '1 hour';

INSERT INTO audit_entries (at, action, actor_id, subject_id, result, channel, detail)
SELECT at, action, actor_id, subject_id, 'ok', channel, detail
FROM (
    SELECT given_at AS at, 'consent.given' AS action, person_id AS actor_id, person_id AS subject_id, 'web' AS channel,
           '{}'::jsonb AS detail
    FROM consents
    UNION ALL
    SELECT status_at, 'shoot.status', NULL, person_id, 'job', jsonb_build_object('after', provider_status)
    FROM shoots WHERE provider_status IS NOT NULL
    UNION ALL
    SELECT recorded_at, 'choice.made', person_id, person_id, 'web', '{"origin": "portal"}' FROM choices
    UNION ALL
    SELECT now() - interval '120 days' * (n::float8 / :entries), 'sign_in', pg_temp.seed_id('person', n % :people),
           pg_temp.seed_id('person', n % :people), 'web', '{}'
    FROM generate_series(1, :entries - (SELECT count(*) FROM consents) - (SELECT count(*) FROM choices)
                            - (SELECT count(*) FROM shoots WHERE provider_status IS NOT NULL)) AS n
) AS entry
ORDER BY at;

-- The links that the trigger would have made, one after the other.
DO $$
DECLARE
    entry audit_entries;
    place bigint := 0;
    last bytea;
    next bytea;
BEGIN
    FOR entry IN SELECT * FROM audit_entries ORDER BY id LOOP
        place := place + 1;
        next := audit_digest(place, last, entry);
        INSERT INTO audit_links (position, entry_id, previous, digest) VALUES (place, entry.id, last, next);
        last := next;
    END LOOP;
END
$$;
