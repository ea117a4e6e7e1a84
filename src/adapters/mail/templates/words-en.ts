import type { Words } from './words.ts';

export const english: Words = {
  phoneCode: '{{ Token }} is your code for {{ SiteName }}. Do not share it with anyone.',
  linkHint: 'If the button does not work, copy this address into your browser:',
  ifNotYou:
    'If you did not ask for this, you can ignore this mail. Never share the link or the code: nobody from us will ask for them.',
  ifNotYouNotice:
    'If this was you, there is nothing to do. If it was not, reset your password now, and sign out of all other devices.',
  why: 'You get this mail because {{ SendingTo }} is used at {{ SiteName }} ({{ SiteURL }}).',
  factorTypes: {
    totp: 'an authenticator app',
    phone: 'a phone number',
    webauthn: 'a security key or passkey',
    recovery_code: 'recovery codes',
  },
  mails: {
    'confirm-signup': {
      subject: 'Confirm your e-mail address for {{ SiteName }}',
      heading: 'Confirm your e-mail address',
      lines: ['Welcome. One step is left: confirm that {{ SendingTo }} is your address.'],
      action: 'Confirm address',
      codeHint: 'Or type this code where you signed up:',
    },
    'magic-link': {
      subject: 'Your sign-in link for {{ SiteName }}',
      heading: 'Sign in to {{ SiteName }}',
      lines: ['Use this link to sign in. It works once, and not for long.'],
      action: 'Sign in',
      codeHint: 'Or type this code where you asked for it:',
    },
    invite: {
      subject: 'You are invited to {{ SiteName }}',
      heading: 'You are invited',
      lines: [
        'Somebody at {{ SiteName }} has made an account for {{ SendingTo }}. Accept the invitation to use it.',
      ],
      action: 'Accept the invitation',
      codeHint: 'Or type this code when you are asked for it:',
    },
    recovery: {
      subject: 'Reset your password for {{ SiteName }}',
      heading: 'Reset your password',
      lines: ['Somebody, we hope you, asked to reset the password of {{ SendingTo }}.'],
      action: 'Choose a new password',
      codeHint: 'Or type this code where you asked for it:',
    },
    'email-change-current': {
      subject: 'Confirm the change of your e-mail address at {{ SiteName }}',
      heading: 'Your e-mail address is to change',
      lines: [
        'The address of your account is to become {{ NewEmail }} instead of {{ Email }}.',
        'Confirm that this is what you want. The new address is asked as well.',
      ],
      action: 'Confirm the change',
      codeHint: 'Or type this code where you asked for the change:',
    },
    'email-change-new': {
      subject: 'Confirm your new e-mail address for {{ SiteName }}',
      heading: 'Confirm your new e-mail address',
      lines: ['The address of an account is to become {{ NewEmail }}. Confirm that this is your address.'],
      action: 'Confirm address',
      codeHint: 'Or type this code where you asked for the change:',
    },
    reauthentication: {
      subject: 'Your confirmation code for {{ SiteName }}',
      heading: 'Confirm that it is you',
      lines: ['Something important is about to change in your account.'],
      codeHint: 'Type this code to go on:',
    },
    'account-exists': {
      subject: 'You already have an account at {{ SiteName }}',
      heading: 'You already have an account',
      lines: [
        'Somebody tried to sign up at {{ SiteName }} with your address, {{ SendingTo }}. You have an account already, and nothing about it has changed.',
        'If it was you, sign in, or reset your password if you no longer know it. If it was not you, there is nothing to do.',
      ],
      action: 'Go to {{ SiteName }}',
    },
    'password-changed': {
      subject: 'Your password at {{ SiteName }} was changed',
      heading: 'Your password was changed',
      lines: ['The password of your account was changed.'],
    },
    'email-changed': {
      subject: 'Your e-mail address at {{ SiteName }} was changed',
      heading: 'Your e-mail address was changed',
      lines: ['The address of your account is now {{ NewEmail }}. Mail no longer goes to {{ OldEmail }}.'],
    },
    'phone-changed': {
      subject: 'Your phone number at {{ SiteName }} was changed',
      heading: 'Your phone number was changed',
      lines: ['The phone number of your account was changed.'],
    },
    'identity-linked': {
      subject: 'A new way to sign in at {{ SiteName }}',
      heading: 'A new way to sign in',
      lines: ['Your account can now be signed in to with {{ Provider }}.'],
    },
    'identity-unlinked': {
      subject: 'A way to sign in at {{ SiteName }} was removed',
      heading: 'A way to sign in was removed',
      lines: ['Your account can no longer be signed in to with {{ Provider }}.'],
    },
    'factor-added': {
      subject: 'Two-step sign-in at {{ SiteName }}: a method was added',
      heading: 'A second step was added',
      lines: ['Your account now has a further second step for signing in: {{ FactorName }}.'],
    },
    'factor-removed': {
      subject: 'Two-step sign-in at {{ SiteName }}: a method was removed',
      heading: 'A second step was removed',
      lines: ['Your account no longer has this second step for signing in: {{ FactorName }}.'],
    },
    'passkey-added': {
      subject: 'A passkey was added at {{ SiteName }}',
      heading: 'A passkey was added',
      lines: ['Your account can now be signed in to with a new passkey.'],
    },
    'passkey-removed': {
      subject: 'A passkey was removed at {{ SiteName }}',
      heading: 'A passkey was removed',
      lines: ['A passkey of your account was removed and no longer signs in.'],
    },
    'recovery-codes-generated': {
      subject: 'New recovery codes at {{ SiteName }}',
      heading: 'New recovery codes',
      lines: ['New recovery codes were made for your account. Codes from before no longer work.'],
    },
    'recovery-code-used': {
      subject: 'A recovery code was used at {{ SiteName }}',
      heading: 'A recovery code was used',
      lines: [
        'Somebody signed in to your account with one of its recovery codes. That code no longer works.',
      ],
    },
    'account-deletion-scheduled': {
      subject: 'Your account at {{ SiteName }} will be deleted',
      heading: 'Your account will be deleted',
      lines: [
        'You asked us to delete your account, with everything in it. That happens on {{ Data.deletesOn }} (UTC).',
        'If you change your mind before then, sign in and call it off.',
      ],
    },
    'account-deletion-cancelled': {
      subject: 'Your account at {{ SiteName }} stays',
      heading: 'Your account stays',
      lines: ['The deletion of your account was called off. Nothing was deleted.'],
    },
    'account-deleted': {
      subject: 'Your account at {{ SiteName }} was deleted',
      heading: 'Your account was deleted',
      lines: [
        'Your account was deleted, with everything in it. It cannot be restored. This is the last mail you get from us.',
      ],
      closing:
        'If you did not want this, write to the people behind {{ SiteName }} at once. You find them at {{ SiteURL }}.',
    },
  },
};
