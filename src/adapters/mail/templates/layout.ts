/**
 * What all built-in mails look like, in HTML and as text. Plain blocks of real text, which read in order without styles, without pictures
 * and aloud. Colours stand on the elements themselves, since many mail programs drop the head.
 */

/** Contrast of each text against what it stands on is at least 7 to 1. */
export const HTML_LAYOUT = `<!doctype html>
<html lang="{{ Language }}" dir="{{ Direction }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{ Subject }}</title>
<style>
@media (prefers-color-scheme: dark) {
  body, .page { background: #14161b !important; }
  .card { background: #1e2128 !important; border-color: #3a3f4b !important; }
  .card, .card h1, .card p, .code { color: #f2f3f5 !important; }
  .code { background: #2a2e38 !important; }
  .quiet, .quiet a { color: #c3c7d1 !important; }
  .button { background: #a9c1ff !important; color: #10131a !important; }
}
</style>
</head>
<body style="margin:0;padding:0;background:#f3f4f6;">
<div class="page" style="padding:24px 12px;background:#f3f4f6;">
<div class="card" style="max-width:34em;margin:0 auto;padding:32px 24px;border:1px solid #d5d8de;border-radius:12px;background:#ffffff;color:#1b1e25;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.55;">
<p class="quiet" style="margin:0 0 24px;color:#4a4f5a;font-size:14px;font-weight:600;">{{ SiteName }}</p>
<h1 style="margin:0 0 16px;color:#1b1e25;font-size:24px;line-height:1.25;font-weight:700;">{{ Heading }}</h1>
{%- for line in Lines %}
<p style="margin:0 0 16px;color:#1b1e25;">{{ line }}</p>
{%- endfor %}
{%- if Action %}
<p style="margin:24px 0;"><a class="button" href="{{ ActionURL }}" style="display:inline-block;padding:14px 24px;border-radius:8px;background:#1b3fa0;color:#ffffff;font-weight:600;text-decoration:none;">{{ Action }}</a></p>
{%- endif %}
{%- if CodeHint %}
<p style="margin:0 0 8px;color:#1b1e25;">{{ CodeHint }}</p>
<p class="code" style="margin:0 0 24px;padding:12px 16px;border-radius:8px;background:#eef0f4;color:#1b1e25;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:28px;font-weight:700;letter-spacing:0.15em;">{{ Token }}</p>
{%- endif %}
{%- if Action %}
<p class="quiet" style="margin:0 0 16px;color:#4a4f5a;font-size:14px;">{{ LinkHint }}<br><a href="{{ ActionURL }}" style="color:#1b3fa0;word-break:break-all;">{{ ActionURL }}</a></p>
{%- endif %}
{%- if Closing %}
<p class="quiet" style="margin:0 0 16px;color:#4a4f5a;font-size:14px;">{{ Closing }}</p>
{%- endif %}
<p class="quiet" style="margin:24px 0 0;padding-top:16px;border-top:1px solid #d5d8de;color:#4a4f5a;font-size:14px;">{{ Why }}</p>
</div>
</div>
</body>
</html>
`;

export const TEXT_LAYOUT = `{{ Heading }}

{% for line in Lines %}{{ line }}

{% endfor -%}
{% if Action -%}
{{ Action }}:
{{ ActionURL }}

{% endif -%}
{% if CodeHint -%}
{{ CodeHint }}

    {{ Token }}

{% endif -%}
{% if Closing -%}
{{ Closing }}

{% endif -%}
--${' '}
{{ Why }}
`;
