"""The headshot portal: a company's own web application for professional headshot sessions."""
