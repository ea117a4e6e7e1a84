/** What every command needs: the application without its socket, closed afterwards. */
import { type App, createApp } from '../app.ts';
import { type Config, parseDuration, readConfig } from '../config.ts';
import { createLog } from '../log.ts';

/** The command was called wrongly, or cannot do this here. The message is for the person at the terminal. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export async function withApp(work: (app: App, config: Config) => Promise<string>): Promise<string> {
  const config = readConfig(process.env);
  const app = await createApp(config, { log: createLog('error') });
  try {
    return await work(app, config);
  } finally {
    await app.close();
  }
}

/** @throws {CommandError} */
export function durationOption(text: string | undefined, otherwise: string): number {
  const seconds = parseDuration(text ?? otherwise);
  if (seconds === null) throw new CommandError(`${text} is not a duration: 900, 15m, 12h, 7d`);
  return seconds;
}
