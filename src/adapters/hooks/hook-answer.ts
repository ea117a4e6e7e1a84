/** What a hook said, whichever way it was asked. */
import { z } from 'zod';
import type { JsonObject } from '../../identity/json.ts';
import { HookFailure, HookRefusal } from './hook.ts';

/** A sentence for a person has room in it; a page of HTML has not. */
const MAX_MESSAGE_CHARACTERS = 500;

// Hooks pass on what providers answered them: codes as texts, and codes that are none.
const Refusal = z.object({
  error: z.object({ message: z.string().min(1), http_code: z.coerce.number().int().nullish().catch(null) }),
});

/** Null where the answer is no refusal. */
export function refusalIn(answer: unknown): HookRefusal | null {
  const parsed = Refusal.safeParse(answer);
  if (!parsed.success) return null;
  const { message, http_code } = parsed.data.error;
  return new HookRefusal(http_code ?? null, message.slice(0, MAX_MESSAGE_CHARACTERS));
}

/** @throws {HookRefusal} @throws {HookFailure} for an answer that is no object */
export function answerIn(answer: unknown): JsonObject {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new HookFailure('unusable', 'the answer is no JSON object');
  }
  const refusal = refusalIn(answer);
  if (refusal) throw refusal;
  return answer as JsonObject;
}
