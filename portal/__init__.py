"""The headshot portal: a company's own front door to a professional headshot session."""
