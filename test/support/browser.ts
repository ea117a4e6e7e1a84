/** The Chromium of this machine, for tests of what only a browser does. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));

/** For `describe.runIf`. Where there is none, that is said; CI has to have one. */
export const hasBrowser = executablePath !== undefined;

if (!hasBrowser) {
  const message = 'Nothing is tried in a browser: no Chromium is installed (CHROMIUM_PATH names one).';
  if (process.env.CI === 'true') throw new Error(message);
  process.stderr.write(`${message}\n`);
}

/** It works without a network: whatever it starts, it asks nobody but us. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a profile of its own, which `close` throws away. */
export async function launchBrowser(): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const userDataDir = mkdtempSync(join(tmpdir(), 'limen-browser-'));
  const context = await chromium.launchPersistentContext(userDataDir, {
    executablePath: executablePath as string,
    headless: true,
    args: FLAGS,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(userDataDir, { recursive: true, force: true });
    },
  };
}
