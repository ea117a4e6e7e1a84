import { RateLimitedError, ServiceUnavailableError } from '../../identity/errors.ts';
import { AssuranceRequiredError } from '../../identity/factors/factor-errors.ts';
import { exportMyData, type PersonExport } from '../../identity/own-account/person-export.ts';
import { builder } from '../builder.ts';

const PersonalDataRef = builder.objectRef<PersonExport>('PersonalData').implement({
  description: 'A copy of everything that is kept about a person.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'exportedAt' in value,
  fields: (t) => ({
    exportedAt: t.expose('exportedAt', { type: 'DateTime', description: 'When it was read.' }),
    data: t.expose('data', {
      type: 'JSONObject',
      description:
        'A key for each kind: `account`, `identities`, `sessions`, `consents`, `messages` and more, for the person to keep and not for programs to read: keys come and go. Holds no password, token, code, secret or hash.',
    }),
  }),
});

const ExportMyDataResult = builder.errorUnion('ExportMyDataResult', {
  description: 'The copy, or why there is none.',
  types: [PersonalDataRef, AssuranceRequiredError, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('exportMyData', (t) =>
  t.withAuth({ person: true }).field({
    type: ExportMyDataResult,
    skipTypeScopes: true,
    description:
      'For a signed-in person: everything that is kept about them, as far as this installation can reach it; ten times an hour. A mutation because it is counted. Whoever has a second factor must have shown it in this session.',
    resolve: (_root, _args, { services, viewer }) => exportMyData(services, viewer),
  }),
);
