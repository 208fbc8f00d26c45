"""The page that asks for the password or token: plain HTML, without a script, in the languages of the dashboard."""

import base64
import hashlib
from html import escape
from types import MappingProxyType

STYLE = """
:root { color-scheme: light dark; --ground: #f5f6f8; --card: #ffffff; --ink: #1b1f27; --soft: #596273;
  --line: #c3c9d4; --accent: #1f5fbf; --fault: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #12151b; --card: #1b2029; --ink: #e8ebf0; --soft: #a3acbb;
  --line: #485163; --accent: #8fb8f5; --fault: #ff9c94; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 2rem 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 0.75rem; }
h1 { margin: 0 0 0.25rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; color: var(--soft); overflow-wrap: anywhere; }
p.fault { color: var(--fault); }
label { display: block; margin-bottom: 0.375rem; font-weight: 600; }
input, button { width: 100%; min-height: 2.75rem; padding: 0.5rem 0.75rem; border-radius: 0.5rem; font: inherit; }
input { border: 1px solid var(--line); background: var(--ground); color: inherit; }
button { margin-top: 1rem; border: 0; background: var(--accent); color: var(--card); font-weight: 600;
  cursor: pointer; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""

POLICY = (
    "default-src 'none'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)

_GERMAN = MappingProxyType(
    {
        "Sign in": "Anmelden",
        "Password": "Passwort",
        "Token": "Token",
        "This dashboard shows and steers training runs.": "Diese Übersicht zeigt und steuert Trainingsläufe.",
        "The token is in the address that the terminal shows.": "Das Token steht in der Adresse im Terminal.",
        "The password is not right.": "Das Passwort ist nicht richtig.",
        "The token is not right.": "Das Token ist nicht richtig.",
        "Too many failures. Try again in {seconds} seconds.": (
            "Zu viele Fehlversuche. Bitte in {seconds} Sekunden noch einmal versuchen."
        ),
        "Continue": "Weiter",
    }
)


def language_of(accepted: str) -> str:
    """`de` or `en`, whichever a browser would rather read (`Accept-Language`, RFC 9110, section 12.5.4)."""
    best, weight = "en", 0.0
    for part in accepted[:1000].split(","):
        tag, _, rest = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        try:
            quality = float(rest.strip().removeprefix("q=")) if rest.strip() else 1.0
        except ValueError:
            continue
        if name in ("de", "en") and weight < quality <= 1:
            best, weight = name, quality
    return best


def login_page(language: str, target: str, *, asks_password: bool, was_wrong: bool = False, seconds: int = 0) -> str:
    """The form. `target` is where it leads to in the end; `seconds`, how long nobody is heard."""
    secret = "Password" if asks_password else "Token"
    lines = [f"<p>{_said('This dashboard shows and steers training runs.', language)}</p>"]
    if not asks_password:
        lines.append(f"<p>{_said('The token is in the address that the terminal shows.', language)}</p>")
    if seconds:
        told = _said("Too many failures. Try again in {seconds} seconds.", language).format(seconds=seconds)
        lines.append(f'<p class="fault" role="alert">{told}</p>')
    elif was_wrong:
        lines.append(f'<p class="fault" role="alert">{_said(f"The {secret.lower()} is not right.", language)}</p>')
    completion = "current-password" if asks_password else "off"
    lines += [
        '<form method="post" action="/login">',
        f'<input type="hidden" name="target" value="{escape(target, quote=True)}">',
        f'<label for="secret">{_said(secret, language)}</label>',
        (
            f'<input id="secret" name="secret" type="password" autocomplete="{completion}" maxlength="1024" required'
            f" autofocus{' aria-invalid=true' if was_wrong else ''}>"
        ),
        f'<button type="submit">{_said("Sign in", language)}</button>',
        "</form>",
    ]
    return _page(language, _said("Sign in", language), "\n".join(lines))


def waypoint(language: str, target: str) -> str:
    """A page that goes on by itself: what it asks for comes from this site, and so with its cookies."""
    link = escape(target, quote=True)
    said = _said("Continue", language)
    return _page(
        language, said, f'<p><a href="{link}">{said}</a></p>', f'<meta http-equiv="refresh" content="0;url={link}">\n'
    )


def _page(language: str, title: str, body: str, head: str = "") -> str:
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n{head}<title>{title} · Sigma</title>\n<style>{STYLE}</style>\n</head>\n'
        f"<body>\n<main>\n<h1>Sigma</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _said(text: str, language: str) -> str:
    return escape(_GERMAN[text] if language == "de" else text)
