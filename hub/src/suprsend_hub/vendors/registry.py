"""Every vendor there is, by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from suprsend_hub.domain.document import Document
from suprsend_hub.vendors.apns import APNS_VENDOR
from suprsend_hub.vendors.apprise import APPRISE_VENDOR
from suprsend_hub.vendors.contract import AnyVendor
from suprsend_hub.vendors.fcm import FCM_VENDOR
from suprsend_hub.vendors.mailgun import MAILGUN_VENDOR
from suprsend_hub.vendors.ms_teams import MS_TEAMS_VENDOR
from suprsend_hub.vendors.msg91 import MSG91_VENDOR
from suprsend_hub.vendors.oppo import OPPO_VENDOR
from suprsend_hub.vendors.plivo import PLIVO_VENDOR
from suprsend_hub.vendors.postmark import POSTMARK_VENDOR
from suprsend_hub.vendors.resend import RESEND_VENDOR
from suprsend_hub.vendors.sendgrid import SENDGRID_VENDOR
from suprsend_hub.vendors.ses import SES_VENDOR
from suprsend_hub.vendors.settings import read_settings_as
from suprsend_hub.vendors.slack import SLACK_VENDOR
from suprsend_hub.vendors.smtp import SMTP_VENDOR
from suprsend_hub.vendors.sns import SNS_VENDOR
from suprsend_hub.vendors.twilio import TWILIO_VENDOR
from suprsend_hub.vendors.twilio_whatsapp import TWILIO_WHATSAPP_VENDOR
from suprsend_hub.vendors.vapid import VAPID_VENDOR
from suprsend_hub.vendors.vonage import VONAGE_VENDOR
from suprsend_hub.vendors.webhook import WEBHOOK_VENDOR
from suprsend_hub.vendors.whatsapp_cloud import WHATSAPP_CLOUD_VENDOR
from suprsend_hub.vendors.xiaomi import XIAOMI_VENDOR

VENDORS: Mapping[str, AnyVendor] = MappingProxyType(
    {
        each.name: each
        for each in (
            SMTP_VENDOR,
            SES_VENDOR,
            SENDGRID_VENDOR,
            MAILGUN_VENDOR,
            POSTMARK_VENDOR,
            RESEND_VENDOR,
            TWILIO_VENDOR,
            VONAGE_VENDOR,
            PLIVO_VENDOR,
            MSG91_VENDOR,
            SNS_VENDOR,
            WHATSAPP_CLOUD_VENDOR,
            TWILIO_WHATSAPP_VENDOR,
            FCM_VENDOR,
            XIAOMI_VENDOR,
            OPPO_VENDOR,
            APNS_VENDOR,
            VAPID_VENDOR,
            SLACK_VENDOR,
            MS_TEAMS_VENDOR,
            WEBHOOK_VENDOR,
            APPRISE_VENDOR,
        )
    }
)


def find_vendor(name: str) -> AnyVendor:
    """The vendor of that name, or a ValueError that lists the names there are."""
    vendor = VENDORS.get(name)
    if vendor is None:
        raise ValueError(f"vendor: {name[:40]!r} is not known; use {' or '.join(VENDORS)}")
    return vendor


def read_settings(vendor_name: str, document: Document) -> Any:
    """The settings of that vendor, checked; a ValueError names the field that is wrong and shows no value."""
    return read_settings_as(find_vendor(vendor_name).settings, document)
