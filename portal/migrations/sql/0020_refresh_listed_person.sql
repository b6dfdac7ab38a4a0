-- Brings one row of the list in line with the tables it is made from. Runs when a transaction that changed them
-- commits, and holds the row until then, so that of two such transactions the later sees what the earlier wrote. A
-- person without a row is new and seen by one transaction only. The lock is of the row, which takes no place in the
-- server's table of locks: a transaction may refresh more people than that table has places for (some 7,000 by default).
CREATE OR REPLACE FUNCTION refresh_listed_person(subject_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    known_terms text[];
    new_terms text[];
BEGIN
    SELECT listed.terms INTO known_terms FROM listed_people AS listed WHERE listed.id = subject_id FOR NO KEY UPDATE;
    INSERT INTO listed_people AS listed (
        id, person_id, entry_id, name, sort_name, email, employee_number, team, teams, role, roles, campaign_id, due_on,
        invited_at, reminder_count, reminded_at, muted_at, bounced_at, left_at, deactivated_at, signed_in_at,
        agreed_versions, agreed_at, shoot_id, provider_status, status_since, has_link, problem, requested_at, copied_at,
        closed_at, link_reported_at, chosen_at, is_choice_of_shoot, terms
    )
    SELECT
        person.id, person.id, entry.id, person.name, list_sort_name(person.name), person.email,
        coalesce(entry.employee_number, person.employee_number), entry.team, person.groups, person.role, person.roles,
        entry.campaign_id, coalesce(entry.due_on, campaign.due_on), entry.invited_at, coalesce(entry.reminders, 0),
        entry.reminded_at, entry.muted_at, entry.bounced_at, entry.left_at, person.deactivated_at, person.created_at,
        coalesce(agreed.versions, '{}'), agreed.at, shoot.id, shoot.provider_status, shoot.status_since,
        shoot.signed_url IS NOT NULL, shoot.problem, shoot.requested_at, shoot.copied_at, shoot.closed_at,
        (SELECT report.reported_at FROM link_reports AS report WHERE report.shoot_id = shoot.id AND report.done_at IS NULL),
        choice.acted_at, coalesce(choice.shoot_id = shoot.id, false),
        split_search_terms(concat_ws(
            ' ', person.name, entry.name, person.email, coalesce(entry.employee_number, person.employee_number)))
    FROM people AS person
    LEFT JOIN roster_entries AS entry ON entry.person_id = person.id
    LEFT JOIN campaigns AS campaign ON campaign.id = entry.campaign_id
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT policy_version) AS versions, max(given_at) AS at
        FROM consents WHERE person_id = person.id AND withdrawn_at IS NULL
    ) AS agreed ON true
    LEFT JOIN LATERAL (
        SELECT * FROM shoots WHERE person_id = person.id ORDER BY closed_at IS NOT NULL, requested_at DESC LIMIT 1
    ) AS shoot ON true
    LEFT JOIN LATERAL (
        SELECT choices.acted_at, choices.shoot_id FROM choices JOIN photos ON photos.id = choices.photo_id
        WHERE choices.person_id = person.id AND choices.withdrawn_at IS NULL
          AND photos.copied_at IS NOT NULL AND photos.removed_at IS NULL
        ORDER BY choices.acted_at DESC, choices.recorded_at DESC LIMIT 1
    ) AS choice ON true
    WHERE person.id = subject_id
    ON CONFLICT (id) DO UPDATE SET
        entry_id = excluded.entry_id, name = excluded.name, sort_name = excluded.sort_name, email = excluded.email,
        employee_number = excluded.employee_number, team = excluded.team, teams = excluded.teams, role = excluded.role,
        roles = excluded.roles, campaign_id = excluded.campaign_id, due_on = excluded.due_on,
        invited_at = excluded.invited_at, reminder_count = excluded.reminder_count, reminded_at = excluded.reminded_at,
        muted_at = excluded.muted_at, bounced_at = excluded.bounced_at, left_at = excluded.left_at,
        deactivated_at = excluded.deactivated_at,
        signed_in_at = excluded.signed_in_at, agreed_versions = excluded.agreed_versions, agreed_at = excluded.agreed_at,
        shoot_id = excluded.shoot_id, provider_status = excluded.provider_status, status_since = excluded.status_since,
        has_link = excluded.has_link, problem = excluded.problem, requested_at = excluded.requested_at,
        copied_at = excluded.copied_at, closed_at = excluded.closed_at, link_reported_at = excluded.link_reported_at,
        chosen_at = excluded.chosen_at, is_choice_of_shoot = excluded.is_choice_of_shoot, terms = excluded.terms
    RETURNING listed.terms INTO new_terms;
    IF new_terms IS NULL THEN
        DELETE FROM listed_people WHERE id = subject_id;
    ELSE
        PERFORM store_search_terms(subject_id, known_terms, new_terms);
    END IF;
END $$;
