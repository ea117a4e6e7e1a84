/** How much one request may ask for. All of it is decided before validation, which a hostile query can make expensive too. */
import { type DocumentNode, type GraphQLSchema, Lexer, Source, TokenKind } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { measureDocument, type QueryMeasure } from './query-measure.ts';
import { refusal } from './refusal.ts';

/** Validation takes time in the square of these: a thousand cost it some 10 ms at worst. */
const MAX_TOKENS = 1000;
const MAX_DIRECTIVES = 20;

const MAX_MEASURE: QueryMeasure = {
  // A full page of a list, with most fields of its rows.
  cost: 3000,
  depth: 12,
  // The standard introspection query has 15 levels.
  introspectionDepth: 16,
  aliases: 15,
  introspections: 1,
  // So that nobody tries a hundred passwords in one request and is counted once.
  credentials: 1,
};

/** What the caller is told: which limit, and no number to work up to. */
const REFUSALS = {
  tokens: 'The document is too long.',
  directives: 'The document has too many directives.',
  cost: 'The operation asks for too many fields.',
  depth: 'The operation is nested too deeply.',
  introspectionDepth: 'The introspection is nested too deeply.',
  aliases: 'The operation has too many aliases.',
  introspections: 'Ask for `__schema` or `__type` once.',
  credentials: 'Send one operation on a credential at a time.',
};

export function useQueryLimits(schema: GraphQLSchema): Plugin {
  /** Documents, kept by the parser's cache, that are within the limits whatever their variables are. */
  const accepted = new WeakSet<DocumentNode>();
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source: string | Source, options) => {
        checkText(source);
        return parseFn(source, options);
      });
      return ({ result, context }) => {
        if (result === null || result instanceof Error || accepted.has(result)) return;
        const { measures, dependsOnVariables } = measureDocument(
          schema,
          result,
          context.params.variables ?? {},
        );
        for (const measure of measures) checkMeasure(measure);
        if (!dependsOnVariables) accepted.add(result);
      };
    },
  };
}

function checkText(text: string | Source): void {
  const lexer = new Lexer(typeof text === 'string' ? new Source(text) : text);
  let tokens = 0;
  let directives = 0;
  for (let token = nextToken(lexer); token.kind !== TokenKind.EOF; token = nextToken(lexer)) {
    tokens += 1;
    if (token.kind === TokenKind.AT) directives += 1;
    if (tokens > MAX_TOKENS) throw tooComplex('tokens');
    if (directives > MAX_DIRECTIVES) throw tooComplex('directives');
  }
}

/** The parser will stop at the same place and say what is wrong there. */
function nextToken(lexer: Lexer): { kind: TokenKind } {
  try {
    return lexer.advance();
  } catch {
    return { kind: TokenKind.EOF };
  }
}

function checkMeasure(measure: QueryMeasure): void {
  for (const limit of Object.keys(MAX_MEASURE) as (keyof QueryMeasure)[]) {
    if (measure[limit] > MAX_MEASURE[limit]) throw tooComplex(limit);
  }
}

function tooComplex(limit: keyof typeof REFUSALS) {
  return refusal(400, 'QUERY_TOO_COMPLEX', REFUSALS[limit], { limit });
}
