import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/identity/account.ts';
import { createChangeLog } from '../../src/identity/changes.ts';

const START = Date.parse('2026-11-21T08:00:00Z');
const SECONDS = START / 1000;

/** Begins ten seconds before `START`, as if the process had run for so long. */
function clockedLog(keepSeconds = 900) {
  let now = START - 10_000;
  const log = createChangeLog(() => new Date(now), keepSeconds);
  now = START;
  return {
    log,
    advance: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

const account = (id: string) => ({ id, userMetadata: {}, appMetadata: {} }) as unknown as Account;

describe('the change log', () => {
  test('takes a token of the very second of a change for older than it, since `iat` has whole seconds', () => {
    const { log } = clockedLog();
    log.userChanged('ada');
    expect(log.isStale('ada', SECONDS - 1)).toBe(true);
    expect(log.isStale('ada', SECONDS)).toBe(true);
    expect(log.isStale('ada', SECONDS + 1)).toBe(false);
    expect(log.isStale('grace', SECONDS - 1)).toBe(false);
  });

  test('trusts nothing from before a time that nobody was told of, neither tokens nor what was read', () => {
    const { log } = clockedLog();
    const mark = log.mark();
    log.anybodyChanged(new Date(START));
    log.follow({ isCaughtUp: () => true }, true);
    log.remember('session', account('ada'), mark);
    expect(log.isStale('ada', SECONDS)).toBe(true);
    expect(log.remembered('ada', 'session')).toBeUndefined();
    log.remember('session', account('ada'), log.mark());
    expect(log.remembered('ada', 'session')?.id).toBe('ada');
    expect(log.isStale('ada', SECONDS + 6)).toBe(false);
  });

  test('forgets what was read about somebody when they change again', () => {
    const { log } = clockedLog();
    log.userChanged('ada');
    log.remember('session', account('ada'), log.mark());
    expect(log.remembered('ada', 'session')?.id).toBe('ada');
    log.userChanged('ada');
    expect(log.remembered('ada', 'session')).toBeUndefined();
  });

  test('does not trust a reading during which somebody changed', () => {
    const { log } = clockedLog();
    log.userChanged('ada');
    const mark = log.mark();
    log.userChanged('ada');
    log.remember('session', account('ada'), mark);
    expect(log.remembered('ada', 'session')).toBeUndefined();
  });

  test('goes on trusting what it read about one person while another changes', () => {
    const { log } = clockedLog();
    log.userChanged('ada');
    log.remember('session', account('ada'), log.mark());
    log.userChanged('grace');
    expect(log.remembered('ada', 'session')?.id).toBe('ada');
  });

  test('keeps what was read for one session from every other', () => {
    const { log } = clockedLog();
    log.userChanged('ada');
    log.remember('phone', account('ada'), log.mark());
    expect(log.remembered('ada', 'laptop')).toBeUndefined();
    expect(log.remembered('grace', 'phone')).toBeUndefined();
  });

  test('keeps changes and ended sessions as long as a token can live, and then lets go', () => {
    const { log, advance } = clockedLog(900);
    log.userChanged('ada');
    log.sessionEnded('session');
    advance(900);
    log.userChanged('grace');
    expect(log.isStale('ada', SECONDS)).toBe(true);
    expect(log.isSessionEnded('session')).toBe(true);
    advance(2);
    log.userChanged('grace');
    expect(log.isSessionEnded('session')).toBe(false);
  });

  test('has a token that lives longer than it was told looked up again and again, as it has forgotten what concerns it', () => {
    const { log, advance } = clockedLog(900);
    log.userChanged('ada');
    advance(902);
    log.userChanged('grace');
    expect(log.isStale('ada', SECONDS)).toBe(true);
    expect(log.isStale('ada', SECONDS + 2)).toBe(false);
    log.remember('session', account('ada'), log.mark());
    advance(900);
    expect(log.remembered('ada', 'session')?.id).toBe('ada');
    advance(1);
    expect(log.remembered('ada', 'session')).toBeUndefined();
  });

  test('has a token from before its own beginning looked up once, since it cannot know what it missed', () => {
    const { log } = clockedLog();
    expect(log.isStale('ada', SECONDS - 11)).toBe(true);
    expect(log.isStale('ada', SECONDS - 10)).toBe(true);
    expect(log.isStale('ada', SECONDS - 9)).toBe(false);
    log.remember('session', account('ada'), log.mark());
    expect(log.remembered('ada', 'session')?.id).toBe('ada');
  });

  test('trusts no reading while a change may still be on its way, and no token issued meanwhile', () => {
    const { log, advance } = clockedLog();
    log.userMayChange('ada');
    log.remember('session', account('ada'), log.mark());
    expect(log.remembered('ada', 'session')).toBeUndefined();
    advance(30);
    expect(log.isStale('ada', SECONDS + 30)).toBe(true);
    advance(31);
    expect(log.remembered('ada', 'session')).toBeUndefined();
    log.remember('session', account('ada'), log.mark());
    expect(log.remembered('ada', 'session')?.id).toBe('ada');
    expect(log.isStale('ada', SECONDS + 61)).toBe(false);
  });
});
