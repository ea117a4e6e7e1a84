/** Whatever text somebody sends, and wherever: what cannot be written in UTF-8, nor into an address, is a refusal and no accident. */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/schema/schema.ts';
import { createTestApp, PASSWORD } from '../support/app.ts';

const NO_TEXT = 'a\ud800b';
/** As far as it goes: what is plainly no address would be refused before anybody writes it into one. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  redirectTo: 'http://localhost:8001/',
  url: 'https://example.com/',
  provider: 'custom:',
};

const PLAUSIBLE: Readonly<Record<string, string>> = {
  email: 'ada@example.com',
  phone: '+41795550011',
  ...BEGINNINGS,
  provider: 'github',
  codeChallenge: 'a'.repeat(43),
  codeVerifier: 'a'.repeat(43),
  currentPassword: PASSWORD,
  password: PASSWORD,
  code: '123456',
};
/** One of two, in each of these. */
const RIVALS = ['currentPassword', 'nonce', 'phone', 'tokenHash'];

type Field = GraphQLArgument | GraphQLInputField;

/** A value in which one text is none, and then the next one, until all have been. */
function* valuesOf(type: GraphQLInputType, name: string): Generator<unknown> {
  if (isNonNullType(type)) return yield* valuesOf(type.ofType, name);
  if (isListType(type)) {
    for (const value of valuesOf(type.ofType, name)) yield [value];
  } else if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    for (const field of fields) {
      for (const value of valuesOf(field.type, field.name))
        yield { ...restOf(fields, field), [field.name]: value };
    }
  } else if (type.name === 'JSONObject') {
    yield { [NO_TEXT]: 1 };
    yield { key: NO_TEXT };
  } else if (!isEnumType(type) && ['String', 'ID', 'EmailAddress'].includes(type.name)) {
    yield (BEGINNINGS[name] ?? '') + NO_TEXT;
  }
}

const restOf = (fields: readonly Field[], wrong: Field) =>
  Object.fromEntries(
    fields.flatMap((field) =>
      field === wrong || (RIVALS.includes(field.name) && !isNonNullType(field.type))
        ? []
        : [[field.name, plausible(field.type, field.name)]],
    ),
  );

function plausible(type: GraphQLInputType, name: string): unknown {
  if (isNonNullType(type)) return plausible(type.ofType, name);
  if (isListType(type)) return [plausible(type.ofType, name)];
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(({ type }) => isNonNullType(type));
    return Object.fromEntries(fields.map((field) => [field.name, plausible(field.type, field.name)]));
  }
  if (isEnumType(type)) return type.getValues()[0]?.name;
  switch (type.name) {
    case 'ID':
      return crypto.randomUUID();
    case 'Boolean':
      return true;
    case 'Int':
      return 1;
    case 'DateTime':
      return '2026-01-01T00:00:00Z';
    case 'JSONObject':
      return {};
    default:
      return PLAUSIBLE[name] ?? 'x';
  }
}

const OF_PROVIDERS = {
  EXTERNAL_PHONE_ENABLED: 'on',
  EXTERNAL_ANONYMOUS_USERS_ENABLED: 'on',
  EXTERNAL_GITHUB_ENABLED: 'on',
  EXTERNAL_GITHUB_CLIENT_ID: 'limen',
  EXTERNAL_GITHUB_SECRET: 'secret',
  SECURITY_MANUAL_LINKING_ENABLED: 'on',
};

function queryOf(kind: string, { name, type, args }: GraphQLField<unknown, unknown>): string {
  const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const selection = isLeafType(getNamedType(type)) ? '' : '{ __typename }';
  return `${kind} (${declared}) { ${name}(${given}) ${selection} }`;
}

test('a lone surrogate in any text of any field is no accident', { timeout: 60_000 }, async () => {
  const app = await createTestApp({ env: OF_PROVIDERS });
  const admin = await app.signUpWith('root', { roles: ['admin'] });
  const accidents: string[] = [];
  let asked = 0;
  for (const root of [schema.getQueryType()!, schema.getMutationType()!]) {
    for (const field of Object.values(root.getFields())) {
      const query = queryOf(root.name.toLowerCase(), field);
      const inputs = field.args.flatMap((arg) =>
        [...valuesOf(arg.type, arg.name)].map((value) => ({ ...restOf(field.args, arg), [arg.name]: value })),
      );
      asked += inputs.length;
      const answers = await Promise.all(inputs.map((input) => admin(query, input)));
      for (const [index, { errors }] of answers.entries()) {
        const isAccident = errors?.[0].extensions.code === 'INTERNAL_SERVER_ERROR';
        if (isAccident) accidents.push(`${field.name} ${JSON.stringify(inputs[index])}`);
      }
    }
  }
  expect(accidents).toEqual([]);
  expect(asked).toBeGreaterThan(100);
  // All of it was asked by somebody who may.
  expect((await admin('{ me { id } }')).data.me.id).toBe(admin.id);
});
