/** What is kept and logged of a message that was not sent. Servers repeat what they refuse, and logs hold no links, codes or addresses. */
import type { QueuedMessage } from './delivery.ts';

const codeOf = (message: QueuedMessage) => ('code' in message ? message.code : null);

const MAX_CHARACTERS = 300;

export function describeFailure(error: unknown, message: QueuedMessage): string {
  const { message: text, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const secrets = [message.to, codeOf(message), 'tokenHash' in message ? message.tokenHash : null];
  let told = [code, text ?? 'an unknown failure'].filter((part) => typeof part === 'string').join(' ');
  told = told.replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '<link>');
  for (const secret of secrets) if (secret) told = told.replaceAll(secret, '<…>');
  told = told.replace(/[^\s<>"']+@[^\s<>"']+/g, '<address>');
  return told.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').slice(0, MAX_CHARACTERS);
}
