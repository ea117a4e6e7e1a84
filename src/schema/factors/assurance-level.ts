import { builder } from '../builder.ts';

export const AssuranceLevelRef = builder.enumType('AssuranceLevel', {
  description: 'How sure the session is of its person (NIST SP 800-63B, as Supabase Auth uses it).',
  values: {
    AAL1: { value: 'aal1', description: 'One factor: a password, a link, another provider.' },
    AAL2: { value: 'aal2', description: 'A second factor as well.' },
    AAL3: { value: 'aal3', description: 'A hardware key bound to the person. Nothing hands it out yet.' },
  } as const,
});
