import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createRefusalBudget } from '../../../src/adapters/limits/refusal-budget.ts';
import { type Actor, newClient } from '../../../src/identity/client.ts';

const client = (address: string, actor: Actor | null = null) => ({
  ...newClient({ address, userAgent: null, requestId: 'x' }),
  actor,
});
const person = (userId: string = randomUUID()): Actor => ({ kind: 'person', userId, sessionId: null });

describe('the budget of refusals', () => {
  test('lets no stranger keep what an operator is refused from being recorded, be they of one network', () => {
    const budget = createRefusalBudget(() => new Date(0));
    for (let count = 0; count < 100; count += 1) budget.take(client('192.0.2.7'));
    expect(budget.take(client('192.0.2.7'))).toBeNull();
    expect(budget.take(client('192.0.2.7', person()))).toBe(0);
    expect(budget.take(client('192.0.2.7', { kind: 'service', id: 'service_role' }))).toBe(0);
  });

  test('nor strangers of many networks, nor people of many accounts', () => {
    const budget = createRefusalBudget(() => new Date(0));
    for (let count = 0; count < 5000; count += 1) budget.take(client(`10.0.${count >> 8}.${count & 255}`));
    const crowd = Array.from({ length: 100 }, () => person());
    for (let count = 0; count < 6000; count += 1) budget.take(client('192.0.2.7', crowd[count % 100]!));
    expect(budget.take(client('192.0.2.7', crowd[0]!))).toBeNull();
    expect(budget.take(client('198.51.100.1'))).toBeNull();
    expect(budget.take(client('192.0.2.7', person()))).toBe(0);
  });

  test('counts what it left out, and tells it with the next that is recorded', () => {
    let now = 0;
    const budget = createRefusalBudget(() => new Date(now));
    const operator = client('192.0.2.7', person());
    for (let count = 0; count < 70; count += 1) budget.take(operator);
    now = 61_000;
    expect([budget.take(operator), budget.take(operator)]).toEqual([10, 0]);
  });
});
