"""Messages of any channel to the services that the Apprise library knows."""

from suprsend_hub.vendors.apprise_connection import AppriseConnection
from suprsend_hub.vendors.apprise_settings import AppriseSettings, open_library
from suprsend_hub.vendors.contract import ConnectionVendor

APPRISE_VENDOR = ConnectionVendor(
    name="apprise",
    title="A service that Apprise knows",
    channel=None,
    documentation="https://appriseit.com/services/",
    settings=AppriseSettings,
    connect=lambda settings: AppriseConnection(settings, open_library(settings)),
    places=lambda settings: settings.max_connections,
)
