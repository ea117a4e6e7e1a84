/** How the page of `/dev/mail` looks. Texts stand out from their ground by at least 4.5 to 1, in light and in dark. */
export const DEV_MAIL_STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f3f4f6, #14161b);
  --card: light-dark(#ffffff, #1e2128);
  --line: light-dark(#d5d8de, #3a3f4b);
  --text: light-dark(#1b1e25, #f2f3f5);
  --quiet: light-dark(#565c69, #b3b8c4);
  --accent: light-dark(#1b3fa0, #a9c1ff);
  --on-accent: light-dark(#ffffff, #10131a);
  --chosen: light-dark(#e4eaff, #2a3350);
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: flex; flex-direction: column; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; padding: 8px 12px; background: var(--card); }
header {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; padding: 12px 20px;
  background: var(--card); border-bottom: 1px solid var(--line);
}
h1 { margin: 0; font-size: 20px; }
header p { flex: 1; margin: 0; color: var(--quiet); }
input {
  width: 15em; max-width: 100%; padding: 6px 10px; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--quiet); border-radius: 6px;
}
input::placeholder { color: var(--quiet); opacity: 1; }
.panes { display: grid; grid-template-columns: minmax(15em, 24em) 1fr; flex: 1; min-height: 0; }
nav { overflow-y: auto; border-right: 1px solid var(--line); background: var(--card); }
nav > p, .hint { padding: 24px 20px; margin: 0; color: var(--quiet); }
ol { list-style: none; margin: 0; padding: 0; }
li a {
  display: grid; grid-template-columns: 1fr auto; gap: 0 12px; padding: 12px 20px; color: inherit;
  text-decoration: none; border-bottom: 1px solid var(--line);
}
li a:hover { background: var(--ground); }
li a[aria-current] { background: var(--chosen); box-shadow: inset 4px 0 var(--accent); }
li a:focus-visible { outline-offset: -3px; }
li strong { grid-column: 1 / -1; }
li span { overflow: hidden; text-overflow: ellipsis; }
li span, time { color: var(--quiet); font-size: 14px; }
main { display: flex; flex-direction: column; gap: 12px; min-width: 0; padding: 20px; overflow-y: auto; }
h2 { margin: 0; font-size: 22px; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 12px; margin: 0; font-size: 14px; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; }
.actions code { font: 700 22px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: 0.1em; }
.primary, button {
  padding: 8px 16px; font: inherit; font-weight: 600; border: 1px solid var(--accent); border-radius: 8px; cursor: pointer;
}
.primary { background: var(--accent); color: var(--on-accent); text-decoration: none; }
button { background: transparent; color: var(--accent); }
iframe { flex: 1 0 24em; width: 100%; border: 1px solid var(--line); border-radius: 8px; background: #ffffff; }
summary { cursor: pointer; color: var(--accent); }
pre { margin: 8px 0 0; padding: 16px; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card); border-radius: 8px; }
.status { position: fixed; right: 16px; bottom: 16px; margin: 0; padding: 8px 16px; border-radius: 8px; background: var(--text); color: var(--ground); }
.status:empty { display: none; }
@media (max-width: 45em) {
  .panes { display: block; overflow-y: auto; }
  nav { max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
}
`;
