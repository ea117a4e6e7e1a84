/** How sure a session is of its person, as `auth.aal_level` has it. */
export type AssuranceLevel = 'aal1' | 'aal2' | 'aal3';

export const lowerLevelOf = (a: AssuranceLevel, b: AssuranceLevel) => (a < b ? a : b);
