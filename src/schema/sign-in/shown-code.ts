/** What the inputs of all mutations have in common that take a code or a link. */
import type { InputFields } from './sign-in.ts';

export const shownCodeFields = (t: InputFields) => ({
  email: t.field({
    type: 'EmailAddress',
    description: 'The address that the code was sent to, together with `code`.',
  }),
  code: t.string({
    description:
      'As it stands in the mail, spaces or not, together with `email`. After ten wrong ones it is dead, and the link beside it still works.',
  }),
  tokenHash: t.string({
    description:
      'What the link in the mail holds, as `token` or `token_hash`, instead of `email` and `code`.',
  }),
});

export const redirectToField = (t: InputFields) => ({
  redirectTo: t.string({
    description:
      'Where the link in the mail leads in the end: with the session in the fragment, or, where the operator has set `MAIL_LINKS=app`, with the `token_hash` for this API’s own mutations. A place that is not on `REDIRECT_ALLOW_LIST`, and none, mean the site itself.',
  }),
});
