import { visit } from 'graphql';
import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars';
import { createGraphQLError } from 'graphql-yoga';
import type { JsonObject } from '../identity/json.ts';
import { builder } from './builder.ts';

builder.addScalarType('DateTime', DateTimeResolver, {
  description: 'A point in time: RFC 3339, in UTC, like `2026-11-21T08:30:00.000Z`.',
});

builder.scalarType('JSONObject', {
  description: 'A JSON object with any keys. Give it as a variable, or as a literal without variables in it.',
  serialize: (value) => JSONObjectResolver.serialize(value) as JsonObject,
  parseValue: (value) => JSONObjectResolver.parseValue(value) as JsonObject,
  parseLiteral(node) {
    // One large variable, named a hundred times, would be a hundred times as large as any request may be.
    visit(node, {
      Variable() {
        throw createGraphQLError('A literal of a JSONObject takes no variables.');
      },
    });
    return JSONObjectResolver.parseLiteral(node, {}) as JsonObject;
  },
});

builder.scalarType('EmailAddress', {
  description:
    'An e-mail address, lower-cased, its domain in ASCII. A malformed one is answered with `ValidationError`, so that a form can show it beside the field, and not as an error of the request.',
  serialize: String,
  parseValue: (value) => {
    if (typeof value !== 'string') throw createGraphQLError('An e-mail address is a string.');
    return value;
  },
});
