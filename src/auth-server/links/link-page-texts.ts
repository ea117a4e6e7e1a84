/** What the page behind a mailed link says, in each language there is. */

export interface LinkPageTexts {
  /** Of each type of link, and of one that is nobody's. */
  heading: Record<string, string> & { other: string };
  button: Record<string, string> & { other: string };
  /** @param host where the person goes on to */
  goesTo: (host: string) => string;
  notAsked: string;
}

export const LANGUAGES: Readonly<Record<string, LinkPageTexts>> = {
  en: {
    heading: {
      signup: 'Confirm your e-mail address',
      invite: 'Accept the invitation',
      magiclink: 'Sign in',
      recovery: 'Set a new password',
      email_change: 'Confirm the new e-mail address',
      other: 'Go on',
    },
    button: {
      signup: 'Confirm',
      invite: 'Accept',
      magiclink: 'Sign in',
      recovery: 'Go on',
      email_change: 'Confirm',
      other: 'Go on',
    },
    goesTo: (host) => `You will then be at ${host}. The link works once.`,
    notAsked: 'If you did not ask for this, close this page: nothing happens.',
  },
  de: {
    heading: {
      signup: 'E-Mail-Adresse bestätigen',
      invite: 'Einladung annehmen',
      magiclink: 'Anmelden',
      recovery: 'Neues Passwort setzen',
      email_change: 'Neue E-Mail-Adresse bestätigen',
      other: 'Weiter',
    },
    button: {
      signup: 'Bestätigen',
      invite: 'Annehmen',
      magiclink: 'Anmelden',
      recovery: 'Weiter',
      email_change: 'Bestätigen',
      other: 'Weiter',
    },
    goesTo: (host) => `Danach geht es weiter bei ${host}. Der Link gilt ein einziges Mal.`,
    notAsked: 'Wenn Sie das nicht angefordert haben, schließen Sie diese Seite: Es passiert nichts.',
  },
};

/** The language of ours that the reader likes best, by `Accept-Language` (RFC 9110, 12.5.4); English where there is none. */
export function preferredLanguage(header: string | null): string {
  const wishes = (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part, index) => {
      const [range = '', ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const quality = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1);
      return { language: range.split('-')[0] ?? '', quality, index };
    })
    .filter(({ language, quality }) => language in LANGUAGES && quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index);
  return wishes[0]?.language ?? 'en';
}
