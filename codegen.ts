/** `npm run codegen`: `schema.graphql` from the code, and the client's types and documents from that. */
import type { CodegenConfig } from '@graphql-codegen/cli';
import { printSchema } from 'graphql';
import { schema } from './src/schema/schema.ts';

const config: CodegenConfig = {
  // As text, so that a second copy of `graphql` could do no harm. The generator sorts it.
  schema: printSchema(schema),
  documents: 'src/client/documents/*.graphql',
  generates: {
    'schema.graphql': { plugins: ['schema-ast'] },
    'src/client/generated/operations.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        // Without `__typename` in every answer, unions would not narrow.
        addTypenameToSelectionSets: true,
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
        useTypeImports: true,
        enumType: 'string-literal',
        strictScalars: true,
        scalars: {
          ID: 'string',
          DateTime: 'string',
          EmailAddress: 'string',
          JSONObject: 'Record<string, unknown>',
        },
      },
    },
  },
};

export default config;
