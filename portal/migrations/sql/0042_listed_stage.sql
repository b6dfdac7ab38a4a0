-- The stage of a row of the list, as derive_stage in portal/domain/stages.py derives it, given whether the person has
-- agreed to the present consent text.
CREATE FUNCTION derive_listed_stage(
    has_consent boolean, person_id uuid, shoot_id uuid, provider_status text, problem text, has_link boolean,
    requested_at timestamptz, copied_at timestamptz, withdrawn_at timestamptz, chosen_at timestamptz,
    is_choice_of_shoot boolean
) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    has_choice boolean := chosen_at IS NOT NULL
        AND (is_choice_of_shoot OR (copied_at IS NOT NULL AND chosen_at >= copied_at));
    has_other_choice boolean := chosen_at IS NOT NULL
        AND NOT is_choice_of_shoot AND (requested_at IS NULL OR chosen_at >= requested_at);
    stage text;
BEGIN
    IF withdrawn_at IS NOT NULL THEN
        RETURN CASE WHEN has_choice OR has_other_choice THEN 'chosen' ELSE 'withdrawn' END;
    END IF;
    stage := CASE
        WHEN person_id IS NULL THEN 'not_signed_in'
        WHEN shoot_id IS NULL THEN CASE WHEN has_consent THEN 'consent_given' ELSE 'not_started' END
        WHEN provider_status = 'deleted' THEN 'deleted'
        WHEN problem IS NOT NULL THEN 'problem'
        WHEN coalesce(provider_status, 'onboarding') = 'onboarding' AND NOT has_consent THEN 'not_started'
        WHEN provider_status IS NULL THEN 'consent_given'
        WHEN provider_status = 'onboarding' THEN CASE WHEN has_link THEN 'in_studio' ELSE 'problem' END
        WHEN provider_status = 'waiting' THEN 'photos_received'
        WHEN provider_status = 'active' AND copied_at IS NOT NULL
            THEN CASE WHEN has_choice THEN 'chosen' ELSE 'ready' END
        ELSE 'in_progress'
    END;
    IF has_other_choice AND stage NOT IN ('photos_received', 'in_progress', 'ready') THEN
        RETURN 'chosen';
    END IF;
    RETURN stage;
END $$;

-- Why a row needs attention, as far as that does not depend on the clock: the first of portal/domain/attention.py that
-- applies, NULL for none. That a studio link is missing depends on the consent, and is no part of it.
CREATE FUNCTION derive_listed_reason(
    stage text, provider_status text, problem text, closed_at timestamptz, link_reported_at timestamptz,
    bounced_at timestamptz
) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN stage = 'problem' AND problem = 'link_lost' THEN 'link_dead'
        WHEN link_reported_at IS NOT NULL AND closed_at IS NULL AND provider_status = 'onboarding' THEN 'link_dead'
        WHEN bounced_at IS NOT NULL AND stage = 'not_signed_in' THEN 'bounced'
        WHEN stage = 'problem' THEN problem
    END;
END $$;

-- Since when the next step is the person's: to choose, or to send photos. NULL in any other stage.
CREATE FUNCTION derive_waiting_since(
    stage text, copied_at timestamptz, status_since timestamptz, requested_at timestamptz, signed_in_at timestamptz
) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE stage
        WHEN 'ready' THEN coalesce(copied_at, signed_in_at)
        WHEN 'in_studio' THEN coalesce(status_since, requested_at, signed_in_at)
    END;
END $$;

-- Whether a shoot is neither finished nor closed and has no problem, so that it can be stuck in its status.
CREATE FUNCTION is_listed_unfinished(
    requested_at timestamptz, closed_at timestamptz, copied_at timestamptz, problem text
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN requested_at IS NOT NULL AND closed_at IS NULL AND copied_at IS NULL AND problem IS NULL;
END $$;
