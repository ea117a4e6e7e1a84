/**
 * Says what is wrong with an operation without repeating any value of it: graphql-js's own messages quote what they refuse, so a password
 * sent as a number, or behind a missing quotation mark, would come back in clear.
 */
import {
  type ASTVisitor,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  Kind,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { createGraphQLError, type Plugin } from 'graphql-yoga';
import { findBadVariables } from './bad-variables.ts';
import { refusal } from './refusal.ts';

export function useQuietInputErrors(): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source: string, options) => {
        try {
          return parseFn(source, options);
        } catch (error) {
          throw isSyntaxError(error) ? withoutToken(error) : error;
        }
      });
    },
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema: GraphQLSchema, document: DocumentNode, rules: ValidationRule[], ...rest) =>
        validateFn(schema, document, rules.map(withoutValues), ...rest),
      );
    },
    onExecute({ args }) {
      return {
        onExecuteDone({ result, setResult }) {
          // Without data nothing was executed: the variables did not fit.
          if ('data' in result || !('errors' in result)) return;
          const problems = findBadVariables(
            args.schema,
            args.document,
            args.operationName,
            args.variableValues,
          );
          const messages = problems.length > 0 ? problems : ['The variables do not fit the operation.'];
          setResult({ errors: messages.map((message) => refusal(400, 'BAD_USER_INPUT', message)) });
        },
      };
    },
  };
}

function isSyntaxError(error: unknown): error is GraphQLError {
  return error instanceof Error && 'positions' in error && error.message.startsWith('Syntax Error: ');
}

/** `Expected Name, found String "hunter2".` */
function withoutToken(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/\b(Name|Int|Float|String|BlockString|Comment) ".*"/s, '$1');
  return createGraphQLError(message, { source: error.source, positions: error.positions });
}

/** Only one rule looks at values; the others know but names and types. */
function withoutValues(rule: ValidationRule): ValidationRule {
  if (rule.name !== 'ValuesOfCorrectTypeRule') return rule;
  // Validation is cached by the names of the rules.
  return function ValuesOfCorrectTypeRule(context: ValidationContext): ASTVisitor {
    const reportError = (error: GraphQLError) => context.reportError(withoutValue(error, context));
    return rule(Object.create(context, { reportError: { value: reportError } }));
  };
}

function withoutValue(error: GraphQLError, context: ValidationContext): GraphQLError {
  const type = context.getInputType();
  const kind = error.nodes?.[0]?.kind;
  const namesFields =
    kind === Kind.OBJECT_FIELD || (kind === Kind.OBJECT && isInputObjectType(getNamedType(type)));
  // A field that is unknown or missing: the message has its name and its type.
  if (namesFields) return error;
  return createGraphQLError(`Expected a value of type "${type}".`, { nodes: error.nodes ?? [] });
}
