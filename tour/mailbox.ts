/** What the mailbox of a Limen without SMTP shows: `/dev/mail.json`. */

export interface Mail {
  readonly id: string;
  /** `confirm-signup`, `password-changed`, …; `phone-code` of a text message. */
  readonly template: string;
  readonly subject: string;
  readonly text: string;
  /** Null in mails that only tell. */
  readonly code: string | null;
  readonly link: string | null;
}

export interface Mailbox {
  /**
   * The newest to an address, or a number, of one of these kinds, that nobody was given yet; waits for it, since mails leave after the
   * answer.
   */
  next(to: string, ...templates: string[]): Promise<Mail>;
}

const PATIENCE_MS = 10_000;
const POLL_MS = 50;

export function createMailbox(url: string): Mailbox {
  const given = new Set<string>();

  async function unread(to: string, templates: string[]): Promise<Mail | undefined> {
    // Numbers are kept without the plus.
    const response = await fetch(`${url}/dev/mail.json?to=${encodeURIComponent(to.replace(/^\+/, ''))}`);
    if (!response.ok) throw new Error(`The mailbox answers ${response.status}.`);
    const { messages } = (await response.json()) as { messages: Mail[] };
    return messages.find((mail) => templates.includes(mail.template) && !given.has(mail.id));
  }

  return {
    async next(to, ...templates) {
      const until = Date.now() + PATIENCE_MS;
      for (;;) {
        const mail = await unread(to, templates);
        if (mail) {
          given.add(mail.id);
          return mail;
        }
        if (Date.now() > until)
          throw new Error(`No mail ${templates.join(' or ')} in ${PATIENCE_MS / 1000} s.`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
  };
}
