"""A bridge of the engine's own, and the way out of it.

dockerd rewrites the firewall's chains of every other dockerd in the same network namespace. So
this one leaves the firewall alone, and two rules that name only its own addresses do the rest.
"""

from pathlib import Path

from tests.engine.home import Home
from tests.engine.shell import run, succeeds

FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def bridge(home: Home) -> str:
    """Return the bridge's name; a network interface's name has at most 15 bytes."""
    return f"lean-{home.key}"


def prefix(home: Home) -> str:
    """Return the first two numbers of the engine's addresses, of the private range."""
    return f"10.{200 + int(home.key, 16) % 50}"


def is_taken(home: Home) -> bool:
    """Return whether another engine has these addresses: they would share the rules as well."""
    return f" {prefix(home)}.0.1/" in run(["ip", "-4", "-brief", "address"])


def _rules(home: Home) -> tuple[tuple[str, ...], ...]:
    own = f"{prefix(home)}.0.0/16"
    return (
        ("nat", "POSTROUTING", "--source", own, "!", "--destination", own, "--jump", "MASQUERADE"),
        ("filter", "FORWARD", "--source", own, "--jump", "ACCEPT"),
        ("filter", "FORWARD", "--destination", own, "--jump", "ACCEPT"),
    )


def open_network(home: Home) -> None:
    """Make the bridge and its rules, where they are not there yet."""
    name = bridge(home)
    if not succeeds(["ip", "link", "show", name]):
        run(["ip", "link", "add", name, "type", "bridge"])
        run(["ip", "address", "add", f"{prefix(home)}.0.1/24", "dev", name])
    run(["ip", "link", "set", name, "up"])
    FORWARD.write_text("1")
    for table, chain, *rule in _rules(home):
        call = ["iptables", "--wait", "--table", table]
        if not succeeds([*call, "--check", chain, *rule]):
            run([*call, "--insert", chain, *rule])


def close_network(home: Home) -> None:
    """Take the bridge and its rules away."""
    for table, chain, *rule in _rules(home):
        call = ["iptables", "--wait", "--table", table]
        if succeeds([*call, "--check", chain, *rule]):
            run([*call, "--delete", chain, *rule])
    if succeeds(["ip", "link", "show", bridge(home)]):
        run(["ip", "link", "delete", bridge(home)])
