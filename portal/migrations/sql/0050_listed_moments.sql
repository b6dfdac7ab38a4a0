-- When time alone first changes what is counted of a row: a choice or photos that do not come, a shoot that stands
-- still, a due date that passes, by the limits of portal/domain/attention.py and portal/domain/stages.py. NULL for never.
-- Hours, because a day is as long as its time zone says, and a stored value has none. It calls no other function of the
-- portal: pg_restore finds none by its name alone.
CREATE FUNCTION derive_late_at(
    stage text, waiting_since timestamptz, unfinished_status text, unfinished_since timestamptz, due_on date
) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN LEAST(
        waiting_since + CASE stage WHEN 'ready' THEN interval '168 hours' ELSE interval '72 hours' END,
        unfinished_since + CASE unfinished_status
            WHEN 'deleted' THEN NULL
            WHEN '' THEN interval '15 minutes'
            WHEN 'onboarding' THEN interval '168 hours'
            WHEN 'waiting' THEN interval '4 hours'
            WHEN 'active' THEN interval '1 hour'
            ELSE interval '6 hours'
        END,
        CASE WHEN stage <> 'chosen' THEN (due_on + 1)::timestamp AT TIME ZONE 'UTC' END
    );
END $$;

-- When a row came to its stage, according to the records; invited people when they were invited.
CREATE FUNCTION derive_stage_since(
    stage text, invited_at timestamptz, signed_in_at timestamptz, agreed_at timestamptz, withdrawn_at timestamptz,
    requested_at timestamptz, status_since timestamptz, copied_at timestamptz, chosen_at timestamptz
) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce(
        CASE stage
            WHEN 'not_signed_in' THEN invited_at
            WHEN 'not_started' THEN NULL
            WHEN 'consent_given' THEN coalesce(requested_at, agreed_at)
            WHEN 'withdrawn' THEN withdrawn_at
            WHEN 'ready' THEN copied_at
            WHEN 'chosen' THEN chosen_at
            ELSE coalesce(status_since, requested_at)
        END,
        signed_in_at
    );
END $$;
