import { describe, expect, test } from 'vitest';
import { createTestApp } from '../../support/app.ts';

const UPDATE = `mutation ($preferences: JSONObject!) { updatePreferences(input: { preferences: $preferences }) { __typename
  ... on User { preferences } ... on UserError { code } ... on ValidationError { issues { path code } }
  ... on PreferencesTooLargeError { limitBytes actualBytes excessBytes } ... on MetadataTooLargeError { maxBytes } } }`;

describe('updatePreferences', () => {
  test('merges however deep, takes away with null, replaces lists, and `me` sees it with the older token', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const update = async (preferences: unknown) =>
      (await ada(UPDATE, { preferences })).data.updatePreferences;
    await update({ theme: 'dark', editor: { font: { size: 12, name: 'Mono' }, tabs: [1, 2] }, old: 1 });
    const { preferences } = await update({
      editor: { font: { size: 14 }, tabs: [3], wrap: null },
      old: null,
      theme: { mode: 'auto', none: null },
    });
    expect(preferences).toEqual({
      theme: { mode: 'auto' },
      editor: { font: { size: 14, name: 'Mono' }, tabs: [3] },
    });
    expect((await ada('{ me { preferences } }')).data.me.preferences).toEqual(preferences);
    await ada('mutation { updateProfile(input: { displayName: "Ada" }) { __typename } }');
    expect((await ada('{ me { preferences displayName } }')).data.me).toEqual({
      preferences,
      displayName: 'Ada',
    });
  });

  test('of fifty changes at once, from two devices, loses none', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const phone = await app.logIn(ada.email);
    const keys = Array.from({ length: 50 }, (_, index) => `key${index}`);
    const answers = await Promise.all(
      keys.map((key, index) =>
        (index % 2 ? ada : phone)(UPDATE, { preferences: { deep: { [key]: index } } }),
      ),
    );
    expect(new Set(answers.map(({ data }) => data.updatePreferences.__typename))).toEqual(new Set(['User']));
    const { deep } = (await ada('{ me { preferences } }')).data.me.preferences;
    expect(Object.keys(deep).sort()).toEqual(keys.sort());
  });

  test('says by how much they are too large, and changes nothing; who has too much may make it less', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await ada(UPDATE, { preferences: { a: 1 } });
    const refused = (await ada(UPDATE, { preferences: { blob: 'ä'.repeat(2000) } })).data.updatePreferences;
    const actualBytes = JSON.stringify({ a: 1, blob: '' }).length + 4000;
    expect(refused).toEqual({
      __typename: 'PreferencesTooLargeError',
      code: 'PREFERENCES_TOO_LARGE',
      limitBytes: 3072,
      actualBytes,
      excessBytes: actualBytes - 3072,
    });
    expect((await ada('{ me { preferences } }')).data.me.preferences).toEqual({ a: 1 });
    const legacy = { one: 'x'.repeat(2500), two: 'y'.repeat(2500) };
    await app.admin.updateUserById(ada.id, { user_metadata: { preferences: legacy } });
    expect((await ada(UPDATE, { preferences: { three: 1 } })).data.updatePreferences.code).toBe(
      'PREFERENCES_TOO_LARGE',
    );
    expect(
      (await ada(UPDATE, { preferences: { one: 'x'.repeat(1400) } })).data.updatePreferences.__typename,
    ).toBe('User');
  });

  test('leaves room for the rest of the profile', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const metadata = { biography: 'x'.repeat(3000) };
    await ada(
      'mutation ($metadata: JSONObject) { updateProfile(input: { metadata: $metadata }) { __typename } }',
      { metadata },
    );
    const { data } = await ada(UPDATE, { preferences: { blob: 'x'.repeat(2000) } });
    expect(data.updatePreferences).toMatchObject({ code: 'METADATA_TOO_LARGE', maxBytes: 4096 });
  });

  test.each([
    ['{"__proto__":{"admin":true}}', 'RESERVED_KEY', ['preferences', '__proto__']],
    ['{"a":{"constructor":{"prototype":1}}}', 'RESERVED_KEY', ['preferences', 'a', 'constructor']],
    ['{"a":[{"__proto__":1}]}', 'RESERVED_KEY', ['preferences', 'a', '0', '__proto__']],
    ['{"a":"\\u0000"}', 'INVALID_CHARACTER', ['preferences']],
    ['{"1":{"2":{"3":{"4":{"5":{"6":{"7":{"8":{"9":1}}}}}}}}}', 'TOO_DEEP', undefined],
    [`{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`, 'TOO_DEEP', undefined],
  ])('refuses %.40s', async (json, code, path) => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data, status } = await ada(UPDATE, { preferences: JSON.parse(json) });
    if (status === 400) return;
    const [issue] = data.updatePreferences.issues;
    expect(issue.code).toBe(code);
    if (path) expect(issue.path).toEqual(path);
    expect((await ada('{ me { preferences } }')).data.me.preferences).toEqual({});
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
