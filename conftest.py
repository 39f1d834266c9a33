"""Properties of all tests: whether they hold is asked, not how fast a busy machine finds examples."""

from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
