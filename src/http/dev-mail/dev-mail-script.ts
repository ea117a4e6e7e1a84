/**
 * What the page of `/dev/mail` does in the browser. The function is sent as its own text, so nothing outside of it is there. What comes from
 * messages is only ever put in as text; their HTML stays in a frame that can do nothing.
 */
export function runDevMail(): void {
  interface Message {
    id: string;
    channel: string;
    to: string;
    template: string;
    subject: string;
    text: string;
    code: string | null;
    link: string | null;
    sentAt: string;
    html: string | null;
  }

  const POLL_MS = 1500;
  const byId = (id: string) => document.getElementById(id) as HTMLElement;
  const list = byId('list');
  const empty = byId('empty');
  const pane = byId('message');
  const status = byId('status');
  const filter = byId('filter') as HTMLInputElement;
  let messages: Message[] = [];
  let etag = '';
  let isFirst = true;

  function element(name: string, attributes: Record<string, string>, ...children: (Node | string)[]) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const shown = () => {
    const wanted = filter.value.trim().toLowerCase();
    return messages.filter(({ to }) => to.toLowerCase().includes(wanted));
  };

  function timeOf({ sentAt }: Message) {
    const date = new Date(sentAt);
    const isToday = date.toDateString() === new Date().toDateString();
    const text = isToday ? date.toLocaleTimeString() : date.toLocaleString();
    return element('time', { datetime: sentAt }, text);
  }

  function drawList() {
    const chosen = location.hash.slice(1);
    const focused = document.activeElement?.getAttribute('href');
    const items = shown().map((message) => {
      const link = element(
        'a',
        { href: `#${message.id}` },
        element('strong', {}, message.subject),
        element('span', {}, message.channel === 'sms' ? `+${message.to}` : message.to),
        timeOf(message),
      );
      if (message.id === chosen) link.setAttribute('aria-current', 'true');
      return element('li', {}, link);
    });
    list.replaceChildren(...items);
    empty.hidden = items.length > 0;
    empty.textContent = messages.length > 0 ? 'Nothing was sent to this recipient.' : 'Nothing was sent yet.';
    if (focused?.startsWith('#')) list.querySelector<HTMLElement>(`[href="${CSS.escape(focused)}"]`)?.focus();
  }

  function copyButton(text: string, name: string) {
    const button = element('button', { type: 'button' }, `Copy ${name}`);
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text);
      status.textContent = `The ${name} is copied.`;
    });
    return button;
  }

  function drawMessage() {
    const message = messages.find(({ id }) => id === location.hash.slice(1));
    document.title = message ? `${message.subject} – Mailbox` : 'Mailbox – Limen';
    if (!message) {
      pane.replaceChildren(element('p', { class: 'hint' }, 'Choose a message to read it.'));
      return;
    }
    if (pane.dataset.id === message.id) return;
    pane.dataset.id = message.id;
    const actions = element('div', { class: 'actions' });
    if (message.link) {
      const attributes = { class: 'primary', href: message.link, target: '_blank', rel: 'noreferrer' };
      actions.append(element('a', attributes, 'Open the link'), copyButton(message.link, 'link'));
    }
    if (message.code) actions.append(element('code', {}, message.code), copyButton(message.code, 'code'));
    const about = element(
      'dl',
      {},
      element('dt', {}, 'To'),
      element('dd', {}, message.to),
      element('dt', {}, 'Template'),
      element('dd', {}, message.template),
      element('dt', {}, 'Sent'),
      element('dd', {}, timeOf(message)),
    );
    pane.replaceChildren(element('h2', {}, message.subject), about, actions);
    if (message.html) {
      const sandbox = 'allow-popups allow-popups-to-escape-sandbox';
      pane.append(element('iframe', { src: message.html, sandbox, title: 'The mail as it looks' }));
    }
    const text = element('details', {}, element('summary', {}, 'As text'), element('pre', {}, message.text));
    if (!message.html) text.setAttribute('open', '');
    pane.append(text);
  }

  function draw() {
    drawList();
    drawMessage();
  }

  async function refresh() {
    const response = await fetch('/dev/mail.json', { headers: { 'If-None-Match': etag } });
    if (response.status === 304) return;
    if (!response.ok) throw new Error(String(response.status));
    etag = response.headers.get('etag') ?? '';
    const known = new Set(messages.map(({ id }) => id));
    messages = ((await response.json()) as { messages: Message[] }).messages;
    const fresh = messages.filter(({ id }) => !known.has(id));
    if (!isFirst && fresh[0]) status.textContent = `New: ${fresh[0].subject}`;
    isFirst = false;
    draw();
  }

  async function keepFresh() {
    try {
      if (!document.hidden) await refresh();
      if (status.textContent === 'Limen does not answer.') status.textContent = '';
    } catch {
      status.textContent = 'Limen does not answer.';
    }
    setTimeout(keepFresh, POLL_MS);
  }

  filter.addEventListener('input', drawList);
  addEventListener('hashchange', () => {
    delete pane.dataset.id;
    draw();
    pane.focus();
  });
  document.addEventListener('visibilitychange', () => void refresh().catch(() => {}));
  void keepFresh();
}
