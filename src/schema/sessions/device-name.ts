/** What a person would call the program behind a `User-Agent`: `Safari on iPhone`, `Chrome on Windows`. */
import Bowser from 'bowser';

/** Longer ones are cut: the expressions behind this are many. */
const MAX_CHARACTERS = 512;
const MAX_NAME_CHARACTERS = 60;

/** Null where it says nothing that a person could read. Whoever sends it can make it say anything. */
export function deviceNameOf(userAgent: string | null): string | null {
  const text = userAgent?.slice(0, MAX_CHARACTERS).trim();
  if (!text) return null;
  const { browser, os, platform } = Bowser.parse(text);
  const program = browser.name || /^[\w.-]+/.exec(text)?.[0];
  const device = platform.vendor === 'Apple' && platform.model ? platform.model : os.name;
  const name = [program, device].filter(Boolean).join(' on ');
  return name === '' ? null : name.slice(0, MAX_NAME_CHARACTERS);
}
