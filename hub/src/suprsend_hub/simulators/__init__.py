"""Local stand-ins for vendors, told per address to accept, delay, refuse, fail, rate-limit or drop."""
