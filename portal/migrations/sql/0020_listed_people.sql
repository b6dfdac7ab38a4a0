-- The terms by which a person is found: lower case, without accents, and with German umlauts spelled out as well.
CREATE FUNCTION split_search_terms(input text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    WITH lowered AS (
        SELECT lower(normalize(input, NFKC)) AS plain
    ), spelled AS (
        SELECT plain FROM lowered
        UNION
        SELECT replace(replace(replace(plain, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue') FROM lowered
    ), folded AS (
        SELECT replace(replace(replace(replace(translate(
            regexp_replace(normalize(plain, NFD), U&'[\0300-\036F]', '', 'g'), 'øłđðħıŧ', 'olddhit'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') AS plain
        FROM spelled
    )
    SELECT coalesce(array_agg(DISTINCT term COLLATE "C" ORDER BY term COLLATE "C"), '{}')
    FROM folded, regexp_split_to_table(plain, '[[:space:][:punct:]]+') AS term
    WHERE term <> ''
$$;

-- Names of one script sort together, whatever their accents; a name of symbols alone sorts first.
CREATE FUNCTION list_sort_name(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(regexp_replace(normalize(name, NFD), U&'[\0300-\036F]', '', 'g'))
$$;

CREATE FUNCTION store_search_terms(listed uuid, before text[], after text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF before IS DISTINCT FROM after THEN
        DELETE FROM search_terms WHERE listed_id = listed;
        INSERT INTO search_terms (listed_id, term) SELECT listed, term FROM unnest(after) AS term;
    END IF;
END $$;

-- Lists entries that nobody has signed in for, many in one statement: an import adds 20,000.
CREATE FUNCTION list_entries(entry_ids uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH listed AS (
        INSERT INTO listed_people (
            id, entry_id, name, sort_name, email, employee_number, team, teams, roles, campaign_id, due_on, invited_at,
            reminder_count, reminded_at, muted_at, bounced_at, left_at, agreed_versions, terms
        )
        SELECT
            entry.id, entry.id, entry.name, list_sort_name(coalesce(nullif(entry.name, ''), entry.address)), entry.address,
            entry.employee_number, entry.team, '{}', '{}', entry.campaign_id, coalesce(entry.due_on, campaign.due_on),
            entry.invited_at, entry.reminders, entry.reminded_at, entry.muted_at, entry.bounced_at, entry.left_at, '{}',
            split_search_terms(concat_ws(' ', entry.name, entry.address, entry.employee_number))
        FROM roster_entries AS entry LEFT JOIN campaigns AS campaign ON campaign.id = entry.campaign_id
        WHERE entry.id = ANY (entry_ids) AND entry.person_id IS NULL
        ON CONFLICT (id) DO UPDATE SET
            name = excluded.name, sort_name = excluded.sort_name, email = excluded.email,
            employee_number = excluded.employee_number, team = excluded.team, campaign_id = excluded.campaign_id,
            due_on = excluded.due_on, invited_at = excluded.invited_at, reminder_count = excluded.reminder_count,
            reminded_at = excluded.reminded_at, muted_at = excluded.muted_at, bounced_at = excluded.bounced_at,
            left_at = excluded.left_at, terms = excluded.terms
        RETURNING id, terms
    ), dropped AS (
        DELETE FROM search_terms USING listed
        WHERE search_terms.listed_id = listed.id AND search_terms.term <> ALL (listed.terms)
    )
    INSERT INTO search_terms (listed_id, term)
    SELECT listed.id, term FROM listed, unnest(listed.terms) AS term ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION list_new_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM list_entries(array_agg(id)) FROM added WHERE person_id IS NULL HAVING count(*) > 0;
    PERFORM refresh_listed_person(person_id) FROM added WHERE person_id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION list_changed_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.person_id IS NOT NULL THEN
        DELETE FROM listed_people WHERE id = OLD.id;
    ELSE
        PERFORM list_entries(ARRAY[NEW.id]);
    END IF;
    IF OLD.person_id IS NOT NULL THEN
        PERFORM refresh_listed_person(OLD.person_id);
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.person_id IS NOT NULL AND NEW.person_id IS DISTINCT FROM OLD.person_id THEN
        PERFORM refresh_listed_person(NEW.person_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION list_entries_of_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE listed_people SET due_on = coalesce(entry.due_on, NEW.due_on)
    FROM roster_entries AS entry
    WHERE entry.id = listed_people.entry_id AND entry.campaign_id = NEW.id
      AND listed_people.due_on IS DISTINCT FROM coalesce(entry.due_on, NEW.due_on);
    RETURN NULL;
END $$;

CREATE FUNCTION list_changed_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refresh_listed_person(NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION list_person_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.person_id IS NOT NULL THEN
        PERFORM refresh_listed_person(OLD.person_id);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.person_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.person_id IS DISTINCT FROM OLD.person_id)
    THEN
        PERFORM refresh_listed_person(NEW.person_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION list_person_of_report() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject_id uuid;
BEGIN
    SELECT person_id INTO subject_id FROM shoots
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.shoot_id ELSE NEW.shoot_id END;
    IF subject_id IS NOT NULL THEN
        PERFORM refresh_listed_person(subject_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION list_people_of_photo() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject_id uuid;
BEGIN
    -- Only a chosen photo is part of where a person stands.
    FOR subject_id IN SELECT DISTINCT person_id FROM choices WHERE photo_id = NEW.id AND person_id IS NOT NULL LOOP
        PERFORM refresh_listed_person(subject_id);
    END LOOP;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER list_people
    AFTER INSERT OR UPDATE OF name, email, employee_number, groups, role, roles, deactivated_at, created_at ON people
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_changed_person();
CREATE CONSTRAINT TRIGGER list_shoots
    AFTER INSERT OR DELETE OR UPDATE OF person_id, provider_status, status_since, signed_url, problem, requested_at,
        copied_at, closed_at ON shoots
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_person_of_row();
CREATE CONSTRAINT TRIGGER list_consents
    AFTER INSERT OR DELETE OR UPDATE ON consents
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_person_of_row();
CREATE CONSTRAINT TRIGGER list_choices
    AFTER INSERT OR DELETE OR UPDATE ON choices
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_person_of_row();
CREATE CONSTRAINT TRIGGER list_reports
    AFTER INSERT OR DELETE OR UPDATE ON link_reports
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_person_of_report();
CREATE CONSTRAINT TRIGGER list_photos
    AFTER UPDATE OF copied_at, removed_at ON photos
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_people_of_photo();
CREATE TRIGGER list_new_entries
    AFTER INSERT ON roster_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION list_new_entries();
CREATE CONSTRAINT TRIGGER list_entries
    AFTER UPDATE OR DELETE ON roster_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_changed_entry();
CREATE CONSTRAINT TRIGGER list_campaigns
    AFTER UPDATE OF due_on ON campaigns
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION list_entries_of_campaign();
