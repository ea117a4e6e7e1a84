/** Who may import whom (ARCHITECTURE.md draws it). Each room names the rooms it may look into; all else is an error. */
const rooms = {
  identity: ['identity'],
  schema: ['schema', 'identity', 'context\\.ts$'],
  adapters: ['adapters', 'identity'],
  // Of the rules only what says what a thing is, and never what GraphQL answers.
  'auth-server': [
    'auth-server',
    'adapters/(postgres|tokens|passwords|mail|hooks|oauth)',
    'identity/(attempts|audit/audit-event|changes|client|clock|json|just-shown|text|uuid)\\.ts$',
  ],
  config: ['config'],
  http: ['http', 'schema', 'identity', 'auth-server', 'context\\.ts$'],
  client: ['client'],
};

export default {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one file, or a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'context-looks-down',
      severity: 'error',
      from: { path: '^src/context\\.ts$' },
      to: { path: '^src/', pathNot: '^src/identity/' },
    },
    ...Object.entries(rooms).map(([room, mayImport]) => ({
      name: `${room}-imports`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${mayImport.join('|')})` },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
