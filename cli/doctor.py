"""`leaks doctor`: is everything set up, and how is it mended."""

import typer

_SIGNS = {"ok": "ok", "off": "off", "broken": "BROKEN"}


def doctor() -> None:
    """Check every setting, the key and each of its permissions, the policy, the models, what is published.

    Exit code 1 when something is broken; a switched-off resource is not.
    """
    from cli.checks import run_checks

    findings = run_checks()
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        typer.echo(f"{_SIGNS[finding.state]:<7} {finding.name:<{width}}  {finding.message}")
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(1)
