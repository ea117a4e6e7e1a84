import { describe, expect, test } from 'vitest';
import { checkPassword } from '../../../src/adapters/passwords/password-policy.ts';

const RULES = { scheme: 'argon2id', minCharacters: 8, requiredCharacters: [] } as const;
const ADA = { email: 'Ada.Lovelace@Example.com', rules: RULES };

function reasonAgainst(password: string, about: Parameters<typeof checkPassword>[1] = ADA) {
  return checkPassword(password, about)?.reasons ?? null;
}

describe('a password may be chosen', () => {
  test.each([
    ['eight characters of any kind', 'vqzkbwjx'],
    ['a sentence with spaces', 'the threshold is worn by feet'],
    ['256 characters', 'vqzkbwjx'.repeat(32)],
    ['eight characters outside the basic plane', '🦊🐙🦉🐝🐢🦋🐳🦔'],
    ['the domain of the address', 'example.com'],
  ])('of %s', (_what, password) => {
    expect(reasonAgainst(password)).toBeNull();
  });
});

describe('a password is refused', () => {
  test.each([
    ['seven characters', 'vqzkbwj', 'length'],
    ['seven characters that take more units', '🦊🐙🦉🐝🐢🦋🐳', 'length'],
    ['seven characters typed as letter and accent', 'e\u0301'.repeat(7), 'length'],
    ['257 characters', `${'v'.repeat(255)}qz`, 'length'],
    ['a million characters', 'a\u0315\u0300'.repeat(350_000), 'length'],
    ['a NUL', 'vqzk\0bwjx', 'characters'],
    ['half a surrogate pair', 'vqzkbwjx\ud800', 'characters'],
    ['a well-known password', 'password123', 'pwned'],
    ['a well-known password in capitals', 'IloveYou', 'pwned'],
    ['one character over and over', '00000000', 'pwned'],
    ['the address', 'ada.lovelace@example.com', 'characters'],
    ['its local part', 'ADA.lovelace', 'characters'],
  ])('that is %s', (_what, password, reason) => {
    expect(reasonAgainst(password)).toEqual([reason]);
  });

  test('of more than 72 bytes where bcrypt would cut it', () => {
    const about = { email: null, rules: { ...RULES, scheme: 'bcrypt' } as const };
    expect(reasonAgainst('vqzkbwjx'.repeat(9), about)).toBeNull();
    expect(reasonAgainst(`${'vqzkbwjx'.repeat(9)}!`, about)).toEqual(['length']);
    expect(reasonAgainst(`${'é'.repeat(20)}${'vqzkbwjx'.repeat(5)}`, about)).toEqual(['length']);
  });

  test('that is shorter than the installation asks for, in characters', () => {
    const about = { email: null, rules: { ...RULES, minCharacters: 12 } };
    expect(reasonAgainst('vqzkbwjxvqz', about)).toEqual(['length']);
    expect(reasonAgainst('vqzkbwjxvqzk', about)).toBeNull();
  });

  test('that lacks a character of a kind the installation requires, and the message names the kinds', () => {
    const rules = { ...RULES, requiredCharacters: ['abcdefghijklmnopqrstuvwxyz', '0123456789', '!:🦊'] };
    const about = { email: null, rules };
    expect(checkPassword('vqzkbwjx7', about)).toEqual({
      reasons: ['characters'],
      message: 'A password has at least one character of each: !:🦊',
    });
    for (const good of ['vqzkbwjx7!', 'vqzkbwjx7:', 'vqzkbwjx7🦊'])
      expect(reasonAgainst(good, about)).toBeNull();
    // Half of the fox is another animal.
    expect(reasonAgainst('vqzkbwjx7🐙', about)).toEqual(['characters']);
  });

  test('without being repeated in the message', () => {
    expect(checkPassword('password123', ADA)?.message).not.toContain('password123');
  });
});
