"""Block types that a Prefect server of this project knows beside its own, by the entry point `prefect.collections`."""

from __future__ import annotations

from prefect.blocks.notifications import AppriseNotificationBlock


class MailNotification(AppriseNotificationBlock):
    """E-mail by any SMTP server: Prefect itself brings blocks for single providers only.

    `url` is an address of Apprise: mailtos://user:password@smtp.example.com:587?from=ops@example.com&to=team@example.com
    """

    _block_type_name = "Strata Mail"
    _block_type_slug = "strata-mail"
