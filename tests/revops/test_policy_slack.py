"""The policy's section on Slack: strict, and the first route that fits decides."""

from __future__ import annotations

import pytest

from revops.policy import Policy, PolicyError, load_policy

WHOLE = """\
slack:
  channel: "#revenue"
  routes:
    - family: failed_charges
      above_minor: 500000
      currency: usd
      channel: "#finance"
    - family: coupon_misuse
      channel: C0123456789
  digest_above: 3
"""


def read(text: str) -> Policy:
    """The policy of that text."""
    return load_policy("policy.yml", text=text)


@pytest.mark.parametrize(
    ("about", "channel"),
    [
        (("failed_charges", 500_001, "usd"), "#finance"),
        (("failed_charges", 500_000, "usd"), "#revenue"),
        (("failed_charges", 900_000, "jpy"), "#revenue"),
        (("coupon_misuse", 1, "eur"), "C0123456789"),
        (("quiet_churn", 10**9, "usd"), "#revenue"),
    ],
)
def test_the_first_route_that_fits_names_the_channel(about: tuple[str, int, str], channel: str) -> None:
    assert read(WHOLE).slack.channel_for(*about) == channel


def test_without_the_section_nobody_is_told() -> None:
    assert read("").slack.channel_for("failed_charges", 1, "usd") is None


def test_channels_make_no_other_findings() -> None:
    assert read(WHOLE).detection_version == Policy().detection_version
    assert read(WHOLE).version != Policy().version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slack: {channel: revenue}\n", "line 1: slack.channel is"),
        ("slack:\n  routes:\n    - family: x\n", "line 3: slack.routes[0].channel is missing"),
        ('slack:\n  routes:\n    - {channel: "#a", currency: USD}\n', "a currency code in small letters"),
        ("slack:\n  digest: 4\n", 'Did you mean "digest_above"'),
        ("slack: {digest_above: -1}\n", "a whole number from 0 to 1000"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read(text)
    assert said in str(refused.value)
