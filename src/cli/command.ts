/** What every command needs: its arguments, and the application without its socket, closed afterwards. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type App, createApp } from '../app.ts';
import { type Config, environment, readConfig } from '../config/config.ts';
import { parseDuration } from '../config/values.ts';
import { createLog } from '../log.ts';

/** The command was called wrongly, or cannot do this here. The message is for the person at the terminal. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export async function withApp(work: (app: App, config: Config) => Promise<string>): Promise<string> {
  const config = readConfig(environment());
  const app = await createApp(config, { log: createLog('error') });
  try {
    return await work(app, config);
  } finally {
    await app.close();
  }
}

/** `parseArgs` of Node, for whose errors whoever typed the command is to blame. @throws {CommandError} */
export function readArguments<const Arguments extends ParseArgsConfig>(config: Arguments) {
  try {
    return parseArgs(config);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('ERR_PARSE_ARGS_')) throw error;
    // What follows the first sentence is advice on how to escape a hyphen.
    throw new CommandError(`${message.split('. ')[0]}. See: limen help`, { cause: error });
  }
}

/** @throws {CommandError} */
export function durationOption(text: string | undefined, otherwise: string): number {
  const seconds = parseDuration(text ?? otherwise);
  if (seconds === null) throw new CommandError(`${text} is not a duration: 900, 15m, 12h, 7d`);
  return seconds;
}
