import { describe, expect, test } from 'vitest';
import { createAttemptLimiter } from '../../src/adapters/limits/attempt-limiter.ts';
import { tryCredential } from '../../src/identity/attempts.ts';
import { newClient } from '../../src/identity/client.ts';
import {
  InvalidCredentialsError,
  RateLimitedError,
  ServiceUnavailableError,
  WeakPasswordError,
} from '../../src/identity/errors.ts';

const client = newClient({ address: '192.0.2.7', userAgent: null, requestId: 'test' });
const LIMIT = 10;

function account() {
  const needs = { attempts: createAttemptLimiter({ database: null }), client };
  const fail = (error: Error) =>
    tryCredential(needs, 'login', 'ada@example.com', () => Promise.reject(error));
  return { fail, succeed: () => tryCredential(needs, 'login', 'ada@example.com', async () => 'in') };
}

describe('trying a password', () => {
  test('is refused after ten wrong ones', async () => {
    const { fail, succeed } = account();
    for (let attempt = 0; attempt < LIMIT; attempt += 1) {
      await expect(fail(new InvalidCredentialsError())).rejects.toBeInstanceOf(InvalidCredentialsError);
    }
    await expect(succeed()).rejects.toBeInstanceOf(RateLimitedError);
  });

  test('counts nothing while nobody looks at it, as when the server is busy', async () => {
    const { fail, succeed } = account();
    for (let attempt = 0; attempt < 2 * LIMIT; attempt += 1) {
      await expect(fail(new ServiceUnavailableError(1))).rejects.toBeInstanceOf(ServiceUnavailableError);
    }
    expect(await succeed()).toBe('in');
  });

  test('does not forget wrong ones because the server was busy in between', async () => {
    const { fail, succeed } = account();
    for (let attempt = 0; attempt < LIMIT; attempt += 1) {
      await expect(fail(new InvalidCredentialsError())).rejects.toBeInstanceOf(InvalidCredentialsError);
      if (attempt < LIMIT - 1) {
        await expect(fail(new ServiceUnavailableError(1))).rejects.toBeInstanceOf(ServiceUnavailableError);
      }
    }
    await expect(succeed()).rejects.toBeInstanceOf(RateLimitedError);
  });

  test('counts no guess where the current password was right and only the new one is weak', async () => {
    const { fail, succeed } = account();
    for (let attempt = 0; attempt < 2 * LIMIT; attempt += 1) {
      await expect(fail(new WeakPasswordError('short', ['length']))).rejects.toBeInstanceOf(
        WeakPasswordError,
      );
    }
    expect(await succeed()).toBe('in');
  });
});
