"""The vendors as those see them who set up accounts."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from suprsend_hub.domain.vendor_kind import Setting, VendorKind
from suprsend_hub.vendors.contract import AnyVendor, reports
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.settings import describe_settings_of, read_settings_as, text_settings_of


def describe_vendor(vendor: AnyVendor) -> VendorKind:
    """What is to be known of a vendor to set up an account."""
    texts = text_settings_of(vendor.settings)
    return VendorKind(
        vendor.name,
        vendor.channel,
        vendor.provider,
        [
            Setting(each.name, each.meaning, each.default, each.is_secret, each.name in texts)
            for each in describe_settings_of(vendor.settings)
        ],
        reports(vendor),
        partial(read_settings_as, vendor.settings),
    )


KINDS: Mapping[str, VendorKind] = MappingProxyType({name: describe_vendor(each) for name, each in VENDORS.items()})
