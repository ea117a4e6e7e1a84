/**
 * How much an operation asks for, before it is validated. Each fragment is measured once, however often it is spread, so that thirty
 * fragments that each spread the next one twice are an addition of thirty numbers and not a billion fields.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  type IntValueNode,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { DEFAULT_PAGE } from '../../identity/page.ts';
import { refusal } from './refusal.ts';

/** All numbers count what would be executed: through fragments, and whatever `@skip` and `@include` say. */
export interface QueryMeasure {
  /** Fields, each as often as the sizes of the lists around it allow. */
  readonly cost: number;
  /** Levels of fields, those below `__schema` and `__type` left out. */
  readonly depth: number;
  readonly introspectionDepth: number;
  readonly aliases: number;
  /** `__schema` and `__type`. */
  readonly introspections: number;
  /** Root fields that take a credential: the schema marks them by the extension `credential`. */
  readonly credentials: number;
}

export interface MeasuredDocument {
  /** One for each operation, and the cost of each fragment: validation walks the unused ones too. */
  readonly measures: readonly QueryMeasure[];
  /** Whether other variables would give other measures. */
  readonly dependsOnVariables: boolean;
}

const NOTHING: QueryMeasure = {
  cost: 0,
  depth: 0,
  introspectionDepth: 0,
  aliases: 0,
  introspections: 0,
  credentials: 0,
};

/** The arguments that say how long a list may be. */
const LIST_SIZES = new Set(['first', 'last']);

const INTROSPECTIONS = new Set(['__schema', '__type']);

/** @throws a refusal when fragments spread each other in a circle, or the schema has no such operations */
export function measureDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Record<string, unknown>,
): MeasuredDocument {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const defaults = largestDefaults(document);
  const finished = new Map<string, QueryMeasure>();
  const unfinished = new Set<string>();
  let dependsOnVariables = false;

  function ofSelections(set: SelectionSetNode | undefined, parent: GraphQLNamedType | undefined) {
    let total = NOTHING;
    for (const selection of set?.selections ?? []) total = sum(total, ofSelection(selection, parent));
    return total;
  }

  function ofSelection(selection: SelectionNode, parent: GraphQLNamedType | undefined): QueryMeasure {
    if (selection.kind === Kind.FIELD) return ofField(selection, parent);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    const { typeCondition, selectionSet } = selection;
    return ofSelections(selectionSet, typeCondition ? schema.getType(typeCondition.name.value) : parent);
  }

  function ofFragment(name: string): QueryMeasure {
    const known = finished.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    // Validation will say that it is missing.
    if (!fragment) return NOTHING;
    if (unfinished.has(name)) {
      throw refusal(400, 'GRAPHQL_VALIDATION_FAILED', 'Fragments must not spread themselves.');
    }
    unfinished.add(name);
    const measure = ofSelections(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
    unfinished.delete(name);
    finished.set(name, measure);
    return measure;
  }

  function ofField(node: FieldNode, parent: GraphQLNamedType | undefined): QueryMeasure {
    const name = node.name.value;
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    const below = ofSelections(node.selectionSet, field && getNamedType(field.type));
    const isIntrospection = INTROSPECTIONS.has(name);
    const takesCredential = parent === schema.getMutationType() && field?.extensions.credential === true;
    return {
      cost: 1 + below.cost * listSize(node, field),
      depth: isIntrospection ? 0 : below.depth + 1,
      introspectionDepth: isIntrospection ? below.depth + 1 : below.introspectionDepth,
      aliases: below.aliases + (node.alias ? 1 : 0),
      introspections: below.introspections + (isIntrospection ? 1 : 0),
      credentials: below.credentials + (takesCredential ? 1 : 0),
    };
  }

  function listSize(node: FieldNode, field: GraphQLField<unknown, unknown> | undefined): number {
    const given = (node.arguments ?? []).filter((argument) => LIST_SIZES.has(argument.name.value));
    const known = (field?.args ?? []).filter((argument) => LIST_SIZES.has(argument.name));
    const sizes = [
      ...given.map((argument) => sizeOf(argument.value)),
      ...(given.length ? [] : known.map((argument) => argument.defaultValue)),
    ].filter((size) => typeof size === 'number');
    if (sizes.length > 0) return Math.max(1, ...sizes);
    return known.length > 0 ? DEFAULT_PAGE : 1;
  }

  function sizeOf(value: ValueNode): unknown {
    if (value.kind === Kind.INT) return Number(value.value);
    if (value.kind !== Kind.VARIABLE) return undefined;
    dependsOnVariables = true;
    return variables[value.name.value] ?? defaults.get(value.name.value);
  }

  const measures = document.definitions.map((definition) => {
    // Its depth and the rest count where it is spread.
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      return { ...NOTHING, cost: ofFragment(definition.name.value).cost };
    }
    if (definition.kind !== Kind.OPERATION_DEFINITION) return NOTHING;
    const root = schema.getRootType(definition.operation);
    // Validation would let it pass, and execution fail.
    if (!root) throw refusal(400, 'GRAPHQL_VALIDATION_FAILED', `There is no ${definition.operation} here.`);
    return ofSelections(definition.selectionSet, root);
  });
  return { measures, dependsOnVariables };
}

function sum(a: QueryMeasure, b: QueryMeasure): QueryMeasure {
  return {
    cost: a.cost + b.cost,
    depth: Math.max(a.depth, b.depth),
    introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
    aliases: a.aliases + b.aliases,
    introspections: a.introspections + b.introspections,
    credentials: a.credentials + b.credentials,
  };
}

/** A fragment does not know which operation it will serve: of two operations' defaults for one name it takes the larger. */
function largestDefaults(document: DocumentNode): Map<string, number> {
  const defaults = new Map<string, number>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const { variable, defaultValue } of definition.variableDefinitions ?? []) {
      if (defaultValue?.kind !== Kind.INT) continue;
      const name = variable.name.value;
      defaults.set(name, Math.max(defaults.get(name) ?? 0, Number((defaultValue as IntValueNode).value)));
    }
  }
  return defaults;
}
