import {
  type DocumentNode,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getOperationAST,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
} from 'graphql';

const MAX_PROBLEMS = 10;

/** What may stand in a message; a longer key, or a stranger one, is not a name that somebody mistyped. */
const NAME = /^\w{1,64}$/;

/** Says by name and type, never by value, which variables do not fit what the operation declares; no more than ten of them. */
export function findBadVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Record<string, unknown> | null | undefined,
): string[] {
  const problems: string[] = [];
  const operation = getOperationAST(document, operationName);
  for (const { variable, type: typeNode, defaultValue } of operation?.variableDefinitions ?? []) {
    const type = typeFromAST(schema, typeNode);
    const name = variable.name.value;
    const value = variables?.[name];
    if (!isInputType(type) || (value === undefined && defaultValue)) continue;
    check(value, type, `$${name}`);
  }
  return problems;

  function report(problem: string) {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  }

  function check(value: unknown, type: GraphQLInputType, path: string): void {
    // What is not reported is not looked at either: a list of a megabyte holds half a million mistakes.
    if (problems.length >= MAX_PROBLEMS) return;
    if (value === undefined || value === null) {
      if (isNonNullType(type)) report(`Variable "${path}" is required; it is of type "${type}".`);
    } else if (isNonNullType(type)) {
      check(value, type.ofType, path);
    } else if (isListType(type)) {
      if (!Array.isArray(value)) check(value, type.ofType, path);
      else value.forEach((item, index) => void check(item, type.ofType, `${path}.${index}`));
    } else if (isInputObjectType(type)) {
      checkObject(value, type, path);
    } else if (!isAccepted(() => type.parseValue(value))) {
      report(`Variable "${path}" is not a value of type "${type}".`);
    }
  }

  function checkObject(value: object | unknown, type: GraphQLInputObjectType, path: string): void {
    if (typeof value !== 'object' || Array.isArray(value)) {
      report(`Variable "${path}" is not an object of type "${type}".`);
      return;
    }
    const given = value as Record<string, unknown>;
    const fields = type.getFields();
    for (const field of Object.values(fields)) {
      if (given[field.name] === undefined && field.defaultValue !== undefined) continue;
      check(given[field.name], field.type, `${path}.${field.name}`);
    }
    for (const key of Object.keys(given)) {
      if (Object.hasOwn(fields, key)) continue;
      const which = NAME.test(key) ? `a field "${key}"` : 'an unknown field';
      report(`Variable "${path}" has ${which} that type "${type}" does not have.`);
    }
  }
}

function isAccepted(parse: () => unknown): boolean {
  try {
    return parse() !== undefined;
  } catch {
    return false;
  }
}
