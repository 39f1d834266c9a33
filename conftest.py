"""What holds for all tests: whether properties hold is asked, not how fast a busy machine finds examples."""

import gc

from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of later garbage collections, which took a tenth of the time of many tests."""
    gc.collect()
    gc.freeze()
